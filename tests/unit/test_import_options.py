from dataclasses import replace

import pytest

from app.domain.import_files import (
    FileErrorCode,
    FileHeader,
    FileRefused,
    ImportMode,
    OnError,
)
from app.domain.import_options import (
    MOST_ABORTABLE,
    ImportOptions,
    agreed,
    check_rows,
    ended,
    most_rows,
)
from app.domain.jobs import JobStatus

BESIDE = FileHeader("SUMMER26")
SAID = FileHeader("summer26 ", "po-4711", ImportMode.INSERT_ONLY, OnError.ABORT, dry_run=True)
AGREED = ImportOptions(ImportMode.INSERT_ONLY, OnError.ABORT, dry_run=True, reference="po-4711")


@pytest.mark.parametrize(
    ("beside", "inside", "options"),
    [
        (BESIDE, FileHeader(), ImportOptions()),
        (BESIDE, SAID, AGREED),
        (replace(SAID, coupon_key="SUMMER26"), FileHeader(), AGREED),
        (replace(SAID, coupon_key="SUMMER26"), SAID, AGREED),
        (BESIDE, FileHeader(dry_run=False), ImportOptions()),
        (replace(BESIDE, dry_run=False), FileHeader(dry_run=False), ImportOptions()),
        # Between them they say everything, each a part.
        (
            replace(BESIDE, mode=ImportMode.UPDATE_ONLY),
            FileHeader(on_error=OnError.CONTINUE, reference=" po-1 "),
            ImportOptions(ImportMode.UPDATE_ONLY, reference="po-1"),
        ),
        # A form's empty field says nothing.
        (
            replace(BESIDE, reference="po-1"),
            FileHeader(reference=" "),
            ImportOptions(reference="po-1"),
        ),
    ],
)
def test_what_request_and_file_say_together(
    beside: FileHeader, inside: FileHeader, options: ImportOptions
) -> None:
    assert agreed(beside, inside) == options


@pytest.mark.parametrize(
    ("inside", "name"),
    [
        (FileHeader("WINTER26"), "couponKey"),
        (FileHeader(""), "couponKey"),
        (FileHeader("K" * 60_000), "couponKey"),
        (FileHeader(mode=ImportMode.UPSERT), "mode"),
        (FileHeader(on_error=OnError.CONTINUE), "onError"),
        (FileHeader(dry_run=False), "dryRun"),
        (FileHeader(reference="po-4712"), "reference"),
    ],
)
def test_a_file_that_says_something_else(inside: FileHeader, name: str) -> None:
    with pytest.raises(FileRefused) as refused:
        agreed(replace(SAID, coupon_key="SUMMER26"), inside)
    assert (refused.value.code, refused.value.line) == (FileErrorCode.HEADER_CONFLICT, None)
    sentence = f"The file says another {name} than the request"
    assert refused.value.message == f"{sentence}; say it once, or twice the same."


@pytest.mark.parametrize("reference", ["r" * 201, "po\n4711", "\u200b"])
def test_a_reference_that_no_job_can_have(reference: str) -> None:
    with pytest.raises(FileRefused) as refused:
        agreed(BESIDE, FileHeader(reference=reference))
    assert refused.value.code == FileErrorCode.SYNTAX
    assert refused.value.message.startswith("The reference of the file: ")


def test_how_many_rows_are_imported_at_a_time() -> None:
    assert most_rows(50_000, None) == most_rows(50_000, OnError.CONTINUE) == 50_000
    assert most_rows(50_000, OnError.ABORT) == MOST_ABORTABLE == 10_000
    assert most_rows(10, OnError.ABORT) == 10
    check_rows(10_000, 10_000)
    with pytest.raises(FileRefused) as refused:
        check_rows(10_001, 10_000)
    assert (refused.value.code, refused.value.message) == (
        FileErrorCode.TOO_MANY_ROWS,
        "The file has more than 10,000 rows; send it in parts.",
    )


@pytest.mark.parametrize(
    ("total", "failed", "on_error", "end"),
    [
        (1, 0, OnError.CONTINUE, (JobStatus.SUCCESS, None, None)),
        (2, 1, OnError.CONTINUE, (JobStatus.WARNINGS, None, None)),
        (
            2,
            2,
            OnError.CONTINUE,
            (
                JobStatus.FAILED,
                "ALL_ROWS_FAILED",
                "Every row failed; the results tell why.",
            ),
        ),
        (2, 0, OnError.ABORT, (JobStatus.SUCCESS, None, None)),
        (
            2_000,
            1,
            OnError.ABORT,
            (JobStatus.FAILED, "ABORTED", "1 of 2,000 rows failed, so none was applied."),
        ),
        (
            2,
            2,
            OnError.ABORT,
            (JobStatus.FAILED, "ABORTED", "2 of 2 rows failed, so none was applied."),
        ),
    ],
)
def test_how_an_import_ends(
    total: int, failed: int, on_error: OnError, end: tuple[JobStatus, str | None, str | None]
) -> None:
    assert ended(total, failed, ImportOptions(on_error=on_error)) == end
