from tortoise import fields

from app.database.fields import InstantField
from app.database.schema import Check, Unique
from app.models.columns import Text, counter
from app.models.editable import Editable


class NumberSeries(Editable):
    """Numbers that never repeat, shared by campaigns, and the mask that renders them."""

    id = fields.BigIntField(primary_key=True)
    name = Text()
    mask = Text()
    last_number = counter()
    first_used_at = InstantField(null=True)
    archived_at = InstantField(null=True)

    class Meta:
        table = "number_series"
        constraints = (
            Unique(fields=("name",), name="number_series_name_key"),
            Check(check="last_number >= 0", name="number_series_last_number_not_negative"),
        )
