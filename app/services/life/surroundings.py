"""What stands around the codes of a batch: groups, promotions and campaigns. Nobody locks them."""

from collections import defaultdict
from collections.abc import Sequence
from operator import itemgetter

from app.database import Statements
from app.database.dialects import Dialect
from app.domain.life.book import Facts
from app.domain.validity_facts import Gate, PromotionRules
from app.services.life import rows

_PROMOTION = ", ".join(f"promotion.{name}" for name in [*rows.GATE.split(", "), "campaign_id"])


async def read(tx: Statements, dialect: Dialect, facts: Facts, issuing_from: Sequence[int]) -> None:
    """Read them all, with the campaigns from which codes are issued."""
    groups = sorted({code.group_id for code in facts.codes.values() if code.group_id is not None})
    owners = sorted({code.campaign_id for code in facts.codes.values()})
    chosen = dialect.among("id", "$1", "bigint")
    for row in await tx.fetch(f"SELECT {rows.GROUP} FROM code_group WHERE {chosen}", groups):
        facts.groups[row["id"]] = rows.group(row)
    promotions = await tx.fetch(
        f"SELECT promotion_group.group_id AS of_group, 0 AS of_campaign, {_PROMOTION}"
        " FROM promotion_group JOIN promotion ON promotion.id = promotion_group.promotion_id"
        f" WHERE {dialect.among('promotion_group.group_id', '$1', 'bigint')}"
        f" UNION ALL SELECT 0, campaign_id, {_PROMOTION} FROM promotion"
        f" WHERE {dialect.among('campaign_id', '$2', 'bigint')}",
        groups,
        owners,
    )
    bundles = {row["campaign_id"] for row in promotions if row["campaign_id"] is not None}
    gates: dict[int, Gate] = {}
    wanted = sorted({*owners, *bundles, *issuing_from})
    for row in await tx.fetch(f"SELECT {rows.CAMPAIGN} FROM campaign WHERE {chosen}", wanted):
        facts.campaigns[row["id"]] = rows.campaign(row)
        gates[row["id"]] = facts.campaigns[row["id"]].gate
    of_group: dict[int, list[PromotionRules]] = defaultdict(list)
    of_campaign: dict[int, list[PromotionRules]] = defaultdict(list)
    # Not ordered by the database: SQLite would rather read them all than sort the few.
    for row in sorted(promotions, key=itemgetter("id")):
        rules = PromotionRules(rows.gate(row), gates.get(row["campaign_id"]))
        of_group[row["of_group"]].append(rules)
        of_campaign[row["of_campaign"]].append(rules)
    facts.group_promotions = {key: tuple(found) for key, found in of_group.items() if key}
    facts.campaign_promotions = {key: tuple(found) for key, found in of_campaign.items() if key}
