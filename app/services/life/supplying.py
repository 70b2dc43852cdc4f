"""Texts of codes that a campaign makes on demand, when its pool does not last for a batch."""

import secrets
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from app.database import Statements
from app.database.dialects import Dialect
from app.domain.life.book import Facts, Supply
from app.domain.mask_rendering import render
from app.domain.masks import DEFAULT_MASK, parse
from app.services import number_series
from app.services.life.naming import Named

_MOST_DRAWS: Final = 20


async def supply(
    tx: Statements, dialect: Dialect, facts: Facts, named: Named, now: datetime
) -> None:
    """Draw what the pools lack. What exists already is passed by, and another drawn."""
    for campaign_id, wanted in sorted(named.wanted.items()):
        lacking = wanted - len(named.pools[campaign_id])
        campaign = facts.campaigns.get(campaign_id)
        if lacking > 0 and campaign and campaign.generate_on_demand and not campaign.archived:
            drawn = await _draw(tx, dialect, campaign_id, lacking, now)
            facts.supplies[campaign_id] = drawn


async def _draw(
    tx: Statements, dialect: Dialect, campaign_id: int, count: int, now: datetime
) -> list[Supply]:
    (row,) = await tx.fetch(
        "SELECT campaign.number_series_id, COALESCE(number_series.mask, campaign.mask) AS mask,"
        " number_series.archived_at FROM campaign LEFT JOIN number_series"
        " ON number_series.id = campaign.number_series_id WHERE campaign.id = $1",
        campaign_id,
    )
    if row["archived_at"] is not None:
        return []
    mask = parse(row["mask"] or DEFAULT_MASK)
    found: dict[str, str] = {}
    for _ in range(_MOST_DRAWS):
        missing = count - len(found)
        if not missing:
            break
        numbers = range(missing)
        if mask.has_series:
            series_id = row["number_series_id"]
            numbers = await number_series.draw_inside(tx, series_id, missing, now)
        drawn = render(mask, numbers, secrets.token_bytes)
        fresh = dict(zip(drawn.normal_forms, drawn.texts, strict=True))
        found |= {form: fresh[form] for form in await _new(tx, dialect, list(fresh))}
    return [Supply(text, form) for form, text in found.items()]


async def _new(tx: Statements, dialect: Dialect, forms: list[str]) -> Iterator[str]:
    chosen = dialect.among("normal_form", "$1", "text")
    rows = await tx.fetch(f"SELECT normal_form FROM code WHERE {chosen}", forms)
    taken = {row["normal_form"] for row in rows}
    return (form for form in forms if form not in taken)
