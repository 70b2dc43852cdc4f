"""The decisions alone, against the model: many stories, and mutants that must be told apart."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from app.domain import availability, code_validity
from app.domain.campaigns import AvailableTo, CampaignKind
from app.domain.issue_validity import NoDates
from app.domain.levels import Finding
from app.domain.life import deciding, reservations, uses
from app.domain.life.book import Book, Facts, Ids
from app.domain.life.calls import Call, Redeem, Reserve
from app.domain.life.deciding import decide
from app.domain.life.records import CampaignRecord, CodeRecord, GroupUse, OrderRecord
from app.domain.life.verdicts import Verdict
from app.domain.redemption_status import UseCount
from app.domain.redemptions import ReservationFacts
from app.domain.validity_facts import CustomerRules, Gate, GroupRules, Question
from app.services.idempotency import fingerprint
from tests.life_model import Code
from tests.life_stories import CUSTOMERS, Telling, shops, stories

CAMPAIGN, GROUP = 1, 2


class Decisions:
    """Answers from a book that stays open: nothing is read or written in between."""

    def __init__(self) -> None:
        numbers = count(1)
        self.book = Book(Facts(), Ids(numbers, numbers, numbers, numbers))
        self.numbers = numbers

    def prepare(self, codes: Sequence[Code]) -> list[int]:
        facts = self.book.facts
        facts.campaigns[CAMPAIGN] = CampaignRecord(
            gate=Gate(CAMPAIGN, enabled=True),
            kind=CampaignKind.SOURCE,
            archived=False,
            zone=ZoneInfo("UTC"),
            issued_code_validity=NoDates(),
        )
        group = codes[0].group
        assert group is not None
        facts.groups[GROUP] = GroupRules(
            Gate(GROUP, enabled=True),
            total_reuse_per_code=group.total,
            reuse_per_customer=group.per_customer,
        )
        for number, customer in enumerate(CUSTOMERS, 1):
            facts.customers[customer or ""] = CustomerRules(number)
        for code in codes:
            record = _record(next(self.numbers), code)
            facts.codes[record.id] = record
            facts.texts[code.name] = record.id
        return [facts.texts[code.name] for code in codes]

    def answer(self, calls: Sequence[Call], now: datetime) -> list[Verdict]:
        self._count_holds(now)
        orders = self.book.facts.orders
        for call in calls:
            if isinstance(call, Redeem) and call.order and call.order not in orders:
                orders[call.order] = OrderRecord(id=next(self.numbers))
                self.book.read_orders[call.order] = orders[call.order]
        return [decide(self.book, call, fingerprint(call.asked()), now) for call in calls]

    def _count_holds(self, now: datetime) -> None:
        """A book is of one moment: what has lapsed since the last one counts no more."""
        facts = self.book.facts
        for counted in (facts.reserved, facts.code_reserved, facts.group_reserved):
            counted.clear()
        for one in facts.reservations.values():
            if one.ended_at is None and now < one.expires_at:
                self.book._count_hold(one, 1)  # noqa: SLF001 - as reading counts them


def _record(number: int, code: Code) -> CodeRecord:
    return CodeRecord(
        id=number,
        kind=CampaignKind.SOURCE,
        campaign_id=CAMPAIGN,
        group_id=GROUP if code.group else None,
        withdrawn_at=None,
        issued_at=None,
        uses=0,
        max_uses=code.max_uses,
        uses_per_customer=code.per_customer,
        valid_from=None,
        valid_to=code.valid_to,
        issued_to_id=None,
        available_to=AvailableTo.ANY_CUSTOMER,
        suspended_at=None,
    )


def tell(examples: int, *phases: Phase, alike: bool = False) -> Callable[[], None]:
    """Tell so many stories; `alike` are the same ones in every run."""

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=phases,
        derandomize=alike,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    @given(shop=shops(), story=stories)
    def told(shop: list[Code], story: list[Any]) -> None:
        Telling(Decisions(), shop).tell(story)

    return told


@pytest.mark.timeout(900)
def test_decisions_follow_the_model(*, long: bool) -> None:
    tell(4_000 if long else 300, Phase.generate, Phase.shrink)()


Mutate = Callable[[pytest.MonkeyPatch], None]


def _reservations_ignored(patch: pytest.MonkeyPatch) -> None:
    taken = Book._taken  # noqa: SLF001 - the rule that is broken on purpose

    def ignoring(*args: Any) -> Any:  # noqa: ANN401 - whatever it takes
        return replace(taken(*args), reserved=0, customer_reserved=0, group_reserved=0)

    patch.setattr(Book, "_taken", ignoring)


def _own_hold_counts(patch: pytest.MonkeyPatch) -> None:
    taken = Book._taken  # noqa: SLF001 - the rule that is broken on purpose
    patch.setattr(Book, "_taken", lambda book, code, customer, _: taken(book, code, customer, None))


def _limit_one_too_far(patch: pytest.MonkeyPatch) -> None:
    def generous(used: int, limit: int | None, reserved: int) -> UseCount:
        left = None if limit is None else max(limit + 1 - used - reserved, 0)
        return UseCount(used, limit, left, reserved, left, "")

    patch.setattr(code_validity, "use_count", generous)


def _reversal_gives_back_twice(patch: pytest.MonkeyPatch) -> None:
    once = Book.count_use
    patch.setattr(
        Book, "count_use", lambda book, use, by: once(book, use, 2 * by if by < 0 else by)
    )


def _reversal_gives_nothing_back(patch: pytest.MonkeyPatch) -> None:
    once = Book.count_use
    patch.setattr(Book, "count_use", lambda book, use, by: once(book, use, max(by, 0)))


def _customers_are_not_counted(patch: pytest.MonkeyPatch) -> None:
    once = Book.count_use
    patch.setattr(
        Book, "count_use", lambda book, use, by: once(book, replace(use, customer_id=None), by)
    )


def _groups_are_not_counted(patch: pytest.MonkeyPatch) -> None:
    once = Book.count_use

    def alone(book: Book, use: Any, by: int) -> None:  # noqa: ANN401 - a redemption
        once(book, use, by)
        book.facts.group_uses = {pair: GroupUse() for pair in book.facts.group_uses}

    patch.setattr(Book, "count_use", alone)


def _holds_never_lapse(patch: pytest.MonkeyPatch) -> None:
    def forever(facts: ReservationFacts, _now: datetime) -> bool:
        return facts.ended_at is None

    patch.setattr(uses, "is_live", forever)
    patch.setattr(reservations, "is_live", forever)


def _orders_may_redeem_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Book, "redemption_for", lambda *_: None)


def _other_customers_orders(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(uses, "check_owner", lambda *_: iter(()))


def _keys_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    def forgetting(book: Book, call: Call, mark: str, now: datetime) -> Verdict:
        book.facts.keys.clear()
        return deciding.decide(book, call, mark, now)

    patch.setattr("tests.unit.test_life_stories.decide", forgetting)


def _refusals_are_not_kept(patch: pytest.MonkeyPatch) -> None:
    def forgetting(book: Book, call: Call, mark: str, now: datetime) -> Verdict:
        verdict = deciding.decide(book, call, mark, now)
        if verdict.problems and call.key:
            book.facts.keys.pop((call.caller.id, call.operation, call.key), None)
        return verdict

    patch.setattr("tests.unit.test_life_stories.decide", forgetting)


def _keys_take_any_input(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("tests.unit.test_life_stories.fingerprint", lambda _: "")


def _suspended_is_nothing(patch: pytest.MonkeyPatch) -> None:
    check = code_validity.check_code

    def blind(*args: Any) -> list[Finding]:  # noqa: ANN401 - whatever it takes
        return [finding for finding in check(*args) if finding.field != "suspended"]

    patch.setattr("app.domain.validity.check_code", blind)


def _expired_is_asked_of_holders(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        uses, "Question", lambda *args, **named: Question(*args, **{**named, "held": False})
    )


def _withdrawn_keeps_holds(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("app.domain.life.blocking.is_live", lambda *_: False)


def _withdrawn_comes_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("app.domain.life.blocking.check_not_withdrawn", lambda *_: iter(()))


def _anonymous_have_no_limit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(code_validity, "missing_customer", lambda field, _: Finding(field))


def _reserving_again_holds_another(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Book, "reservation_of", lambda *_: None)


def _reserving_asks_nothing(patch: pytest.MonkeyPatch) -> None:
    def lax(book: Book, call: Reserve, now: datetime) -> Verdict:
        facts = book.facts
        code_id = facts.texts[call.code]
        kept = facts.codes[code_id]
        facts.codes[code_id] = replace(kept, max_uses=None)
        verdict = reservations.reserve(book, call, now)
        facts.codes[code_id] = replace(facts.codes[code_id], max_uses=kept.max_uses)
        return verdict

    patch.setattr(deciding, "_DECIDES", {**deciding._DECIDES, Reserve: lax})  # noqa: SLF001 - as above


@pytest.mark.parametrize(
    "mutate",
    [
        _reservations_ignored,
        _own_hold_counts,
        _limit_one_too_far,
        _reversal_gives_back_twice,
        _reversal_gives_nothing_back,
        _customers_are_not_counted,
        _groups_are_not_counted,
        _holds_never_lapse,
        _orders_may_redeem_again,
        _other_customers_orders,
        _keys_are_forgotten,
        _refusals_are_not_kept,
        _keys_take_any_input,
        _suspended_is_nothing,
        _expired_is_asked_of_holders,
        _withdrawn_keeps_holds,
        _withdrawn_comes_back,
        _anonymous_have_no_limit,
        _reserving_again_holds_another,
        _reserving_asks_nothing,
    ],
)
def test_a_mutant_of_the_rules_is_caught(mutate: Mutate, monkeypatch: pytest.MonkeyPatch) -> None:
    mutate(monkeypatch)
    with pytest.raises((AssertionError, KeyError, ExceptionGroup)):
        tell(5_000, Phase.generate, alike=True)()


def test_nothing_is_unavailable_by_accident() -> None:
    """The stories leave out who may use a code; that table is told elsewhere."""
    for who in AvailableTo:
        assert availability.unavailable(who, None, None) in {None, "CUSTOMER_REQUIRED"}
