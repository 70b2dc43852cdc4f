"""What comes back: data, a refusal, or no answer that could be understood."""

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why the API refused: a code for programs, a sentence for people."""

    code: str
    message: str
    field: tuple[str, ...] = ()


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not a failure of the program
    """The API understood the request and said no."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


class Unavailable(Exception):  # noqa: N818 - names the state of the service
    """The service cannot be reached, or says itself that it cannot answer now."""


class Lost(Unavailable):
    """The line to the service was open and broke."""


def data_of(answer: Any) -> Json:  # noqa: ANN401 - JSON of a stranger until it is checked here
    """What GraphQL found, or Refused or Unavailable."""
    return dict(part_of(answer, "data"))


def part_of(answer: Any, name: str) -> Any:  # noqa: ANN401 - as above
    """What the answer is about; Refused or Unavailable when it tells errors instead."""
    if not isinstance(answer, dict) or not (answer.get(name) or answer.get("errors")):
        raise Unavailable("The answer is not one of this service")
    errors = [_error(error) for error in answer.get("errors", [])]
    if any(error.code == "UNAVAILABLE" for error in errors):
        raise Unavailable(errors[0].message)
    if errors:
        raise Refused(*errors)
    return answer[name]


def _error(error: Json) -> Problem:
    extensions = error.get("extensions", {})
    field = tuple(extensions.get("field", ()))
    return Problem(extensions.get("code", "ERROR"), error["message"], field)


def job_of(payload: Json) -> Json:
    """The job that a mutation answers, or Refused."""
    if payload["userErrors"]:
        raise Refused(
            *(
                Problem(error["code"], error["message"], tuple(error["field"]))
                for error in payload["userErrors"]
            )
        )
    return dict(payload["job"])
