"""What a token of an identity provider says, read as a caller's rights."""

from collections.abc import Mapping
from typing import Any, Final

from app.domain.callers import Scope
from app.domain.roles import SCOPES, Role

# What a customer's own token can grant at most; a shop's server does the rest for them.
OF_CUSTOMERS: Final = frozenset({Scope.CODES_REDEEM})


def find_claim(claims: Mapping[str, Any], name: str, absent: object = None) -> object:
    """Return the claim of this name, or at this path: `realm_access.roles`; else `absent`."""
    if name in claims:
        return claims[name]
    found: object = claims
    for part in name.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return absent
        found = found[part]
    return found


def granted_by(claim: object) -> frozenset[Scope]:
    """Return what the words of a claim grant: names of scopes and of roles, others mean nothing.

    A text is separated by spaces, as OAuth writes scopes; a list has a word in each entry.
    """
    words = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else []
    granted: set[Scope] = set()
    for word in filter(lambda one: isinstance(one, str), words):
        if word in _BY_SCOPE:
            granted.add(_BY_SCOPE[word])
        elif word in _BY_ROLE:
            granted |= SCOPES[_BY_ROLE[word]]
    return frozenset(granted)


_BY_SCOPE: Final = {scope.value: scope for scope in Scope}
# `admin` is the scope: the role that may do everything is never granted by a common word.
_BY_ROLE: Final = {name: role for role in Role for name in (role.value, role.value.lower())}
