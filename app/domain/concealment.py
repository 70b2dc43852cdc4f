import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.domain.code_text import CodeTextError, normal_form
from app.domain.import_files import FIELDS

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


# From the first to the last: what is quoted may hold quotes itself.
_QUOTED: Final = re.compile(r"'.*'", re.DOTALL)


def unquoted(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What was said of a row of a file, without what stood in it.

    A field that does not exist stood there too: in a file that is turned round it is a code.
    """
    return [
        {name: _without_quotes(name, said) for name, said in message.items()} | {"value": None}
        for message in messages
    ]


def _without_quotes(name: str, said: object) -> object:
    match name:
        case "text":
            return _QUOTED.sub("'...'", str(said))
        case "field":
            return said if said in FIELDS else None
        case _:
            return said
