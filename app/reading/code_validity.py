"""Green or red of codes as a condition in SQL: the twin of `app.domain.validity.validity_status`.

It depends on the group and the campaign of a code alone. So the groups and campaigns that make a
code green are found once for a statement, and no row asks for its own.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from app.domain.levels import ValidityStatus
from app.reading.filters import Bound, Filter, Terms

# An end that is open, and a campaign that is none, are not false. Nothing is nested that can stand
# side by side, for SQLite's parser.
ACTIVE = (
    "{t}.enabled IS NOT FALSE AND {t}.active_from <= {{now}} IS NOT FALSE"
    " AND {t}.active_to > {{now}} IS NOT FALSE"
)
_PROMOTION, _CAMPAIGN = ACTIVE.format(t="p"), ACTIVE.format(t="c")

OWNERS = f"SELECT id FROM campaign c WHERE {_CAMPAIGN}"
"""The campaigns that are switched on and in their range."""
DRIVING = "SELECT group_id FROM promotion_group"
"""The groups that have promotions."""
GROUPS = (
    "SELECT g.group_id FROM promotion_group g JOIN promotion p ON p.id = g.promotion_id"
    f" LEFT JOIN campaign c ON c.id = p.campaign_id WHERE {_PROMOTION} AND {_CAMPAIGN}"
)
"""The groups of which a promotion runs, and with it the campaign that bundles it."""
PROMOTING = "SELECT campaign_id FROM promotion WHERE campaign_id IS NOT NULL"
"""The campaigns that have promotions."""
CAMPAIGNS = f"SELECT campaign_id FROM promotion p WHERE campaign_id IS NOT NULL AND {_PROMOTION}"
"""The campaigns of which a promotion of their own runs."""

GREEN = (
    f"CASE WHEN campaign_id NOT IN ({OWNERS}) THEN FALSE"
    f" WHEN group_id IN ({DRIVING}) THEN group_id IN ({GROUPS})"
    f" WHEN campaign_id IN ({PROMOTING}) THEN campaign_id IN ({CAMPAIGNS}) ELSE TRUE END"
)


@dataclass(frozen=True, slots=True)
class Validity:
    """The code is green, or it is red, at the request's instant."""

    def bind(self, value: object) -> Bound:
        return Bound(ValidityStatus(str(value)), ())

    def condition(self, choice: Hashable, terms: Terms) -> str:
        return in_colour(ValidityStatus(str(choice)), terms.now)


def in_colour(status: ValidityStatus, now: Callable[[], str]) -> str:
    """The condition that the code has this status at `now`, a placeholder."""
    green = GREEN.format(now=now())
    return green if status == ValidityStatus.VALID else f"NOT {green}"


def validity_filter() -> Filter:
    """Green or red stands without an operator."""
    return Filter({"": Validity()}, lists=1)
