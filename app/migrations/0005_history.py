from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from app.database.fields import InstantField, JsonField
from app.database.schema import Check, Index, Unique
from app.domain.events import EntityKind, EventKind
from app.models.columns import Choice, Text


class Migration(migrations.Migration):
    dependencies = [("models", "0004_redemptions")]

    operations = [
        ops.CreateModel(
            name="CodeEvent",
            fields=[
                ("id", fields.BigIntField(primary_key=True)),
                ("code_id", fields.BigIntField()),
                ("campaign_id", fields.BigIntField()),
                ("kind", Choice(enum_type=EventKind)),
                ("at", InstantField()),
                ("customer_id", fields.BigIntField(null=True)),
                ("redemption_id", fields.BigIntField(null=True)),
                ("reservation_id", fields.BigIntField(null=True)),
                ("job_id", fields.BigIntField(null=True)),
                ("idempotency_key", Text(null=True)),
                ("data", JsonField(default=dict, db_default={})),
                ("actor", JsonField()),
            ],
            options={
                "table": "code_event",
                "indexes": [Index(name="code_event_by_code", fields=["code_id", "id"])],
            },
        ),
        ops.CreateModel(
            name="Attempt",
            fields=[
                ("id", fields.BigIntField(primary_key=True)),
                ("caller_id", Text()),
                ("subject", Text()),
                ("code_id", fields.BigIntField(null=True)),
                ("operation", Text()),
                ("reasons", Text()),
                ("customer_id", fields.BigIntField(null=True)),
                ("store", Text(null=True)),
                ("minute", InstantField()),
                ("at", InstantField()),
                ("count", fields.IntField(default=1, db_default=1)),
                ("actor", JsonField()),
            ],
            options={
                "table": "attempt",
                "constraints": [
                    Unique(
                        fields=("caller_id", "subject", "reasons", "minute"),
                        name="attempt_minute_key",
                    ),
                    Check(check='"count" >= 1', name="attempt_count_positive"),
                ],
                "indexes": [
                    Index(
                        name="attempt_by_code",
                        fields=["code_id", "id"],
                        where="code_id IS NOT NULL",
                    ),
                    Index(
                        name="attempt_by_customer",
                        fields=["customer_id", "id"],
                        where="customer_id IS NOT NULL",
                    ),
                ],
            },
        ),
        ops.CreateModel(
            name="Revision",
            fields=[
                ("id", fields.BigIntField(primary_key=True)),
                ("kind", Choice(enum_type=EntityKind)),
                ("entity_id", fields.BigIntField()),
                ("ended_at", InstantField()),
                ("facts", JsonField()),
                ("actor", JsonField()),
            ],
            options={
                "table": "revision",
                "indexes": [
                    Index(name="revision_by_entity", fields=["kind", "entity_id", "ended_at", "id"])
                ],
            },
        ),
        ops.CreateModel(
            name="Outbox",
            fields=[
                ("id", fields.BigIntField(primary_key=True)),
                ("kind", Text()),
                ("payload", JsonField()),
                ("event_id", fields.BigIntField(null=True)),
                ("published_at", InstantField(null=True)),
                ("created_at", InstantField()),
            ],
            options={
                "table": "outbox",
                "indexes": [
                    Index(name="outbox_unpublished", fields=["id"], where="published_at IS NULL")
                ],
            },
        ),
        ops.CreateModel(
            name="Idempotency",
            fields=[
                ("id", fields.BigIntField(primary_key=True)),
                ("caller_id", Text()),
                ("operation", Text()),
                ("key", Text()),
                ("fingerprint", Text()),
                ("verdict", JsonField()),
                ("made_kind", Text(null=True)),
                ("made_id", fields.BigIntField(null=True)),
                ("created_at", InstantField()),
            ],
            options={
                "table": "idempotency",
                "constraints": [
                    Unique(fields=("caller_id", "operation", "key"), name="idempotency_key"),
                    Check(
                        check="(made_kind IS NULL) = (made_id IS NULL)",
                        name="idempotency_made_has_kind",
                    ),
                ],
            },
        ),
    ]
