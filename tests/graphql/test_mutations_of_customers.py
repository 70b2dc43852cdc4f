"""Customers and orders as the shop tells of them, through the API."""

from typing import Any

import pytest

from app.database import Database
from app.domain.callers import Scope
from graphql_schema.ids import encode_id
from tests.graphql.asking import Asking, counted
from tests.graphql.service import Running
from tests.graphql.writing import USER_ERRORS, payload, refused

UPSERT = f"""mutation ($input: UpsertCustomersInput!) {{ upsertCustomers(input: $input) {{
  customers {{
    id number login email firstName lastName type status segments version metadata erasedAt
  }}
  {USER_ERRORS}
}} }}"""
ORDERS = f"""mutation ($input: UpsertOrdersInput!) {{ upsertOrders(input: $input) {{
  orders {{
    number store application placedAt total {{ amount currencyCode }} status deleted version
    metadata customer {{ number }}
  }}
  {USER_ERRORS}
}} }}"""
ERASE = f"""mutation ($input: EraseCustomerInput!) {{ eraseCustomer(input: $input) {{
  customer {{ number login email firstName lastName type status segments version metadata }}
  {USER_ERRORS}
}} }}"""
ADA = {
    "number": "C-1",
    "login": "ada",
    "email": "ada@example.com",
    "firstName": "Ada",
    "lastName": "Lovelace",
    "type": "B2B",
    "status": "BLOCKED",
    "segments": ["gold"],
    "metadata": {"vip": True},
}
PLAIN: dict[str, Any] = {
    "login": None,
    "email": None,
    "firstName": None,
    "lastName": None,
    "type": "B2C",
    "status": "ACTIVE",
    "segments": [],
    "version": 1,
    "metadata": {},
    "erasedAt": None,
}
ORDER = {
    "number": "O-1",
    "customerNumber": "C-1",
    "store": "Vienna",
    "application": "web",
    "placedAt": "2026-11-22T11:00:00+01:00",
    "total": {"amount": "1234.5", "currencyCode": "EUR"},
    "status": "SHIPPED",
    "deleted": True,
    "metadata": {"lines": 3},
}


