"""How a command that cannot go on ends: one sentence on the error stream and an exit code."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import asyncpg  # type: ignore[import-untyped]  # asyncpg ships no types
import typer
from pydantic import ValidationError

from app.cli.options import Exit
from app.config import Settings
from app.database.errors import Unavailable

_UNREACHABLE = (OSError, sqlite3.Error, asyncpg.PostgresError, Unavailable)


def stop(code: Exit, sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


def read_settings() -> Settings:
    try:
        return Settings()
    except ValidationError as exc:
        wrong = [
            f"PROMOGRAPH_{str(error['loc'][0]).upper()}: {error['msg']}" for error in exc.errors()
        ]
        stop(Exit.USAGE, "\n".join(wrong))


@contextmanager
def reaching_the_database() -> Iterator[None]:
    """A database that cannot be reached is no failure of the program, so it needs no traceback."""
    try:
        yield
    except _UNREACHABLE as exc:
        stop(Exit.UNAVAILABLE, f"The database cannot be used ({type(exc).__name__}: {exc}).")
