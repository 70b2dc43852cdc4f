"""Commands that make, list and end API keys. They open the database, so they need no key."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from app.cli.options import AsJson, Exit, instant
from app.domain.api_keys import MAX_OVERLAP_HOURS, OVERLAP_HOURS, ApiKeyDraft
from app.domain.callers import Scope
from app.domain.roles import Role

if TYPE_CHECKING:
    from app.cli.keyring import Keyring

app = typer.Typer(
    help="Make, list, rotate and revoke API keys, in the database itself.", no_args_is_help=True
)
T = TypeVar("T")
Named = Annotated[
    str, typer.Argument(metavar="KEY", help="The name of a key, or the prefix of its text.")
]


@app.command("create")
def create_key(
    name: Annotated[str, typer.Option(help="Who asks with it; no other key has this name.")],
    role: Annotated[
        Role | None, typer.Option(case_sensitive=False, help="What it may do, as a role.")
    ] = None,
    scope: Annotated[
        list[Scope] | None, typer.Option(help="What it may do, one by one; say it several times.")
    ] = None,
    expires_at: Annotated[
        datetime | None,
        typer.Option(parser=instant, metavar="INSTANT", help="When it ends; default never."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print its text: once, for nobody can tell it again.

    The text alone goes to the standard output, so that it can be put where it belongs.
    """
    from app.cli import output

    scopes = tuple(scope) if scope else None
    draft = ApiKeyDraft(name, role, scopes, expires_at)
    output.told(_work(lambda keyring: keyring.create(draft), as_json=as_json), as_json=as_json)


@app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """Every key, with what it may do, its prefixes and its last use; never a text."""
    from app.cli import output

    for key in _work(lambda keyring: keyring.overview(), as_json=as_json):
        output.key(key, as_json=as_json)


@app.command("rotate")
def rotate_key(
    key: Named,
    overlap_hours: Annotated[
        int,
        typer.Option(
            min=0,
            max=MAX_OVERLAP_HOURS,
            help="How long the former text goes on to count; 0 when somebody else may know it.",
        ),
    ] = OVERLAP_HOURS,
    as_json: AsJson = False,
) -> None:
    """Give a key another text, and print it once. The key stays the same caller."""
    from app.cli import output

    told = _work(lambda keyring: keyring.rotate(key, overlap_hours), as_json=as_json)
    output.told(told, as_json=as_json)


@app.command("revoke")
def revoke_key(key: Named, as_json: AsJson = False) -> None:
    """Let a key count no more, for ever; running services notice within seconds."""
    from app.cli import output

    facts = _work(lambda keyring: keyring.revoke(key), as_json=as_json)
    output.say(f"{facts['name']} is revoked.", facts, as_json=as_json)


def _work(work: Callable[["Keyring"], Awaitable[T]], *, as_json: bool) -> T:
    """Work on the keys of the database; leave with a sentence and exit code where that fails."""
    import asyncio

    from app.cli import keyring, output, stopping
    from app.domain.refusals import Refusal
    from app.logs import configure_logs
    from app.secret import SecretMissing

    settings = stopping.read_settings()
    # What it did is printed; only what went wrong is logged besides.
    configure_logs(settings.model_copy(update={"log_level": "warning"}))
    try:
        with stopping.reaching_the_database():
            return asyncio.run(keyring.use(settings, work))
    except SecretMissing as exc:
        stopping.stop(Exit.USAGE, str(exc))
    except Refusal as exc:
        output.problems(
            [(problem.code, problem.message, problem.field) for problem in exc.problems],
            as_json=as_json,
        )
        raise typer.Exit(Exit.REFUSED) from None
