from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from app.database.fields import InstantField, JsonField
from app.database.schema import Check, Index, PrimaryKey, Unique
from app.domain.jobs import JobKind, JobPhase, JobStatus
from app.domain.rows import RowOutcome
from app.models.columns import Choice, Text


class Migration(migrations.Migration):
    dependencies = [("models", "0001_campaigns")]

    operations = [
        ops.CreateModel(
            name="File",
            fields=[
                ("id", fields.BigIntField(primary_key=True)),
                ("name", Text(null=True)),
                ("content_type", Text()),
                ("size", fields.BigIntField(null=True)),
                ("sha256", Text(null=True)),
                ("complete_at", InstantField(null=True)),
                ("expires_at", InstantField()),
                ("actor", JsonField()),
                ("created_at", InstantField()),
            ],
            options={
                "table": "file",
                "constraints": [
                    Check(check="size >= 0", name="file_size_not_negative"),
                    Check(
                        check="complete_at IS NULL OR (size IS NOT NULL AND sha256 IS NOT NULL)",
                        name="file_complete_is_measured",
                    ),
                ],
                "indexes": [Index(name="file_by_expiry", fields=["expires_at", "id"])],
            },
        ),
        ops.CreateModel(
            name="FileChunk",
            fields=[
                (
                    "file",
                    fields.ForeignKeyField(
                        "models.File",
                        source_field="file_id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("number", fields.IntField(primary_key=True, generated=False)),
                ("data", fields.BinaryField()),
            ],
            options={
                "table": "file_chunk",
                "constraints": [
                    PrimaryKey(fields=("file_id", "number"), name="file_chunk_pkey"),
                    Check(check="number >= 0", name="file_chunk_number_not_negative"),
                ],
            },
        ),
        ops.CreateModel(
            name="Job",
            fields=[
                ("id", fields.BigIntField(primary_key=True)),
                ("kind", Choice(enum_type=JobKind)),
                (
                    "status",
                    Choice(
                        default=JobStatus.PENDING, db_default=JobStatus.PENDING, enum_type=JobStatus
                    ),
                ),
                (
                    "phase",
                    Choice(default=JobPhase.QUEUED, db_default=JobPhase.QUEUED, enum_type=JobPhase),
                ),
                (
                    "campaign",
                    fields.ForeignKeyField(
                        "models.Campaign",
                        source_field="campaign_id",
                        null=True,
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("sequence", fields.BigIntField(null=True)),
                ("reference", Text(null=True)),
                (
                    "file",
                    fields.ForeignKeyField(
                        "models.File",
                        source_field="file_id",
                        null=True,
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("file_name", Text(null=True)),
                ("size", fields.BigIntField(null=True)),
                ("sha256", Text(null=True)),
                ("params", JsonField(default=dict, db_default={})),
                ("not_before", InstantField(null=True)),
                ("queued_at", InstantField()),
                ("started_at", InstantField(null=True)),
                ("finished_at", InstantField(null=True)),
                ("total", fields.BigIntField(null=True)),
                ("parsed", fields.BigIntField(default=0, db_default=0)),
                ("processed", fields.BigIntField(default=0, db_default=0)),
                ("inserted", fields.BigIntField(default=0, db_default=0)),
                ("updated", fields.BigIntField(default=0, db_default=0)),
                ("deleted", fields.BigIntField(default=0, db_default=0)),
                ("withdrawn", fields.BigIntField(default=0, db_default=0)),
                ("unchanged", fields.BigIntField(default=0, db_default=0)),
                ("failed", fields.BigIntField(default=0, db_default=0)),
                ("attempts", fields.IntField(default=0, db_default=0)),
                ("epoch", fields.BigIntField(default=0, db_default=0)),
                ("lease_until", InstantField(null=True)),
                ("cancel_requested_at", InstantField(null=True)),
                ("progress_sequence", fields.BigIntField(default=0, db_default=0)),
                ("error_code", Text(null=True)),
                ("error_message", Text(null=True)),
                (
                    "result_file",
                    fields.ForeignKeyField(
                        "models.File",
                        source_field="result_file_id",
                        null=True,
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("version", fields.IntField(default=1, db_default=1)),
                ("metadata", JsonField(default=dict, db_default={})),
                ("actor", JsonField()),
            ],
            options={
                "table": "job",
                "constraints": [
                    Unique(
                        fields=("campaign_id", "sequence"),
                        name="job_sequence_key",
                        condition="sequence IS NOT NULL",
                    ),
                    Check(
                        check="status IN ('PENDING', 'IN_PROGRESS', 'SUCCESS', 'WARNINGS', 'FAILED', 'CANCELLED')",
                        name="job_status_known",
                    ),
                    Check(
                        check="(finished_at IS NULL) = (status IN ('PENDING', 'IN_PROGRESS'))",
                        name="job_finished_when_ended",
                    ),
                    Check(
                        check="sequence IS NULL OR campaign_id IS NOT NULL",
                        name="job_sequence_within_campaign",
                    ),
                    Check(
                        check="total >= 0 AND parsed >= 0 AND processed >= 0 AND inserted >= 0 AND updated >= 0 AND deleted >= 0 AND withdrawn >= 0 AND unchanged >= 0 AND failed >= 0",
                        name="job_counts_not_negative",
                    ),
                ],
                "indexes": [
                    Index(name="job_by_time", fields=["queued_at", "id"]),
                    Index(
                        name="job_by_campaign",
                        fields=["campaign_id", "queued_at", "id"],
                        where="campaign_id IS NOT NULL",
                    ),
                    Index(
                        name="job_by_reference",
                        fields=["reference", "id"],
                        where="reference IS NOT NULL",
                    ),
                    Index(
                        name="job_unfinished",
                        fields=["campaign_id", "sequence", "id"],
                        where="finished_at IS NULL",
                    ),
                ],
            },
        ),
        ops.CreateModel(
            name="ImportRow",
            fields=[
                (
                    "job",
                    fields.ForeignKeyField(
                        "models.Job",
                        source_field="job_id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("row", fields.BigIntField(primary_key=True, generated=False)),
                ("line", fields.BigIntField()),
                ("data", JsonField()),
            ],
            options={
                "table": "import_row",
                "constraints": [
                    PrimaryKey(fields=("job_id", "row"), name="import_row_pkey"),
                    Check(check='"row" >= 1', name="import_row_counts_from_one"),
                ],
            },
        ),
        ops.CreateModel(
            name="RowResult",
            fields=[
                (
                    "job",
                    fields.ForeignKeyField(
                        "models.Job",
                        source_field="job_id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("row", fields.BigIntField(primary_key=True, generated=False)),
                ("line", fields.BigIntField()),
                ("code_text", Text(null=True)),
                ("outcome", Choice(enum_type=RowOutcome)),
                ("messages", JsonField(default=list, db_default=[])),
            ],
            options={
                "table": "row_result",
                "constraints": [
                    PrimaryKey(fields=("job_id", "row"), name="row_result_pkey"),
                    Check(
                        check="outcome IN ('INSERTED', 'UPDATED', 'DELETED', 'WITHDRAWN', 'NO_ACTION', 'FAILED')",
                        name="row_result_outcome_known",
                    ),
                ],
                "indexes": [
                    Index(
                        name="row_result_failed",
                        fields=["job_id", "row"],
                        where="outcome = 'FAILED'",
                    )
                ],
            },
        ),
    ]
