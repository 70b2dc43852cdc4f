"""Stories of codes told call by call: how they are made up, and how they are compared."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Protocol

from hypothesis import strategies as st

from app.domain.life.calls import Call, Redeem, Release, Reserve, Resume, Reverse, Suspend, Withdraw
from app.domain.life.verdicts import Verdict
from app.domain.money import Money
from tests.life_model import Answer, Code, Group, Hold, Made, Model, Use
from tests.making import CALLER, NOW

CODES = 3
CUSTOMERS = (None, "C-0", "C-1")
_stories = count(1)


class Service(Protocol):
    """Whatever answers calls: pure decisions over a book, or the database."""

    def prepare(self, codes: Sequence[Code]) -> list[int]:
        """Make the codes, of which the first two share their group; return their ids."""

    def answer(self, calls: Sequence[Call], now: datetime) -> list[Verdict]: ...


limits = st.sampled_from([None, 1, 1, 2, 3])


@st.composite
def shops(draw: st.DrawFn) -> list[Code]:
    """Three codes: two of one group, and one without."""
    group = Group(draw(limits), draw(limits))
    return [
        Code(
            "",
            max_uses=draw(limits),
            per_customer=draw(limits),
            group=group if number < CODES - 1 else None,
            valid_to=draw(st.sampled_from([None, *[NOW + timedelta(seconds=40)] * 2])),
        )
        for number in range(CODES)
    ]


indices = st.integers(0, 30)
steps = st.one_of(
    st.fixed_dictionaries(
        {
            "what": st.just("redeem"),
            "code": st.integers(0, CODES - 1),
            "customer": st.sampled_from(CUSTOMERS),
            "order": st.sampled_from([None, None, "O-0", "O-1"]),
            "amount": st.sampled_from([None, 100, 200]),
            "key": st.sampled_from([None, None, "k-0", "k-1", "k-2"]),
            "holder": st.sampled_from([None, "s-0", "s-0", "s-1"]),
        }
    ),
    st.fixed_dictionaries(
        {
            "what": st.just("reserve"),
            "code": st.integers(0, CODES - 1),
            "customer": st.sampled_from(CUSTOMERS),
            "holder": st.sampled_from(["s-0", "s-0", "s-1"]),
            "seconds": st.sampled_from([30, 600]),
            "key": st.sampled_from([None, "k-0", "k-1"]),
        }
    ),
    st.fixed_dictionaries({"what": st.sampled_from(["reverse", "release"]), "index": indices}),
    st.fixed_dictionaries(
        {
            "what": st.sampled_from(["suspend", "resume", "resume", "resume", "withdraw"]),
            "code": st.integers(0, CODES - 1),
        }
    ),
)
batches = st.tuples(st.sampled_from([0, 1, 45]), st.lists(steps, min_size=2, max_size=6))
stories = st.lists(batches, min_size=4, max_size=10)


@dataclass
class Telling:
    """One story, told to the service and to the model at the same time."""

    service: Service
    codes: list[Code]
    model: Model = field(default_factory=lambda: Model(NOW))
    ids: dict[int, Made] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.number = next(_stories)
        for place, code in enumerate(self.codes):
            code.name = f"STORY{self.number}X{place}"
        self.code_ids = self.service.prepare(self.codes)
        self.known: dict[Made, int] = {}

    def tell(self, story: Sequence[tuple[int, Sequence[dict[str, Any]]]]) -> None:
        for seconds, batch in story:
            self.model.now += timedelta(seconds=seconds)
            # What is reversed or released must have been heard of before the batch.
            uses = [one for one in self.known if isinstance(one, Use)]
            holds = [one for one in self.known if isinstance(one, Hold)]
            asked = [one for step in batch if (one := self._asked(step, uses, holds))]
            verdicts = self.service.answer([call for call, _ in asked], self.model.now)
            for (call, told), verdict in zip(asked, verdicts, strict=True):
                self._compare(call, verdict, told())

    def _compare(self, call: Call, verdict: Verdict, expected: Answer) -> None:
        reasons = {problem.code.value for problem in verdict.problems}
        assert reasons == expected.reasons, (call, verdict, expected)
        assert verdict.replayed == expected.replayed, (call, verdict, expected)
        assert (verdict.made is None) == (expected.made is None), (call, verdict, expected)
        if verdict.made is not None and not isinstance(expected.made, Code):
            known = self.known.setdefault(expected.made, verdict.made.id)
            assert known == verdict.made.id, (call, verdict, expected)

    def _asked(
        self, step: dict[str, Any], uses: list[Use], holds: list[Hold]
    ) -> tuple[Call, Any] | None:
        model = self.model
        match step["what"]:
            case "redeem" | "reserve":
                return self._asked_for_use(step, self.codes[step["code"]])
            case "reverse" if uses:
                use = uses[step["index"] % len(uses)]
                call = Reverse(caller=CALLER, redemption_id=self.known[use])
                return call, lambda: model.reverse(use)
            case "release" if holds:
                hold = holds[step["index"] % len(holds)]
                release = Release(caller=CALLER, reservation_id=self.known[hold])
                return release, lambda: model.release(hold)
            case "suspend" | "resume" | "withdraw":
                return self._asked_to_block(step)
        return None

    def _asked_to_block(self, step: dict[str, Any]) -> tuple[Call, Any]:
        model = self.model
        code = self.codes[step["code"]]
        kind = {"suspend": Suspend, "resume": Resume, "withdraw": Withdraw}[step["what"]]
        blocking = kind(caller=CALLER, code_id=self.code_ids[step["code"]], reason="told")
        if kind is Withdraw:
            return blocking, lambda: model.withdraw(code)
        return blocking, lambda: model.suspend(code, suspended=kind is Suspend)

    def _asked_for_use(self, step: dict[str, Any], code: Code) -> tuple[Call, Any]:
        model = self.model
        key = step["key"] and f"{self.number}-{step['key']}"
        if step["what"] == "reserve":
            customer, holder, seconds = step["customer"], step["holder"], step["seconds"]
            reserve = Reserve(
                caller=CALLER,
                key=key,
                code=code.name,
                customer=customer,
                holder=holder,
                seconds=seconds,
            )
            return reserve, lambda: model.reserve(code, customer, holder, seconds, key)
        order = step["order"] and f"{self.number}-{step['order']}"
        minor = step["amount"]
        redeem = Redeem(
            caller=CALLER,
            key=key,
            code=code.name,
            customer=step["customer"],
            order=order,
            amount=minor and Money(minor, "EUR"),
            holder=step["holder"],
        )
        asked = (code.name, step["customer"], order, minor, step["holder"])
        return redeem, lambda: model.redeem(code, asked, key, step["holder"])
