from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from app.domain.callers import Channel, demo_caller
from app.domain.events import EntityKind, EventKind
from app.services import code_rows
from app.services.demo.dice import Dice

Row = dict[str, Any]

ACTOR = demo_caller(Channel.CLI).actor()
# Kinds of events that the outside is told about as well.
ANNOUNCED = frozenset(
    {EventKind.ISSUED, EventKind.REDEEMED, EventKind.REVERSED, EventKind.WITHDRAWN}
)


class Tables:
    """The rows of the demo company, made in memory before anything is stored.

    `ids` gives each referenced table the ids that its rows may take, in order.
    """

    def __init__(self, now: datetime, ids: Mapping[str, Iterator[int]]) -> None:
        self.now = now
        self.dice = Dice("promograph demo")
        self.rows: dict[str, list[Row]] = defaultdict(list)
        self._ids = ids

    def add(self, table: str, **values: Any) -> Row:  # noqa: ANN401 - the columns of any table
        if table in self._ids:
            values["id"] = next(self._ids[table])
        self.rows[table].append(values)
        return values

    def add_editable(self, table: str, made_at: datetime, **values: Any) -> Row:  # noqa: ANN401 - as above
        """Add a row of a noun that people change, as its creation leaves it."""
        stamps = {"actor": ACTOR, "version": 1, "created_at": made_at, "updated_at": made_at}
        return self.add(table, **values, metadata={}, **stamps)

    def day(self, days: int) -> datetime:
        """Midnight so many days from now."""
        midnight = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + timedelta(days=days)

    def span(self, days: tuple[int | None, int | None]) -> Row:
        """The columns of a range, open where None."""
        first, end = (None if day is None else self.day(day) for day in days)
        return {"active_from": first, "active_to": end}

    def moment(self, days: int) -> datetime:
        """Some second of that day's office hours."""
        opened = self.day(days)
        return opened + timedelta(hours=self.dice.between(8, 16), seconds=self.dice.below(3_600))

    def change(self, code: Row, at: datetime, **values: Any) -> None:  # noqa: ANN401 - columns of a code
        """Change the code and keep its facts as they were until then."""
        self.add(
            "revision",
            kind=EntityKind.CODE,
            entity_id=code["id"],
            ended_at=at,
            facts={name: code[name] for name in code_rows.FACTS},
            actor=ACTOR,
        )
        code.update(values, updated_at=at, version=code["version"] + 1)

    def tell(self, kind: EventKind, code: Row, at: datetime, **facts: Any) -> None:  # noqa: ANN401 - the columns of the event
        """Add an event of the code; `settle` puts all of them in the order of time."""
        event: Row = {
            "code_id": code["id"],
            "campaign_id": code["campaign_id"],
            "kind": kind,
            "at": at,
            "customer_id": None,
            "redemption_id": None,
            "reservation_id": None,
            "job_id": None,
            "data": {},
            "actor": ACTOR,
        }
        self.rows["code_event"].append(event | facts)

    def settle(self) -> None:
        """Number the events in the order of time and announce those the outside hears of."""
        self.rows["code_event"].sort(key=lambda event: event["at"])
        for event in self.rows["code_event"]:
            event["id"] = next(self._ids["code_event"])
            if event["kind"] in ANNOUNCED:
                self.announce(f"CODE_{event['kind']}", _told(event), event["at"], event["id"])
        self.rows["outbox"].sort(key=lambda message: message["created_at"])

    def announce(self, kind: str, payload: Row, at: datetime, event_id: int | None = None) -> None:
        self.add("outbox", kind=kind, payload=payload, event_id=event_id, created_at=at)


def _told(event: Row) -> Row:
    return {
        "codeId": event["code_id"],
        "campaignId": event["campaign_id"],
        "customerId": event["customer_id"],
        "redemptionId": event["redemption_id"],
        "jobId": event["job_id"],
    }
