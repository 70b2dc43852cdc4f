"""What did not work at the demo company: refused attempts, and jobs that failed."""

from datetime import timedelta
from hashlib import sha256

from app.domain.jobs import JobKind, JobStatus
from app.services.demo import batches
from app.services.demo.company import Company
from app.services.demo.tables import ACTOR, Row, Tables
from app.services.jobs import COUNTERS

ON_CODES, ON_GUESSES = 90, 30


def attempts(tables: Tables) -> None:
    """Refused redemptions of codes that are spent, over or withdrawn, and of codes nobody made."""
    codes = tables.rows["code"]
    spent = [row for row in codes if row["used_up_at"] is not None]
    over = [row for row in codes if row["valid_to"] is not None and row["valid_to"] < tables.now]
    withdrawn = [row for row in codes if row["withdrawn_at"] is not None]
    for number in range(ON_CODES):
        row, reason = (
            (tables.dice.pick(spent), "FULLY_REDEEMED"),
            (tables.dice.pick(over), "EXPIRED"),
            (tables.dice.pick(withdrawn), "WITHDRAWN"),
        )[number % 3]
        ended = row["withdrawn_at"] or row["used_up_at"] or row["valid_to"]
        _attempt(tables, str(row["id"]), reason, ended.timestamp(), code_id=row["id"])
    for number in range(ON_GUESSES):
        guessed = sha256(f"guess {number}".encode()).hexdigest()
        earliest = tables.now - timedelta(days=60)
        _attempt(tables, guessed, "NOT_FOUND", earliest.timestamp(), code_id=None)


def _attempt(
    tables: Tables, subject: str, reason: str, earliest: float, code_id: int | None
) -> None:
    age = int(tables.now.timestamp() - earliest)
    at = tables.now - timedelta(seconds=tables.dice.below(max(1, age)))
    tables.add(
        "attempt",
        caller_id=ACTOR["caller"],
        subject=subject,
        code_id=code_id,
        operation="redeemCode",
        reasons=reason,
        minute=at.replace(second=0, microsecond=0),
        at=at,
        count=tables.dice.between(1, 3),
        actor=ACTOR,
    )


def jobs(tables: Tables, company: Company) -> None:
    """An import whose file could not be read, and an export that worked."""
    flyer = company.campaigns["FLYER"]
    batches.job(
        tables,
        flyer,
        JobKind.IMPORT,
        -46,
        status=JobStatus.FAILED,
        sequence=batches.next_sequence(flyer),
        reference="flyer-first-try",
        file_name="flyer.csv",
        size=40_312,
        sha256=sha256(b"flyer").hexdigest(),
        parsed=811,
        error_code="SYNTAX",
        error_message="Line 812, column 9: the quoted field is never closed.",
    )
    cinema = company.campaigns["CINEMA"]
    made: list[Row] = [row for row in tables.rows["code"] if row["campaign_id"] == cinema["id"]]
    batches.job(
        tables, cinema, JobKind.EXPORT, -69, reference="cinema-handover", processed=len(made)
    )


def announce_ends(tables: Tables) -> None:
    """Tell the outside how each job ended, as the end of a job does."""
    for row in tables.rows["job"]:
        payload = {
            "jobId": row["id"],
            "kind": row["kind"],
            "status": row["status"],
            "campaignId": row["campaign_id"],
            "errorCode": row["error_code"],
            **{count: row[count] for count in ("total", *COUNTERS)},
        }
        tables.announce("JOB_FINISHED", payload, row["finished_at"])
