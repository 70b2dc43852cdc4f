"""What a command prints: bars on a terminal, plain lines elsewhere, JSON lines for programs."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

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
        f"{facts['progress']['percent']:.0f} %",
        campaign,
        facts["reference"] or "-",
        facts["errorMessage"] or "",
    ]
    say("  ".join(parts).rstrip(), facts, as_json=as_json)


def line(progress: Json) -> str:
    """One progress in one line, for logs and pipes."""
    parts = [
        progress["jobId"],
        progress["kind"],
        progress["status"],
        f"{progress['percent']:.0f} %",
    ]
    parts.append(_counts(progress))
    parts.append(_pace(progress))
    parts.append(": ".join(filter(None, (progress["errorCode"], progress["errorMessage"]))))
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
            facts = [_counts(progress), _pace(progress), progress["errorMessage"] or ""]
            bars.update(
                tasks[progress["jobId"]],
                completed=progress["percent"],
                title=title,
                facts="  ".join(filter(None, facts)),
            )

        yield show


def _counts(progress: Json) -> str:
    total = "" if progress["total"] is None else f"/{progress['total']:,}"
    failed = f", {progress['failed']:,} failed" if progress["failed"] else ""
    return f"{progress['processed']:,}{total}{failed}"


def _pace(progress: Json) -> str:
    if progress["rate"] is None or progress["status"] != "IN_PROGRESS":
        return ""
    left = "" if progress["etaSeconds"] is None else f", {progress['etaSeconds']} s left"
    return f"{progress['rate']:,.0f}/s{left}"
