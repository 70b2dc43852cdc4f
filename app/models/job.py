from typing import Any

from tortoise import fields
from tortoise.models import Model

from app.database.fields import InstantField, JsonField
from app.database.schema import Check, Index, PrimaryKey, Unique, one_of
from app.domain.jobs import JobKind, JobPhase, JobStatus
from app.domain.rows import RowOutcome
from app.models.columns import Choice, Text, belongs_to, counter, may_belong_to


class Job(Model):
    """One background request. This row is the truth; the queue only rings a bell."""

    id = fields.BigIntField(primary_key=True)
    kind = Choice(JobKind)
    status = Choice(JobStatus, default=JobStatus.PENDING, db_default=JobStatus.PENDING)
    phase = Choice(JobPhase, default=JobPhase.QUEUED, db_default=JobPhase.QUEUED)
    campaign = may_belong_to("Campaign")
    campaign_id: int | None
    # The place among the jobs that change codes of the campaign; they run in this order.
    sequence = fields.BigIntField(null=True)
    reference = Text(null=True)
    file = may_belong_to("File")
    file_id: int | None
    file_name = Text(null=True)
    size = fields.BigIntField(null=True)
    sha256 = Text(null=True)
    # The latest earlier import of the same bytes into the same campaign.
    same_file_as = may_belong_to("Job")
    same_file_as_id: int | None
    params = JsonField[dict[str, Any]](default=dict, db_default={})
    not_before = InstantField(null=True)
    queued_at = InstantField()
    started_at = InstantField(null=True)
    finished_at = InstantField(null=True)
    total = fields.BigIntField(null=True)
    # How much of the file is staged, in bytes and in rows.
    bytes_read = counter()
    parsed = counter()
    processed = counter()
    inserted = counter()
    updated = counter()
    deleted = counter()
    withdrawn = counter()
    unchanged = counter()
    failed = counter()
    # Takeovers since the last committed chunk.
    attempts = fields.IntField(default=0, db_default=0)
    # Who may commit: each takeover raises it, so the former owner's next commit changes no row.
    epoch = counter()
    lease_until = InstantField(null=True)
    cancel_requested_at = InstantField(null=True)
    # Raised by every committed change, so that a watcher never sees progress go back.
    progress_sequence = counter()
    error_code = Text(null=True)
    error_message = Text(null=True)
    # Where in its file an import failed, from 1.
    error_line = fields.BigIntField(null=True)
    error_column = fields.BigIntField(null=True)
    result_file = may_belong_to("File")
    result_file_id: int | None
    version = fields.IntField(default=1, db_default=1)
    metadata = JsonField[dict[str, Any]](default=dict, db_default={})
    actor = JsonField[dict[str, Any]]()

    class Meta:
        table = "job"
        constraints = (
            Unique(
                fields=("campaign_id", "sequence"),
                name="job_sequence_key",
                condition="sequence IS NOT NULL",
            ),
            Check(check=one_of("status", JobStatus), name="job_status_known"),
            Check(
                check="(finished_at IS NULL) = (status IN ('PENDING', 'IN_PROGRESS'))",
                name="job_finished_when_ended",
            ),
            Check(
                check="sequence IS NULL OR campaign_id IS NOT NULL",
                name="job_sequence_within_campaign",
            ),
            Check(
                check="total >= 0 AND parsed >= 0 AND processed >= 0 AND inserted >= 0"
                " AND updated >= 0 AND deleted >= 0 AND withdrawn >= 0 AND unchanged >= 0"
                " AND failed >= 0",
                name="job_counts_not_negative",
            ),
        )
        indexes = (
            Index("job_by_time", ("queued_at", "id")),
            Index("job_by_campaign", ("campaign_id", "queued_at", "id"), "campaign_id IS NOT NULL"),
            Index("job_by_reference", ("reference", "id"), "reference IS NOT NULL"),
            Index("job_by_file", ("campaign_id", "sha256", "id"), "sha256 IS NOT NULL"),
            Index("job_unfinished", ("campaign_id", "sequence", "id"), "finished_at IS NULL"),
        )


class ImportRow(Model):
    """One row of an import file, read and waiting to be applied.

    A failed row stays, so that it can be given back to be corrected; an applied one goes.
    """

    job = belongs_to("Job")
    job_id: int
    row = fields.BigIntField(primary_key=True, generated=False)
    line = fields.BigIntField()
    code_text = Text(null=True)
    # Null where the text is no code, and where an earlier row has it: `duplicate_of`.
    normal_form = Text(null=True)
    duplicate_of = fields.BigIntField(null=True)
    # What the row says besides its code.
    data = JsonField[dict[str, Any]]()
    # What the reader said about the row; null is nothing.
    messages = JsonField[list[dict[str, Any]] | None](null=True)

    class Meta:
        table = "import_row"
        constraints = (
            PrimaryKey(fields=("job_id", "row"), name="import_row_pkey"),
            Unique(
                fields=("job_id", "normal_form"),
                name="import_row_code_key",
                condition="normal_form IS NOT NULL",
            ),
            Check(check='"row" >= 1', name="import_row_counts_from_one"),
        )


class RowResult(Model):
    """What an import did with one row of its file, and why."""

    job = belongs_to("Job")
    job_id: int
    row = fields.BigIntField(primary_key=True, generated=False)
    line = fields.BigIntField()
    code_text = Text(null=True)
    outcome = Choice(RowOutcome)
    messages = JsonField[list[dict[str, Any]]](default=list, db_default=[])

    class Meta:
        table = "row_result"
        constraints = (
            PrimaryKey(fields=("job_id", "row"), name="row_result_pkey"),
            Check(check=one_of("outcome", RowOutcome), name="row_result_outcome_known"),
        )
        indexes = (Index("row_result_failed", ("job_id", "row"), "outcome = 'FAILED'"),)
