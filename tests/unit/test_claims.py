from typing import Any

import pytest

from app.domain.callers import Scope
from app.domain.claims import find_claim, granted_by
from app.domain.roles import SCOPES, Role


@pytest.mark.parametrize(
    ("claims", "name", "found"),
    [
        ({"scope": "a b"}, "scope", "a b"),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", ["a"]),
        ({"https://shop.example/roles": ["a"]}, "https://shop.example/roles", ["a"]),
        ({"a.b": 1, "a": {"b": 2}}, "a.b", 1),
        ({"a": 1}, "a.b", None),
        ({"a": {"b": None}}, "a.b.c", None),
        ({}, "scope", None),
    ],
)
def test_a_claim_by_name_or_path(claims: dict[str, Any], name: str, found: object) -> None:
    assert find_claim(claims, name) == found


@pytest.mark.parametrize(
    ("claim", "scopes"),
    [
        ("openid codes:read profile", {Scope.CODES_READ}),
        (["codes:read", "codes:redeem"], {Scope.CODES_READ, Scope.CODES_REDEEM}),
        ("support", SCOPES[Role.SUPPORT]),
        (["viewer", "STOREFRONT"], SCOPES[Role.VIEWER] | SCOPES[Role.STOREFRONT]),
        ("admin", {Scope.ADMIN}),
        ("ADMIN", SCOPES[Role.ADMIN]),
        ("codes:READ codes: read", set()),
        ("Admin administrator Viewer", set()),
        ("", set()),
        (None, set()),
        (True, set()),
        (7, set()),
        ({"codes:read": True}, set()),
        ([["codes:read"], None, 7, {}], set()),
    ],
)
def test_words_that_grant(claim: object, scopes: set[Scope]) -> None:
    """The scope `admin` is told from the role ADMIN by its letters."""
    assert granted_by(claim) == scopes
