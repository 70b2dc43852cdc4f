"""The keys by which imports and exports name things: chosen by the caller, or made from a name."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from app.domain.campaigns import allocated_key
from app.domain.check_character import ALPHABET
from app.domain.refusals import Problem, Refusal

_SUFFIX_LENGTH: Final = 6
_MOST_TRIED: Final = 8


@dataclass(frozen=True, slots=True)
class Naming:
    """The key that was chosen, or None, and what makes one otherwise; see `allocated_key`."""

    chosen: str | None
    name: str
    nameless: str


async def stored(naming: Naming, taken: Problem, store: Callable[[str], Awaitable[int]]) -> int:
    """Store under the chosen key, or under some key made from the name that nobody has.

    `store` refuses a key with `taken` alone when that is the only thing wrong.
    """
    for _ in range(_MOST_TRIED):
        suffix = "".join(secrets.choice(ALPHABET) for _ in range(_SUFFIX_LENGTH))
        key = naming.chosen or allocated_key(naming.name, suffix, naming.nameless)
        try:
            return await store(key)
        except Refusal as refusal:
            if naming.chosen or refusal.problems != (taken,):
                raise
    raise Refusal(taken)
