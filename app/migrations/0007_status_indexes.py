from tortoise import migrations
from tortoise.migrations import operations as ops

from app.database.schema import Index

_ENDS_AT = "COALESCE(valid_to, '9999-12-31T23:59:59.999999Z')"
_USABLE = (
    "withdrawn_at IS NULL AND used_up_at IS NULL AND (issued_at IS NOT NULL OR kind = 'SOURCE')"
)


def _usable(name: str, *first: str) -> Index:
    return Index(name=name, fields=[*first, _ENDS_AT, "id"], where=_USABLE)


class Migration(migrations.Migration):
    dependencies = [("models", "0006_reservations_of_customers")]

    operations = [
        ops.RemoveIndex(model_name="Code", name="code_usable"),
        ops.RemoveIndex(model_name="Code", name="code_usable_by_campaign"),
        ops.AddIndex(model_name="Code", index=_usable("code_usable", "kind")),
        ops.AddIndex(
            model_name="Code",
            index=_usable("code_usable_by_campaign", "kind", "campaign_id"),
        ),
        ops.AddIndex(
            model_name="Redemption",
            index=Index(name="redemption_reversed", fields=["id"], where="state = 'REVERSED'"),
        ),
    ]
