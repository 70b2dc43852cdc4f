from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final


class Scope(StrEnum):
    """One right that a key can grant; `docs/domain.md` says which operations each covers."""

    CODES_READ = "codes:read"
    CODES_REVEAL = "codes:reveal"
    CODES_ISSUE = "codes:issue"
    CODES_WITHDRAW = "codes:withdraw"
    CODES_REDEEM = "codes:redeem"
    CAMPAIGNS_WRITE = "campaigns:write"
    IMPORTS_RUN = "imports:run"
    EXPORTS_RUN = "exports:run"
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    ADMIN = "admin"


class Channel(StrEnum):
    """The entrance through which a caller came."""

    API = "API"
    CLI = "CLI"
    JOB = "JOB"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: decides what may be read, and is stored with everything that is written."""

    id: str
    name: str
    scopes: frozenset[Scope]
    channel: Channel = Channel.API
    acting_for: int | None = None
    request_id: str | None = None
    # Where the request came from, as far as that is known; wrong guesses are counted by it.
    address: str | None = None
    # When what the caller has shown stops to count; None: never.
    ends_at: datetime | None = None
    # Of the customer it acts for; not in the representation, and not in what is stored.
    customer_number: str | None = field(default=None, repr=False)

    def allows(self, scope: Scope) -> bool:
        return scope in self.scopes

    def actor(self) -> dict[str, Any]:
        """What a row remembers of its writer: ids and the key's name, never a customer's name."""
        return {
            "caller": self.id,
            "name": self.name,
            "channel": self.channel,
            "actingFor": self.acting_for,
            "requestId": self.request_id,
        }


def worker_of(actor: Mapping[str, Any]) -> Caller:
    """The caller who asked for a job, seen from the job: it grants nothing, and signs as one."""
    return Caller(
        id=actor["caller"],
        name=actor["name"],
        scopes=frozenset(),
        channel=Channel.JOB,
        acting_for=actor["actingFor"],
        request_id=actor["requestId"],
    )


_EVERY_SCOPE: Final = frozenset(Scope)


def demo_caller(channel: Channel = Channel.API, request_id: str | None = None) -> Caller:
    """The one built-in caller, with every scope; it exists on loopback only."""
    return Caller("demo", "Demo", _EVERY_SCOPE, channel, request_id=request_id)


def operator() -> Caller:
    """Who runs commands beside the database, and could write into it by any other means too."""
    return Caller("operator", "Operator", _EVERY_SCOPE, Channel.CLI)
