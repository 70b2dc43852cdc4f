"""What `serve --demo` prepares: a shop with a past, and a key for each role."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import typer

from app.cli import opening
from app.config import Settings
from app.domain.roles import Role
from app.secret import load_secret
from app.services import demo
from app.services.demo import keys


def prepare(settings: Settings) -> None:
    """Make what an empty database lacks, and say what was made."""
    codes, told = asyncio.run(_make(settings))
    if codes:
        typer.echo(f"Demo data made: {codes:,} codes.")
    typer.echo(_sentences(told))


async def _make(settings: Settings) -> tuple[int, Sequence[tuple[Role, str]]]:
    secret, now = load_secret(settings), datetime.now(UTC)
    async with opening.opened(settings) as database:
        return await demo.fill(database, now), await keys.make(database, secret, now)


def _sentences(told: Sequence[tuple[Role, str]]) -> str:
    if not told:
        return (
            "API keys were made before, and are not shown again: `promograph keys list` names them,"
            " `promograph keys rotate` gives one another text."
        )
    width = max(len(role) for role in Role)
    lines = [f"  {role:<{width}}  {text}" for role, text in told]
    return "\n".join(
        [
            "A key for each role, shown this once; send it as `Authorization: Bearer KEY`:",
            "",
            *lines,
            "",
        ]
    )
