"""Codes and people with texts that are found again wherever they come out, and must not."""

import io
import logging
from collections.abc import Iterator
from contextlib import redirect_stderr
from typing import Any

import orjson
import pytest
import structlog

from app.config import Settings
from app.database import Database
from app.database.instants import to_json
from app.domain.callers import Scope
from app.logs import configure_logs
from tests.graphql.service import Running
from tests.graphql.whole import whole
from tests.making import ACTOR
from tests.routes.filling import allow_only, import_to_the_end, post
from workers.turns import Workshop

CODE = "KANARIE7XK9Q"
OTHER = "KANARIE8YL0R"
UNKNOWN = "KANARIE-9ZM1S"
PERSON = {
    "number": "C-1",
    "login": "kanarie-login",
    "email": "kanarie@example.org",
    "firstName": "Kanariechen",
    "lastName": "von Kanarien",
    "segments": ["kanarie-segment"],
    "metadata": {"note": "kanarie-note"},
}
CANARY = "kanarie"
KEY = 'idempotencyKey: "{}"'
CAMPAIGN = f"""mutation {{ createCampaign(input: {{kind: SOURCE, name: "Birds", key: "BIRDS",
  firstCode: {{code: "{CODE}", maximumUses: 2}}}}) {{ userErrors {{ message }} }} }}"""
PEOPLE = """mutation ($customers: [CustomerInput!]!) {
  upsertCustomers(input: {customers: $customers}) { userErrors { message } } }"""
ORDERS = """mutation { upsertOrders(input: {orders: [
  {number: "O-1", customerNumber: "C-1", metadata: {note: "kanarie-note"}}]}) {
  userErrors { message } } }"""
TELLS = "validity { warnings { actual required message entityId } } userErrors { message field }"
# Rows that fail for what stands in them, rows that fail for what is there, and a good one.
FILE = f"""code,issuedtocustomerid,reason
{OTHER},C-1,kanarie-reason
{CODE},C-1,
kanarie-ü,C-1,
{OTHER},C-1,
""".encode()


def redeem(code: str, key: str) -> str:
    return f"""mutation {{ redeemCode(input: {{code: "{code}", customerNumber: "C-1",
      orderNumber: "O-1", idempotencyKey: "{key}", metadata: {{note: "kanarie-note"}}}}) {{
      redemption {{ id state }} {TELLS} }} }}"""


def reserve(code: str) -> str:
    return f"""mutation {{ reserveCode(input: {{code: "{code}", customerNumber: "C-1",
      idempotencyKey: "r"}}) {{ reservation {{ id live }} {TELLS} }} }}"""


READS = [
    f"{{ {root}(first: 20) {{ totalCount nodes {{ {whole(name, 1)} }} }} }}"
    for root, name in {
        "campaigns": "Campaign",
        "codes": "Code",
        "jobs": "Job",
        "redemptions": "Redemption",
        "customers": "Customer",
        "orders": "Order",
    }.items()
] + [
    f'{{ codes(where: {{codePrefix: "{CANARY}"}}) {{ totalCount }} }}',
    "{ codes(orderBy: {field: CODE}) { edges { cursor } } }",
    "{ codes { edges { cursor node { code } } pageInfo { endCursor } } }",
]


