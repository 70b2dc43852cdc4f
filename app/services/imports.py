"""Asking for imports: what can be refused before the file is read is refused here."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from app.database import Database, Row, Transaction
from app.domain.campaigns import CampaignKind, normal_key
from app.domain.field_checks import check_text, storable
from app.domain.import_files import FileFormat, ImportMode, OnError
from app.domain.jobs import JobKind, check_not_before, check_reference
from app.domain.refusals import Problem, Refusal, refuse_any
from app.models.campaign import Campaign
from app.queue import Queue
from app.services import idempotency, jobs, open_campaigns
from app.services.editing import Stamp
from app.services.stored_files import FileGone

MAX_FILE_NAME_LENGTH: Final = 255
_OPERATION: Final = "importCodes"
_FIELD: Final = "campaignKey"


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What is said of a file beside it; what is None, the file may say itself.

    `max_rows` is the setting of the moment, `encoding` that of a file which does not tell it.
    """

    campaign_key: str
    file_format: FileFormat
    max_rows: int
    reference: str | None = None
    mode: ImportMode | None = None
    on_error: OnError | None = None
    dry_run: bool | None = None
    encoding: str | None = None
    not_before: datetime | None = None
    file_name: str | None = None
    idempotency_key: str | None = None


async def check(database: Database, asked: ImportRequest, now: datetime) -> None:
    """Refuse what cannot be imported whatever the file holds, so that nobody sends it in vain."""
    problems = list(_check(asked, now))
    async with database.transaction() as tx:
        campaign = await _find_campaign(tx, asked.campaign_key)
        problems += open_campaigns.check_open(campaign, CampaignKind.SOURCE, _FIELD)
    refuse_any(problems)


async def request(
    database: Database, queue: Queue, stamp: Stamp, asked: ImportRequest, file_id: int
) -> int:
    """Return the id of the job that imports a stored file, after all earlier ones of its campaign.

    Raises FileGone when there is no such file. A file whose bytes the campaign had before is
    imported like any other; the job names the earlier one.
    """
    refuse_any(_check(asked, stamp.now))
    files = await database.read(
        "SELECT id, size, sha256 FROM file WHERE id = $1 AND complete_at IS NOT NULL", file_id
    )
    if not files:
        raise FileGone(f"file {file_id}")
    (file,) = files
    # The same bytes under the same key are the same request, whatever the setting of the moment.
    wanted = {**asdict(asked), "max_rows": None, "sha256": file["sha256"]}
    request = jobs.JobRequest(_OPERATION, wanted, asked.idempotency_key, asked.not_before)
    return await jobs.enter(
        database, queue, stamp, request, lambda tx: _enter(tx, stamp, asked, file)
    )


def _check(asked: ImportRequest, now: datetime) -> Iterator[Problem]:
    yield from check_reference(asked.reference)
    yield from check_not_before(asked.not_before, now)
    if asked.file_name is not None:
        yield from check_text(asked.file_name, MAX_FILE_NAME_LENGTH, "fileName")
    if asked.idempotency_key is not None:
        yield from idempotency.check_key(asked.idempotency_key)


async def _find_campaign(tx: Transaction, key: str) -> Campaign | None:
    if not storable(key):
        return None
    rows = Campaign.filter(key=normal_key(key)).using_db(tx.client)
    return await rows.first()


async def _enter(tx: Transaction, stamp: Stamp, asked: ImportRequest, file: Row) -> int:
    campaign = await _lock_campaign(tx, asked.campaign_key)
    same = await tx.fetch_value(
        "SELECT id FROM job WHERE campaign_id = $1 AND sha256 = $2 ORDER BY id DESC LIMIT 1",
        campaign.id,
        file["sha256"],
    )
    params = {
        "campaignKey": campaign.key,
        "timeZone": campaign.time_zone,
        "format": asked.file_format,
        "encoding": asked.encoding,
        "mode": asked.mode,
        "onError": asked.on_error,
        "dryRun": asked.dry_run,
        "maxRows": asked.max_rows,
    }
    job = jobs.NewJob(
        JobKind.IMPORT,
        campaign.id,
        params,
        None,
        asked.reference,
        asked.not_before,
        sequenced=True,
        file=jobs.JobFile(file["id"], asked.file_name, file["size"], file["sha256"], same),
    )
    return await jobs.add(tx, stamp.caller, job, stamp.now)


async def _lock_campaign(tx: Transaction, key: str) -> Campaign:
    """Return a source campaign in use, which nobody can archive before the job is entered."""
    found = await _find_campaign(tx, key)
    campaign = found and (await open_campaigns.lock(tx, found.id)).get(found.id)
    problems = list(open_campaigns.check_open(campaign, CampaignKind.SOURCE, _FIELD))
    if campaign is None or problems:
        raise Refusal(*problems)
    return campaign
