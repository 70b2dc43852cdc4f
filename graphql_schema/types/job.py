from datetime import datetime

import strawberry

from graphql_schema.connections import Connection, paged
from graphql_schema.scalars import BigInt, Json
from graphql_schema.types.enums import JobKind, JobPhase, JobStatus, RowOutcome
from graphql_schema.types.filters import CodeWhere, RowResultWhere
from graphql_schema.types.lazy import LazyCampaign, LazyCode, LazyJob, LazyRowResult
from graphql_schema.types.node import Node
from graphql_schema.types.orders import CodeOrder, RowResultOrder

KIND = "What it does."
STATUS = "How it stands, or how it ended."
PHASE = "What it is busy with."
TOTAL = "How many rows or codes there are to do; null until that is known."
PARSED = "How many rows of its file were read; imports only."
PROCESSED = "How many rows or codes are done."
INSERTED = "How many codes it made."
UPDATED = "How many codes it changed."
DELETED = "How many codes it deleted."
WITHDRAWN = "How many codes it withdrew."
UNCHANGED = "How many rows asked for what was so already."
FAILED = "How many rows could not be carried out."
ERROR_CODE = "Why it failed, in a word for programs."
ERROR_MESSAGE = "Why it failed, in a sentence for people."
ERROR_LINE = "The line of its file at which an import failed, from 1; null where there is none."
ERROR_COLUMN = "The character of that line, from 1; null where there is none."


@strawberry.type(
    description=(
        "How far a job is at one moment. Of two events of a job, the one with the larger `sequence`"
        " is the newer."
    )
)
class JobProgress:
    job_id: strawberry.ID = strawberry.field(description="The id of the job.")
    kind: JobKind = strawberry.field(description=KIND)
    sequence: BigInt = strawberry.field(description="Raised by every change of the job.")
    status: JobStatus = strawberry.field(description=STATUS)
    phase: JobPhase = strawberry.field(description=PHASE)
    total: int | None = strawberry.field(description=TOTAL)
    parsed: int = strawberry.field(description=PARSED)
    processed: int = strawberry.field(description=PROCESSED)
    inserted: int = strawberry.field(description=INSERTED)
    updated: int = strawberry.field(description=UPDATED)
    deleted: int = strawberry.field(description=DELETED)
    withdrawn: int = strawberry.field(description=WITHDRAWN)
    unchanged: int = strawberry.field(description=UNCHANGED)
    failed: int = strawberry.field(description=FAILED)
    percent: float = strawberry.field(
        description="0 to 100, with one decimal; 100 only when the work is done."
    )
    rate: float | None = strawberry.field(
        description="Rows a second since the start; null before the first rows are done."
    )
    eta_seconds: int | None = strawberry.field(
        description="Seconds that are left at this rate; null when that cannot be said."
    )
    error_code: str | None = strawberry.field(description=ERROR_CODE)
    error_message: str | None = strawberry.field(description=ERROR_MESSAGE)
    error_line: BigInt | None = strawberry.field(description=ERROR_LINE)
    error_column: BigInt | None = strawberry.field(description=ERROR_COLUMN)


@strawberry.type(description="One background request, and what came of it.")
class Job(Node):
    kind: JobKind = strawberry.field(description=KIND)
    status: JobStatus = strawberry.field(description=STATUS)
    phase: JobPhase = strawberry.field(description=PHASE)
    reference: str | None = strawberry.field(description="The reference given with the request.")
    file_name: str | None = strawberry.field(description="The name of the file it reads or writes.")
    size: BigInt | None = strawberry.field(description="The size of that file in bytes.")
    hash: str | None = strawberry.field(description="The SHA-256 of that file, in hexadecimal.")
    submitted_by: str = strawberry.field(description="The name of the caller who asked for it.")
    not_before: datetime | None = strawberry.field(
        description="It does not start before this moment."
    )
    queued_at: datetime = strawberry.field(description="When it was asked for.")
    started_at: datetime | None = strawberry.field(description="When it started; null until then.")
    finished_at: datetime | None = strawberry.field(description="When it ended; null until then.")
    total: int | None = strawberry.field(description=TOTAL)
    parsed: int = strawberry.field(description=PARSED)
    processed: int = strawberry.field(description=PROCESSED)
    inserted: int = strawberry.field(description=INSERTED)
    updated: int = strawberry.field(description=UPDATED)
    deleted: int = strawberry.field(description=DELETED)
    withdrawn: int = strawberry.field(description=WITHDRAWN)
    unchanged: int = strawberry.field(description=UNCHANGED)
    failed: int = strawberry.field(description=FAILED)
    attempts: int = strawberry.field(
        description="How often another worker had to take it over since its last progress."
    )
    error_code: str | None = strawberry.field(description=ERROR_CODE)
    error_message: str | None = strawberry.field(description=ERROR_MESSAGE)
    error_line: BigInt | None = strawberry.field(description=ERROR_LINE)
    error_column: BigInt | None = strawberry.field(description=ERROR_COLUMN)
    cancel_requested_at: datetime | None = strawberry.field(
        description="When somebody asked to stop it."
    )
    version: int = strawberry.field(description="Raised by every change.")
    metadata: Json = strawberry.field(description="Whatever was kept with it; at most 4 KB.")
    progress: JobProgress = strawberry.field(
        description="How far it is at this moment: what the subscription `jobProgress` tells."
    )
    campaign: LazyCampaign | None = strawberry.field(
        description="The campaign whose codes it makes or changes."
    )
    same_file_as: LazyJob | None = strawberry.field(
        description="The latest earlier import of the same bytes into the same campaign."
    )
    codes: Connection[LazyCode] = paged("The codes it made.", where=CodeWhere, order_by=CodeOrder)
    row_results: Connection[LazyRowResult] = paged(
        "What it did with each row of its file, in the order of the file.",
        where=RowResultWhere,
        order_by=RowResultOrder,
    )


@strawberry.type(description="What an import did with one row of its file.")
class RowResult:
    row: BigInt = strawberry.field(description="The number of the row, from 1.")
    line: BigInt = strawberry.field(description="The line of the file where it begins.")
    code: str | None = strawberry.field(
        description=(
            "The code as it was written, if it was. Without the scope codes:reveal only its ends,"
            " unless you sent the file."
        )
    )
    outcome: RowOutcome = strawberry.field(description="What was done.")
    messages: list[Json] = strawberry.field(
        description=(
            "Why: error code, field, value, severity and text of each message. What stood in the"
            " file is quoted to who sent it, or has the scope codes:reveal."
        )
    )
    job: Job = strawberry.field(description="The job that did it.")
