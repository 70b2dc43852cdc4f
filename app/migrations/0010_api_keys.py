from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from app.database.fields import InstantField, JsonField
from app.database.schema import Check, Index, Unique
from app.domain.roles import Role
from app.models.columns import Choice, Text


class Migration(migrations.Migration):
    dependencies = [("models", "0009_live_reservations")]

    operations = [
        ops.CreateModel(
            name="ApiKey",
            fields=[
                ("version", fields.IntField(default=1, db_default=1)),
                ("metadata", JsonField(default=dict, db_default={})),
                ("actor", JsonField()),
                ("created_at", InstantField()),
                ("updated_at", InstantField()),
                ("id", fields.BigIntField(primary_key=True)),
                ("name", Text()),
                ("role", Choice(null=True, enum_type=Role)),
                ("scopes", JsonField(null=True)),
                ("expires_at", InstantField(null=True)),
                ("revoked_at", InstantField(null=True)),
                ("last_used_at", InstantField(null=True)),
            ],
            options={
                "table": "api_key",
                "constraints": [
                    Unique(
                        fields=("name",), name="api_key_name_key", condition="revoked_at IS NULL"
                    ),
                    Check(
                        check="role IN ('VIEWER', 'SUPPORT', 'MARKETER', 'STOREFRONT', 'ADMIN')",
                        name="api_key_role_known",
                    ),
                    Check(
                        check="(role IS NULL) <> (scopes IS NULL)", name="api_key_role_or_scopes"
                    ),
                    Check(check="expires_at > created_at", name="api_key_ends_after_it_began"),
                ],
                "indexes": [Index(name="api_key_by_name", fields=["name", "id"])],
            },
        ),
        ops.CreateModel(
            name="ApiKeySecret",
            fields=[
                ("id", fields.BigIntField(primary_key=True)),
                (
                    "api_key",
                    fields.ForeignKeyField(
                        "models.ApiKey",
                        source_field="api_key_id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("prefix", Text()),
                ("digest", Text()),
                ("created_at", InstantField()),
                ("expires_at", InstantField(null=True)),
                ("actor", JsonField()),
            ],
            options={
                "table": "api_key_secret",
                "constraints": [
                    Unique(fields=("prefix",), name="api_key_secret_prefix_key"),
                    Unique(
                        fields=("api_key_id",),
                        name="api_key_secret_current_key",
                        condition="expires_at IS NULL",
                    ),
                    Check(check="expires_at >= created_at", name="api_key_secret_range_ordered"),
                ],
                "indexes": [Index(name="api_key_secret_by_key", fields=["api_key_id", "id"])],
            },
        ),
    ]
