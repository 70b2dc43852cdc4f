from typing import Any

from tortoise import fields

from app.database.fields import InstantField, JsonField
from app.database.schema import Check, Index, Unique, one_of
from app.domain.campaigns import AvailableTo, CampaignKind
from app.domain.masks import GenerateUsing
from app.models.columns import Choice, Text, counter, may_belong_to, switch
from app.models.editable import Editable


class Campaign(Editable):
    """Owns codes and says how they are made."""

    id = fields.BigIntField(primary_key=True)
    kind = Choice(CampaignKind)
    key = Text()
    name = Text()
    reporting_code = Text(null=True)
    enabled = switch(on=True)
    archived_at = InstantField(null=True)
    active_from = InstantField(null=True)
    active_to = InstantField(null=True)
    applications = JsonField[list[str]](default=list, db_default=[])
    target_segments = JsonField[list[str]](default=list, db_default=[])
    time_zone = Text()
    maximum_uses = fields.IntField(null=True)
    uses_per_customer = fields.IntField(null=True)
    available_to = Choice(
        AvailableTo, default=AvailableTo.ANY_CUSTOMER, db_default=AvailableTo.ANY_CUSTOMER
    )
    generate_using = Choice(GenerateUsing, null=True)
    number_series = may_belong_to("NumberSeries")
    number_series_id: int | None
    mask = Text(null=True)
    generate_on_demand = switch(on=False)
    issue_only = switch(on=False)
    issued_code_validity = JsonField[dict[str, Any] | None](null=True)
    # The last place given out in the queue of jobs that change this campaign's codes.
    last_job_sequence = counter()

    class Meta:
        table = "campaign"
        constraints = (
            Unique(fields=("key",), name="campaign_key_key"),
            Unique(fields=("name",), name="campaign_name_key"),
            Check(check=one_of("kind", CampaignKind), name="campaign_kind_known"),
            Check(check=one_of("available_to", AvailableTo), name="campaign_available_to_known"),
            Check(check="active_from < active_to", name="campaign_range_ordered"),
            Check(check="maximum_uses >= 1", name="campaign_maximum_uses_positive"),
            Check(check="uses_per_customer >= 1", name="campaign_uses_per_customer_positive"),
            Check(check="archived_at IS NULL OR NOT enabled", name="campaign_archived_is_disabled"),
            Check(
                check="kind = 'VOUCHER' OR (generate_using IS NULL AND number_series_id IS NULL"
                " AND mask IS NULL AND issued_code_validity IS NULL"
                " AND NOT generate_on_demand AND NOT issue_only)",
                name="campaign_generates_vouchers_only",
            ),
            Check(
                check="number_series_id IS NULL OR generate_using = 'NUMBER_SERIES'",
                name="campaign_series_when_generated_by_it",
            ),
            Check(check="last_job_sequence >= 0", name="campaign_last_job_sequence_not_negative"),
        )
        indexes = (
            Index(
                "campaign_by_reporting_code", ("reporting_code", "id"), "reporting_code IS NOT NULL"
            ),
            Index(
                "campaign_by_number_series",
                ("number_series_id", "id"),
                "number_series_id IS NOT NULL",
            ),
        )
