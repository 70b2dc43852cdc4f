from app.domain.callers import Scope
from app.models import AuditEntry
from app.reading.declarations import (
    Expression,
    Listing,
    One,
    Order,
    column,
    columns,
    readable,
)
from app.reading.filters import equality, instants, words
from app.reading.kinds import NODE, TEXT

AUDIT_ENTRY = readable(
    AuditEntry,
    allow=Scope.ADMIN,
    fields={
        **columns(AuditEntry, "id at operation data"),
        "entity": column(AuditEntry, "entity", kind=NODE),
        "caller": column(AuditEntry, "caller_id"),
        "done_by": Expression(sql="{t}.actor ->> 'name'", kind=TEXT, null=False),
        "channel": Expression(sql="{t}.actor ->> 'channel'", kind=TEXT, null=False),
        "request_id": Expression(sql="{t}.actor ->> 'requestId'", kind=TEXT, null=True),
        "acting_for": One(target="Customer", via="acting_for_id", null=True),
    },
    listing=Listing(
        orders={"AT": Order(("at", "id"), leads=("entity", "caller_id", "operation"))},
        filters={
            "caller": equality("caller_id", TEXT),
            "operation": words("operation"),
            "entity": equality("entity", NODE),
            "at": instants("at"),
        },
        newest_first=True,
    ),
)
