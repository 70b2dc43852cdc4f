"""Keys that live at random count for exactly as long as a plain telling of the rules says."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from app.database import Database
from app.domain.api_keys import ApiKeyDraft
from app.domain.refusals import Refusal
from app.domain.roles import SCOPES, Role
from app.services import api_keys
from app.services.api_keys import Holder, Told
from app.services.demo.dice import Dice
from app.services.editing import Stamp, Target
from tests.making import CALLER, NOW

SECRET = b"the secret of this test's service"
STEPS = 25
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
NEVER = NOW + timedelta(days=9_999)


@dataclass
class Key:
    holder: Holder
    end: datetime
    texts: dict[str, datetime] = field(default_factory=dict)
    revoked: bool = False

    def counts(self, text: str, at: datetime) -> Holder | None:
        end = min(self.end, self.texts[text])
        if self.revoked or at >= end:
            return None
        key = self.holder
        return Holder(key.key_id, key.name, key.scopes, None if end == NEVER else end)


class Life:
    """What happens to some keys, done by the services and noted by the rules as they are read."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.dice = Dice(f"keys {seed}")
        self.now = NOW
        self.keys: list[Key] = []

    async def step(self) -> None:
        self.now += self.dice.below(20) * HOUR
        happening = self.dice.pick([self.create, self.rotate, self.rotate, self.revoke])
        await happening() if self.keys else await self.create()

    async def create(self) -> None:
        name, role = f"Key {len(self.keys)}", self.dice.pick(list(Role))
        end = self.now + self.dice.between(1, 90) * HOUR if self.dice.chance(40) else NEVER
        draft = ApiKeyDraft(name, role, expires_at=None if end == NEVER else end)
        told = await api_keys.create(self.database, SECRET, CALLER, draft, self.now)
        self.keys.append(
            Key(Holder(told.key_id, name, SCOPES[role], None), end, {told.text: NEVER})
        )

    async def rotate(self) -> None:
        key, hours = self.dice.pick(self.keys), self.dice.pick([0, 1, 24, 168])
        target, stamp = Target(key.holder.key_id), Stamp(CALLER, self.now)
        told: Told | None = None
        with suppress(Refusal):
            told = await api_keys.rotate(self.database, SECRET, stamp, target, hours)
        assert (told is None) == (key.revoked or self.now >= key.end)
        if told:
            for text, end in key.texts.items():
                key.texts[text] = min(end, self.now + hours * HOUR)
            key.texts[told.text] = NEVER

    async def revoke(self) -> None:
        key = self.dice.pick(self.keys)
        target = Target(key.holder.key_id)
        refused = False
        try:
            await api_keys.revoke(self.database, CALLER, target, self.now)
        except Refusal:
            refused = True
        assert refused == key.revoked
        key.revoked = True

    async def disagreements(self) -> list[tuple[Holder | None, Holder | None]]:
        """What is found and what should be, now and around every end of each text."""
        found = []
        for key in self.keys:
            for text in key.texts:
                for at in self.moments(key, text):
                    told = await api_keys.find_holder(self.database, SECRET, text, at)
                    found.append((told, key.counts(text, at)))
        return [pair for pair in found if pair[0] != pair[1]]

    def moments(self, key: Key, text: str) -> Sequence[datetime]:
        end = min(key.end, key.texts[text])
        return [self.now] if end == NEVER else [self.now, end - INSTANT, end]


async def lived(database: Database, seed: int) -> Life:
    life = Life(database, seed)
    for _ in range(STEPS):
        await life.step()
    return life


@pytest.mark.parametrize("seed", range(4))
async def test_a_text_counts_as_long_as_the_rules_say(database: Database, seed: int) -> None:
    life = await lived(database, seed)
    assert await life.disagreements() == []
    counting = [key.counts(text, life.now) is not None for key in life.keys for text in key.texts]
    assert {True, False} <= set(counting)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE api_key SET revoked_at = NULL, name = 'Key' || id WHERE revoked_at IS NOT NULL",
        "UPDATE api_key SET expires_at = NULL WHERE expires_at IS NOT NULL",
        "UPDATE api_key SET role = 'ADMIN'",
        "UPDATE api_key_secret SET digest = 'x'",
        "UPDATE api_key_secret SET expires_at = created_at WHERE expires_at IS NOT NULL",
        "DELETE FROM api_key_secret WHERE expires_at IS NULL",
    ],
)
async def test_a_broken_rule_is_noticed(database: Database, damage: str) -> None:
    life = await lived(database, 0)
    async with database.transaction() as tx:
        await tx.execute(damage)
    assert await life.disagreements() != []


async def test_an_overlap_that_never_ends_is_noticed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_keys, "overlap_end", lambda _now, _hours: NEVER)
    assert await (await lived(database, 0)).disagreements() != []
