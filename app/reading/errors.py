from app.domain.callers import Scope


class BadArgument(ValueError):  # noqa: N818 - an answer to the caller
    """An argument of a read cannot be followed; the message says what to send instead."""


class NotAllowed(Exception):  # noqa: N818 - a refusal, not an error of the program
    """The caller lacks the scope that a field, a filter or an order needs; any one would do."""

    def __init__(self, what: str, *scopes: Scope) -> None:
        super().__init__(f"{what} needs the scope {' or '.join(scope.value for scope in scopes)}.")


class NotWritten(NotAllowed):
    """A write was refused before it happened, because the caller may not see what it asks back."""

    def __init__(self, refusal: NotAllowed) -> None:
        Exception.__init__(self, f"{refusal} This mutation wrote nothing.")


class Misdeclared(Exception):  # noqa: N818 - found at start-up, read by a developer
    """A declaration contradicts the tables, the rules or the GraphQL types."""
