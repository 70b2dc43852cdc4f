import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from app.config import Settings
from app.queue import Queue
from tests.commands import Run


@pytest.fixture
async def queue(settings: Settings) -> AsyncIterator[Queue]:
    opened = await Queue.open(settings)
    yield opened
    await opened.close()


@pytest.fixture
def _own_logs() -> Iterator[None]:
    """Commands send logs to an error stream that is closed when they end."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _own_logs: None) -> Run:
    """Run a command here, with these settings and no others, on a port that nobody uses."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"PROMOGRAPH_{name.upper()}", raising=False)

    def invoke(*arguments: str, **settings: str) -> Result:
        chosen = {"port": "0", "keyless": "true", **settings}
        environment = {f"PROMOGRAPH_{name.upper()}": value for name, value in chosen.items()}
        return CliRunner().invoke(app, list(arguments), env=environment)

    return invoke
