import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.domain.code_text import CodeTextError, normal_form

SHOWN_FROM: Final = 10
"""Shorter codes show their first symbol only: more would be most of them."""


def conceal(text: str) -> str:
    """What a caller without the right to see codes is shown: `SUMM...9Z`, or `S...` of short ones.

    Counted and cut without separators, which would make a short code look long.
    """
    symbols = normal_form(text)
    return f"{symbols[:4]}...{symbols[-2:]}" if len(symbols) >= SHOWN_FROM else f"{symbols[0]}..."


def conceal_written(text: str) -> str:
    """The same of what somebody wrote where a code belongs, which need not be one."""
    try:
        return conceal(text)
    except CodeTextError:
        return "..."


_QUOTED: Final = re.compile(r"'[^']*'")


def unquoted(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What was said of a row of a file, without what stood in it."""
    return [
        {
            name: _QUOTED.sub("'...'", said) if name == "text" else said
            for name, said in message.items()
        }
        | {"value": None}
        for message in messages
    ]
