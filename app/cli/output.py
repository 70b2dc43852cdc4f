"""What a command prints: bars on a terminal, plain lines elsewhere, JSON lines for programs."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TransferSpeedColumn,
)

Json = dict[str, Any]
Show = Callable[[Json], None]


def say(text: str, facts: Json, *, as_json: bool) -> None:
    """One result: a sentence for people, its facts for programs."""
    typer.echo(json.dumps(facts) if as_json else text)


def problems(found: Sequence[tuple[str, str, Sequence[str]]], *, as_json: bool) -> None:
    """Programs read them from the output, people from the error stream."""
    for code, message, field in found:
        if as_json:
            typer.echo(json.dumps({"error": code, "message": message, "field": list(field)}))
        else:
            where = f" ({'.'.join(field)})" if field else ""
            typer.echo(f"{code}: {message}{where}", err=True)


def job(facts: Json, *, as_json: bool) -> None:
    campaign = facts["campaign"]["key"] if facts["campaign"] else "-"
    parts = [
        facts["id"],
        facts["queuedAt"],
        facts["kind"],
        facts["status"],
        f"{int(facts['progress']['percent'])} %",
        campaign,
        facts["reference"] or "-",
        facts["errorMessage"] or "",
    ]
    say("  ".join(parts).rstrip(), facts, as_json=as_json)


def key(facts: Json, *, as_json: bool) -> None:
    """An API key in one line, without its text."""
    parts = [
        facts["name"],
        facts["status"],
        facts["role"] or ",".join(facts["scopes"]),
        ",".join(facts["prefixes"]) or "-",
        f"until {facts['expiresAt']}" if facts["expiresAt"] else "",
        f"used {facts['lastUsedAt']}" if facts["lastUsedAt"] else "never used",
    ]
    say("  ".join(filter(None, parts)), facts, as_json=as_json)


def told(facts: Json, *, as_json: bool) -> None:
    """The text of an API key, alone, so that it can be piped; what to do with it goes aside."""
    if not as_json:
        grants = facts["role"] or ", ".join(facts["scopes"])
        typer.echo(f"The key {facts['name']} ({grants}). It is not shown again:", err=True)
    say(facts["secret"], facts, as_json=as_json)


def line(progress: Json) -> str:
    """One progress in one line, for logs and pipes."""
    parts = [
        progress["jobId"],
        progress["kind"],
        progress["status"],
        f"{int(progress['percent'])} %",
    ]
    parts.append(_counts(progress))
    parts.append(_pace(progress))
    parts.append(_error(progress))
    return "  ".join(filter(None, parts))


@contextmanager
def watching(*, as_json: bool) -> Iterator[Show]:
    """Yield a function that shows one progress."""
    if as_json:
        yield lambda progress: typer.echo(json.dumps(progress))
    elif sys.stdout.isatty():
        with _bars() as show:
            yield show
    else:
        yield lambda progress: typer.echo(line(progress))


@contextmanager
def _bars() -> Iterator[Show]:
    """One live bar a job; rich itself honours NO_COLOR."""
    columns = (
        TextColumn("{task.fields[title]}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[facts]}"),
    )
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console()) as bars:

        def show(progress: Json) -> None:
            title = f"{progress['kind']} {progress['status']}"
            if progress["jobId"] not in tasks:
                tasks[progress["jobId"]] = bars.add_task("", total=100, title=title, facts="")
            facts = [_counts(progress), _pace(progress), _error(progress)]
            bars.update(
                tasks[progress["jobId"]],
                completed=int(progress["percent"]),
                title=title,
                facts="  ".join(filter(None, facts)),
            )

        yield show


def _counts(progress: Json) -> str:
    total = "" if progress["total"] is None else f"/{progress['total']:,}"
    failed = f", {progress['failed']:,} failed" if progress["failed"] else ""
    return f"{progress['processed']:,}{total}{failed}"


def _error(progress: Json) -> str:
    """Why the job failed, and at which place of its file."""
    if progress["errorCode"] is None:
        return ""
    place = [
        f"{word} {progress[name]}"
        for word, name in (("line", "errorLine"), ("column", "errorColumn"))
        if progress[name] is not None
    ]
    where = f" ({', '.join(place)})" if place else ""
    return f"{progress['errorCode']}: {progress['errorMessage']}{where}"


def _pace(progress: Json) -> str:
    if progress["rate"] is None or progress["status"] != "IN_PROGRESS":
        return ""
    left = "" if progress["etaSeconds"] is None else f", {progress['etaSeconds']} s left"
    return f"{progress['rate']:,.0f}/s{left}"


@contextmanager
def uploading(size: int | None, *, as_json: bool) -> Iterator[Callable[[int], None]]:
    """Yield a function that hears how many more bytes were taken; a terminal gets a bar."""
    if as_json or not sys.stdout.isatty():
        yield lambda _: None
        return
    columns = (TextColumn("Sending"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console()) as bars:
        task = bars.add_task("", total=size)
        yield lambda count: bars.update(task, advance=count)


OUTCOMES = ("inserted", "updated", "deleted", "withdrawn", "unchanged", "failed")


def import_summary(
    last: Json, failed_rows: Sequence[Json], saved: Path | None, *, as_json: bool
) -> None:
    """What became of the rows, the first that failed, and where all that failed are."""
    counts = {name: last[name] for name in OUTCOMES}
    if as_json:
        where = saved and str(saved)
        facts = {"jobId": last["jobId"], "status": last["status"], **counts}
        typer.echo(json.dumps({**facts, "failedRows": failed_rows, "failedFile": where}))
        return
    typer.echo("\n".join(f"{name:<10} {count:>12,}" for name, count in counts.items()))
    for row in failed_rows:
        typer.echo(f"line {row['line']}  {row['code'] or '-'}  {_reasons(row)}")
    if more := last["failed"] - len(failed_rows):
        typer.echo(f"and {more:,} more")
    if saved:
        typer.echo(f"The failed rows are in {saved}: correct them and import that file.")
    elif failed_rows:
        typer.echo(f"To correct them: promograph jobs failed {last['jobId']} --to FILE")


def _reasons(row: Json) -> str:
    if row["messages"] is None:
        return "reasons need the scope codes:reveal"
    return "; ".join(f"{told['code']}: {told['text']}" for told in row["messages"])
