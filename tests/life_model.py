"""What `docs/domain.md` says about uses, holds, keys and orders, as plainly as it goes.

It keeps a list of all that was taken and counts it anew each time. It shares no line with the
service, which must answer as it does.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

Fingerprint = tuple[object, ...]


@dataclass
class Group:
    total: int | None = None
    per_customer: int | None = None


@dataclass
class Code:
    name: str
    max_uses: int | None = None
    per_customer: int | None = None
    group: Group | None = None
    valid_to: datetime | None = None
    suspended: bool = False
    withdrawn: bool = False


@dataclass(eq=False)
class Use:
    code: Code
    customer: str | None
    order: str | None
    amount: int | None
    reversed: bool = False


@dataclass(eq=False)
class Hold:
    code: Code
    customer: str | None
    holder: str
    until: datetime
    ended: bool = False


Made = Use | Hold | Code | None


@dataclass
class Answer:
    """The reasons against it, what it made or found, and whether nothing happened."""

    reasons: set[str] = field(default_factory=set)
    made: Made = None
    replayed: bool = False


@dataclass
class Model:
    """Everything that happened so far."""

    now: datetime
    uses: list[Use] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    keys: dict[tuple[str, str], tuple[Fingerprint, Answer]] = field(default_factory=dict)
    owners: dict[str, str | None] = field(default_factory=dict)

    def keyed(self, operation: str, key: str | None, asked: Fingerprint) -> Answer | None:
        """What the key was answered before; IDEMPOTENCY_KEY_REUSED for another input."""
        if key is None or (operation, key) not in self.keys:
            return None
        former, answer = self.keys[operation, key]
        if former != asked:
            return Answer({"IDEMPOTENCY_KEY_REUSED"})
        return Answer(answer.reasons, answer.made, replayed=True)

    def keep(self, operation: str, key: str | None, asked: Fingerprint, answer: Answer) -> Answer:
        if key is not None:
            self.keys[operation, key] = (asked, answer)
        return answer

    def redeem(self, code: Code, asked: Fingerprint, key: str | None, holder: str | None) -> Answer:
        customer, order, amount = asked[1:4]
        assert customer is None or isinstance(customer, str)
        assert order is None or isinstance(order, str)
        assert amount is None or isinstance(amount, int)
        if former := self.keyed("redeem", key, asked):
            return former
        served = [
            use
            for use in self.uses
            if order is not None and use.code is code and use.order == order and not use.reversed
        ]
        if served and (served[0].customer, served[0].amount) == (customer, amount):
            return self.keep("redeem", key, asked, Answer(made=served[0], replayed=True))
        hold = self.live_hold(code, holder or customer)
        reasons = self.against(code, customer, hold)
        if served:
            reasons.add("ORDER_ALREADY_REDEEMED")
        owner = self.owners.get(order) if order else None
        if owner and customer and owner != customer:
            reasons.add("ORDER_CUSTOMER_MISMATCH")
        if reasons:
            return self.keep("redeem", key, asked, Answer(reasons))
        if hold:
            hold.ended = True
        use = Use(code, customer, order, amount)
        self.uses.append(use)
        if order:
            self.owners[order] = owner or customer
        return self.keep("redeem", key, asked, Answer(made=use))

    def reserve(
        self, code: Code, customer: str | None, holder: str, seconds: int, key: str | None
    ) -> Answer:
        asked = (code.name, customer, holder, seconds)
        if former := self.keyed("reserve", key, asked):
            return former
        if hold := self.live_hold(code, holder):
            return self.keep("reserve", key, asked, Answer(made=hold, replayed=True))
        if reasons := self.against(code, customer, None):
            return self.keep("reserve", key, asked, Answer(reasons))
        hold = Hold(code, customer, holder, self.now + timedelta(seconds=seconds))
        self.holds.append(hold)
        return self.keep("reserve", key, asked, Answer(made=hold))

    def release(self, hold: Hold) -> Answer:
        live = self.is_live(hold)
        hold.ended = True
        return Answer(made=hold, replayed=not live)

    def reverse(self, use: Use) -> Answer:
        before, use.reversed = use.reversed, True
        return Answer(made=use, replayed=before)

    def withdraw(self, code: Code) -> Answer:
        if code.withdrawn:
            return Answer({"ALREADY_WITHDRAWN"})
        code.withdrawn = True
        for hold in self.holds:
            if hold.code is code:
                hold.ended = True
        return Answer(made=code)

    def suspend(self, code: Code, *, suspended: bool) -> Answer:
        if code.withdrawn:
            return Answer({"WITHDRAWN"})
        before, code.suspended = code.suspended, suspended
        return Answer(made=code, replayed=before == suspended)

    def is_live(self, hold: Hold) -> bool:
        return not hold.ended and self.now < hold.until

    def live_hold(self, code: Code, holder: str | None) -> Hold | None:
        found = (h for h in self.holds if h.code is code and h.holder == holder and self.is_live(h))
        return next(found, None)

    def taken(self, codes: list[Code], customer: str | None, but: Hold | None) -> tuple[int, int]:
        """How many uses of these codes are taken and held, of one customer when one is named."""
        uses = [u for u in self.uses if u.code in codes and not u.reversed]
        holds = [h for h in self.holds if h.code in codes and self.is_live(h) and h is not but]
        if customer is not None:
            uses = [use for use in uses if use.customer == customer]
            holds = [hold for hold in holds if hold.customer == customer]
        return len(uses), len(holds)

    def against(self, code: Code, customer: str | None, hold: Hold | None) -> set[str]:
        """Every reason against another use, by the one who holds it, if anybody does."""
        reasons = set()
        if code.withdrawn:
            reasons.add("WITHDRAWN")
        if code.suspended:
            reasons.add("SUSPENDED")
        if hold is None and code.valid_to is not None and self.now >= code.valid_to:
            reasons.add("EXPIRED")
        used, held = self.taken([code], None, hold)
        if code.max_uses is not None and used + held >= code.max_uses:
            reasons.add("FULLY_REDEEMED" if used >= code.max_uses else "RESERVED")
        if code.per_customer is not None:
            if customer is None:
                reasons.add("CUSTOMER_REQUIRED")
            elif sum(self.taken([code], customer, hold)) >= code.per_customer:
                reasons.add("CUSTOMER_LIMIT_REACHED")
        group = code.group
        if group is not None:
            reasons |= self._against_group(code, group, customer, hold)
        return reasons

    def _against_group(
        self, code: Code, group: Group, customer: str | None, hold: Hold | None
    ) -> set[str]:
        reasons = set()
        if group.total is not None and sum(self.taken([code], None, hold)) >= group.total:
            reasons.add("GROUP_LIMIT_REACHED")
        if group.per_customer is not None:
            touched = [use.code for use in self.uses] + [hold.code for hold in self.holds]
            everywhere = [one for one in touched if one.group is group]
            if customer is None:
                reasons.add("CUSTOMER_REQUIRED")
            elif sum(self.taken(everywhere, customer, hold)) >= group.per_customer:
                reasons.add("GROUP_LIMIT_REACHED")
        return reasons
