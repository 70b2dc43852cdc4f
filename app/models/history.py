from typing import Any

from tortoise import fields
from tortoise.models import Model

from app.database.fields import InstantField, JsonField
from app.database.schema import Check, Index, Unique
from app.domain.events import EntityKind, EventKind
from app.models.columns import Choice, Text


class CodeEvent(Model):
    """What happened to a code, in the order it was decided.

    Ids of codes, customers and the rest are kept without foreign keys: history outlives them.
    """

    id = fields.BigIntField(primary_key=True)
    code_id = fields.BigIntField()
    campaign_id = fields.BigIntField()
    kind = Choice(EventKind)
    at = InstantField()
    customer_id = fields.BigIntField(null=True)
    redemption_id = fields.BigIntField(null=True)
    reservation_id = fields.BigIntField(null=True)
    job_id = fields.BigIntField(null=True)
    idempotency_key = Text(null=True)
    data = JsonField[dict[str, Any]](default=dict, db_default={})
    actor = JsonField[dict[str, Any]]()

    class Meta:
        table = "code_event"
        indexes = (Index("code_event_by_code", ("code_id", "id")),)


class Attempt(Model):
    """Refused attempts of one caller on one code, for one set of reasons, within one minute."""

    id = fields.BigIntField(primary_key=True)
    caller_id = Text()
    # The code's id, or a keyed hash of what was typed when no such code exists.
    subject = Text()
    code_id = fields.BigIntField(null=True)
    operation = Text()
    reasons = Text()
    customer_id = fields.BigIntField(null=True)
    store = Text(null=True)
    minute = InstantField()
    at = InstantField()
    count = fields.IntField(default=1, db_default=1)
    actor = JsonField[dict[str, Any]]()

    class Meta:
        table = "attempt"
        constraints = (
            Unique(fields=("caller_id", "subject", "reasons", "minute"), name="attempt_minute_key"),
            Check(check='"count" >= 1', name="attempt_count_positive"),
        )
        indexes = (
            Index("attempt_by_code", ("code_id", "id"), "code_id IS NOT NULL"),
            Index("attempt_by_customer", ("customer_id", "id"), "customer_id IS NOT NULL"),
        )


class AuditEntry(Model):
    """One write that is not told as an event of a code: what was done, to what, and by whom.

    `entity` is a type and a row, `Campaign:7`; none where many rows were written at once.
    """

    id = fields.BigIntField(primary_key=True)
    at = InstantField()
    caller_id = Text()
    acting_for_id = fields.BigIntField(null=True)
    operation = Text()
    entity = Text(null=True)
    data = JsonField[dict[str, Any]](default=dict, db_default={})
    actor = JsonField[dict[str, Any]]()

    class Meta:
        table = "audit_entry"
        indexes = (
            Index("audit_entry_by_instant", ("at", "id")),
            Index("audit_entry_by_caller", ("caller_id", "at", "id")),
            Index("audit_entry_by_operation", ("operation", "at", "id")),
            Index("audit_entry_by_entity", ("entity", "at", "id"), "entity IS NOT NULL"),
        )


class Revision(Model):
    """The rule-bearing facts of an entity as they were before a change, and until when."""

    id = fields.BigIntField(primary_key=True)
    kind = Choice(EntityKind)
    entity_id = fields.BigIntField()
    ended_at = InstantField()
    facts = JsonField[dict[str, Any]]()
    actor = JsonField[dict[str, Any]]()

    class Meta:
        table = "revision"
        indexes = (Index("revision_by_entity", ("kind", "entity_id", "ended_at", "id")),)


class Outbox(Model):
    """A message for the outside world, written with the change that it tells of."""

    id = fields.BigIntField(primary_key=True)
    kind = Text()
    payload = JsonField[dict[str, Any]]()
    event_id = fields.BigIntField(null=True)
    created_at = InstantField()
    published_at = InstantField(null=True)

    class Meta:
        table = "outbox"
        indexes = (Index("outbox_unpublished", ("id",), "published_at IS NULL"),)


class Idempotency(Model):
    """What a caller's key made, once, so that the same call again makes nothing more."""

    id = fields.BigIntField(primary_key=True)
    caller_id = Text()
    operation = Text()
    key = Text()
    fingerprint = Text()
    verdict = JsonField[dict[str, Any]]()
    made_kind = Text(null=True)
    made_id = fields.BigIntField(null=True)
    created_at = InstantField()

    class Meta:
        table = "idempotency"
        constraints = (
            Unique(fields=("caller_id", "operation", "key"), name="idempotency_key"),
            Check(
                check="(made_kind IS NULL) = (made_id IS NULL)", name="idempotency_made_has_kind"
            ),
        )
