from tortoise import fields

from app.database.fields import InstantField, JsonField
from app.database.schema import Check, Index, Unique, one_of
from app.domain.customers import CustomerStatus, CustomerType
from app.models.columns import Choice, Text
from app.models.editable import Editable


class Customer(Editable):
    """Who uses codes. Names stand here and nowhere else, so that a person can be erased."""

    id = fields.BigIntField(primary_key=True)
    number = Text()
    login = Text(null=True)
    email = Text(null=True)
    first_name = Text(null=True)
    last_name = Text(null=True)
    type = Choice(CustomerType, default=CustomerType.B2C, db_default=CustomerType.B2C)
    status = Choice(CustomerStatus, default=CustomerStatus.ACTIVE, db_default=CustomerStatus.ACTIVE)
    segments = JsonField[list[str]](default=list, db_default=[])
    erased_at = InstantField(null=True)

    class Meta:
        table = "customer"
        constraints = (
            Unique(fields=("number",), name="customer_number_key"),
            Unique(fields=("login",), name="customer_login_key", condition="login IS NOT NULL"),
            Check(check=one_of("type", CustomerType), name="customer_type_known"),
            Check(check=one_of("status", CustomerStatus), name="customer_status_known"),
            Check(
                check="erased_at IS NULL OR (login IS NULL AND email IS NULL"
                " AND first_name IS NULL AND last_name IS NULL)",
                name="customer_erased_is_nameless",
            ),
        )
        indexes = (Index("customer_by_email", ("email", "id"), "email IS NOT NULL"),)
