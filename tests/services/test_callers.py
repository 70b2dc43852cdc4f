"""Who asks: keys become callers, and stop to be any soon after they ended, on both databases."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.config import Settings
from app.database import Database, Row
from app.database.errors import Unavailable
from app.domain.callers import Caller, Channel, Scope, demo_caller
from app.domain.credentials import NONE_SHOWN, UNKNOWN, Shown, Unauthenticated
from app.domain.roles import SCOPES, Role
from app.services import api_keys, recognition
from app.services.api_keys import Told
from app.services.callers import NOTE_SECONDS, RECHECK_SECONDS, Callers
from app.services.recognition import KEPT_SECONDS
from tests.graphql.clock import Clock
from tests.keyholders import PROMISED_SECONDS, Hand, bearer, misspelt, now

SECRET = b"the secret of these tests"
WITH_KEYS, WITHOUT = Settings(keyless=False), Settings(keyless=True)


@pytest.fixture
def hand(database: Database) -> Hand:
    return Hand(database, SECRET)


@pytest.fixture
async def callers(
    database: Database,
    clock: Clock,  # noqa: ARG001 - it outlives what goes by it
) -> AsyncIterator[Callers]:
    async with Callers.open(database, WITH_KEYS, SECRET, now) as opened:
        yield opened


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(asyncio.get_running_loop(), monkeypatch)


@pytest.fixture
def looks(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The look-ups of keys that leave for the database."""
    noted: list[str] = []
    read = database.read

    async def noting(sql: str, *values: object) -> Sequence[Row]:
        if "api_key_secret" in sql:
            noted.append(sql)
        return await read(sql, *values)

    monkeypatch.setattr(database, "read", noting)
    return noted


def showing(key: Told | str, request_id: str = "r-1") -> Shown:
    return Shown((bearer(key),), "192.0.2.7", request_id)


async def refused(callers: Callers, shown: Shown) -> str:
    with pytest.raises(Unauthenticated) as error:
        await callers.identify(shown)
    return error.value.sentence


