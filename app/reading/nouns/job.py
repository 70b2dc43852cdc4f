from app.domain.callers import Scope
from app.domain.concealment import conceal_written, unquoted
from app.domain.jobs import STARTED_BY, JobProgress, progress
from app.models import Job, RowResult
from app.reading.declarations import (
    OWN,
    Expression,
    Listing,
    Many,
    Masked,
    One,
    Order,
    column,
    columns,
    computed,
    readable,
    value,
)
from app.reading.filters import equality, instants, words
from app.reading.kinds import JSONS, TEXT, id_of

# Whoever sent a file knows what stands in it.
_SUBMITTER = "(SELECT job.actor ->> 'caller' FROM job WHERE job.id = {t}.job_id)"

JOB_PROGRESS = value(JobProgress, job_id=id_of("Job"))

JOB = readable(
    Job,
    allow=Scope.CODES_READ,
    told=dict.fromkeys(STARTED_BY.values(), OWN),
    fields={
        **columns(
            Job,
            "id kind status phase reference file_name size not_before queued_at started_at"
            " finished_at total parsed processed inserted updated deleted withdrawn unchanged"
            " failed attempts error_code error_message error_line error_column cancel_requested_at"
            " version metadata",
        ),
        "hash": column(Job, "sha256"),
        "submitted_by": Expression(sql="{t}.actor ->> 'name'", kind=TEXT, null=False),
        "progress": computed(progress),
        "campaign": One(target="Campaign", via="campaign_id", null=True),
        "same_file_as": One(target="Job", via="same_file_as_id", null=True),
        "codes": Many(target="Code", on="created_by_job_id"),
        "row_results": Many(target="RowResult", on="job_id"),
    },
    # Newest first: the list of jobs is the import log.
    listing=Listing(
        orders={"QUEUED_AT": Order(("queued_at", "id"), leads=("campaign_id",))},
        filters={
            "kind": words("kind"),
            "status": words("status"),
            "campaign": equality("campaign_id", id_of("Campaign")),
            "reference": words("reference"),
            "queued_at": instants("queued_at"),
        },
        newest_first=True,
    ),
)

ROW_RESULT = readable(
    RowResult,
    allow=Scope.CODES_READ,
    fields={
        **columns(RowResult, "row line outcome"),
        "code": column(
            RowResult,
            "code_text",
            mask=Masked(Scope.CODES_REVEAL, conceal_written, owner=_SUBMITTER),
        ),
        # A message quotes what stood in the file, codes included.
        "messages": column(
            RowResult,
            "messages",
            kind=JSONS,
            mask=Masked(Scope.CODES_REVEAL, unquoted, owner=_SUBMITTER),
        ),
        "job": One(target="Job", via="job_id", null=False),
    },
    listing=Listing(
        orders={"ROW": Order(("row",), leads=("job_id",))},
        filters={"outcome": words("outcome")},
    ),
)
