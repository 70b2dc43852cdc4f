from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.domain.callers import Scope


class Role(StrEnum):
    """A bundle of scopes for one kind of caller."""

    VIEWER = "VIEWER"
    SUPPORT = "SUPPORT"
    MARKETER = "MARKETER"
    STOREFRONT = "STOREFRONT"
    ADMIN = "ADMIN"


SCOPES: Final[Mapping[Role, frozenset[Scope]]] = {
    Role.VIEWER: frozenset({Scope.CODES_READ}),
    Role.SUPPORT: frozenset(
        {
            Scope.CODES_READ,
            Scope.CODES_REVEAL,
            Scope.CODES_ISSUE,
            Scope.CODES_WITHDRAW,
            Scope.CUSTOMERS_READ,
        }
    ),
    Role.MARKETER: frozenset(
        {
            Scope.CODES_READ,
            Scope.CODES_REVEAL,
            Scope.CODES_ISSUE,
            Scope.CODES_WITHDRAW,
            Scope.CAMPAIGNS_WRITE,
            Scope.IMPORTS_RUN,
            Scope.EXPORTS_RUN,
        }
    ),
    Role.STOREFRONT: frozenset({Scope.CODES_REDEEM, Scope.CODES_ISSUE, Scope.CUSTOMERS_WRITE}),
    Role.ADMIN: frozenset(Scope),
}
"""What each role grants. Stored with no key, so that a role means the same to all of them."""
