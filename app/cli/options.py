"""Options that several commands share, and the exit codes."""

from datetime import datetime
from enum import IntEnum
from typing import Annotated
from urllib.parse import urlsplit

import typer


class Exit(IntEnum):
    """What the shell learns from a command; `promograph --help` lists the same."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    UNAVAILABLE = 3
    INTERRUPTED = 130


DEFAULT_URL = "http://127.0.0.1:8420"


def address(text: str) -> str:
    """An http address with a host."""
    try:
        parts = urlsplit(text)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise typer.BadParameter(f"write it as {DEFAULT_URL}")
    return text


def key(text: str | None) -> str | None:
    """A key as a header can carry it; the line end that files have is not part of it."""
    if text is None or not text.strip():
        return None
    text = text.strip()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise typer.BadParameter("a key has no spaces and no special characters")
    return text


Url = Annotated[
    str,
    typer.Option(
        "--url", envvar="PROMOGRAPH_URL", callback=address, help="Address of the service."
    ),
]
ApiKey = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        envvar="PROMOGRAPH_API_KEY",
        callback=key,
        show_envvar=True,
        help="Sent as a bearer key; the variable keeps it out of the process list.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON lines, for programs.")]


def instant(text: str) -> datetime:
    """An instant as RFC 3339 writes it; an offset is needed, nothing is guessed."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError as exc:
        raise typer.BadParameter("write it as 2026-12-01T02:00:00Z") from exc
    if value.tzinfo is None:
        raise typer.BadParameter("add the offset: Z, or +01:00")
    return value
