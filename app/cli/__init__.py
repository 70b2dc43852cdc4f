"""The `promograph` command.

What a command needs is imported when it runs, so that `--help` costs the command line and no more.
"""

from typing import Annotated

import typer

from app import __version__
from app.cli import imports, jobs, keys, server

# In one line: a line end would stay where it is, however wide the terminal.
EXIT_CODES = (
    "Exit codes: 0 done; 1 refused, or the job did not end as SUCCESS; 2 wrong usage or settings;"
    " 3 the service, its database or its port is not available; 130 interrupted."
)

app = typer.Typer(
    name="promograph",
    help="Promotion codes: campaigns, codes made by the hundred thousand, live progress.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"promograph {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Typer reads the options of the bare command from here."""


for command in (server.serve, server.worker, server.migrate, server.seed, server.purge):
    app.command()(command)
app.command(epilog=EXIT_CODES)(jobs.generate)
app.command("import", epilog=EXIT_CODES)(imports.import_file)
app.add_typer(jobs.app, name="jobs")
app.add_typer(keys.app, name="keys", epilog=EXIT_CODES)


def main() -> None:
    app(prog_name="promograph")
