"""Keys at the command line: made, listed, rotated and revoked in the database, without a key."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import Result

from app.cli.options import Exit
from app.config import Settings
from app.database import Database
from app.database.instants import from_json
from app.domain.api_keys import find_prefix
from app.domain.roles import SCOPES, Role
from app.services import api_keys
from app.services.api_keys import Holder
from app.services.demo import keys as demo_keys
from app.services.editing import Target
from tests.commands import SECRET, Run
from tests.making import CALLER, NOW, read_all, snapshot

Keys = Callable[..., Result]
OPERATOR = {
    "caller": "operator",
    "name": "Operator",
    "channel": "CLI",
    "actingFor": None,
    "requestId": None,
}


@pytest.fixture
def keys(run: Run, settings: Settings) -> Keys:
    """Run `promograph keys` on this test's database."""

    def invoke(*arguments: str) -> Result:
        return run("keys", *arguments, database_url=settings.database_url, secret=SECRET)

    return invoke


@pytest.fixture
def ask(settings: Settings) -> Callable[..., Any]:
    """Ask the database something while no command runs."""

    async def answer(question: Callable[[Database], Any]) -> object:
        database = await Database.open(settings)
        try:
            return await question(database)
        finally:
            await database.close()

    return lambda question: asyncio.run(answer(question))


def holder(ask: Callable[..., Any], text: str) -> Holder | None:
    found: Holder | None = ask(
        lambda database: api_keys.find_holder(database, SECRET.encode(), text, datetime.now(UTC))
    )
    return found


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


class TestCreate:
    def test_prints_the_text_alone(self, keys: Keys, ask: Callable[..., Any]) -> None:
        made = keys("create", "--name", " Shop ", "--role", "STOREFRONT")
        text = made.stdout.removesuffix("\n")
        assert (made.exit_code, len(text), find_prefix(text) is None) == (Exit.DONE, 64, False)
        assert made.stderr == "The key Shop (STOREFRONT). It is not shown again:\n"
        found = holder(ask, text)
        assert found
        assert (found.name, found.scopes) == ("Shop", SCOPES[Role.STOREFRONT])

    def test_tells_programs_all_about_it(self, keys: Keys, ask: Callable[..., Any]) -> None:
        scopes = ("--scope", "codes:read", "--scope", "customers:read")
        made = keys(
            "create", "--name", "Own", *scopes, "--expires-at", "2999-01-01T02:00+02:00", "--json"
        )
        (facts,) = lines(made)
        text = facts.pop("secret")
        found = holder(ask, text)
        assert found
        assert found.ends_at == datetime(2999, 1, 1, tzinfo=UTC)
        assert facts == {
            "caller": found.caller_id,
            "name": "Own",
            "status": "ACTIVE",
            "role": None,
            "scopes": ["codes:read", "customers:read"],
            "prefixes": [find_prefix(text)],
            "expiresAt": "2999-01-01T00:00:00.000000Z",
            "lastUsedAt": None,
        }
        assert made.stderr == ""

    def test_is_signed_by_the_operator(self, keys: Keys, ask: Callable[..., Any]) -> None:
        keys("create", "--name", "Shop", "--role", "admin")
        rows = ask(
            lambda database: read_all(
                database, "SELECT actor FROM api_key UNION ALL SELECT actor FROM api_key_secret"
            )
        )
        assert [from_json(row["actor"]) for row in rows] == [OPERATOR] * 2

    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            (("--role", "ADMIN"), "NAME_TAKEN: Another key has this name; "),
            ((), "INVALID_VALUE: Give the key a role, or scopes of its own"),
            (
                ("--role", "ADMIN", "--scope", "admin"),
                "INVALID_VALUE: Give the key a role, or scopes of its own",
            ),
            (
                ("--role", "ADMIN", "--expires-at", "2020-01-01T00:00:00Z"),
                "INVALID_VALUE: The end must lie in the future. (expiresAt)",
            ),
        ],
    )
    def test_refusals_are_exit_code_1(
        self, keys: Keys, ask: Callable[..., Any], arguments: tuple[str, ...], problem: str
    ) -> None:
        keys("create", "--name", "Shop", "--role", "ADMIN")
        before = ask(snapshot)
        done = keys("create", "--name", "Shop", *arguments)
        assert (done.exit_code, done.stdout) == (Exit.REFUSED, "")
        assert done.stderr.startswith(problem)
        assert ask(snapshot) == before

    @pytest.mark.parametrize(
        "arguments",
        [
            ("create", "--role", "ADMIN"),
            ("create", "--name", "Shop", "--role", "OWNER"),
            ("create", "--name", "Shop", "--scope", "codes:eat"),
            ("create", "--name", "Shop", "--role", "ADMIN", "--expires-at", "tomorrow"),
            ("create", "--name", "Shop", "--role", "ADMIN", "--expires-at", "2999-01-01"),
            ("rotate",),
            ("rotate", "Shop", "--overlap-hours", "169"),
            ("revoke",),
        ],
    )
    def test_wrong_usage_is_exit_code_2(
        self, keys: Keys, ask: Callable[..., Any], arguments: tuple[str, ...]
    ) -> None:
        before = ask(snapshot)
        assert keys(*arguments).exit_code == Exit.USAGE
        assert ask(snapshot) == before


