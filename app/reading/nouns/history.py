"""What happened to codes, and what was refused."""

from dataclasses import dataclass

from app.domain.callers import Scope
from app.models import Attempt, CodeEvent
from app.reading.declarations import Expression, Listing, One, Order, columns, computed, readable
from app.reading.filters import words
from app.reading.kinds import TEXT

CODE_EVENT = readable(
    CodeEvent,
    allow=Scope.CODES_READ,
    fields={
        **columns(CodeEvent, "id kind at data"),
        "done_by": Expression(sql="{t}.actor ->> 'name'", kind=TEXT, null=False),
        "channel": Expression(sql="{t}.actor ->> 'channel'", kind=TEXT, null=False),
        # History outlives what it tells of: the code may be deleted.
        "code": One(target="Code", via="code_id", null=True),
        "campaign": One(target="Campaign", via="campaign_id", null=False),
        "customer": One(target="Customer", via="customer_id", null=True),
        "redemption": One(target="Redemption", via="redemption_id", null=True),
        "reservation": One(target="Reservation", via="reservation_id", null=True),
        "job": One(target="Job", via="job_id", null=True),
    },
    listing=Listing(
        orders={"ID": Order(("id",), leads=("code_id",))},
        filters={"kind": words("kind")},
        newest_first=True,
    ),
)


@dataclass(frozen=True, slots=True)
class ReasonsFacts:
    reasons: str


def reasons(facts: ReasonsFacts) -> list[str]:
    """Why it was refused; stored as one text, so that equal refusals can be counted."""
    return facts.reasons.split(",")


ATTEMPT = readable(
    Attempt,
    allow=Scope.CODES_READ,
    fields={
        **columns(Attempt, "id operation store at count"),
        "reasons": computed(reasons),
        "tried_by": Expression(sql="{t}.actor ->> 'name'", kind=TEXT, null=False),
        "code": One(target="Code", via="code_id", null=True),
        "customer": One(target="Customer", via="customer_id", null=True),
    },
    listing=Listing(
        orders={"ID": Order(("id",), leads=("code_id", "customer_id"))},
        filters={"operation": words("operation")},
        newest_first=True,
    ),
)
