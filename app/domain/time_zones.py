"""The time zones there are: those of the IANA list that we bring along, alike on every machine."""

from functools import cache
from importlib.resources import files
from typing import Final

# A marker of a machine on which no zone was chosen.
_NO_ZONE: Final = "Factory"
SENTENCE: Final = "Choose a time zone of the IANA list: Europe/London."


@cache
def names() -> frozenset[str]:
    """Return every name that `ZoneInfo` knows wherever we run."""
    listed = files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return frozenset(listed) - {_NO_ZONE}