async def customers(service: Running, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    found = await payload(service, UPSERT, customers=rows)
    assert found["userErrors"] == []
    written: list[dict[str, Any]] = found["customers"]
    return written


async def orders(service: Running, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    found = await payload(service, ORDERS, orders=rows)
    assert found["userErrors"] == []
    written: list[dict[str, Any]] = found["orders"]
    return written


class TestUpsertCustomers:
    async def test_every_field_in_the_order_of_the_input(self, service: Running) -> None:
        found = await customers(service, {"number": "C-2"}, {**ADA, "email": " ADA@example.com"})
        assert [customer.pop("id") is not None for customer in found] == [True, True]
        assert found == [{**PLAIN, "number": "C-2"}, {**PLAIN, **ADA}]

    async def test_left_out_stays_and_null_clears(self, service: Running) -> None:
        await customers(service, ADA)
        (found,) = await customers(
            service, {"number": "C-1", "login": None, "segments": None, "status": None}
        )
        assert (found["login"], found["segments"], found["status"]) == (None, [], "ACTIVE")
        assert (found["firstName"], found["type"], found["version"]) == ("Ada", "B2B", 2)

    async def test_refusals_come_together_and_name_their_fields(self, service: Running) -> None:
        await customers(service, ADA)
        rows = [
            {"number": "C-2", "email": "nobody"},
            {"number": "C-3", "login": "ada"},
            {"number": "C-2", "segments": ["a", "a"]},
        ]
        assert await refused(service, UPSERT, customers=rows) == [
            ("INVALID_VALUE", ["customers", "2", "number"]),
            ("INVALID_VALUE", ["customers", "0", "email"]),
            ("INVALID_VALUE", ["customers", "2", "segments"]),
            ("KEY_TAKEN", ["customers", "1", "login"]),
        ]
        assert await service.data('{ customer(by: {number: "C-2"}) { id } }') == {"customer": None}

    @pytest.mark.parametrize("count", [0, 101])
    async def test_a_batch_has_a_size(self, service: Running, count: int) -> None:
        rows = [{"number": f"C-{number}"} for number in range(count)]
        told = await refused(service, UPSERT, customers=rows)
        assert told == [("COUNT_OUT_OF_RANGE", ["customers"])]


class TestUpsertOrders:
    async def test_every_field(self, service: Running) -> None:
        (found, other) = await orders(service, ORDER, {"number": "O-2"})
        assert found.pop("customer") == {"number": ADA["number"]}
        assert found == {
            **{name: ORDER[name] for name in ORDER if name != "customerNumber"},
            "placedAt": "2026-11-22T10:00:00Z",
            "total": {"amount": "1234.50", "currencyCode": "EUR"},
            "version": 1,
        }
        assert (other["total"], other["customer"], other["deleted"]) == (None, None, False)

    async def test_left_out_stays_and_null_clears(self, service: Running) -> None:
        await orders(service, ORDER)
        (found,) = await orders(service, {"number": "O-1", "total": None, "deleted": None})
        assert (found["total"], found["deleted"], found["store"]) == (None, False, "Vienna")
        assert (found["customer"], found["version"]) == ({"number": "C-1"}, 2)

    async def test_refusals_come_together_and_name_their_fields(self, service: Running) -> None:
        await orders(service, ORDER)
        rows = [
            {"number": "O-1", "customerNumber": "C-2"},
            {"number": "O-2", "total": {"amount": "1.005", "currencyCode": "EUR"}},
            {"number": "O-3", "total": {"amount": "1", "currencyCode": "EURO"}},
            {"number": "O-4", "total": {"amount": "-1", "currencyCode": "JPY"}},
        ]
        assert await refused(service, ORDERS, orders=rows) == [
            ("INVALID_VALUE", ["orders", "1", "total", "amount"]),
            ("INVALID_VALUE", ["orders", "2", "total", "currencyCode"]),
            ("INVALID_VALUE", ["orders", "3", "total", "amount"]),
            ("ORDER_CUSTOMER_MISMATCH", ["orders", "0", "customerNumber"]),
        ]
        assert await service.data('{ customer(by: {number: "C-2"}) { id } }') == {"customer": None}

    async def test_an_amount_is_plain_text(self, service: Running) -> None:
        for amount in (12.5, "1e3", "NaN", "\u0661"):
            row = {"number": "O-1", "total": {"amount": amount, "currencyCode": "EUR"}}
            (error,) = (await service.ask(ORDERS, input={"orders": [row]}))["errors"]
            assert error["extensions"]["code"] == "BAD_USER_INPUT"


class TestEraseCustomer:
    async def test_number_type_and_version_are_left(self, service: Running) -> None:
        (ada,) = await customers(service, ADA)
        found = await payload(service, ERASE, id=ada["id"], expectedVersion=1)
        kept = {**PLAIN, "number": "C-1", "type": "B2B", "status": "INACTIVE", "version": 2}
        del kept["erasedAt"]
        assert found == {"customer": kept, "userErrors": []}
        assert await payload(service, ERASE, id=ada["id"], expectedVersion=1) == found
        told = await refused(service, UPSERT, customers=[ADA])
        assert told == [("NOT_EDITABLE", ["customers", "0", "number"])]

    async def test_refusals(self, service: Running) -> None:
        (ada,) = await customers(service, ADA)
        for wrong in ("", "nonsense", encode_id("Order", 1), encode_id("Customer", 99)):
            assert await refused(service, ERASE, id=wrong) == [("NOT_FOUND", ["id"])]
        stale = await refused(service, ERASE, id=ada["id"], expectedVersion=2)
        assert stale == [("STALE_VERSION", ["expectedVersion"])]
        query = '{ customer(by: {number: "C-1"}) { firstName version } }'
        found = (await service.data(query))["customer"]
        assert found == {"firstName": "Ada", "version": 1}


class TestRights:
    CUSTOMER = 'upsertCustomers(input: {customers: [{number: "C-1"}]})'
    ORDER = 'upsertOrders(input: {orders: [{number: "O-1"}]})'
    ERASE_FIRST = f'eraseCustomer(input: {{id: "{encode_id("Customer", 1)}"}})'
    STOREFRONT = frozenset({Scope.CODES_REDEEM, Scope.CODES_ISSUE, Scope.CUSTOMERS_WRITE})

    @pytest.mark.parametrize(
        ("call", "entities", "table", "number", "hidden"),
        [
            (CUSTOMER, "customers", "customer", "C-1", "Customer.email"),
            (CUSTOMER, "customers", "customer", "C-1", "Customer.metadata"),
            (ORDER, "orders", '"order"', "O-1", "Order.status"),
            (ORDER, "orders", '"order"', "O-1", "Order.metadata"),
        ],
    )
    async def test_who_may_write_but_not_read_hears_that_it_is_done_and_no_more(  # noqa: PLR0917 - a row of the table above
        self, database: Database, call: str, entities: str, table: str, number: str, hidden: str
    ) -> None:
        asking = Asking(database, self.STOREFRONT)
        field = hidden.partition(".")[2]
        document = f"mutation {{ {call} {{ {entities} {{ number {{}} }} {USER_ERRORS} }} }}"
        refused = await asking(document.replace("{}", field))
        assert [error.message for error in refused.errors or ()] == [
            f"{hidden} needs the scope customers:read. This mutation wrote nothing."
        ]
        assert await database.read(f"SELECT number FROM {table}") == []
        (found,) = (await asking.data(document.replace("{}", "version"))).values()
        assert found == {entities: [{"number": number, "version": 1}], "userErrors": []}
        assert len(await database.read(f"SELECT number FROM {table}")) == 1

    @pytest.mark.parametrize(
        ("call", "field", "scope"),
        [
            (CUSTOMER, "upsertCustomers", Scope.CUSTOMERS_WRITE),
            (ORDER, "upsertOrders", Scope.CUSTOMERS_WRITE),
            (ERASE_FIRST, "eraseCustomer", Scope.ADMIN),
        ],
    )
    async def test_each_needs_its_scope(
        self, database: Database, call: str, field: str, scope: Scope
    ) -> None:
        asking = Asking(database, frozenset(Scope) - {scope})
        result = await asking(f"mutation {{ {call} {{ {USER_ERRORS} }} }}")
        assert [error.message for error in result.errors or ()] == [
            f"Mutation.{field} needs the scope {scope}."
        ]
        assert await database.read("SELECT id FROM customer") == []


async def test_a_batch_is_read_by_one_statement(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = counted(database, monkeypatch)
    rows = [{"number": f"C-{number}"} for number in range(100)]
    found = await asking.data(UPSERT, input={"customers": rows})
    numbers = [customer["number"] for customer in found["upsertCustomers"]["customers"]]
    assert numbers == [row["number"] for row in rows]
    assert len(asking.statements) == 1


async def test_a_batch_costs_what_its_most_rows_would(service: Running) -> None:
    document = """mutation ($input: UpsertCustomersInput!) { upsertCustomers(input: $input) {
      customers { number orders(first: 2) { nodes { number } } } userErrors { code } } }"""
    body = {
        "query": document,
        "variables": {"input": {"customers": [ADA]}},
        "extensions": {"cost": True},
    }
    answer = (await service.http.post("/graphql", json=body)).json()
    # The mutation, its payload, the list with 100 rows of 3 objects and a page, and the errors.
    assert answer["extensions"]["cost"]["requested"] == 10 + 1 + (1 + 100 * (1 + 2)) + 1
