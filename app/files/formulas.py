"""Cells that a spreadsheet would take for a formula.

They are written behind an apostrophe, which spreadsheets do not show. Apostrophes that stand in
front of such a text already get one more, so that taking one away always gives back what was meant.
"""

import re
from typing import Final

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED: Final = re.compile(r"'+[=+\-@\t\r]")


def escaped(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def unescaped(text: str) -> str:
    return text[1:] if _ESCAPED.match(text) else text
