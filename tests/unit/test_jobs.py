from dataclasses import asdict, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.jobs import (
    STARTED_BY,
    JobFacts,
    JobKind,
    JobPhase,
    JobProgress,
    JobStatus,
    check_count,
    progress,
    terminal,
)
from app.domain.refusals import Problem, UserErrorCode

STARTED = datetime(2026, 3, 25, 10, 15, tzinfo=UTC)
TEN_SECONDS_LATER = STARTED + timedelta(seconds=10)

QUEUED = JobFacts(
    id=42,
    kind=JobKind.GENERATE,
    status=JobStatus.PENDING,
    phase=JobPhase.QUEUED,
    progress_sequence=0,
    total=1000,
    size=None,
    bytes_read=0,
    parsed=0,
    processed=0,
    inserted=0,
    updated=0,
    deleted=0,
    withdrawn=0,
    unchanged=0,
    failed=0,
    started_at=None,
    finished_at=None,
    error_code=None,
    error_message=None,
    error_line=None,
    error_column=None,
)
RUNNING = replace(
    QUEUED,
    status=JobStatus.IN_PROGRESS,
    phase=JobPhase.APPLYING,
    progress_sequence=3,
    processed=250,
    inserted=250,
    started_at=STARTED,
)
IMPORTING = replace(RUNNING, kind=JobKind.IMPORT, parsed=1000)
PARSING: dict[str, Any] = {"phase": JobPhase.PARSING, "total": None, "processed": 0}


def shown(facts: JobFacts) -> tuple[float, float | None, int | None]:
    event = progress(facts, TEN_SECONDS_LATER)
    return event.percent, event.rate, event.eta_seconds


def test_a_progress_event_carries_the_facts_of_the_job() -> None:
    facts = replace(
        IMPORTING,
        status=JobStatus.FAILED,
        phase=JobPhase.DONE,
        progress_sequence=9,
        processed=21,
        inserted=1,
        updated=2,
        deleted=3,
        withdrawn=4,
        unchanged=5,
        failed=6,
        finished_at=STARTED + timedelta(seconds=2),
        error_code="SYNTAX",
        error_message="no end",
        error_line=7,
        error_column=3,
    )
    assert progress(facts, TEN_SECONDS_LATER) == JobProgress(
        job_id=42,
        kind=JobKind.IMPORT,
        sequence=9,
        status=JobStatus.FAILED,
        phase=JobPhase.DONE,
        total=1000,
        parsed=1000,
        processed=21,
        inserted=1,
        updated=2,
        deleted=3,
        withdrawn=4,
        unchanged=5,
        failed=6,
        percent=21.6,
        rate=10.5,
        eta_seconds=None,
        error_code="SYNTAX",
        error_message="no end",
        error_line=7,
        error_column=3,
    )


