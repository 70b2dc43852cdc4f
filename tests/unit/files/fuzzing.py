"""Files that nobody would send, and what must hold for each of them."""

import random  # noqa: TID251 - every file is made from a seed, which a failure names
import time
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, TypeAlias, cast

import orjson

from app.domain.import_files import FIELDS, FileErrorCode, FileFormat, FileRow
from app.files.formats import sample
from tests.unit.files.reading import Outcome, Trickle, read

Read: TypeAlias = Callable[[bytes, FileFormat, str | None], Outcome]

MOST_SECONDS: Final = 2
OF_READERS: Final = {
    FileErrorCode.UNREADABLE_ENCODING,
    FileErrorCode.SYNTAX,
    FileErrorCode.NO_ROWS,
    FileErrorCode.DUPLICATE_COLUMN,
    FileErrorCode.UNKNOWN_COLUMN,
    FileErrorCode.DTD_FORBIDDEN,
    FileErrorCode.TOO_DEEP,
}
ENCODINGS: Final = (None, None, None, "windows-1252", "utf-16-le", "shift_jis", "cp037")
# What has a meaning in some format, or is likely to have none.
PIECES: Final = (
    *"\"',;:\\{}[]<>&=(\t\r\n\0\x0b\x1c\x85\u2028\ufeff\u20ac\U0001f600",
    "\r\n",
    *("", " ", "<clear>", "error", "code", "codes", '"codes"', "couponKey", "x" * 70_000, "[" * 40),
    *(
        "\\u0000",
        "\\ud800",
        "\\u00e4",
        "NaN",
        "-Infinity",
        "1e999",
        "9" * 99,
        "-0.0",
        "null",
        "true",
    ),
    *('{"a":', '"a":1,"a":2', "},{", "/>", "<code ", "</codes>", 'xmlns="u"', "<!--", "-->", "]]>"),
    *(
        "<![CDATA[",
        "<?x ",
        "?>",
        "<!DOCTYPE a [",
        '<!ENTITY e "e">',
        "&amp;",
        "&#0;",
        "&#10;",
        "&x;",
    ),
)
BYTES: Final = (
    *(piece.encode() for piece in PIECES),
    *(b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\xe4", b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf"),
)


def fuzzed(file_format: FileFormat, seed: str) -> tuple[bytes, str | None]:
    """Return a sample changed here and there, and what the caller says of its encoding."""
    dice = random.Random(seed)  # noqa: S311 - nothing secret
    data = bytearray(sample(file_format)[0])
    if dice.random() < 0.02:
        data = bytearray(dice.randbytes(dice.randrange(200)))
    for _ in range(dice.choice((1, 1, 2, 4, 12))):
        at = dice.randrange(len(data) + 1)
        until = min(len(data), at + dice.choice((0, 1, 1, 5, 60)))
        match dice.randrange(5):
            case 0:
                data[at:until] = b""
            case 1:
                data[at:at] = data[at:until] * dice.choice((1, 2, 30))
            case 2:
                data[at:until] = dice.randbytes(until - at)
            case _:
                data[at:until] = dice.choice(BYTES)
    encoded = bytes(data)
    if dice.random() < 0.05:
        encoded = encoded.decode("latin-1").encode(dice.choice(("utf-16", "utf-32", "utf-8-sig")))
    return encoded, dice.choice(ENCODINGS)


def complaints(
    data: bytes, file_format: FileFormat, encoding: str | None, reading: Read = read
) -> Iterator[str]:
    """Say what does not hold for this file; whatever is raised but a refusal is let through."""
    started = time.process_time()
    outcome = reading(data, file_format, encoding)
    spent = time.process_time() - started
    if spent > MOST_SECONDS:
        yield f"reading took {spent:.1f} s"
    yield from _about_refusal(outcome, len(data))
    line = 1
    for number, row in enumerate(outcome.rows, start=1):
        yield from _about_row(row, number, line)
        line = row.line
    in_bits = read(cast("BinaryIO", Trickle(data, 97)), file_format, encoding)
    if (in_bits.rows, str(in_bits.refused)) != (outcome.rows, str(outcome.refused)):
        yield "in bits it reads otherwise"


def _about_refusal(outcome: Outcome, size: int) -> Iterator[str]:
    if outcome.refused is None:
        if not outcome.rows:
            yield "it has neither rows nor a refusal"
        return
    code, line, column, _ = outcome.reason
    if code not in OF_READERS:
        yield f"{code} is no matter of readers"
    if line is None or column is None or not (1 <= line <= size + 1 and 1 <= column <= size + 1):
        yield f"there is no place {line}:{column}"
    if not _can_be_kept(outcome.refused.message):
        yield "the refusal cannot be told"


def _about_row(row: FileRow, number: int, line: int) -> Iterator[str]:
    if row.number != number or row.line < line:
        yield f"row {row.number} on line {row.line} is number {number} and not before {line}"
    if not row.values.keys() <= set(FIELDS):
        yield f"row {number} has fields of its own"
    if not _can_be_kept(row.values):
        yield f"the values of row {number} cannot be kept"
    if not all(_can_be_kept([each.text, each.field, each.value]) for each in row.messages):
        yield f"the messages of row {number} cannot be told"


def _can_be_kept(value: object) -> bool:
    try:
        return b"\\u0000" not in orjson.dumps(value).replace(b"\\\\", b"")
    except orjson.JSONEncodeError:
        return False
