from dataclasses import replace
from typing import Any

import orjson
import pytest

from app.database import Database
from app.domain.callers import Scope
from app.domain.campaigns import CampaignKind
from app.reading.errors import NotAllowed
from app.reading.nouns import READABLES
from graphql_schema.ids import encode_id
from tests.graphql import shop
from tests.graphql.asking import EVERYTHING, Asking, counted
from tests.graphql.oracle_rows import rows
from tests.graphql.whole import whole

VIEWER = frozenset({Scope.CODES_READ, Scope.CUSTOMERS_READ})
STOREFRONT = frozenset({Scope.CODES_REDEEM, Scope.CODES_ISSUE, Scope.CUSTOMERS_WRITE})
CODE_3 = encode_id("Code", 3)
CUSTOMER_2 = encode_id("Customer", 2)


def paths_to_codes() -> list[str]:
    """A document for every way to a code's text: roots, relations, `node`, both sides of a page."""
    leaf = "code"
    page = f"edges {{ node {{ {leaf} }} }} nodes {{ {leaf} }}"
    uses = f"nodes {{ code {{ {leaf} }} }}"
    orders = f"redemptions {{ {uses} }} cashbacks {{ {uses} }}"
    return [
        f"{{ codeGroups {{ nodes {{ codes {{ {page} }} }} }} }}",
        f"{{ redemptions {{ nodes {{ code {{ {leaf} }} }} }} }}",
        f"{{ customers {{ nodes {{ issuedCodes {{ {page} }} }} }} }}",
        f"{{ customers {{ nodes {{ {orders} attempts {{ nodes {{ code {{ {leaf} }} }} }} }} }} }}",
        f"{{ customers {{ nodes {{ reservations {{ nodes {{ code {{ {leaf} }} }} }} }} }} }}",
        f"{{ orders {{ nodes {{ {orders} }} }} }}",
        f"{{ codes {{ nodes {{ events {{ nodes {{ code {{ {leaf} }} }} }} }} }} }}",
        f'{{ code(code: "sum 00003") {{ {leaf} }} }}',
        f"{{ codes {{ {page} }} }}",
        f'{{ node(id: "{CODE_3}") {{ ... on Code {{ {leaf} }} }} }}',
        f'{{ nodes(ids: ["{CODE_3}"]) {{ ... on Node {{ ... on Code {{ {leaf} }} }} }} }}',
        f"{{ campaigns {{ nodes {{ codes {{ {page} }} }} }} }}",
        f"{{ jobs {{ nodes {{ codes {{ {page} }} }} }} }}",
        f'{{ campaign(key: "KEY7") {{ codes {{ {page} }} }} }}',
        f"{{ numberSeriesList {{ nodes {{ campaigns {{ nodes {{ codes {{ {page} }} }} }} }} }} }}",
    ]


def fields_that_lead_to(target: str) -> set[tuple[str, str]]:
    return {
        (name, field)
        for name, readable in READABLES.items()
        for field, declared in readable.fields.items()
        if getattr(declared, "target", None) == target
    }


def test_the_walk_knows_every_relation_to_codes() -> None:
    assert fields_that_lead_to("Code") == {
        ("Attempt", "code"),
        ("Campaign", "codes"),
        ("Cashback", "code"),
        ("CodeEvent", "code"),
        ("CodeGroup", "codes"),
        ("Customer", "issued_codes"),
        ("Job", "codes"),
        ("Redemption", "code"),
        ("Reservation", "code"),
    }


@pytest.mark.parametrize("document", paths_to_codes())
async def test_no_path_shows_a_code_to_who_may_not_see_it(
    database: Database, document: str
) -> None:
    await shop.fill(database)
    hidden = orjson.dumps(await Asking(database, VIEWER).data(document)).decode()
    shown = orjson.dumps(await Asking(database).data(document)).decode()
    texts = [row.text for row in rows()["Code"]]
    assert any(f'"{text}"' in shown for text in texts)
    assert not any(text in hidden for text in texts)
    assert "..." in hidden


