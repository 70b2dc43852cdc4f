"""Several calls of one batch: each sees what those before it have changed."""

from datetime import timedelta
from typing import Any

from app.database import Database
from app.domain.life.calls import Reverse
from app.domain.life.verdicts import Made, MadeKind, Verdict
from app.services.consistency import disagreements
from tests.making import CALLER, NOW, count_rows, make_group, make_source, read_all
from tests.services.living import (
    OTHER_CALLER,
    answer,
    answers,
    euros,
    made,
    make_code,
    read_code,
    reasons,
    redeem,
    reserve,
    told,
)


async def test_one_use_and_many_calls(database: Database) -> None:
    campaign_id = await make_source(database, "FIRST")
    code_id = await make_code(database, campaign_id, max_uses=2)
    verdicts = await answers(database, *(redeem() for _ in range(4)))
    assert [reasons(verdict) for verdict in verdicts] == [[], [], *[["FULLY_REDEEMED"]] * 2]
    assert {verdict.made and verdict.made.kind for verdict in verdicts[:2]} == {MadeKind.REDEMPTION}
    code = await read_code(database, code_id)
    assert (code["uses"], code["used_up_at"] is None) == (2, False)
    assert await count_rows(database, "redemption") == 2
    (attempt,) = await read_all(database, "SELECT * FROM attempt")
    assert (attempt["count"], attempt["reasons"], attempt["code_id"]) == (
        2, "FULLY_REDEEMED", code_id,
    )  # fmt: skip
    assert await disagreements(database) == []


async def test_the_same_key_twice(database: Database) -> None:
    await make_code(database, await make_source(database, "FIRST"))
    first, again, other, foreign = await answers(
        database,
        redeem(key="k-1", order="O-1"),
        redeem(key="k-1", order="O-1"),
        redeem(key="k-1", order="O-2"),
        redeem(key="k-1", order="O-2", caller=OTHER_CALLER),
    )
    assert again == Verdict(first.made, replayed=True)
    assert told(other) == [("IDEMPOTENCY_KEY_REUSED", "idempotencyKey")]
    assert made(foreign) != made(first)
    assert await count_rows(database, "redemption") == 2
    assert await count_rows(database, "idempotency") == 2
    later = await answer(database, redeem(key="k-1", order="O-1"))
    assert later == again
    assert told(await answer(database, redeem(key="k-1"))) == told(other)
    assert await disagreements(database) == []


async def test_a_refusal_is_kept_under_its_key_word_for_word(database: Database) -> None:
    code_id = await make_code(database, await make_source(database, "FIRST"), suspended_at=NOW,
                              suspension_reason="Looks odd")  # fmt: skip
    first, again = await answers(database, redeem(key="k-1"), redeem(key="k-1"))
    assert reasons(first) == ["SUSPENDED"]
    async with database.transaction() as tx:
        await tx.execute(
            "UPDATE code SET suspended_at = NULL, suspension_reason = NULL WHERE id = $1", code_id
        )
    later = await answer(database, redeem(key="k-1"))
    assert later == again
    assert (later.problems, later.validity) == (first.problems, first.validity)
    assert later.replayed
    assert await count_rows(database, "redemption") == 0
    assert made(await answer(database, redeem(key="k-2")))


async def test_an_unknown_code_is_kept_under_its_key_and_attempts_know_a_hash(
    database: Database,
) -> None:
    await make_code(database, await make_source(database, "FIRST"))
    first, _, again = await answers(
        database, redeem("NOSUCH", "k-1"), redeem("NOSUCH", "k-2"), redeem("NOSUCH", "k-1")
    )
    assert told(first) == [("NOT_FOUND", "code")]
    assert again.replayed
    (attempt,) = await read_all(database, "SELECT * FROM attempt")
    assert attempt["code_id"] is None
    assert len(attempt["subject"]) == 64
    assert attempt["count"] == 2


async def test_the_same_order_twice(database: Database) -> None:
    await make_code(database, await make_source(database, "FIRST"))
    whole: dict[str, Any] = {"order": "O-1", "customer": "C-1", "amount": euros(500)}
    first, same, cheaper, stranger = await answers(
        database,
        redeem(key="k-1", **whole),
        redeem(key="k-2", **whole),
        redeem(key="k-3", **{**whole, "amount": euros(499)}),
        redeem(key="k-4", **{**whole, "customer": "C-2"}),
    )
    assert same == Verdict(first.made, replayed=True)
    assert told(cheaper) == [("ORDER_ALREADY_REDEEMED", "orderNumber")]
    assert told(stranger) == [
        ("ORDER_ALREADY_REDEEMED", "orderNumber"),
        ("ORDER_CUSTOMER_MISMATCH", "orderNumber"),
    ]
    for key, expected in (("k-2", same), ("k-5", same)):
        assert await answer(database, redeem(key=key, **whole)) == expected
    assert await count_rows(database, "redemption") == 1
    # Nobody is recorded for having been refused.
    numbers = [row["number"] for row in await read_all(database, "SELECT number FROM customer")]
    assert numbers == ["C-1"]
    assert await disagreements(database) == []