class TestList:
    def test_tells_of_each_key_and_of_no_text(self, keys: Keys) -> None:
        assert keys("list").stdout == ""
        texts = [
            keys("create", "--name", name, *rest).stdout.strip()
            for name, rest in (
                ("Shop", ("--role", "STOREFRONT")),
                ("Own", ("--scope", "admin", "--expires-at", "2999-01-01T00:00:00Z")),
                ("Gone", ("--role", "VIEWER")),
            )
        ]
        texts.append(keys("rotate", "Shop").stdout.strip())
        keys("revoke", "Gone")
        shop, own, _, shop_again = [find_prefix(text) for text in texts]
        listed = keys("list")
        assert listed.stdout.splitlines() == [
            f"Shop  ACTIVE  STOREFRONT  {shop},{shop_again}  never used",
            f"Own  ACTIVE  admin  {own}  until 2999-01-01T00:00:00.000000Z  never used",
            "Gone  REVOKED  VIEWER  -  never used",
        ]
        told = lines(keys("list", "--json"))
        assert [(key["name"], key["status"], key["prefixes"]) for key in told] == [
            ("Shop", "ACTIVE", [shop, shop_again]),
            ("Own", "ACTIVE", [own]),
            ("Gone", "REVOKED", []),
        ]
        assert not any(text[15:] in listed.stdout or text[15:] in str(told) for text in texts)


class TestRotate:
    @pytest.mark.parametrize("way", ["name", "untidy name", "prefix", "pgk_prefix"])
    def test_prints_another_text(self, keys: Keys, ask: Callable[..., Any], way: str) -> None:
        text = keys("create", "--name", "Shop", "--role", "ADMIN").stdout.strip()
        ways = {"name": "Shop", "untidy name": " Shop ", "prefix": text[4:14]}
        named = ways.get(way, text[:14])
        done = keys("rotate", named, "--overlap-hours", "0")
        assert (done.exit_code, len(done.stdout.strip())) == (Exit.DONE, 64)
        assert done.stderr == "The key Shop (ADMIN). It is not shown again:\n"
        assert holder(ask, text) is None
        assert holder(ask, done.stdout.strip())

    def test_lets_the_former_one_count_for_a_day(self, keys: Keys, ask: Callable[..., Any]) -> None:
        text = keys("create", "--name", "Shop", "--role", "ADMIN").stdout.strip()
        again = keys("rotate", "Shop").stdout.strip()
        found = holder(ask, text)
        assert found
        assert found.ends_at
        left = found.ends_at - datetime.now(UTC)
        assert 23 * 3600 < left.total_seconds() <= 24 * 3600
        assert holder(ask, again)


class TestRevoke:
    def test_ends_the_key(self, keys: Keys, ask: Callable[..., Any]) -> None:
        text = keys("create", "--name", "Shop", "--role", "ADMIN").stdout.strip()
        done = keys("revoke", "Shop")
        assert (done.exit_code, done.stdout) == (Exit.DONE, "Shop is revoked.\n")
        assert holder(ask, text) is None

    @pytest.mark.parametrize("command", ["rotate", "revoke"])
    @pytest.mark.parametrize("named", ["Shop", "", "\udc80", "pgk_"])
    def test_what_is_not_there_is_refused(
        self, keys: Keys, ask: Callable[..., Any], command: str, named: str
    ) -> None:
        keys("create", "--name", "Shop", "--role", "ADMIN")
        keys("revoke", "Shop")
        before = ask(snapshot)
        done = keys(command, named)
        told = "NOT_FOUND: No key that is not revoked has this name or prefix.\n"
        assert (done.exit_code, done.stdout, done.stderr) == (Exit.REFUSED, "", told)
        (problem,) = lines(keys(command, named, "--json"))
        assert (problem["error"], problem["field"]) == ("NOT_FOUND", [])
        assert ask(snapshot) == before


def test_a_server_database_needs_the_secret_of_its_services(run: Run) -> None:
    done = run("keys", "list", database_url="postgresql://127.0.0.1:9/none")
    assert done.exit_code == Exit.USAGE
    assert done.stderr.startswith("Set PROMOGRAPH_SECRET")


class TestDemo:
    async def test_has_a_key_for_each_role(self, database: Database) -> None:
        told = await demo_keys.make(database, b"secret", NOW)
        found = [await api_keys.find_holder(database, b"secret", text, NOW) for _, text in told]
        assert [(one.name, one.scopes) for one in found if one] == [
            (f"Demo {role.lower()}", SCOPES[role]) for role in Role
        ]
        assert [role for role, _ in told] == list(Role)

    async def test_makes_them_where_there_never_was_a_key(self, database: Database) -> None:
        await demo_keys.make(database, b"secret", NOW)
        for one in await api_keys.overview(database, NOW):
            await api_keys.revoke(database, CALLER, Target(one.key_id), NOW)
        before = await snapshot(database)
        assert await demo_keys.make(database, b"secret", NOW) == []
        assert await snapshot(database) == before
