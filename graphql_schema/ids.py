"""The ids that callers see: they name a type and a row, and a version of this very form."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64

from app.reading.nouns import NODES

VERSION = "1"
LARGEST = 2**63 - 1
LONGEST = len(str(LARGEST))


def encode_id(type_name: str, number: int) -> str:
    return urlsafe_b64encode(f"{VERSION}:{type_name}:{number}".encode()).decode().rstrip("=")


def decode_id(text: str) -> tuple[str, int] | None:
    """The type and the row; None for every text that `encode_id` never made."""
    try:
        plain = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (NotBase64, ValueError):
        return None
    version, _, rest = plain.partition(":")
    type_name, _, digits = rest.partition(":")
    if version != VERSION or type_name not in NODES or not digits.isdecimal():
        return None
    if len(digits) > LONGEST:
        return None
    number = int(digits)
    made = number <= LARGEST and encode_id(type_name, number) == text
    return (type_name, number) if made else None


def find_id(text: str, type_name: str) -> int | None:
    """The row's number, when the id is one of this type."""
    found = decode_id(text)
    return found[1] if found is not None and found[0] == type_name else None
