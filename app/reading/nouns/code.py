from app.domain.callers import Scope
from app.domain.campaigns import normal_key
from app.domain.code_text import MIN_LENGTH, CodeTextError, normal_form
from app.domain.concealment import conceal
from app.domain.status import status
from app.models import Code
from app.reading.code_status import status_filter
from app.reading.declarations import (
    Expression,
    Listing,
    Masked,
    One,
    Order,
    column,
    columns,
    computed,
    readable,
)
from app.reading.filters import Compare, Equals, Filter, Values, equality, prefix_range, words
from app.reading.kinds import BOOL, INT, TEXT, id_of

WITH_KEY = "(SELECT id FROM campaign WHERE key = {0})"
NO_CODE = ""
"""Equal to no normal form: what is not a code finds none."""


def find_normal_form(text: str) -> str | None:
    try:
        return normal_form(text)
    except CodeTextError:
        return None


def _exactly(text: str) -> Values:
    return (find_normal_form(text) or NO_CODE,)


def _starting_with(text: str) -> Values:
    # A prefix may be shorter than a code, so it is judged as the start of one.
    filling = "A" * MIN_LENGTH
    found = find_normal_form(text + filling)
    return (NO_CODE, NO_CODE) if found is None else prefix_range(found[:-MIN_LENGTH])


CODE = readable(
    Code,
    allow=Scope.CODES_READ,
    fields={
        **columns(
            Code,
            "id kind valid_from valid_to uses uses_per_customer issue_reference issued_store"
            " available_to suspension_reason withdrawn_at withdrawal_reason version metadata"
            " created_at updated_at",
        ),
        "code": column(Code, "text", mask=Masked(Scope.CODES_REVEAL, conceal)),
        "status": computed(status),
        "limit_code_uses": Expression(sql="{t}.max_uses IS NOT NULL", kind=BOOL, null=False),
        "maximum_uses": column(Code, "max_uses"),
        "uses_remaining": Expression(sql="{t}.max_uses - {t}.uses", kind=INT, null=True),
        "restrict_uses_per_customer": Expression(
            sql="{t}.uses_per_customer IS NOT NULL", kind=BOOL, null=False
        ),
        "issued_on": column(Code, "issued_at"),
        "suspended": Expression(sql="{t}.suspended_at IS NOT NULL", kind=BOOL, null=False),
        "campaign": One(target="Campaign", via="campaign_id", null=False),
        "created_by_job": One(target="Job", via="created_by_job_id", null=True),
    },
    listing=Listing(
        orders={
            "ID": Order(("id",), leads=("issue_reference", "created_by_job_id", "campaign_id")),
            "CODE": Order(("normal_form",), shows="code"),
        },
        filters={
            # Whoever knows a whole code may find it; a prefix or an order would be a way to guess.
            "code": Filter({"": Equals("normal_form", TEXT, _exactly)}),
            "code_prefix": Filter(
                {"": Compare("normal_form >= {0} AND normal_form < {1}", TEXT, _starting_with)},
                shows="code",
            ),
            "campaign": equality("campaign_id", id_of("Campaign")),
            "campaign_key": Filter(
                {"": Equals("campaign_id", TEXT, lambda key: (normal_key(key),), WITH_KEY)}
            ),
            "status": status_filter(),
            "issue_reference": words("issue_reference"),
            "created_by_job": equality("created_by_job_id", id_of("Job")),
        },
    ),
)
