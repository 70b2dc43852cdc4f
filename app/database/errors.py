"""What a database can answer besides rows: one vocabulary for both."""

from enum import StrEnum

from tortoise.exceptions import IntegrityError, OperationalError


class ConstraintKind(StrEnum):
    UNIQUE = "unique"
    CHECK = "check"
    FOREIGN_KEY = "foreign_key"
    NOT_NULL = "not_null"


class ConstraintViolated(IntegrityError):  # noqa: N818 - a fact, not a fault
    """A stored rule refused the statement.

    `name` is the constraint's or index's name, the same on both databases. SQLite does not say
    which foreign key failed, so every foreign key is called `foreign_key`.
    """

    def __init__(self, name: str, kind: ConstraintKind) -> None:
        super().__init__(f"{kind} constraint {name}")
        self.name = name
        self.kind = kind


class Conflict(OperationalError):  # noqa: N818 - a fact, not a fault
    """Another transaction was in the way (deadlock, lock time-out, busy): try again."""


class Unavailable(OperationalError):  # noqa: N818 - a fact, not a fault
    """The database cannot be asked now: connection lost, none free in time, no space, shut down.

    After a lost COMMIT it is not known whether the transaction happened.
    """


class NotMigratedError(Exception):
    """The database is older than this program."""
