"""Cashback: given with an order, charged, used, given back, switched off."""

from datetime import timedelta

from app.database import Database
from app.domain.life.calls import (
    ChargeCashback,
    CreateCashback,
    DisableCashback,
    EnableCashback,
    Reverse,
)
from app.domain.money import Money
from app.services.consistency import disagreements
from tests.making import CALLER, NOW, make_source, read_all, read_revisions
from tests.services.living import (
    answer,
    answers,
    euros,
    make_code,
    read_code,
    reasons,
    redeem,
    reserve,
    told,
)

LATER = NOW + timedelta(days=90)


def create(code: str = "SUMMER10", **values: object) -> CreateCashback:
    usual = {"order": "O-1", "customer": "C-1", "maximum": euros(1000), "expires_at": LATER}
    return CreateCashback(**{"caller": CALLER, "code": code, **usual, **values})  # type: ignore[arg-type]


def charge(cashback_id: int, minor: int, currency: str = "EUR") -> ChargeCashback:
    return ChargeCashback(caller=CALLER, cashback_id=cashback_id, amount=Money(minor, currency))


async def test_the_life_of_a_cashback(database: Database) -> None:
    code_id = await make_code(database, await make_source(database, "FIRST"), max_uses=1)
    made = await answer(database, create())
    assert made.made
    cashback_id = made.made.id
    code = await read_code(database, code_id)
    (customer,) = await read_all(database, "SELECT id, number FROM customer")
    assert (code["issued_to_id"], code["available_to"]) == (customer["id"], "ONLY_ISSUED_TO")
    (order,) = await read_all(database, 'SELECT number, customer_id FROM "order"')
    assert order == {"number": "O-1", "customer_id": customer["id"]}
    verdicts = await answers(
        database,
        redeem(customer="C-1", amount=euros(1)),
        charge(cashback_id, 1001),
        charge(cashback_id, 600),
        charge(cashback_id, -601),
        charge(cashback_id, 10, "USD"),
        redeem(customer="C-2", amount=euros(100)),
        redeem(customer="C-1", amount=euros(601)),
        redeem(customer="C-1", amount=Money(100, "USD")),
        redeem(customer="C-1"),
        DisableCashback(caller=CALLER, cashback_id=cashback_id),
        DisableCashback(caller=CALLER, cashback_id=cashback_id),
        redeem(customer="C-1", amount=euros(600)),
        EnableCashback(caller=CALLER, cashback_id=cashback_id),
        redeem(customer="C-1", amount=euros(600), order="O-2"),
        charge(cashback_id, 1),
        DisableCashback(caller=CALLER, cashback_id=cashback_id),
    )
    assert [told(verdict) for verdict in verdicts] == [
        [("CASHBACK_NOT_CHARGED", "code"), ("CASHBACK_AMOUNT_EXCEEDED", "amount.amount")],
        [("CASHBACK_AMOUNT_EXCEEDED", "amount.amount")],
        [],
        [("CASHBACK_AMOUNT_EXCEEDED", "amount.amount")],
        [("CURRENCY_MISMATCH", "amount.currencyCode")],
        [("NOT_AVAILABLE_TO_CUSTOMER", "customerNumber")],
        [("CASHBACK_AMOUNT_EXCEEDED", "amount.amount")],
        [("CURRENCY_MISMATCH", "amount.currencyCode")],
        [("INVALID_VALUE", "amount")],
        [],
        [],
        [("CASHBACK_DISABLED", "code")],
        [],
        [],
        [("CASHBACK_REDEEMED", "id")],
        [("CASHBACK_REDEEMED", "id")],
    ]
    assert await disagreements(database) == []
    used = verdicts[13].made
    assert used
    reverse = Reverse(caller=CALLER, redemption_id=used.id)
    back, again = await answers(database, reverse, redeem(customer="C-1", amount=euros(500)))
    assert (back.problems, again.problems) == ((), ())
    (row,) = await read_all(database, "SELECT version, charged_minor FROM cashback")
    assert row == {"version": 7, "charged_minor": 600}
    kinds = [one["kind"] for one in await read_revisions(database)]
    assert kinds.count("CASHBACK") == 6
    assert kinds.count("CODE") == 1
    assert await disagreements(database) == []


async def test_what_cannot_become_cashback(database: Database) -> None:
    campaign_id = await make_source(database, "FIRST")
    once = {"max_uses": 1}
    for text, columns in (
        ("MANY", {"max_uses": 2}),
        ("ENDLESS", {}),
        ("WITHDRAWN", {**once, "withdrawn_at": NOW, "withdrawal_reason": "x"}),
        ("SUSPENDED", {**once, "suspended_at": NOW, "suspension_reason": "x"}),
        ("EXPIRED", {**once, "valid_to": NOW}),
        ("HELD", once),
        ("TAKEN", once),
        ("GIVEN", once),
        ("FREE", once),
    ):
        await make_code(database, campaign_id, text, **columns)
    await answers(database, reserve("HELD"), redeem("TAKEN"), redeem("FIRST", customer="C-1",
                  order="O-1"), create("GIVEN", order="O-3"))  # fmt: skip
    names = ("NOSUCH", "MANY", "ENDLESS", "WITHDRAWN", "SUSPENDED", "EXPIRED", "HELD", "TAKEN")
    verdicts = await answers(database, *(create(name) for name in names))
    assert [told(verdict) for verdict in verdicts] == [
        [("NOT_FOUND", "code")],
        [("INVALID_VALUE", "code")],
        [("INVALID_VALUE", "code")],
        [("WITHDRAWN", "code")],
        [("SUSPENDED", "code")],
        [("EXPIRED", "code")],
        [("CODE_HAS_USES", "code")],
        [("FULLY_REDEEMED", "code")],
    ]
    given, order, past = await answers(
        database,
        create("GIVEN", customer="C-2", order="O-9"),
        create("FREE", customer="C-2"),
        create("FREE", expires_at=NOW),
    )
    assert told(given) == [
        ("CODE_HAS_USES", "code"),
        ("NOT_AVAILABLE_TO_CUSTOMER", "customerNumber"),
    ]
    assert told(order) == [("ORDER_CUSTOMER_MISMATCH", "orderNumber")]
    assert told(past) == [("INVALID_VALUE", "expiresAt")]


async def test_cashback_that_is_not_there_or_over(database: Database) -> None:
    await make_code(database, await make_source(database, "FIRST"), max_uses=1)
    made = await answer(database, create())
    assert made.made
    unknown = EnableCashback(caller=CALLER, cashback_id=10**6)
    on, missing, gone = await answers(
        database,
        EnableCashback(caller=CALLER, cashback_id=made.made.id),
        unknown,
        charge(10**6, 5),
    )
    assert on.replayed
    assert told(missing) == told(gone) == [("NOT_FOUND", "id")]
    await answer(database, charge(made.made.id, 100))
    late = await answer(database, redeem(customer="C-1", amount=euros(1)), LATER)
    assert reasons(late) == ["CASHBACK_EXPIRED"]
