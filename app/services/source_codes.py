"""Codes made elsewhere: typed in one by one, and changed as long as they are not withdrawn."""

from app.database import Transaction
from app.domain.campaigns import CampaignKind
from app.domain.code_text import CodeTextError, normal_form
from app.domain.refusals import Problem
from app.domain.source_codes import SourceCodeDraft
from app.models.code import Code
from app.services import customers, editing
from app.services.constraints import CODE_TAKEN, explained
from app.services.editing import Stamp


async def insert(
    tx: Transaction, campaign_id: int, draft: SourceCodeDraft, stamp: Stamp, *path: str
) -> int:
    """Store a tidied draft and return its id; CODE_TAKEN below `path` when a twin was faster."""
    with explained(*path):
        row = await Code.create(
            using_db=tx.client,
            kind=CampaignKind.SOURCE,
            campaign_id=campaign_id,
            group_id=draft.group_id,
            text=draft.code,
            normal_form=normal_form(draft.code),
            valid_from=draft.valid_from,
            valid_to=draft.valid_to,
            max_uses=draft.maximum_uses,
            uses_per_customer=draft.uses_per_customer,
            issued_to_id=draft.issued_to and await customers.recorded(tx, draft.issued_to, stamp),
            available_to=draft.available_to,
            metadata=dict(draft.metadata),
            actor=stamp.caller.actor(),
            created_at=stamp.now,
            updated_at=stamp.now,
        )
    made_id: int = row.id
    return made_id


async def check_free(tx: Transaction, draft: SourceCodeDraft, *path: str) -> list[Problem]:
    """Look whether the code exists; what cannot be one is told by the checks of the draft."""
    try:
        wanted = normal_form(draft.code)
    except CodeTextError:
        return []
    taken = CODE_TAKEN.below(*path)
    return await editing.check_free(tx, "code.normal_form", wanted, taken)
