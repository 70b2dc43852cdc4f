from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from app.database.fields import JsonField
from app.database.schema import Index, Unique
from app.models.columns import Text


class Migration(migrations.Migration):
    dependencies = [("models", "0007_status_indexes")]

    operations = [
        ops.AddField(
            model_name="Job",
            name="same_file_as",
            field=fields.ForeignKeyField(
                "models.Job",
                source_field="same_file_as_id",
                null=True,
                related_name=False,
                on_delete=OnDelete.NO_ACTION,
            ),
        ),
        ops.AddField(
            model_name="Job", name="bytes_read", field=fields.BigIntField(default=0, db_default=0)
        ),
        ops.AddField(model_name="Job", name="error_line", field=fields.BigIntField(null=True)),
        ops.AddField(model_name="Job", name="error_column", field=fields.BigIntField(null=True)),
        ops.AddIndex(
            model_name="Job",
            index=Index(
                name="job_by_file",
                fields=["campaign_id", "sha256", "id"],
                where="sha256 IS NOT NULL",
            ),
        ),
        ops.AddField(model_name="ImportRow", name="code_text", field=Text(null=True)),
        ops.AddField(model_name="ImportRow", name="normal_form", field=Text(null=True)),
        ops.AddField(
            model_name="ImportRow", name="duplicate_of", field=fields.BigIntField(null=True)
        ),
        ops.AddField(model_name="ImportRow", name="messages", field=JsonField(null=True)),
        ops.AddConstraint(
            model_name="ImportRow",
            constraint=Unique(
                fields=("job_id", "normal_form"),
                name="import_row_code_key",
                condition="normal_form IS NOT NULL",
            ),
        ),
    ]
