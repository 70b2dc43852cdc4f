"""Commands that open the database: they run the service and prepare its data."""

from typing import Annotated

import typer

from app.cli.options import AsJson, Exit


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = None,
    demo: Annotated[
        bool,
        typer.Option(
            "--demo", help="Fill an empty database with demo data first, and ask nobody for a key."
        ),
    ] = False,
) -> None:
    """Run the API; with the embedded database also the worker, in the same process.

    The embedded database is migrated first. Another one is migrated by `promograph migrate`.
    Without keys, as with --demo, it listens on loopback addresses only.
    """
    from app.cli import serving, stopping

    settings = stopping.read_settings()
    if demo:
        settings = settings.model_copy(update={"keyless": True})
    port = settings.port if port is None else port
    with serving.listen(host or settings.host, port, keyless=settings.keyless) as listener:
        with stopping.reaching_the_database():
            serving.prepare(settings, demo=demo)
        raise typer.Exit(serving.run(listener, settings))


def worker() -> None:
    """Run a worker for jobs, beside `serve`, on any number of machines."""
    import asyncio

    from app.cli import stopping
    from app.logs import configure_logs
    from workers import main

    settings = stopping.read_settings()
    configure_logs(settings)
    try:
        with stopping.reaching_the_database():
            asyncio.run(main.run(settings))
    except SystemExit as exc:
        stopping.stop(Exit.USAGE, str(exc))


def migrate(as_json: AsJson = False) -> None:
    """Bring the database to the present schema; safe to run twice, and from two places at once."""
    import asyncio

    from app.cli import output, stopping
    from app.database.migrations import migrate as run

    settings = stopping.read_settings()
    with stopping.reaching_the_database():
        applied = asyncio.run(run(settings))
    text = f"Applied {len(applied)} migrations." if applied else "Nothing to do."
    output.say(text, {"applied": applied}, as_json=as_json)


def purge(as_json: AsJson = False) -> None:
    """Remove what is kept for a time only: uploads, results of imports, refused attempts.

    A worker does it once a day by itself.
    """
    import asyncio
    from dataclasses import asdict

    from app.cli import opening, output, stopping

    settings = stopping.read_settings()
    with stopping.reaching_the_database():
        purged = asdict(asyncio.run(opening.purge(settings)))
    text = ", ".join(f"{count:,} {name}" for name, count in purged.items())
    output.say(f"Removed: {text}.", purged, as_json=as_json)


def seed(
    check: Annotated[
        bool, typer.Option("--check", help="Only prove that counters, events and uses agree.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fill an empty database with demo data; a database with campaigns is left as it is."""
    import asyncio

    from app.cli import opening, output, stopping

    settings = stopping.read_settings()
    with stopping.reaching_the_database():
        if not check:
            made = asyncio.run(opening.fill(settings))
            text = f"Demo data made: {made:,} codes." if made else "It has campaigns; nothing done."
            output.say(text, {"codes": made}, as_json=as_json)
            return
        found = asyncio.run(opening.disagreements(settings))
    for sentence in found:
        output.say(sentence, {"disagreement": sentence}, as_json=as_json)
    if found:
        raise typer.Exit(Exit.REFUSED)
    output.say("Counters, events and uses agree.", {"disagreements": 0}, as_json=as_json)