def test_every_fact_but_the_times_is_shown() -> None:
    facts = {field.name for field in fields(JobFacts)}
    event = {field.name for field in fields(JobProgress)}
    assert facts - event == {
        "id",
        "progress_sequence",
        "size",
        "bytes_read",
        "started_at",
        "finished_at",
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (25.0, 25.0, 30)),
        ({"processed": 0}, (0.0, None, None)),
        ({"processed": 333}, (33.3, 33.3, 21)),
        ({"processed": 999}, (99.9, 99.9, 1)),
        # Everything is through, but the end is not committed yet.
        ({"processed": 1000}, (99.9, 100.0, 0)),
        ({"processed": 1200}, (99.9, 120.0, 0)),
        ({"total": None}, (0.0, 25.0, None)),
        ({"total": 0, "processed": 0}, (0.0, None, None)),
        # The clock of the one who asks is behind that of the worker.
        ({"started_at": TEN_SECONDS_LATER + timedelta(seconds=1)}, (25.0, None, None)),
        ({"status": JobStatus.SUCCESS, "processed": 1000}, (100.0, 100.0, None)),
        ({"status": JobStatus.WARNINGS, "total": 0, "processed": 0}, (100.0, None, None)),
        ({"status": JobStatus.CANCELLED, "processed": 500}, (50.0, 50.0, None)),
        ({"status": JobStatus.FAILED, "processed": 1000, "failed": 1000}, (100.0, 100.0, None)),
        (
            {"status": JobStatus.CANCELLED, "finished_at": STARTED + timedelta(seconds=5)},
            (25.0, 50.0, None),
        ),
    ],
)
def test_percent_rate_and_time_left(
    changes: dict[str, Any], expected: tuple[float, float | None, int | None]
) -> None:
    assert shown(replace(RUNNING, **changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (PARSING | {"parsed": 0}, (0.0, None, None)),
        (PARSING | {"parsed": 500, "size": 800, "bytes_read": 400}, (10.0, 50.0, 90)),
        # A reader may be ahead of the rows, but never beyond the file.
        (PARSING | {"parsed": 500, "size": 800, "bytes_read": 900}, (20.0, 50.0, 40)),
        (PARSING | {"parsed": 500}, (0.0, 50.0, None)),
        ({"processed": 0}, (20.0, None, 40)),
        ({"processed": 500}, (60.0, 50.0, 7)),
        ({"processed": 1000}, (99.9, 100.0, 0)),
        ({"phase": JobPhase.DONE, "status": JobStatus.SUCCESS}, (100.0, 25.0, None)),
    ],
)
def test_parsing_is_a_fifth_of_an_import(
    changes: dict[str, Any], expected: tuple[float, float | None, int | None]
) -> None:
    assert shown(replace(IMPORTING, **changes)) == expected


def test_a_job_that_has_not_started_has_no_rate() -> None:
    assert shown(QUEUED) == (0.0, None, None)


@given(
    st.sampled_from([QUEUED, RUNNING, IMPORTING]),
    st.lists(st.tuples(st.booleans(), st.integers(0, 400)), max_size=30),
    st.sampled_from(JobStatus),
)
def test_percent_never_goes_back_and_never_beyond(
    facts: JobFacts, steps: list[tuple[bool, int]], last: JobStatus
) -> None:
    facts = replace(facts, parsed=0, processed=0)
    percents = []
    for parsing, rows in steps:
        if parsing:
            facts = replace(facts, parsed=facts.parsed + rows)
        else:
            facts = replace(facts, processed=facts.processed + rows)
        percents.append(progress(facts, TEN_SECONDS_LATER).percent)
    assert all(percent < 100 for percent in percents)
    percents.append(progress(replace(facts, status=last), TEN_SECONDS_LATER).percent)
    assert percents == sorted(percents)
    assert 0 <= percents[-1] <= 100


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (JobStatus.PENDING, False),
        (JobStatus.IN_PROGRESS, False),
        (JobStatus.SUCCESS, True),
        (JobStatus.WARNINGS, True),
        (JobStatus.FAILED, True),
        (JobStatus.CANCELLED, True),
    ],
)
def test_terminal_statuses(status: JobStatus, expected: bool) -> None:  # noqa: FBT001 - a table
    assert terminal(status) is expected


@pytest.mark.parametrize("count", [1, 100_000])
def test_counts_that_can_be_asked_for(count: int) -> None:
    assert list(check_count(count)) == []


@pytest.mark.parametrize("count", [0, -1, 100_001])
def test_counts_out_of_range(count: int) -> None:
    assert list(check_count(count)) == [
        Problem(
            UserErrorCode.COUNT_OUT_OF_RANGE,
            "Ask for 1 to 100,000 codes at a time; for more, send several requests.",
            ("count",),
        )
    ]


def test_the_words_of_the_seed_are_kept() -> None:
    assert asdict(QUEUED)["status"] == "PENDING"
    assert [str(status) for status in JobStatus] == [
        "PENDING",
        "IN_PROGRESS",
        "SUCCESS",
        "WARNINGS",
        "FAILED",
        "CANCELLED",
    ]


def test_every_kind_of_job_says_what_starting_one_needs() -> None:
    assert STARTED_BY.keys() == set(JobKind)
