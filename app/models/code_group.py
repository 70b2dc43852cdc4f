from tortoise import fields

from app.database.fields import InstantField, JsonField
from app.database.schema import Check, Index, Unique, one_of
from app.domain.promotions import GroupActivation
from app.models.columns import Choice, Text, belongs_to, switch
from app.models.editable import Editable


class CodeGroup(Editable):
    """A set of codes of one campaign that drives several promotions."""

    id = fields.BigIntField(primary_key=True)
    campaign = belongs_to("Campaign")
    campaign_id: int
    name = Text()
    key = Text()
    enabled = switch(on=True)
    archived_at = InstantField(null=True)
    activation = Choice(GroupActivation)
    active_from = InstantField(null=True)
    active_to = InstantField(null=True)
    total_reuse_per_code = fields.IntField(null=True)
    reuse_per_customer = fields.IntField(null=True)
    in_store_redemption = switch(on=False)
    applications = JsonField[list[str]](default=list, db_default=[])
    target_segments = JsonField[list[str]](default=list, db_default=[])

    class Meta:
        table = "code_group"
        constraints = (
            Unique(fields=("key",), name="code_group_key_key"),
            Unique(fields=("name",), name="code_group_name_key"),
            Check(check=one_of("activation", GroupActivation), name="code_group_activation_known"),
            Check(check="active_from < active_to", name="code_group_range_ordered"),
            Check(check="total_reuse_per_code >= 1", name="code_group_total_reuse_positive"),
            Check(check="reuse_per_customer >= 1", name="code_group_reuse_per_customer_positive"),
            Check(
                check="archived_at IS NULL OR NOT enabled", name="code_group_archived_is_disabled"
            ),
        )
        indexes = (Index("code_group_by_campaign", ("campaign_id", "id")),)
