"""One log for the whole process: JSON for machines, coloured lines for a terminal.

No line holds SQL, code texts or customers' data: events are short names with ids and numbers.
"""

import logging
import sys
from pathlib import Path
from traceback import extract_tb
from typing import Any, Final

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from app.config import Settings

MAX_VALUE: Final = 600
MAX_VALUES: Final = 20
MAX_PLACES: Final = 10

# Only these are told how much to say: libraries quote statements and values when they say much.
OUR_OWN: Final = ("app", "graphql_schema", "workers")


def configure_logs(settings: Settings) -> None:
    """Send the events of our own and of every library through the same lines on stderr."""
    machine = settings.log_format == "json" or (
        settings.log_format == "auto" and not sys.stderr.isatty()
    )
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(machine=machine))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.WARNING, level))
    for name in OUR_OWN:
        logging.getLogger(name).setLevel(level)


def _formatter(*, machine: bool) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            without_values,
            shorten,
            structlog.processors.JSONRenderer() if machine else structlog.dev.ConsoleRenderer(),
        ],
    )


def summary(error: BaseException) -> dict[str, list[str]]:
    """What failed and where, without the values in it: drivers quote keys and rows."""
    kinds = [type(error).__name__]
    cause = error.__cause__ or error.__context__
    while cause is not None and len(kinds) < MAX_PLACES:
        kinds.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    frames = extract_tb(error.__traceback__)[-MAX_PLACES:]
    return {
        "error": kinds,
        "places": [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
    }


def without_values(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its summary, whoever logged it."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event.update(summary(error))
    return event


def shorten(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Bound a line: a request makes the log grow by a little, whatever it sends."""
    return {name: _short(value) for name, value in list(event.items())[:MAX_VALUES]}


def _short(value: Any) -> Any:  # noqa: ANN401 - whatever somebody logs
    text = value if isinstance(value, str) else repr(value)
    if len(text) <= MAX_VALUE:
        return value
    return f"{text[:MAX_VALUE]}... ({len(text)} characters)"


_SHARED: Final[list[Processor]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
