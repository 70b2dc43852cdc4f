"""Lines of text that people and systems send: names, numbers, references, labels."""

import unicodedata
from typing import Final

# What pasted text brings along at its ends and nobody sees: white space, soft hyphen, marks of
# direction, blanks without width, byte order mark. Joiners and variation selectors are no such
# thing: they may belong to what is seen.
_AROUND: Final = (
    "".join(character for character in map(chr, range(0x3001)) if character.isspace())
    + "\u00ad\u061c\u180e\u200b\u200e\u200f\u2060\ufeff"
)


def trimmed(text: str) -> str:
    """Return the line as it is stored and looked up: composed, and without what surrounds it.

    Lines that are alike to Unicode become one: an accent may come as part of its letter or apart.
    """
    return unicodedata.normalize("NFC", text).strip(_AROUND)


def trimmed_or_none(text: str | None) -> str | None:
    """Do the same; nothing, and a line of which nothing is left, is None."""
    return trimmed(text or "") or None
