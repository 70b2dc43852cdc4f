"""The time that an event loop believes it is, so that tests wait for no time to pass."""

from asyncio import AbstractEventLoop

import pytest


class Clock:
    """What waits for a time waits no longer when a test puts the clock forward."""

    def __init__(self, loop: AbstractEventLoop, monkeypatch: pytest.MonkeyPatch) -> None:
        self._ahead = 0.0
        real = loop.time
        monkeypatch.setattr(loop, "time", lambda: real() + self._ahead)

    def forward(self, seconds: float) -> None:
        self._ahead += seconds
