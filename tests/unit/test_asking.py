"""What a customer's own token may ask: in its customer's name, and little."""

from typing import Any

import pytest

from app.domain.callers import Caller, Scope
from app.domain.credentials import NotYours
from app.domain.life import calls
from app.services.life import asking

OWN = Caller(
    "token:1", "Customer", frozenset({Scope.CODES_REDEEM}), acting_for=7, customer_number="C-7"
)
SHOP = Caller("key:1", "Shop", frozenset({Scope.CODES_REDEEM}))
KEY = {"idempotency_key": "k-1"}
CODE = {"code": "SUMMER-1"}
REDEEM = {**KEY, **CODE}
RELEASE = {"id": 3}
NOT_FOR_CUSTOMERS: dict[str, tuple[asking.Asks, dict[str, Any]]] = {
    "reverse": (asking.reverse, {**KEY, "id": 3}),
    "issue": (asking.issue, REDEEM),
    "issue next": (asking.issue_next, {**KEY, "campaign_id": 1, "reference": "B-1"}),
    "withdraw": (asking.block(calls.Withdraw), {"id": 3, "reason": "lost"}),
    "suspend": (asking.block(calls.Suspend), {"id": 3, "reason": "lost"}),
    "resume": (asking.block(calls.Resume), {"id": 3, "reason": "found"}),
    "create cashback": (
        asking.create_cashback,
        {**REDEEM, "order_number": "O-1", "customer_number": "C-7"},
    ),
    "disable cashback": (asking.switch_cashback(calls.DisableCashback), RELEASE),
    "enable cashback": (asking.switch_cashback(calls.EnableCashback), RELEASE),
}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"customer_number": None, "holder": None},
        {"customer_number": "", "holder": "  "},
        {"customer_number": " C-7 ", "holder": "C-7"},
    ],
)
def test_it_asks_in_its_customers_name(given: dict[str, Any]) -> None:
    redeem = asking.redeem(OWN, {**REDEEM, **given})
    assert (redeem.customer, redeem.holder) == ("C-7", "C-7")
    reserve = asking.reserve(OWN, {**REDEEM, **given})
    assert (reserve.customer, reserve.holder) == ("C-7", "C-7")
    validate = asking.validate(OWN, {**CODE, **given})
    assert validate is not None
    assert (validate.customer, validate.holder) == ("C-7", "C-7")
    assert asking.release(OWN, {**RELEASE, **given}).holder == "C-7"


@pytest.mark.parametrize("other", ["C-8", "c-7", "C-7 8", "\x00"])
@pytest.mark.parametrize("field", ["customer_number", "holder"])
def test_it_asks_in_nobody_elses_name(field: str, other: str) -> None:
    for asks in (asking.redeem, asking.reserve, asking.validate):
        with pytest.raises(NotYours, match="for nobody else"):
            asks(OWN, {**REDEEM, field: other})
    with pytest.raises(NotYours, match="for nobody else"):
        asking.release(OWN, {**RELEASE, "holder": other})


@pytest.mark.parametrize("name", NOT_FOR_CUSTOMERS)
def test_what_only_the_shop_may_ask(name: str) -> None:
    """Else a customer could give themselves uses and money, or take others' by their ids."""
    asks, given = NOT_FOR_CUSTOMERS[name]
    with pytest.raises(NotYours, match="for the shop's server"):
        asks(OWN, given)
    assert asks(SHOP, given).caller == SHOP


def test_a_shops_key_names_whom_it_likes() -> None:
    redeem = asking.redeem(SHOP, {**REDEEM, "customer_number": "C-8", "holder": "s-1"})
    assert (redeem.customer, redeem.holder) == ("C-8", "s-1")
