"""One line for each event, bounded, and without the values that errors carry."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from structlog.contextvars import bound_contextvars

from app.config import Settings
from app.logs import configure_logs, shorten, summary, without_values

SECRET = "SUMMER-7F3K"  # noqa: S105 - a code, which no log may hold


def fail(message: str) -> None:
    raise ValueError(message)


def failure() -> Exception:
    """An error with a cause, as drivers raise them."""
    error = RuntimeError(SECRET)
    try:
        fail(f"Key (normal_form)=({SECRET}) already exists")
    except ValueError as cause:
        error.__cause__ = cause
        error.__traceback__ = cause.__traceback__
    return error


@pytest.fixture
def restored() -> Iterator[None]:
    """What a test configures ends with it."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    for name in ("app", "graphql_schema", "workers"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    structlog.reset_defaults()


def test_a_summary_says_what_and_where_and_no_value() -> None:
    found = summary(failure())
    assert found["error"] == ["RuntimeError", "ValueError"]
    assert [place.partition(":")[0] for place in found["places"]] == ["test_logs.py"] * 2
    assert [place.partition(" ")[2] for place in found["places"]] == ["failure", "fail"]
    assert SECRET not in str(found)


def test_a_summary_is_bounded() -> None:
    error: Exception = ValueError()
    for _ in range(100):
        outer = ValueError()
        outer.__cause__ = error
        error = outer
    assert len(summary(error)["error"]) == 10

    def deep(levels: int) -> None:
        deep(levels - 1) if levels else fail(SECRET)

    with pytest.raises(ValueError, match=SECRET) as caught:
        deep(100)
    assert len(summary(caught.value)["places"]) == 10


def test_every_logged_exception_is_summarised() -> None:
    error = failure()
    for given in (error, (type(error), error, error.__traceback__)):
        found = without_values(None, "error", {"event": "x", "exc_info": given})
        assert found == {"event": "x", **summary(error)}
    found = {}
    try:
        fail(SECRET)
    except ValueError:
        found = without_values(None, "error", {"exc_info": True})
    assert found["error"] == ["ValueError"]
    assert without_values(None, "error", {"event": "x", "exc_info": None}) == {"event": "x"}


def test_long_values_are_cut() -> None:
    event = {"event": "x" * 601, "list": ["y" * 300, "z" * 300], "number": 7}
    found = shorten(None, "info", event)
    assert found["event"] == "x" * 600 + "... (601 characters)"
    assert found["list"].endswith("... (608 characters)")
    assert found["number"] == 7
    assert len(shorten(None, "info", {str(number): number for number in range(100)})) == 20


@pytest.mark.usefixtures("restored")
def test_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Settings(log_format="json"))
    log = structlog.get_logger("app.test")
    with bound_contextvars(request_id="r7"):
        log.info("happened", job_id=3)
        logging.getLogger("library").warning("noticed %s", "something")
        log.error("failed", exc_info=failure())
    log.debug("in detail")
    logging.getLogger("library").info("in detail")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["happened", "noticed something", "failed"]
    assert {line["request_id"] for line in lines} == {"r7"}
    assert lines[0]["job_id"] == 3
    assert lines[0]["logger"] == "app.test"
    assert lines[0]["level"] == "info"
    assert lines[0]["timestamp"].endswith("Z")
    assert lines[2]["error"] == ["RuntimeError", "ValueError"]
    assert SECRET not in str(lines)


@pytest.mark.usefixtures("restored")
def test_only_our_own_events_are_told_in_detail(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Settings(log_format="json", log_level="debug"))
    structlog.get_logger("workers.test").debug("ours")
    logging.getLogger("aiosqlite").debug("SELECT %s", SECRET)
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["ours"]
    configure_logs(Settings(log_format="json", log_level="error"))
    logging.getLogger("library").warning("too little")
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("restored")
def test_lines_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Settings(log_format="console"))
    structlog.get_logger("app.test").info("happened", job_id=3)
    (line,) = capsys.readouterr().err.splitlines()
    assert "happened" in line
    assert not line.startswith("{")


@pytest.mark.usefixtures("restored")
def test_without_a_terminal_lines_are_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Settings(log_format="auto"))
    structlog.get_logger("app.test").info("happened")
    assert json.loads(capsys.readouterr().err)["event"] == "happened"