async def test_long_codes_show_their_ends_and_short_ones_their_start(database: Database) -> None:
    await shop.fill(database)
    async with database.transaction() as tx:
        await tx.execute(
            "UPDATE code SET text = 'SUMMER-AB-9Z', normal_form = 'SUMMERAB9Z' WHERE id = 3"
        )
        await tx.execute(
            "UPDATE code SET text = 'S-U-M-M-E-R', normal_form = 'SUMMER' WHERE id = 5"
        )
    document = '{ long: code(code: "summerab9z") { code } short: code(code: "SUMMER") { code } }'
    assert await Asking(database, VIEWER).data(document) == {
        "long": {"code": "SUMM...9Z"},
        "short": {"code": "S..."},
    }


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ('where: {codePrefix: "S"}', "Filtering by it"),
        ("orderBy: {field: CODE}", "Ordering by it"),
        ("orderBy: {field: CODE, direction: DESC}, last: 1", "Ordering by it"),
    ],
)
@pytest.mark.parametrize(
    "root", ["codes({})", "campaigns {{ nodes {{ codes({}) {{ nodes {{ id }} }} }} }}"]
)
async def test_filters_and_orders_that_would_give_codes_away_are_refused(
    database: Database, arguments: str, what: str, root: str
) -> None:
    document = f"{{ {root.format(arguments)} }}"
    document = document.replace(") }", ") { nodes { id } } }") if "nodes" not in root else document
    result = await Asking(database, VIEWER)(document)
    assert result.errors is not None
    cause = result.errors[0].original_error
    assert isinstance(cause, NotAllowed)
    assert str(cause) == f"{what} needs the scope codes:reveal."
    # Whoever may see codes may filter and sort by them, but sort no campaign's.
    allowed = await Asking(database)(document)
    messages = [str(error.original_error) for error in allowed.errors or ()]
    unsorted = "orderBy" in arguments and "nodes" in root
    assert messages == ["Campaign.codes cannot be ordered by CODE, only by ID."] * unsorted


async def test_a_whole_code_may_be_looked_for_by_everybody_who_reads(database: Database) -> None:
    await shop.fill(database)
    document = (
        '{ codes(where: {code: "sum 00003"}) { nodes { id } } code(code: "SUM-00003") { id } }'
    )
    found = {"id": CODE_3}
    answer = await Asking(database, VIEWER).data(document)
    assert answer == {"codes": {"nodes": [found]}, "code": found}


@pytest.mark.parametrize(
    ("document", "data", "place"),
    [
        ('{ code(code: "sum 00003") { id } }', {"code": None}, "Query.code"),
        (f'{{ node(id: "{CODE_3}") {{ id }} }}', {"node": None}, "Code"),
        (f'{{ x: nodes(ids: ["{CODE_3}", "?"]) {{ id }} }}', {"x": [None, None]}, "Code"),
        ("{ codes { totalCount } }", None, "Query.codes"),
        ('{ campaign(key: "KEY7") { name } }', {"campaign": None}, "Query.campaign"),
    ],
)
async def test_without_the_scope_nothing_is_read(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    document: str,
    data: object,
    place: str,
) -> None:
    asking = counted(database, monkeypatch)
    asking.scopes = STOREFRONT
    result = await asking(document)
    assert asking.statements == []
    assert result.data == data
    assert result.errors is not None
    assert [error.message for error in result.errors] == [f"{place} needs the scope codes:read."]


async def test_who_may_read_sees_everything_else(database: Database) -> None:
    await shop.fill(database)
    fields = whole("Job", 1)
    document = f"{{ jobs(first: 12) {{ nodes {{ {fields} }} }} }}"
    viewer, owner = (
        await Asking(database, VIEWER).data(document),
        await Asking(database).data(document),
    )
    for job in (*viewer["jobs"]["nodes"], *owner["jobs"]["nodes"]):
        for entry in (*job["codes"]["nodes"], *job["rowResults"]["nodes"]):
            del entry["code"]
            # They quote what stood in a file.
            entry.pop("messages", None)
    assert viewer == owner


