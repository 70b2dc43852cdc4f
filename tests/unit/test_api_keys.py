"""What the text of a key looks like, what a key may be given, and where it stands."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.api_keys import (
    PREFIX_SYMBOLS,
    ApiKeyDraft,
    ApiKeyEnds,
    ApiKeyRights,
    ApiKeyStatus,
    api_key_status,
    check_api_key,
    check_overlap,
    earliest,
    find_prefix,
    granted,
    key_text,
    overlap_end,
    tidied,
)
from app.domain.callers import Scope
from app.domain.refusals import Problem
from app.domain.roles import SCOPES, Role

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SECRETS = st.integers(0, 2**256 - 1)
PREFIXES = st.text(PREFIX_SYMBOLS, min_size=10, max_size=10)
Change = Callable[[str], str]


def told(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(".".join(problem.field), problem.message) for problem in problems]


class TestText:
    def test_is_prefix_secret_and_checksum(self) -> None:
        assert key_text("0123456789", 0) == "pgk_0123456789_" + "0" * 43 + "0122kp"
        assert key_text("abcdefghij", 61)[15:58] == "0" * 42 + "z"
        assert key_text("abcdefghij", 62)[15:58] == "0" * 41 + "10"

    @given(PREFIXES, SECRETS)
    def test_is_known_by_its_prefix(self, prefix: str, secret: int) -> None:
        text = key_text(prefix, secret)
        assert len(text) == 64
        assert find_prefix(text) == prefix

    @given(PREFIXES, SECRETS, SECRETS)
    def test_tells_every_secret_apart(self, prefix: str, one: int, other: int) -> None:
        assert (key_text(prefix, one) == key_text(prefix, other)) == (one == other)

    def test_holds_the_largest_secret(self) -> None:
        text = key_text("abcdefghij", 2**256 - 1)
        assert (len(text), find_prefix(text)) == (64, "abcdefghij")

    @pytest.mark.parametrize("secret", [-1, 2**256])
    def test_holds_no_secret_of_another_size(self, secret: int) -> None:
        with pytest.raises(ValueError, match="256 bits"):
            key_text("abcdefghij", secret)

    @given(PREFIXES, SECRETS, st.integers(0, 63), st.characters())
    def test_with_one_wrong_character_is_no_key(
        self, prefix: str, secret: int, place: int, wrong: str
    ) -> None:
        text = key_text(prefix, secret)
        other = text[:place] + wrong + text[place + 1 :]
        assert find_prefix(other) == (prefix if other == text else None)

    @pytest.mark.parametrize(
        "change",
        [
            lambda text: text[:0],
            lambda text: text[:-1],
            lambda text: text + "0",
            lambda text: text + "\n",
            lambda text: " " + text,
            lambda text: text.upper(),
            lambda text: text.swapcase(),
            lambda text: text.replace("_", "-"),
            lambda text: text[:20] + text[21] + text[20] + text[22:],
            lambda text: text.replace("k3ep", "k\u0435ep"),
            lambda text: "\ud800" + text[1:],
            lambda text: text * 16_384,
        ],
    )
    def test_that_differs_is_no_key(self, change: Change) -> None:
        text = key_text("k3ep0safe0", 2**255 + 12345)
        assert find_prefix(text) == "k3ep0safe0"
        assert find_prefix(change(text)) is None


class TestRoles:
    def test_each_grants_these_scopes(self) -> None:
        assert {role.value: sorted(SCOPES[role]) for role in Role} == {
            "VIEWER": ["codes:read"],
            "SUPPORT": [
                "codes:issue",
                "codes:read",
                "codes:reveal",
                "codes:withdraw",
                "customers:read",
            ],
            "MARKETER": [
                "campaigns:write",
                "codes:issue",
                "codes:read",
                "codes:reveal",
                "codes:withdraw",
                "exports:run",
                "imports:run",
            ],
            "STOREFRONT": ["codes:issue", "codes:redeem", "customers:write"],
            "ADMIN": sorted(Scope),
        }

    @pytest.mark.parametrize("role", Role)
    def test_a_key_with_a_role_grants_what_the_role_does(self, role: Role) -> None:
        assert set(granted(ApiKeyRights(role, None))) == SCOPES[role]

    def test_a_key_with_scopes_grants_those_in_their_order(self) -> None:
        assert granted(ApiKeyRights(None, ["admin", "codes:read"])) == [
            Scope.CODES_READ,
            Scope.ADMIN,
        ]

    def test_a_scope_that_is_gone_grants_nothing(self) -> None:
        assert granted(ApiKeyRights(None, ["codes:eat"])) == []


class TestDraft:
    @pytest.mark.parametrize(
        "draft",
        [
            ApiKeyDraft("Shop", Role.STOREFRONT),
            ApiKeyDraft("x" * 100, scopes=(Scope.CODES_READ,), expires_at=NOW + SECOND),
            ApiKeyDraft("All", scopes=tuple(Scope), metadata={"ticket": 7}),
        ],
    )
    def test_is_fine(self, draft: ApiKeyDraft) -> None:
        assert check_api_key(draft, NOW) == []

    def test_is_told_all_that_is_wrong(self) -> None:
        draft = ApiKeyDraft("", expires_at=NOW, metadata={"a": "\0"})
        assert told(check_api_key(draft, NOW)) == [
            ("name", "Enter 1 to 100 characters."),
            ("role", "Give the key a role, or scopes of its own: one of the two."),
            ("expiresAt", "The end must lie in the future."),
            ("metadata", "The JSON holds a text that cannot be stored."),
        ]

    @pytest.mark.parametrize(
        ("draft", "field"),
        [
            (ApiKeyDraft("x" * 101, Role.ADMIN), "name"),
            (ApiKeyDraft("a\nb", Role.ADMIN), "name"),
            (ApiKeyDraft("Two", Role.ADMIN, (Scope.ADMIN,)), "role"),
            (ApiKeyDraft("Two", Role.ADMIN, ()), "role"),
            (ApiKeyDraft("None", scopes=()), "scopes"),
            (ApiKeyDraft("Twice", scopes=(Scope.ADMIN, Scope.ADMIN)), "scopes"),
            (ApiKeyDraft("Past", Role.ADMIN, expires_at=NOW - SECOND), "expiresAt"),
            (ApiKeyDraft("Local", Role.ADMIN, expires_at=datetime(2099, 1, 1)), "expiresAt"),  # noqa: DTZ001 - to be refused
            (ApiKeyDraft("Far", Role.ADMIN, expires_at=NOW.replace(year=9999)), "expiresAt"),
        ],
    )
    def test_has_its_problem_where_it_is(self, draft: ApiKeyDraft, field: str) -> None:
        assert [where for where, _ in told(check_api_key(draft, NOW))] == [field]

    def test_is_tidied(self) -> None:
        assert tidied(ApiKeyDraft(" Shop\u200b ", Role.ADMIN)) == ApiKeyDraft("Shop", Role.ADMIN)


class TestEnds:
    @pytest.mark.parametrize(
        ("revoked", "expires", "status"),
        [
            (None, None, ApiKeyStatus.ACTIVE),
            (None, NOW + SECOND, ApiKeyStatus.ACTIVE),
            (None, NOW, ApiKeyStatus.EXPIRED),
            (NOW, None, ApiKeyStatus.REVOKED),
            (NOW, NOW - SECOND, ApiKeyStatus.REVOKED),
        ],
    )
    def test_status(
        self, revoked: datetime | None, expires: datetime | None, status: ApiKeyStatus
    ) -> None:
        assert api_key_status(ApiKeyEnds(revoked, expires), NOW) is status

    @pytest.mark.parametrize("hours", [0, 24, 168])
    def test_overlaps_that_are_fine(self, hours: int) -> None:
        assert list(check_overlap(hours)) == []
        assert overlap_end(NOW, hours) - NOW == timedelta(hours=hours)

    @pytest.mark.parametrize("hours", [-1, 169])
    def test_overlaps_that_are_not(self, hours: int) -> None:
        assert told(list(check_overlap(hours))) == [("overlapHours", "Enter 0 to 168 hours.")]

    def test_the_first_of_several(self) -> None:
        assert earliest() is None
        assert earliest(None, None) is None
        assert earliest(None, NOW) == NOW
        assert earliest(NOW + SECOND, NOW) == NOW
