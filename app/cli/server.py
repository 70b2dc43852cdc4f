"""Commands that open the database: they run the service and prepare its data."""

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from app.cli.options import AsJson, Exit

if TYPE_CHECKING:
    from app.config import Settings


def serve(
    host: Annotated[str | None, typer.Option(help="Loopback address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Fill an empty database with demo data first.")
    ] = False,
) -> None:
    """Run the API; with the embedded database also the worker, in the same process.

    The embedded database is migrated first. Another one is migrated by `promograph migrate`.
    """
    from app.cli import serving

    settings = _settings()
    listener = serving.listen(host or settings.host, settings.port if port is None else port)
    if demo:
        serving.fill(settings)
    raise typer.Exit(serving.run(listener))


def worker() -> None:
    """Run a worker for jobs, beside `serve`, on any number of machines."""
    import asyncio

    from workers import main

    settings = _settings()
    if settings.embedded:
        _stop(Exit.USAGE, "With the embedded database `promograph serve` is the worker too.")
    asyncio.run(main.run(settings))


def migrate(as_json: AsJson = False) -> None:
    """Bring the database to the present schema; safe to run twice, and from two places at once."""
    import asyncio

    from app.cli import output
    from app.database.migrations import migrate as run

    settings = _settings()
    asyncio.run(run(settings))
    output.say("The database has the present schema.", {"migrated": True}, as_json=as_json)


def seed(
    check: Annotated[
        bool, typer.Option("--check", help="Only prove that counters, events and uses agree.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fill an empty database with demo data; a database with campaigns is left as it is."""
    import asyncio

    from app.cli import demo, output

    if not check:
        made = asyncio.run(demo.fill(_settings()))
        text = f"Demo data made: {made:,} codes." if made else "It has campaigns; nothing done."
        output.say(text, {"codes": made}, as_json=as_json)
        return
    found = asyncio.run(demo.disagreements(_settings()))
    for sentence in found:
        output.say(sentence, {"disagreement": sentence}, as_json=as_json)
    if found:
        raise typer.Exit(Exit.REFUSED)
    output.say("Counters, events and uses agree.", {"disagreements": 0}, as_json=as_json)


def _settings() -> "Settings":
    from pydantic import ValidationError

    from app.config import Settings

    try:
        return Settings()
    except ValidationError as exc:
        wrong = ", ".join(f"PROMOGRAPH_{error['loc'][0]!s}".upper() for error in exc.errors())
        _stop(Exit.USAGE, f"These settings are wrong: {wrong}.\n{exc}")


def _stop(code: Exit, sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(code)
