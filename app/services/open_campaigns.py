"""The campaigns that something new is made for: they exist, are of the kind, and not archived."""

from collections.abc import Iterator
from typing import Final

from app.database import Transaction
from app.domain.campaigns import CampaignKind
from app.domain.refusals import Problem, UserErrorCode
from app.models.campaign import Campaign

_OTHER_KIND: Final = {
    CampaignKind.VOUCHER: "Codes of a source campaign are made elsewhere; name a voucher campaign.",
    CampaignKind.SOURCE: "Codes of a voucher campaign are generated; name a source campaign.",
}


async def lock(tx: Transaction, *ids: int | None) -> dict[int | None, Campaign]:
    """Return those that exist, locked so that nobody can archive them before the commit.

    They are locked in the order of their ids, and before everything else.
    """
    wanted = [number for number in ids if number is not None]
    rows = Campaign.filter(id__in=wanted).using_db(tx.client).order_by("id")
    return {row.id: row async for row in rows.select_for_update(no_key=True)} if wanted else {}


def check_open(
    campaign: Campaign | None, kind: CampaignKind | None, *field: str
) -> Iterator[Problem]:
    """Tell why nothing new can be made for the campaign; kind None takes both kinds."""
    if campaign is None:
        yield Problem(UserErrorCode.NOT_FOUND, "There is no such campaign.", field)
    elif kind is not None and campaign.kind != kind:
        yield Problem(UserErrorCode.CAMPAIGN_KIND_MISMATCH, _OTHER_KIND[kind], field)
    elif campaign.archived_at is not None:
        message = "The campaign is archived, and that is final; name another."
        yield Problem(UserErrorCode.CAMPAIGN_DISABLED, message, field)
