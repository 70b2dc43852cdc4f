from typing import Any

from tortoise import fields
from tortoise.models import Model

from app.database.fields import InstantField, JsonField
from app.database.schema import Check, Index, Unique
from app.models.columns import Text, belongs_to, counter


class Cashback(Model):
    """Value on a code, charged as the items of the earning order ship."""

    id = fields.BigIntField(primary_key=True)
    code = belongs_to("Code")
    code_id: int
    earning_order = belongs_to("Order")
    earning_order_id: int
    customer = belongs_to("Customer")
    customer_id: int
    maximum_minor = fields.BigIntField()
    charged_minor = counter()
    currency = Text()
    expires_at = InstantField(null=True)
    disabled_at = InstantField(null=True)
    redeemed_at = InstantField(null=True)
    version = fields.IntField(default=1, db_default=1)
    actor = JsonField[dict[str, Any]]()
    created_at = InstantField()
    updated_at = InstantField()

    class Meta:
        table = "cashback"
        constraints = (
            Unique(fields=("code_id",), name="cashback_code_key"),
            Check(check="maximum_minor >= 1", name="cashback_maximum_positive"),
            Check(
                check="charged_minor BETWEEN 0 AND maximum_minor",
                name="cashback_charged_within_maximum",
            ),
        )
        indexes = (
            Index("cashback_by_customer", ("customer_id", "id")),
            Index("cashback_by_order", ("earning_order_id", "id")),
        )
