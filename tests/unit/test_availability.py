from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from app.domain.availability import is_secret
from app.domain.campaigns import AvailableTo

OWNER, STRANGER = 1, 2
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass
class Assigned:
    available_to: AvailableTo
    issued_to_id: int | None = OWNER
    withdrawn_at: datetime | None = None


@pytest.mark.parametrize(
    ("available_to", "hears"),
    [
        (AvailableTo.ANY_CUSTOMER, {OWNER, STRANGER, None}),
        (AvailableTo.ONLY_ISSUED_TO, {OWNER}),
        (AvailableTo.ANY_EXCEPT_ISSUED_TO, {STRANGER}),
    ],
)
def test_a_code_is_secret_to_those_it_is_not_for(
    available_to: AvailableTo, hears: set[int | None]
) -> None:
    for customer in (OWNER, STRANGER, None):
        code = Assigned(available_to)
        assert is_secret(code, customer) == (customer not in hears)
        assert is_secret(Assigned(available_to, withdrawn_at=NOW), customer)
        # Whoever is issued it next decides whose it is.
        assert not is_secret(Assigned(available_to, issued_to_id=None), customer)
