from tortoise import migrations
from tortoise.migrations import operations as ops

from app.database.schema import Index


class Migration(migrations.Migration):
    dependencies = [("models", "0005_history")]

    operations = [
        ops.AddIndex(
            model_name="Reservation",
            index=Index(
                name="reservation_by_customer",
                fields=["customer_id", "id"],
                where="customer_id IS NOT NULL",
            ),
        ),
    ]
