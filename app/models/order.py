from tortoise import fields

from app.database.fields import InstantField
from app.database.schema import Check, Index, Unique
from app.models.columns import Text, may_belong_to, switch
from app.models.editable import Editable


class Order(Editable):
    """An order of the shop as far as we were told; a deleted one keeps its number."""

    id = fields.BigIntField(primary_key=True)
    number = Text()
    customer = may_belong_to("Customer")
    customer_id: int | None
    store = Text(null=True)
    application = Text(null=True)
    placed_at = InstantField(null=True)
    total_minor = fields.BigIntField(null=True)
    currency = Text(null=True)
    status = Text(null=True)
    deleted = switch(on=False)

    class Meta:
        table = "order"
        constraints = (
            Unique(fields=("number",), name="order_number_key"),
            Check(
                check="(total_minor IS NULL) = (currency IS NULL)",
                name="order_total_has_currency",
            ),
        )
        indexes = (Index("order_by_customer", ("customer_id", "id"), "customer_id IS NOT NULL"),)
