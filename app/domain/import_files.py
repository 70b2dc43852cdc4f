"""What an import file is made of, whatever its format: a header, rows, and how either can fail."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"

FIELDS: Final = (
    "code",
    "group",
    "maximumUses",
    "usesPerCustomer",
    "validFrom",
    "validTo",
    "issuedToCustomerId",
    "availableTo",
    "withdrawn",
    "reason",
    "deleted",
)
"""What a row can say, as JSON spells it; CSV and XML write the same names in lower case."""

CLEAR: Final = "<clear>"
"""What a CSV cell says to clear a field; an empty one leaves it as it is."""


class FileFormat(StrEnum):
    """How a file is written."""

    CSV = "CSV"
    JSON = "JSON"
    XML = "XML"


class ImportMode(StrEnum):
    """Which codes an import may touch."""

    UPSERT = "UPSERT"
    INSERT_ONLY = "INSERT_ONLY"
    UPDATE_ONLY = "UPDATE_ONLY"


class OnError(StrEnum):
    """What a failed row means for the others."""

    CONTINUE = "CONTINUE"
    ABORT = "ABORT"


class FileErrorCode(StrEnum):
    """Every reason for which a whole file is refused; the closed list of the API."""

    UNREADABLE_ENCODING = "UNREADABLE_ENCODING"
    SYNTAX = "SYNTAX"
    TOO_MANY_ROWS = "TOO_MANY_ROWS"
    FILE_TOO_LARGE = "FILE_TOO_LARGE"
    NO_ROWS = "NO_ROWS"
    DUPLICATE_COLUMN = "DUPLICATE_COLUMN"
    UNKNOWN_COLUMN = "UNKNOWN_COLUMN"
    HEADER_CONFLICT = "HEADER_CONFLICT"
    CAMPAIGN_KIND_MISMATCH = "CAMPAIGN_KIND_MISMATCH"
    DTD_FORBIDDEN = "DTD_FORBIDDEN"
    TOO_DEEP = "TOO_DEEP"


class RowErrorCode(StrEnum):
    """Everything that can be said about one row; the closed list of the API."""

    CODE_MISSING = "CODE_MISSING"
    CODE_TOO_SHORT = "CODE_TOO_SHORT"
    CODE_TOO_LONG = "CODE_TOO_LONG"
    CODE_BAD_CHAR = "CODE_BAD_CHAR"
    DUPLICATE_IN_FILE = "DUPLICATE_IN_FILE"
    CODE_IN_OTHER_CAMPAIGN = "CODE_IN_OTHER_CAMPAIGN"
    GROUP_NOT_FOUND = "GROUP_NOT_FOUND"
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    NOT_A_NUMBER = "NOT_A_NUMBER"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    BAD_DATE = "BAD_DATE"
    VALID_TO_BEFORE_FROM = "VALID_TO_BEFORE_FROM"
    MAX_USES_BELOW_USED = "MAX_USES_BELOW_USED"
    AVAILABLE_TO_NEEDS_CUSTOMER = "AVAILABLE_TO_NEEDS_CUSTOMER"
    REASON_REQUIRED = "REASON_REQUIRED"
    CODE_WITHDRAWN = "CODE_WITHDRAWN"
    CODE_HAS_USES = "CODE_HAS_USES"
    CODE_NOT_FOUND = "CODE_NOT_FOUND"
    CODE_EXISTS = "CODE_EXISTS"
    FLAGS_CONFLICT = "FLAGS_CONFLICT"
    LOCAL_TIME = "LOCAL_TIME"
    ABORTED = "ABORTED"


class Severity(StrEnum):
    """Whether a message is why a row failed, or is only worth knowing."""

    ERROR = "ERROR"
    INFO = "INFO"


@dataclass(frozen=True, slots=True)
class RowMessage:
    """One thing said about a row; `value` is what stood in the file, cut to what can be shown."""

    code: RowErrorCode
    text: str
    field: str | None = None
    value: str | None = None
    severity: Severity = Severity.ERROR


def read_message(stored: Mapping[str, Any]) -> RowMessage:
    """Return a message that was kept as JSON."""
    return RowMessage(
        RowErrorCode(stored["code"]),
        stored["text"],
        stored["field"],
        stored["value"],
        Severity(stored["severity"]),
    )


@dataclass(frozen=True, slots=True)
class FileHeader:
    """What a JSON or XML file says of itself; None is not said, and a CSV file says nothing."""

    coupon_key: str | None = None
    reference: str | None = None
    mode: ImportMode | None = None
    on_error: OnError | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row as it stands in the file.

    `number` counts rows from 1, `line` is where the row begins. `values` holds the FIELDS that the
    row says, as the format gives them, and can be kept as JSON by both databases; None clears.
    `messages` tell what could not be taken over: fields that do not exist, texts that no database
    can store.
    """

    number: int
    line: int
    values: Mapping[str, Value]
    messages: tuple[RowMessage, ...] = ()


class FileRefused(Exception):  # noqa: N818 - a refusal is an answer, not an error of the program
    """The file cannot be read to its end, or says what it may not say.

    `line` and `column` count from 1 and tell the place, as far as there is one.
    """

    def __init__(
        self, code: FileErrorCode, message: str, line: int | None = None, column: int | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.line = line
        self.column = column
