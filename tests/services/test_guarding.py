"""Calls that name codes by their texts: which of them are wrong guesses, and what those cost."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from app.config import Settings
from app.database import Database
from app.domain.callers import Scope
from app.domain.campaigns import AvailableTo
from app.domain.life.calls import Call, CreateCashback, Issue, Reverse, Withdraw
from app.services import customers
from app.services.editing import Stamp
from app.services.guessing import Guesses, TooManyGuesses
from app.services.life.batch import Surroundings
from app.services.life.call_queue import CallQueue, answering
from app.services.life.guarding import STEP_SECONDS, Guarded
from tests.guessing import MOST, SECRET, limited
from tests.making import CALLER, NOW, count_rows, make_campaign, make_source
from tests.services.living import SUBJECTS, euros, make_code, reasons, redeem, reserve

SHOP = replace(CALLER, id="key:1", scopes=frozenset({Scope.CODES_REDEEM, Scope.CODES_ISSUE}))
TOO_LATE = NOW - timedelta(days=1)


@pytest.fixture
def calls(database: Database) -> CallQueue:
    return CallQueue(answering(database, Surroundings(database.dialect, lambda: NOW, SUBJECTS)))


@pytest.fixture
def guarded(settings: Settings) -> Guarded:
    return Guarded(Guesses(limited(settings), SECRET, None), NOW)


@pytest.fixture
async def codes(database: Database) -> None:
    """One that can be used, one that is over, and two of which a shop hears nothing."""
    campaign_id = await make_source(database, "GOOD")
    await make_code(database, campaign_id, "OVER", valid_to=TOO_LATE)
    await make_code(
        database, campaign_id, "WITHDRAWN", withdrawn_at=NOW, withdrawal_reason="misprint"
    )
    async with database.transaction() as tx:
        customer_id = await customers.recorded(tx, "C-1", Stamp(CALLER, NOW))
    whose = {"issued_to_id": customer_id, "available_to": AvailableTo.ONLY_ISSUED_TO}
    await make_code(database, campaign_id, "THEIRS", **whose)
    await make_code(database, await make_campaign(database), "FRESH", kind="VOUCHER")


def left(guarded: Guarded) -> int:
    """How many guesses the caller has left."""
    (purse,) = guarded.guesses._purses.values()  # noqa: SLF001 - counted without asking for more
    return MOST - purse.tally.missed


def cashback(code: str, caller: str = "key:1") -> CreateCashback:
    return CreateCashback(
        caller=replace(SHOP, id=caller),
        key=f"c-{code}",
        code=code,
        order="O-1",
        customer="C-1",
        maximum=euros(500),
    )


WRONG: list[Call] = [
    redeem("NOSUCH", caller=SHOP, customer="C-2"),
    redeem("WITHDRAWN", caller=SHOP, customer="C-2"),
    redeem("THEIRS", caller=SHOP, customer="C-2"),
    reserve("NOSUCH", caller=SHOP),
    reserve("WITHDRAWN", caller=SHOP),
    Issue(caller=SHOP, code="NOSUCH"),
    cashback("NOSUCH"),
]
RIGHT: list[Call] = [
    redeem("GOOD", caller=SHOP),
    redeem("OVER", caller=SHOP),
    redeem("THEIRS", caller=SHOP, customer="C-1"),
    reserve("GOOD", caller=SHOP),
    Issue(caller=SHOP, code="FRESH"),
    Issue(caller=SHOP, code="GOOD"),
    cashback("OVER"),
]


@pytest.mark.usefixtures("codes")
async def test_what_a_shop_hears_nothing_of_is_a_wrong_guess(
    calls: CallQueue, guarded: Guarded
) -> None:
    """Unknown, withdrawn, not yours: were they not counted alike, the count would tell."""
    for number, call in enumerate(WRONG, start=1):
        verdict = await guarded.submit(calls, call)
        assert reasons(verdict) in (["CODE_NOT_APPLICABLE"], ["NOT_FOUND"])
        assert left(guarded) == MOST - number


@pytest.mark.usefixtures("codes")
async def test_what_it_is_told_of_costs_nothing(calls: CallQueue, guarded: Guarded) -> None:
    for call in RIGHT:
        verdict = await guarded.submit(calls, call)
        assert not {"CODE_NOT_APPLICABLE", "NOT_FOUND"} & {*reasons(verdict)}
        assert left(guarded) == MOST


@pytest.mark.usefixtures("codes")
async def test_who_reads_codes_is_told_of_every_one(calls: CallQueue, guarded: Guarded) -> None:
    for code in ("WITHDRAWN", "THEIRS"):
        assert reasons(await guarded.submit(calls, redeem(code, customer="C-2"))) != []
    assert left(guarded) == MOST
    assert reasons(await guarded.submit(calls, redeem("NOSUCH"))) == ["NOT_FOUND"]
    assert left(guarded) == MOST - 1


@pytest.mark.usefixtures("codes")
async def test_validating_guesses_as_redeeming_does(database: Database, guarded: Guarded) -> None:
    async def found(code: str) -> list[str]:
        asked = {"code": code, "customer_number": "C-2"}
        return reasons(await guarded.validate(database, SHOP, asked))

    assert await found("good") == []
    assert await found("over") == ["EXPIRED"]
    for number, code in enumerate(("nosuch", "withdrawn", "theirs"), start=1):
        assert await found(code) == ["CODE_NOT_APPLICABLE"]
        assert left(guarded) == MOST - number
    # What can be no code is no guess: everybody knows the answer.
    assert await found("¡no!") == ["CODE_NOT_APPLICABLE"]
    assert left(guarded) == MOST - 3


@pytest.mark.usefixtures("codes")
async def test_whoever_has_none_left_learns_and_changes_nothing(
    database: Database, calls: CallQueue, guarded: Guarded
) -> None:
    async def stored() -> list[int]:
        tables = ("attempt", "idempotency", "code_event", "redemption", "customer")
        return [await count_rows(database, table) for table in tables]

    for number in range(MOST):
        await guarded.submit(calls, redeem(f"NOSUCH{number}", f"k-{number}", caller=SHOP))
    before = await stored()
    for call in [*WRONG, *RIGHT]:
        with pytest.raises(TooManyGuesses):
            await guarded.submit(calls, call)
    for code in ("good", "nosuch"):
        with pytest.raises(TooManyGuesses):
            await guarded.validate(database, SHOP, {"code": code})
    assert await stored() == before
    # Another key guesses for itself, and what is named by its id is not guessed at.
    assert reasons(await guarded.submit(calls, redeem("NOSUCH"))) == ["NOT_FOUND"]
    for by_id in (
        Reverse(caller=SHOP, key="r-1", redemption_id=9),
        Withdraw(caller=SHOP, code_id=9, reason="misprint"),
    ):
        assert reasons(await guarded.submit(calls, by_id)) == ["NOT_FOUND"]


@pytest.mark.usefixtures("codes")
@pytest.mark.parametrize("code", ["NOSUCHCODE", "WITHDRAWN", "THEIRS"])
async def test_what_may_not_be_told_takes_a_step_of_time(
    database: Database, guarded: Guarded, calls: CallQueue, code: str
) -> None:
    """So that nobody hears from the time what the answer keeps: no step is ever shorter."""
    clock = asyncio.get_running_loop().time
    started = clock()
    refused = await guarded.submit(calls, redeem(code, caller=SHOP))
    submitted = clock()
    given = {"code": code, "customer_number": None, "application": None, "holder": None}
    validated = await guarded.validate(database, SHOP, given)
    assert reasons(refused) == reasons(validated) == ["CODE_NOT_APPLICABLE"]
    assert submitted - started >= STEP_SECONDS
    assert clock() - submitted >= STEP_SECONDS
