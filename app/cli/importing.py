"""How a file is sent, and what is told of its rows when they are through."""

import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any, BinaryIO, Final

import typer

from app.cli import output, sources, talking
from app.cli.options import Exit
from app.client import Client, Problem, Refused

SHOWN_ROWS: Final = 10
_PARTIAL: Final = ".part"


def check_source(file: Path) -> None:
    if str(file) == "-":
        return
    if not file.exists():
        raise typer.BadParameter(f"there is no file {file}")
    if file.is_dir():
        raise typer.BadParameter(f"{file} is a folder; name a file in it")


def check_target(failed: Path | None, file: Path) -> None:
    """Find out before the import, not after it, that failed rows could not be written."""
    if failed is None:
        return
    if failed.is_dir() or not failed.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no place for a file at {failed}")
    if failed.exists() and str(file) != "-" and failed.samefile(file):
        raise typer.BadParameter("name another file than the one to import")


async def send(
    client: Client, path: Path, wanted: Mapping[str, object], *, as_json: bool
) -> dict[str, Any]:
    """Send the file and show the job that it became."""
    try:
        with (
            sources.opened(path) as source,
            output.uploading(source.size, as_json=as_json) as advance,
        ):
            job = await client.import_file(source.pieces(advance), source.size, wanted)
    except sources.SourceChanged as exc:
        raise Refused(Problem("FILE_CHANGED", str(exc))) from exc
    except OSError as exc:
        raise Refused(Problem("FILE_UNREADABLE", f"{path}: {exc.strerror}.")) from exc
    output.job(job, as_json=as_json)
    if not as_json and (same := job.get("sameFileAs")):
        typer.echo(
            f"Note: the job {same['id']} of {same['queuedAt']} took the very same file"
            f" ({same['status']}).",
            err=True,
        )
    return job


async def attend(client: Client, job_id: str, failed: Path | None, *, as_json: bool) -> Exit:
    """Watch the import to its end, sum it up, show what failed first and save all that failed."""
    last = await talking.follow(client.watch_job(job_id), as_json=as_json)
    rows = await client.failed_rows(job_id, SHOWN_ROWS) if last["failed"] else []
    if failed and rows:
        await save(client.failed_file(job_id), failed)
    output.import_summary(last, rows, failed if rows else None, as_json=as_json)
    return talking.ended(last)


async def save(pieces: AsyncGenerator[bytes], path: Path) -> None:
    """Write the file whole or not at all; `-` is the standard output."""
    try:
        async with aclosing(pieces) as found:
            if str(path) == "-":
                await _write(found, sys.stdout.buffer)
            elif _is_device(path):
                with path.open("wb") as file:
                    await _write(found, file)
            else:
                await _replace(found, path)
    except OSError as exc:
        raise Refused(Problem("FILE_NOT_WRITTEN", f"{path}: {exc.strerror}.")) from exc


def _is_device(path: Path) -> bool:
    """A pipe or the like: a file must not take its place."""
    return path.exists() and not path.is_file()


async def _write(pieces: AsyncGenerator[bytes], file: BinaryIO) -> None:
    async for piece in pieces:
        file.write(piece)
    file.flush()


async def _replace(pieces: AsyncGenerator[bytes], path: Path) -> None:
    partial = path.with_name(path.name + _PARTIAL)
    try:
        with partial.open("wb") as file:
            await _write(pieces, file)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