@pytest.fixture
def logs(settings: Settings) -> Iterator[io.StringIO]:
    """What the service writes to its log, at its most talkative."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    written = io.StringIO()
    with redirect_stderr(written):
        configure_logs(settings.model_copy(update={"log_format": "json", "log_level": "debug"}))
    yield written
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def canaries(text: str) -> list[str]:
    """The places of a text in which one sings."""
    lowered = text.lower()
    starts = [at for at in range(len(lowered)) if lowered.startswith(CANARY, at)]
    return [text[max(0, at - 60) : at + 60] for at in starts]


async def ask(service: Running, document: str, **variables: object) -> str:
    return orjson.dumps(await service.ask(document, **variables)).decode()


async def open_shop(service: Running, shop: Workshop) -> None:
    """What staff do, who may see everything."""
    for document in (CAMPAIGN, ORDERS):
        assert '"errors"' not in await ask(service, document)
    assert '"errors"' not in await ask(service, PEOPLE, customers=[PERSON])
    # A second person cannot have the login: the database says so with its value.
    twin = {**PERSON, "number": "C-2"}
    assert "KEY_TAKEN" in await ask(service, PEOPLE.replace("message", "code"), customers=[twin])
    await import_to_the_end(service, shop, FILE, campaign="BIRDS")
    # Without a header the first line is a code.
    await import_to_the_end(service, shop, f"{CODE}\n{OTHER}\n".encode(), campaign="BIRDS")


async def go_shopping(service: Running) -> list[str]:
    """What a shop does, accepted and refused."""
    return [
        await ask(service, document)
        for document in (
            redeem(CODE, "k-1"),
            redeem(CODE, "k-1"),
            redeem(UNKNOWN, "k-2"),
            reserve(CODE),
            reserve(UNKNOWN),
            f'{{ validateCode(input: {{code: "{CODE}", customerNumber: "C-1"}}) {{ {TELLS} }} }}',
            f'{{ validateCode(input: {{code: "{UNKNOWN}"}}) {{ {TELLS} }} }}',
            f'{{ code(code: "{CODE}") {{ code }} }}',
        )
    ]


async def break_things(service: Running, database: Database) -> list[str]:
    """Crash inside statements that hold codes and people; and send what cannot be understood."""
    async with database.transaction() as tx:
        await tx.execute("ALTER TABLE attempt RENAME TO attempt_gone")
        await tx.execute("ALTER TABLE audit_entry RENAME TO audit_entry_gone")
    answers = [
        await ask(service, redeem(UNKNOWN, "k-9")),
        await ask(service, PEOPLE, customers=[{**PERSON, "number": "C-9", "login": "kanarie9"}]),
    ]
    assert [answer.count('"INTERNAL"') for answer in answers] == [1, 1]
    for body in (f'{{"query": "{CODE}', '{"query": "{ kanarie(x: 1) { "}'):
        await service.http.post(
            "/graphql", content=body, headers={"content-type": "application/json"}
        )
    await post(service, b"code\nKANARIE7XK9Q\n", "campaign=KANARIE")
    return answers


async def test_no_canary_sings_where_it_must_not(
    service: Running,
    shop: Workshop,
    database: Database,
    logs: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await open_shop(service, shop)
    seen = await ask(service, READS[1])
    # Whoever may see everything does: there is something to find.
    assert CODE in seen
    assert canaries(await ask(service, READS[4]))
    allow_only(monkeypatch, Scope.CODES_REDEEM, Scope.CODES_ISSUE, Scope.CUSTOMERS_WRITE)
    # Whoever sent a file may see it; these readers did not.
    async with database.transaction() as tx:
        await tx.execute("UPDATE job SET actor = $1", to_json({**ACTOR, "caller": "another"}))
    answers = await go_shopping(service)
    allow_only(monkeypatch, Scope.CODES_READ, Scope.IMPORTS_RUN)
    answers += [await ask(service, document) for document in READS]
    allow_only(monkeypatch, *Scope)
    answers += await break_things(service, database)
    allow_only(monkeypatch, Scope.CODES_READ)
    for answer in answers:
        assert canaries(answer) == []
    assert logs.getvalue().count("request_failed") == 2
    assert canaries(logs.getvalue()) == []


def test_a_canary_in_the_log_is_heard(logs: io.StringIO) -> None:
    log: Any = structlog.get_logger("app.canaries")
    log.debug("code.seen", code=f"SUMMER-{CODE}")
    assert len(canaries(logs.getvalue())) == 1


def test_what_breaks_is_told_without_its_values(logs: io.StringIO) -> None:
    try:
        int(CODE)
    except ValueError:
        logging.getLogger("some.library").exception("it broke")
    assert "ValueError" in logs.getvalue()
    assert canaries(logs.getvalue()) == []