class TestIdentifying:
    async def test_a_key_is_its_caller(self, callers: Callers, hand: Hand) -> None:
        end = now().replace(microsecond=0) + timedelta(hours=1)
        key = await hand.create(Role.MARKETER, expires_at=end)
        found = await callers.identify(showing(key))
        assert found == Caller(
            id=f"key:{key.key_id}",
            name=found.name,
            scopes=SCOPES[Role.MARKETER],
            channel=Channel.API,
            acting_for=None,
            request_id="r-1",
            address="192.0.2.7",
            ends_at=end,
        )
        assert found.name.startswith("Desk MARKETER")

    async def test_nothing_shown(self, callers: Callers) -> None:
        assert await refused(callers, Shown()) == NONE_SHOWN

    async def test_a_key_of_another_service(
        self, database: Database, hand: Hand, looks: list[str]
    ) -> None:
        key = await hand.create()
        async with Callers.open(database, WITH_KEYS, b"another secret", now) as others:
            assert await refused(others, showing(key)) == UNKNOWN
        assert len(looks) == 1

    async def test_an_expired_key(
        self, callers: Callers, hand: Hand, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It ends at its instant, and not when what is remembered of it grows old."""
        end = now() + timedelta(hours=1)
        key = await hand.create(expires_at=end)
        assert (await callers.identify(showing(key))).ends_at == end
        monkeypatch.setattr(callers, "_clock", lambda: end)
        monkeypatch.setattr(callers._recognition, "_clock", lambda: end)  # noqa: SLF001 - the time of day
        assert await refused(callers, showing(key)) == UNKNOWN

    async def test_without_keys_who_shows_nothing_is_the_built_in_caller(
        self, database: Database, hand: Hand
    ) -> None:
        """And who shows something is judged by it."""
        key = await hand.create(Role.VIEWER)
        async with Callers.open(database, WITHOUT, SECRET, now) as callers:
            shown = Shown((), "192.0.2.7", "r-1")
            demo = replace(demo_caller(request_id="r-1"), address="192.0.2.7")
            assert await callers.identify(shown) == demo
            assert (await callers.identify(showing(key))).scopes == {Scope.CODES_READ}
            assert await refused(callers, showing(misspelt(key))) == UNKNOWN

    async def test_the_database_is_away(
        self, callers: Callers, hand: Hand, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """That is no answer about the key, and is not remembered as one."""
        key = await hand.create()

        async def away(_sql: str, *_values: object) -> Sequence[Row]:
            raise Unavailable("away")

        with monkeypatch.context() as patch:
            patch.setattr(database, "read", away)
            with pytest.raises(Unavailable):
                await callers.identify(showing(key))
        assert (await callers.identify(showing(key))).id == f"key:{key.key_id}"


class TestRemembering:
    async def test_known_and_unknown_are_asked_once_in_four_seconds(
        self, callers: Callers, hand: Hand, clock: Clock, looks: list[str]
    ) -> None:
        key, ended = await hand.create(), await hand.create()
        await hand.revoke(ended)
        for expected in (2, 4):
            for _ in range(3):
                await callers.identify(showing(key))
                assert await refused(callers, showing(ended)) == UNKNOWN
            assert len(looks) == expected
            clock.forward(KEPT_SECONDS)

    async def test_a_thousand_at_once_ask_once(
        self, callers: Callers, hand: Hand, looks: list[str]
    ) -> None:
        key = await hand.create()
        found = await asyncio.gather(*(callers.identify(showing(key)) for _ in range(1_000)))
        assert {one.id for one in found} == {f"key:{key.key_id}"}
        assert len(looks) == 1

    async def test_who_goes_away_takes_nobody_along(
        self, callers: Callers, hand: Hand, looks: list[str]
    ) -> None:
        key = await hand.create()
        first, second = (asyncio.create_task(callers.identify(showing(key))) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        assert (await second).id == f"key:{key.key_id}"
        assert len(looks) == 1

    async def test_a_typing_error_costs_no_look_up(
        self, callers: Callers, hand: Hand, looks: list[str]
    ) -> None:
        key = await hand.create()
        for text in (misspelt(key), key.text[:-1], key.text.upper(), "pgk_", "x", "a.b.c"):
            assert await refused(callers, showing(text)) == UNKNOWN
        assert looks == []

    async def test_a_flood_of_wrong_keys_stays_small_and_drives_no_right_one_out(
        self, callers: Callers, hand: Hand, looks: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(recognition, "MOST_KEPT", 3)
        key = await hand.create()
        ended = [await hand.create() for _ in range(5)]
        await callers.identify(showing(key))
        for one in ended:
            await hand.revoke(one)
            await refused(callers, showing(one))
        known = callers._recognition  # noqa: SLF001 - what a process keeps
        assert (len(known._known), len(known._refused), len(known._asking)) == (1, 3, 0)  # noqa: SLF001 - as above
        await callers.identify(showing(key))
        assert len(looks) == 6

    async def test_a_revoked_key_is_dead_within_five_seconds_in_every_process(
        self, callers: Callers, database: Database, hand: Hand, clock: Clock
    ) -> None:
        key = await hand.create()
        async with Callers.open(database, WITH_KEYS, SECRET, now) as elsewhere:
            for one in (callers, elsewhere):
                await one.identify(showing(key))
            await hand.revoke(key)
            clock.forward(PROMISED_SECONDS)
            for one in (callers, elsewhere):
                assert await refused(one, showing(key)) == UNKNOWN

    async def test_a_memory_without_age_is_noticed(
        self, callers: Callers, hand: Hand, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The broken variant of the test before."""
        monkeypatch.setattr(recognition, "KEPT_SECONDS", PROMISED_SECONDS + 1)
        key = await hand.create()
        await callers.identify(showing(key))
        await hand.revoke(key)
        clock.forward(PROMISED_SECONDS)
        assert (await callers.identify(showing(key))).id == f"key:{key.key_id}"


class TestStaying:
    async def test_all_who_stay_by_a_revoked_key_leave_after_one_look_up(
        self, callers: Callers, hand: Hand, clock: Clock, looks: list[str]
    ) -> None:
        key, other = await hand.create(), await hand.create()
        shown = showing(key)
        caller = await callers.identify(shown)
        with ExitStack() as stack:
            stays = [stack.enter_context(callers.staying(shown, caller)) for _ in range(1_000)]
            stranger = stack.enter_context(
                callers.staying(showing(other), await callers.identify(showing(other)))
            )
            await hand.revoke(key)
            looks.clear()
            clock.forward(RECHECK_SECONDS)
            async with asyncio.timeout(PROMISED_SECONDS):
                await asyncio.gather(*stays)
            assert not stranger.done()
        assert len(looks) <= 2
        assert callers._staying == {}  # noqa: SLF001 - what a process keeps

    async def test_a_key_that_expires(
        self, callers: Callers, hand: Hand, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        end = now() + timedelta(hours=1)
        shown = showing(await hand.create(expires_at=end))
        with callers.staying(shown, await callers.identify(shown)) as over:
            monkeypatch.setattr(callers._recognition, "_clock", lambda: end)  # noqa: SLF001 - the time of day
            clock.forward(RECHECK_SECONDS)
            async with asyncio.timeout(PROMISED_SECONDS):
                await over

    async def test_a_right_that_is_lost(self, callers: Callers, hand: Hand, clock: Clock) -> None:
        """Who stays goes on with the rights it came with, so it may not stay with fewer."""
        key = await hand.create(Role.SUPPORT)
        shown = showing(key)
        with callers.staying(shown, await callers.identify(shown)) as over:
            await hand.give_role(key, Role.VIEWER)
            clock.forward(RECHECK_SECONDS)
            async with asyncio.timeout(PROMISED_SECONDS):
                await over
        assert (await callers.identify(shown)).scopes == {Scope.CODES_READ}

    async def test_while_the_database_is_away_they_stay(
        self,
        callers: Callers,
        hand: Hand,
        clock: Clock,
        database: Database,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        key = await hand.create()
        shown = showing(key)
        asked = asyncio.Event()

        async def away(_sql: str, *_values: object) -> Sequence[Row]:
            asked.set()
            raise Unavailable("away")

        with callers.staying(shown, await callers.identify(shown)) as over:
            with monkeypatch.context() as patch:
                patch.setattr(database, "read", away)
                clock.forward(RECHECK_SECONDS)
                async with asyncio.timeout(PROMISED_SECONDS):
                    await asked.wait()
                assert not over.done()
            await hand.revoke(key)
            clock.forward(RECHECK_SECONDS)
            async with asyncio.timeout(PROMISED_SECONDS):
                await over

    async def test_a_look_up_that_hangs_keeps_no_other_key_alive(
        self,
        callers: Callers,
        hand: Hand,
        clock: Clock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The issuer of a token may be asked for seconds, and thousands may stay."""
        slow, key = await hand.create(), await hand.create()
        asked = asyncio.Event()
        find = api_keys.find_holder

        async def hanging(*asking: Any) -> Any:  # noqa: ANN401 - as it is called
            if slow.text in asking:
                asked.set()
                await asyncio.Event().wait()
            return await find(*asking)

        shown = showing(slow), showing(key)
        stays = [callers.staying(one, await callers.identify(one)) for one in shown]
        with stays[0], stays[1] as over:
            monkeypatch.setattr(recognition, "find_holder", hanging)
            await hand.revoke(key)
            clock.forward(RECHECK_SECONDS)
            async with asyncio.timeout(PROMISED_SECONDS):
                await asked.wait()
                await over
        monkeypatch.setattr(recognition, "find_holder", find)
        for look_up in callers._recognition._asking.values():  # noqa: SLF001 - what a process does
            look_up.cancel()

    async def test_who_leaves_ends_no_look_up_that_others_wait_for(
        self, callers: Callers, hand: Hand, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = await hand.create()
        shown = showing(key)
        asked, answered = asyncio.Event(), asyncio.Event()
        find = api_keys.find_holder

        async def slowly(*asking: Any) -> Any:  # noqa: ANN401 - as it is called
            asked.set()
            await answered.wait()
            return await find(*asking)

        with callers.staying(shown, await callers.identify(shown)):
            monkeypatch.setattr(recognition, "find_holder", slowly)
            clock.forward(KEPT_SECONDS)
            async with asyncio.timeout(PROMISED_SECONDS):
                await asked.wait()
            other = asyncio.create_task(callers.identify(shown))
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        answered.set()
        assert (await other).id == f"key:{key.key_id}"

    async def test_the_built_in_caller_stays(self, database: Database, clock: Clock) -> None:
        async with Callers.open(database, WITHOUT, SECRET, now) as callers:
            shown = Shown()
            with callers.staying(shown, await callers.identify(shown)) as over:
                clock.forward(RECHECK_SECONDS)
                await asyncio.sleep(0.05)
                assert not over.done()


class TestNoting:
    async def test_uses_are_noted_beside_the_requests(
        self, callers: Callers, hand: Hand, clock: Clock
    ) -> None:
        key, unused = await hand.create(), await hand.create()
        before = now()
        await callers.identify(showing(key))
        assert await hand.last_used_at(key) is None
        clock.forward(NOTE_SECONDS)
        async with asyncio.timeout(PROMISED_SECONDS):
            while (used_at := await hand.last_used_at(key)) is None:  # noqa: ASYNC110 - stored by nobody who could tell
                await asyncio.sleep(0.01)
        assert before <= used_at <= now()
        assert await hand.last_used_at(unused) is None

    async def test_once_a_minute_over_all_processes(
        self, database: Database, hand: Hand, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = await hand.create()
        began = now().replace(microsecond=0)
        async with (
            Callers.open(database, WITH_KEYS, SECRET, now) as here,
            Callers.open(database, WITH_KEYS, SECRET, now) as there,
        ):

            async def use(callers: Callers, seconds: int) -> datetime | None:
                at = began + timedelta(seconds=seconds)
                monkeypatch.setattr(callers, "_clock", lambda: at)
                await callers.identify(showing(key))
                await callers.note_uses(database)
                return await hand.last_used_at(key)

            assert await use(here, 0) == began
            assert await use(here, 59) == began
            assert await use(there, 59) == began
            assert await use(there, 61) == began
            assert await use(here, 61) == began + timedelta(seconds=61)

    async def test_a_request_waits_for_no_note(
        self,
        callers: Callers,
        hand: Hand,
        clock: Clock,
        database: Database,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        key = await hand.create()
        held = asyncio.Event()

        async def hang(_work: object) -> None:
            held.set()
            await asyncio.Event().wait()

        monkeypatch.setattr(database, "transact", hang)
        await callers.identify(showing(key))
        clock.forward(NOTE_SECONDS)
        async with asyncio.timeout(PROMISED_SECONDS):
            await held.wait()
            await callers.identify(showing(key))