async def test_reverse_then_redeem(database: Database) -> None:
    code_id = await make_code(
        database, await make_source(database, "FIRST"), max_uses=1, uses_per_customer=1
    )
    redemption_id = made(await answer(database, redeem(customer="C-1", order="O-1")))
    reverse = Reverse(caller=CALLER, redemption_id=redemption_id, reason="returned", key="r-1")
    refused, back, again, twice = await answers(
        database,
        redeem(customer="C-1", order="O-2"),
        reverse,
        redeem(customer="C-1", order="O-1"),
        Reverse(caller=CALLER, redemption_id=redemption_id, key="r-2"),
        now=NOW + timedelta(minutes=1),
    )
    assert reasons(refused) == ["FULLY_REDEEMED", "CUSTOMER_LIMIT_REACHED"]
    assert back.made == Made(MadeKind.REDEMPTION, redemption_id)
    assert made(again) != redemption_id
    assert twice.replayed
    assert (await read_code(database, code_id))["uses"] == 1
    states = await read_all(database, "SELECT state, reversal_reason FROM redemption ORDER BY id")
    assert states == [
        {"state": "REVERSED", "reversal_reason": "returned"},
        {"state": "CONFIRMED", "reversal_reason": None},
    ]
    assert await disagreements(database) == []


async def test_reservation_then_redeem(database: Database) -> None:
    code_id = await make_code(database, await make_source(database, "FIRST"), max_uses=1)
    held, other, stranger = await answers(
        database, reserve(holder="s-1"), reserve(holder="s-2"), redeem(holder="s-2")
    )
    assert reasons(other) == reasons(stranger) == ["RESERVED"]
    named = redeem(holder="s-1", reservation_id=made(held))
    not_yours, taken = await answers(
        database, redeem(holder="s-2", reservation_id=made(held)), named
    )
    assert reasons(not_yours) == ["RESERVED", "RESERVATION_NOT_YOURS"]
    (redemption,) = await read_all(database, "SELECT id, reservation_id FROM redemption")
    assert redemption == {"id": made(taken), "reservation_id": made(held)}
    assert (await read_code(database, code_id))["uses"] == 1
    assert await disagreements(database) == []


async def test_both_in_one_batch(database: Database) -> None:
    await make_code(database, await make_source(database, "FIRST"), max_uses=1)
    held, same, taken, over = await answers(
        database, reserve(), reserve(), redeem(holder="s-1"), reserve(holder="s-2")
    )
    assert same == Verdict(held.made, replayed=True)
    assert made(taken)
    assert reasons(over) == ["FULLY_REDEEMED"]
    (row,) = await read_all(database, "SELECT end_reason, redemption_id FROM reservation")
    assert row == {"end_reason": "REDEEMED", "redemption_id": made(taken)}
    assert await disagreements(database) == []


async def test_a_customers_limit_is_met_halfway(database: Database) -> None:
    campaign_id = await make_source(database, "FIRST")
    group_id = await make_group(database, campaign_id, reuse_per_customer=3)
    for text in ("ONE", "TWO"):
        await make_code(database, campaign_id, text, group_id=group_id, uses_per_customer=2)
    calls = [
        redeem(text, customer=customer)
        for text in ("ONE", "TWO")
        for customer in ("C-1", "C-1", "C-1", "C-2")
    ]
    verdicts = await answers(database, *calls)
    assert [reasons(verdict) for verdict in verdicts] == [
        [],
        [],
        ["CUSTOMER_LIMIT_REACHED"],
        [],
        [],
        ["GROUP_LIMIT_REACHED"],
        ["GROUP_LIMIT_REACHED"],
        [],
    ]
    assert reasons(await answer(database, redeem("TWO"))) == ["CUSTOMER_REQUIRED"]
    counters = await read_all(
        database,
        "SELECT uses, seq, cap FROM group_customer ORDER BY customer_id",
    )
    assert counters == [{"uses": 3, "seq": 3, "cap": 3}, {"uses": 2, "seq": 2, "cap": 3}]
    assert await disagreements(database) == []


async def test_reservations_count_over_all_codes_of_a_group(database: Database) -> None:
    campaign_id = await make_source(database, "FIRST")
    group_id = await make_group(database, campaign_id, reuse_per_customer=1)
    for text in ("ONE", "TWO"):
        await make_code(database, campaign_id, text, group_id=group_id)
    held = await answer(database, reserve("ONE", "C-1", customer="C-1"))
    assert made(held)
    over, later, mine = (
        await answer(database, reserve("TWO", "C-1", customer="C-1")),
        await answer(database, redeem("TWO", customer="C-1")),
        await answer(database, redeem("ONE", customer="C-1")),
    )
    assert reasons(over) == reasons(later) == ["GROUP_LIMIT_REACHED"]
    assert made(mine)
    assert await disagreements(database) == []
