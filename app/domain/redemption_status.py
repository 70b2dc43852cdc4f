from dataclasses import asdict, dataclass

UNLIMITED = "∞"


@dataclass(frozen=True, slots=True)
class RedemptionFacts:
    """A code's uses and limits, and those of one customer when one is named and known.

    `reserved` and `customer_reserved` count reservations that are live at the instant of the read.
    """

    uses: int
    max_uses: int | None
    reserved: int
    uses_per_customer: int | None
    customer_id: int | None
    customer_uses: int | None
    customer_reserved: int | None


@dataclass(frozen=True, slots=True)
class UseCount:
    """Used x of limit y: what is left of the limit, and what of that nobody has reserved."""

    used: int
    limit: int | None
    remaining: int | None
    reserved: int
    available: int | None
    text: str


@dataclass(frozen=True, slots=True)
class RedemptionStatus(UseCount):
    """The code's own count and, for a customer who is known, that customer's on this code."""

    customer: UseCount | None


def redemption_status(facts: RedemptionFacts) -> RedemptionStatus:
    """How often the code was used and still can be: "3/10", or "3/∞" without a limit.

    Reversed uses do not count. The code's own limits only: those of its group are another level.
    Source: "Promotion Code Search", Redemption Status.
    """
    whole = use_count(facts.uses, facts.max_uses, facts.reserved)
    customer = None
    if facts.customer_id is not None:
        customer = use_count(
            facts.customer_uses or 0, facts.uses_per_customer, facts.customer_reserved or 0
        )
    return RedemptionStatus(**asdict(whole), customer=customer)


def use_count(used: int, limit: int | None, reserved: int) -> UseCount:
    """Return what is left of a limit; the one arithmetic of limits."""
    if limit is None:
        return UseCount(used, None, None, reserved, None, f"{used}/{UNLIMITED}")
    # A limit lowered after the past counts as used up, not as overdrawn.
    remaining = max(limit - used, 0)
    return UseCount(
        used, limit, remaining, reserved, max(remaining - reserved, 0), f"{used}/{limit}"
    )
