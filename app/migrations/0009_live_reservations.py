from tortoise import migrations
from tortoise.migrations import operations as ops

from app.database.schema import Index


class Migration(migrations.Migration):
    dependencies = [("models", "0008_imports")]

    operations = [
        ops.AddIndex(
            model_name="Reservation",
            index=Index(
                name="reservation_live_by_code",
                fields=["code_id", "expires_at"],
                where="ended_at IS NULL",
            ),
        ),
    ]
