"""How much of a file is held at once: memory stays bounded whatever comes."""

from typing import Final

CHUNK: Final = 32_768
"""Bytes read at a time."""

MAX_ROW: Final = 65_536
"""Characters of a row, and of a line of a CSV file."""

MAX_RAW: Final = 4 * MAX_ROW
"""What is kept of a file in search of the end of something: rows written wastefully fit as well."""

MAX_DEPTH: Final = 8
"""Objects and lists inside each other in a JSON file; rows as described need three."""

MAX_UNKNOWN: Final = 10
"""Unknown fields of a row that are named one by one."""
