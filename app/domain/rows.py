from enum import StrEnum


class RowOutcome(StrEnum):
    """What an import did with one row of its file."""

    INSERTED = "INSERTED"
    UPDATED = "UPDATED"
    DELETED = "DELETED"
    WITHDRAWN = "WITHDRAWN"
    NO_ACTION = "NO_ACTION"
    FAILED = "FAILED"
