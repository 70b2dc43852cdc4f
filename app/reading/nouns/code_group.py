from app.domain.activation import ActivationFacts, group_activation_status
from app.domain.callers import Scope
from app.domain.campaigns import normal_key
from app.models import CodeGroup, Promotion
from app.reading.declarations import (
    OWN,
    Listing,
    Many,
    One,
    Order,
    column,
    columns,
    computed,
    readable,
)
from app.reading.facts import FactRows
from app.reading.filters import archived, equality, texts
from app.reading.kinds import BOOL, TEXTS, id_of

CODE_GROUP = readable(
    CodeGroup,
    allow=Scope.CODES_READ,
    told={Scope.CAMPAIGNS_WRITE: OWN},
    fields={
        **columns(
            CodeGroup,
            "id key name enabled activation active_from active_to total_reuse_per_code"
            " reuse_per_customer in_store_redemption archived_at version metadata created_at"
            " updated_at",
        ),
        "applications": column(CodeGroup, "applications", kind=TEXTS),
        "target_segments": column(CodeGroup, "target_segments", kind=TEXTS),
        "activation_status": computed(group_activation_status, lists=True),
        "campaign": One(target="Campaign", via="campaign_id", null=False),
        "codes": Many(target="Code", on="group_id"),
        "promotions": Many(
            target="Promotion",
            among="id IN (SELECT promotion_id FROM promotion_group WHERE group_id = {t}.id)",
        ),
    },
    facts={
        # At most a hundred: no group has more promotions.
        "promotions": FactRows(
            model=Promotion,
            facts=ActivationFacts,
            sources=[
                (
                    "promotion_group g JOIN promotion r ON r.id = g.promotion_id",
                    "g.group_id = {t}.id",
                )
            ],
        ),
    },
    listing=Listing(
        orders={
            "ID": Order(("id",), leads=("campaign_id",)),
            "KEY": Order(("key",)),
            "NAME": Order(("name",)),
        },
        filters={
            "campaign": equality("campaign_id", id_of("Campaign")),
            "key": texts("key", normal_key),
            "name": texts("name"),
            "enabled": equality("enabled", BOOL),
            "archived": archived(),
        },
    ),
)
