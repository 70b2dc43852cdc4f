"""How a command that cannot go on ends: one sentence on the error stream and an exit code."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import asyncpg  # type: ignore[import-untyped]  # asyncpg ships no types
import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.cli.options import Exit
from app.config import Settings
from app.database.errors import NotMigratedError, Unavailable

_UNREACHABLE = (OSError, sqlite3.Error, asyncpg.PostgresError, Unavailable)


def stop(code: Exit, sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


def read_settings() -> Settings:
    try:
        settings = Settings()
    except ValidationError as exc:
        stop(Exit.USAGE, "\n".join(map(_sentence, exc.errors())))
    if settings.embedded and settings.sqlite_path.is_dir():
        path = settings.sqlite_path
        stop(Exit.USAGE, f"PROMOGRAPH_DATABASE_URL: {path} is a folder; name a file in it.")
    return settings


def _sentence(error: ErrorDetails) -> str:
    # Ours are sentences already, which pydantic introduces by its own words.
    told = error.get("ctx", {}).get("error", error["msg"])
    return f"PROMOGRAPH_{str(error['loc'][0]).upper()}: {told}"


@contextmanager
def reaching_the_database() -> Iterator[None]:
    """A database that cannot be reached is no failure of the program, so it needs no traceback."""
    try:
        yield
    except asyncpg.ClientConfigurationError as exc:
        stop(Exit.USAGE, f"PROMOGRAPH_DATABASE_URL: {exc}")
    except NotMigratedError as exc:
        stop(Exit.UNAVAILABLE, str(exc))
    except _UNREACHABLE as exc:
        stop(Exit.UNAVAILABLE, f"The database cannot be used ({type(exc).__name__}: {exc}).")
