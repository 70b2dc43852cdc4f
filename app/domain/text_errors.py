from app.domain.refusals import Problem, UserErrorCode


class TextError(ValueError):
    """A text that breaks the rules of its language; `position` counts characters from 1."""

    def __init__(self, code: UserErrorCode, message: str, position: int | None = None) -> None:
        super().__init__(message if position is None else f"Character {position}: {message}")
        self.code = code
        self.position = position

    def problem(self, *field: str) -> Problem:
        """Say the same as a reason to refuse the input field that held the text."""
        return Problem(self.code, str(self), field)
