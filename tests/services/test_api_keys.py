"""Keys are made, rotated and revoked; only what counts now is recognised, and nothing is kept."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.database import Database
from app.database.instants import from_json, from_row
from app.domain.api_keys import ApiKeyDraft, find_prefix, key_text
from app.domain.callers import Scope
from app.domain.refusals import Refusal
from app.domain.roles import SCOPES, Role
from app.services import api_keys
from app.services.api_keys import Holder, Told
from app.services.editing import Stamp, Target
from tests.making import ACTOR, CALLER, NOW, read_all, refusals, snapshot

SECRET = b"the secret of this test's service"
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
LATER = NOW + HOUR
INSTANTS = ("created_at", "updated_at", "expires_at", "revoked_at", "last_used_at")


async def make(database: Database, name: str = "Shop", **values: Any) -> Told:  # noqa: ANN401 - any field of a draft
    given = values or {"role": Role.STOREFRONT}
    return await api_keys.create(database, SECRET, CALLER, ApiKeyDraft(name, **given), NOW)


async def rotate(
    database: Database, key_id: int, at: datetime, version: int | None = None, hours: int = 24
) -> Told:
    stamp = Stamp(CALLER, at)
    return await api_keys.rotate(database, SECRET, stamp, Target(key_id, version), hours)


async def find(database: Database, text: str, now: datetime = NOW) -> Holder | None:
    return await api_keys.find_holder(database, SECRET, text, now)


async def stored(database: Database, table: str) -> list[dict[str, Any]]:
    rows = await read_all(database, f"SELECT * FROM {table} ORDER BY id")
    for row in rows:
        for name in row.keys() & {"metadata", "actor", "scopes"}:
            row[name] = from_json(row[name])
        for name in row.keys() & set(INSTANTS):
            row[name] = from_row(row[name])
    return rows


class TestCreate:
    async def test_keeps_every_fact(self, database: Database) -> None:
        made = await make(
            database,
            " Till 7 ",
            scopes=(Scope.CODES_REDEEM, Scope.CODES_READ),
            expires_at=LATER,
            metadata={"ticket": 7},
        )
        assert await stored(database, "api_key") == [
            {
                "id": made.key_id,
                "name": "Till 7",
                "role": None,
                "scopes": ["codes:redeem", "codes:read"],
                "expires_at": LATER,
                "revoked_at": None,
                "last_used_at": None,
                "version": 1,
                "metadata": {"ticket": 7},
                "actor": ACTOR,
                "created_at": NOW,
                "updated_at": NOW,
            }
        ]
        (secret,) = await stored(database, "api_key_secret")
        assert secret == {
            "id": secret["id"],
            "api_key_id": made.key_id,
            "prefix": find_prefix(made.text),
            "digest": api_keys.digest(SECRET, made.text),
            "created_at": NOW,
            "expires_at": None,
            "actor": ACTOR,
        }

    async def test_tells_a_text_of_256_random_bits(self, database: Database) -> None:
        texts = [(await make(database, f"Shop {number}")).text for number in range(20)]
        assert all(find_prefix(text) for text in texts)
        assert len({text[15:58] for text in texts}) == 20
        assert len({find_prefix(text) for text in texts}) == 20

    async def test_refuses_all_that_is_wrong(self, database: Database) -> None:
        await make(database)
        before = await snapshot(database)
        with pytest.raises(Refusal) as refused:
            await make(database, " Shop", scopes=(), expires_at=NOW)
        assert refusals(refused) == [
            ("INVALID_VALUE", "scopes"),
            ("INVALID_VALUE", "expiresAt"),
            ("NAME_TAKEN", "name"),
        ]
        with pytest.raises(Refusal) as refused:
            await make(database, "\0", role=Role.ADMIN)
        assert refusals(refused) == [("INVALID_VALUE", "name")]
        assert await snapshot(database) == before

    async def test_of_two_at_once_one_gets_the_name(self, database: Database) -> None:
        answers = await asyncio.gather(*(make(database) for _ in range(4)), return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, Refusal)]
        assert [answer.problems[0].code for answer in refused] == ["NAME_TAKEN"] * 3
        assert len(await stored(database, "api_key")) == 1
        assert len(await stored(database, "api_key_secret")) == 1

    async def test_may_have_the_name_of_a_revoked_one(self, database: Database) -> None:
        first = await make(database)
        await api_keys.revoke(database, CALLER, Target(first.key_id), LATER)
        second = await make(database)
        assert second.key_id != first.key_id


class TestFindHolder:
    async def test_tells_what_the_key_grants(self, database: Database) -> None:
        shop = await make(database)
        own = await make(database, "Own", scopes=(Scope.CODES_READ,), expires_at=LATER)
        assert await find(database, shop.text) == Holder(
            shop.key_id, "Shop", SCOPES[Role.STOREFRONT], None
        )
        assert await find(database, own.text) == Holder(
            own.key_id, "Own", frozenset({Scope.CODES_READ}), LATER
        )

    async def test_a_key_is_one_caller_for_ever(self, database: Database) -> None:
        made = await make(database)
        again = await rotate(database, made.key_id, NOW)
        found = [await find(database, text) for text in (made.text, again.text)]
        assert [one and one.caller_id for one in found] == [f"key:{made.key_id}"] * 2

    async def test_expiry_is_exact(self, database: Database) -> None:
        made = await make(database, role=Role.ADMIN, expires_at=LATER)
        assert await find(database, made.text, LATER - SECOND)
        assert await find(database, made.text, LATER) is None

    async def test_knows_no_other_text(self, database: Database) -> None:
        made = await make(database)
        prefix = find_prefix(made.text)
        assert prefix
        other_prefix = ("a" if prefix[0] != "a" else "b") + prefix[1:]
        for text in ("", "x", made.text[:-1], key_text(prefix, 1), key_text(other_prefix, 1)):
            assert await find(database, text) is None
        assert await find(database, made.text)

    async def test_a_text_of_one_key_is_not_taken_for_another(self, database: Database) -> None:
        one, other = await make(database), await make(database, "Other", role=Role.ADMIN)
        (first, second) = await stored(database, "api_key_secret")
        async with database.transaction() as tx:
            for row, prefix in ((first, "x" * 10), (second, first["prefix"])):
                await tx.execute(
                    "UPDATE api_key_secret SET prefix = $2 WHERE id = $1", row["id"], prefix
                )
        assert await find(database, one.text) is None
        assert await find(database, other.text) is None


class TestRotate:
    async def test_lets_the_old_text_end_after_a_day(self, database: Database) -> None:
        made = await make(database)
        again = await rotate(database, made.key_id, LATER, version=1)
        end = LATER + timedelta(hours=24)
        assert again.key_id == made.key_id
        old, new = await stored(database, "api_key_secret")
        assert (old["created_at"], old["expires_at"]) == (NOW, end)
        assert (new["created_at"], new["expires_at"]) == (LATER, None)
        (key,) = await stored(database, "api_key")
        assert (key["version"], key["updated_at"], key["created_at"]) == (2, LATER, NOW)
        found = await find(database, made.text, end - SECOND)
        assert found == Holder(made.key_id, "Shop", SCOPES[Role.STOREFRONT], end)
        assert await find(database, made.text, end) is None
        found = await find(database, again.text, end)
        assert found == Holder(made.key_id, "Shop", SCOPES[Role.STOREFRONT], None)

    async def test_without_overlap_ends_it_at_once(self, database: Database) -> None:
        made = await make(database)
        again = await rotate(database, made.key_id, LATER, hours=0)
        assert await find(database, made.text, LATER) is None
        assert await find(database, again.text, LATER)

    async def test_by_a_clock_that_is_behind_ends_no_text_before_it_began(
        self, database: Database
    ) -> None:
        made = await make(database)
        again = await rotate(database, made.key_id, NOW - SECOND, hours=0)
        ends = [row["expires_at"] for row in await stored(database, "api_key_secret")]
        assert ends == [NOW, None]
        assert await find(database, made.text, NOW) is None
        assert await find(database, again.text, NOW - SECOND)

    async def test_never_lets_a_text_live_longer(self, database: Database) -> None:
        """Not by a longer overlap of the next rotation; nor does the key outlive its end."""
        made = await make(database, role=Role.ADMIN, expires_at=NOW + 5 * HOUR)
        second = await rotate(database, made.key_id, NOW, hours=1)
        third = await rotate(database, made.key_id, NOW, hours=168)
        ends = [row["expires_at"] for row in await stored(database, "api_key_secret")]
        assert ends == [NOW + HOUR, NOW + 168 * HOUR, None]
        found = [await find(database, one.text) for one in (made, second, third)]
        assert [one and one.ends_at for one in found] == [
            NOW + HOUR,
            NOW + 5 * HOUR,
            NOW + 5 * HOUR,
        ]

    async def test_refusals_change_nothing(self, database: Database) -> None:
        made = await make(database, role=Role.ADMIN, expires_at=LATER)
        before = await snapshot(database)
        for at, version, hours, problem in (
            (NOW, 2, 24, ("STALE_VERSION", "expectedVersion")),
            (NOW, 1, 169, ("INVALID_VALUE", "overlapHours")),
            (NOW, 1, -1, ("INVALID_VALUE", "overlapHours")),
            (LATER, 1, 24, ("NOT_EDITABLE", "id")),
        ):
            with pytest.raises(Refusal) as refused:
                await rotate(database, made.key_id, at, version, hours)
            assert refusals(refused) == [problem]
        with pytest.raises(Refusal) as refused:
            await rotate(database, made.key_id + 1, NOW)
        assert refusals(refused) == [("NOT_FOUND", "id")]
        assert await snapshot(database) == before

    async def test_at_once_leaves_one_lasting_text(self, database: Database) -> None:
        made = await make(database)
        told = await asyncio.gather(*(rotate(database, made.key_id, NOW) for _ in range(4)))
        ends = [row["expires_at"] for row in await stored(database, "api_key_secret")]
        assert ends == [NOW + timedelta(hours=24)] * 4 + [None]
        assert all([await find(database, one.text) for one in (made, *told)])


class TestRevoke:
    async def test_ends_every_text_for_ever(self, database: Database) -> None:
        made = await make(database)
        again = await rotate(database, made.key_id, NOW)
        await api_keys.revoke(database, CALLER, Target(made.key_id, 2), LATER)
        (key,) = await stored(database, "api_key")
        assert (key["revoked_at"], key["version"], key["updated_at"]) == (LATER, 3, LATER)
        assert [await find(database, text, LATER) for text in (made.text, again.text)] == [None] * 2
        before = await snapshot(database)
        for refusing in (
            api_keys.revoke(database, CALLER, Target(made.key_id), LATER),
            rotate(database, made.key_id, LATER),
        ):
            with pytest.raises(Refusal) as refused:
                await refusing
            assert refusals(refused) == [("NOT_EDITABLE", "id")]
        assert await snapshot(database) == before

    async def test_refusals_change_nothing(self, database: Database) -> None:
        made = await make(database)
        before = await snapshot(database)
        for target, problem in (
            (Target(made.key_id, 2), ("STALE_VERSION", "expectedVersion")),
            (Target(made.key_id + 1), ("NOT_FOUND", "id")),
        ):
            with pytest.raises(Refusal) as refused:
                await api_keys.revoke(database, CALLER, target, LATER)
            assert refusals(refused) == [problem]
        assert await snapshot(database) == before
        assert await find(database, made.text, LATER)


async def test_any_live(database: Database) -> None:
    assert not await api_keys.any_live(database, NOW)
    ending = await make(database, role=Role.ADMIN, expires_at=LATER)
    assert await api_keys.any_live(database, LATER - SECOND)
    assert not await api_keys.any_live(database, LATER)
    lasting = await make(database, "Lasting")
    assert await api_keys.any_live(database, LATER)
    for one in (ending, lasting):
        await api_keys.revoke(database, CALLER, Target(one.key_id), NOW)
    assert not await api_keys.any_live(database, NOW)


def test_a_text_is_in_no_representation() -> None:
    assert repr(Told(1, "pgk_text")) == "Told(key_id=1)"
