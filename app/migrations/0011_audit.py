from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from app.database.fields import InstantField, JsonField
from app.database.schema import Index
from app.models.columns import Text


class Migration(migrations.Migration):
    dependencies = [("models", "0010_api_keys")]

    operations = [
        ops.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", fields.BigIntField(primary_key=True)),
                ("at", InstantField()),
                ("caller_id", Text()),
                ("acting_for_id", fields.BigIntField(null=True)),
                ("operation", Text()),
                ("entity", Text(null=True)),
                ("data", JsonField(default=dict, db_default={})),
                ("actor", JsonField()),
            ],
            options={
                "table": "audit_entry",
                "indexes": [
                    Index(name="audit_entry_by_instant", fields=["at", "id"]),
                    Index(name="audit_entry_by_caller", fields=["caller_id", "at", "id"]),
                    Index(name="audit_entry_by_operation", fields=["operation", "at", "id"]),
                    Index(
                        name="audit_entry_by_entity",
                        fields=["entity", "at", "id"],
                        where="entity IS NOT NULL",
                    ),
                ],
            },
        ),
    ]