READS_CODES = frozenset({Scope.CODES_READ})


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        ("{ customers { totalCount } }", ["customers"], "Query.customers"),
        ('{ customer(by: {number: "C-98"}) { number } }', ["customer"], "Query.customer"),
        ('{ order(number: "O-11") { number } }', ["order"], "Query.order"),
        (f'{{ node(id: "{encode_id("Customer", 2)}") {{ id }} }}', ["node"], "Customer"),
        ('{ code(code: "sum 00003") { issuedTo { id } } }', ["code", "issuedTo"], "Code.issuedTo"),
        (
            '{ code(code: "s4x") { relatedOrders(customer: {number: "C-98"}) { totalCount } } }',
            ["code", "relatedOrders"],
            "Code.relatedOrders",
        ),
        (
            '{ code(code: "s4x") { redemptionStatus(customer: {login: "login2"}) { used } } }',
            ["code", "redemptionStatus"],
            "Code.redemptionStatus",
        ),
        (
            '{ code(code: "s4x") { validity(customer: {login: "login2"}) { redeemable } } }',
            ["code", "validity"],
            "Code.validity",
        ),
        (
            '{ code(code: "sum00027") { redeemable(customer: {number: "nobody"}) } }',
            ["code", "redeemable"],
            "Code.redeemable",
        ),
        (
            "{ redemptions(last: 1) { nodes { orderNumber } } }",
            ["redemptions", "nodes", 0, "orderNumber"],
            "Redemption.orderNumber",
        ),
        (
            '{ code(code: "s4x") { reservations(first: 1) { nodes { holder } } } }',
            ["code", "reservations", "nodes", 0, "holder"],
            "Reservation.holder",
        ),
        (
            f'{{ codes(where: {{issuedTo: "{encode_id("Customer", 2)}"}}) {{ totalCount }} }}',
            ["codes"],
            "Filtering by it",
        ),
        (
            f'{{ redemptions(where: {{customer: "{CUSTOMER_2}"}}) {{ totalCount }} }}',
            ["redemptions"],
            "Filtering by it",
        ),
    ],
)
async def test_customers_and_orders_have_a_scope_of_their_own(
    database: Database, document: str, path: list[object], message: str
) -> None:
    await shop.fill(database)
    asking = Asking(database, READS_CODES)
    result = await asking(document)
    assert [(error.path, error.message) for error in result.errors or ()] == [
        (path, f"{message} needs the scope customers:read.")
    ]
    data: Any = (await Asking(database)(document)).data
    for key in path:
        data = data[key]
    assert data is not None


async def test_uses_without_a_customer_need_no_further_scope(database: Database) -> None:
    await shop.fill(database)
    document = '{ code(code: "s4x") { redemptionStatus { text customer { used } } } }'
    assert await Asking(database, READS_CODES).data(document) == {
        "code": {"redemptionStatus": {"text": "1/∞", "customer": None}}
    }


async def test_validity_without_a_customer_needs_no_further_scope(database: Database) -> None:
    await shop.fill(database)
    document = """{ code(code: "s4x") { validityStatus redeemable(application: "app")
      validity { levels { level } } promotions { totalCount } } }"""
    reader = await Asking(database, READS_CODES).data(document)
    assert reader == await Asking(database).data(document)
    assert reader["code"]["validity"] is not None


@pytest.mark.usefixtures("own_plans")
async def test_one_refused_field_leaves_the_rest(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.fill(database)
    fields: Any = READABLES["Code"].fields
    for name in ("created_by_job", "issued_store"):
        monkeypatch.setitem(fields, name, replace(fields[name], allow=Scope.ADMIN))
    asking = counted(database, monkeypatch)
    asking.scopes = VIEWER
    result = await asking(
        '{ code(code: "S4X") { kind issuedStore createdByJob { id } campaign { key } } }'
    )
    refused = {"issuedStore": None, "createdByJob": None}
    assert result.data == {"code": {"kind": "VOUCHER", **refused, "campaign": {"key": "KEY5"}}}
    assert {(str(error.path), error.message) for error in result.errors or ()} == {
        ("['code', 'issuedStore']", "Code.issuedStore needs the scope admin."),
        ("['code', 'createdByJob']", "Code.createdByJob needs the scope admin."),
    }
    assert "job" not in asking.statements[0]
    assert "issued_store" not in asking.statements[0]


@pytest.mark.usefixtures("own_plans")
async def test_a_rule_that_fails_fails_its_field_only(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.fill(database)

    def broken(_facts: object, _now: object) -> CampaignKind:
        raise LookupError("not here")

    fields: Any = READABLES["Campaign"].fields
    status = fields["activation_status"]
    monkeypatch.setitem(fields, "activation_status", replace(status, function=broken))
    result = await Asking(database)('{ campaign(key: "KEY8") { name issueOnly activationStatus } }')
    assert result.data == {"campaign": None}
    assert [error.path for error in result.errors or ()] == [["campaign", "activationStatus"]]
    assert [type(error.original_error) for error in result.errors or ()] == [LookupError]


async def test_a_refused_mutation_takes_nothing_from_those_before_it(database: Database) -> None:
    asking = Asking(database, EVERYTHING - {Scope.ADMIN})
    result = await asking(
        'mutation { createNumberSeries(input: {name: "A", mask: "ABC-#"}) { numberSeries { name } }'
        ' eraseCustomer(input: {id: "x"}) { customer { id } } }'
    )
    assert result.data == {
        "createNumberSeries": {"numberSeries": {"name": "A"}},
        "eraseCustomer": None,
    }
    assert [error.message for error in result.errors or ()] == [
        "Mutation.eraseCustomer needs the scope admin."
    ]
