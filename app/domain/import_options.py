"""What an import is told beside its file and in it, and what holds when both speak."""

from dataclasses import dataclass
from typing import Final, TypeVar

from app.domain.campaigns import normal_key
from app.domain.import_files import (
    FileErrorCode,
    FileHeader,
    FileRefused,
    ImportMode,
    OnError,
)
from app.domain.jobs import JobStatus, check_reference

MOST_ABORTABLE: Final = 10_000
"""Rows that one transaction can apply or undo as a whole."""

T = TypeVar("T", bound=str | bool | None)


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How a file is imported."""

    mode: ImportMode = ImportMode.UPSERT
    on_error: OnError = OnError.CONTINUE
    dry_run: bool = False
    reference: str | None = None


def agreed(beside: FileHeader, inside: FileHeader) -> ImportOptions:
    """Return what holds; `beside` names the campaign for sure, and was checked before.

    Raises FileRefused: HEADER_CONFLICT when the file says something else, SYNTAX when it has a
    reference by which no job can be found.
    """
    reference = (inside.reference or "").strip() or None
    for problem in check_reference(reference):
        sentence = f"The reference of the file: {problem.message}"
        raise FileRefused(FileErrorCode.SYNTAX, sentence)
    if inside.coupon_key is not None:
        _agree("couponKey", beside.coupon_key, normal_key(inside.coupon_key))
    return ImportOptions(
        mode=_agree("mode", beside.mode, inside.mode) or ImportMode.UPSERT,
        on_error=_agree("onError", beside.on_error, inside.on_error) or OnError.CONTINUE,
        dry_run=bool(_agree("dryRun", beside.dry_run, inside.dry_run)),
        reference=_agree("reference", beside.reference, reference),
    )


def most_rows(setting: int, on_error: OnError | None) -> int:
    """Return how many rows may be imported at a time."""
    return min(setting, MOST_ABORTABLE) if on_error == OnError.ABORT else setting


def check_rows(rows: int, most: int) -> None:
    """Raise FileRefused with TOO_MANY_ROWS."""
    if rows > most:
        sentence = f"The file has more than {most:,} rows; send it in parts."
        raise FileRefused(FileErrorCode.TOO_MANY_ROWS, sentence)


def ended(
    total: int, failed: int, options: ImportOptions
) -> tuple[JobStatus, str | None, str | None]:
    """Return how an import ends all of whose rows have a result, with its error if it failed."""
    if not failed:
        return JobStatus.SUCCESS, None, None
    if options.on_error == OnError.ABORT:
        sentence = f"{failed:,} of {total:,} rows failed, so none was applied."
        return JobStatus.FAILED, "ABORTED", sentence
    if failed < total:
        return JobStatus.WARNINGS, None, None
    return JobStatus.FAILED, "ALL_ROWS_FAILED", "Every row failed; the results tell why."


def _agree(name: str, beside: T, inside: T) -> T:
    if beside is None or inside is None or beside == inside:
        return inside if beside is None else beside
    raise FileRefused(
        FileErrorCode.HEADER_CONFLICT,
        f"The file says another {name} than the request; say it once, or twice the same.",
    )
