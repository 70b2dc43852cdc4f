"""A command's conversation with the service, and the exit code with which it ends."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import typer

from app.cli import output
from app.cli.options import Exit
from app.client import Client, Refused, Unavailable

KEY_HINT = "Set PROMOGRAPH_API_KEY to a key of this service; `promograph keys create` makes one."


def talk(
    url: str, api_key: str | None, work: Callable[[Client], Awaitable[Exit]], *, as_json: bool
) -> None:
    """Run a conversation with the service and leave with its exit code."""

    async def conversation() -> Exit:
        async with Client(url, api_key) as client:
            return await work(client)

    try:
        code = asyncio.run(conversation())
    except Refused as exc:
        output.problems(
            [(problem.code, problem.message, problem.field) for problem in exc.problems],
            as_json=as_json,
        )
        if not as_json and any(problem.code == "UNAUTHENTICATED" for problem in exc.problems):
            typer.echo(KEY_HINT, err=True)
        code = Exit.REFUSED
    except Unavailable as exc:
        output.problems([("UNAVAILABLE", str(exc), ())], as_json=as_json)
        code = Exit.UNAVAILABLE
    except KeyboardInterrupt:
        code = Exit.INTERRUPTED
    raise typer.Exit(code)


async def follow(progress: AsyncGenerator[dict[str, Any]], *, as_json: bool) -> dict[str, Any]:
    """Show every progress as it comes, and return the last."""
    last: dict[str, Any] = {}
    with output.watching(as_json=as_json) as show:
        async with aclosing(progress) as events:
            async for last in events:
                show(last)
    return last


def ended(last: dict[str, Any]) -> Exit:
    """Done when the job has succeeded."""
    return Exit.DONE if last["status"] == "SUCCESS" else Exit.REFUSED
