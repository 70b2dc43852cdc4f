"""The `promograph` command in processes of its own, as a person starts it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from typer.testing import Result

from app.config import Settings

Run = Callable[..., Result]
"""Runs a command in this process, with the settings given by name."""
COMMAND = [sys.executable, "-m", "app.cli"]
ROOT = Path(__file__).parents[1]
SECRET = "the secret of these tests, long enough"  # noqa: S105 - it guards nothing


class Place:
    """A folder in which commands run, with settings of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},  # noqa: TID251 - what any program needs
            "PYTHONPATH": str(ROOT),
            "PROMOGRAPH_LOG_FORMAT": "json",
            "PROMOGRAPH_KEYLESS": "true",
        }

    def use(self, settings: Settings) -> None:
        self.environment["PROMOGRAPH_DATABASE_URL"] = settings.database_url
        self.environment["PROMOGRAPH_SECRET"] = SECRET

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    @contextmanager
    def working(self) -> Iterator[subprocess.Popen[bytes]]:
        """`promograph worker`; killed at the end if it still runs."""
        with subprocess.Popen(
            [*COMMAND, "worker"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    @contextmanager
    def serving(self, *options: str) -> Iterator["Service"]:
        """`promograph serve` on a free port, ready; killed at the end if it still runs."""
        with subprocess.Popen(
            [*COMMAND, "serve", "--port", "0", *options],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            try:
                yield Service(process)
            finally:
                process.kill()


class Service:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said = ""
        assert process.stdout is not None
        for line in process.stdout:
            self.said += line
            if "is ready on" in line:
                break
        self.url = self.said.partition("is ready on ")[2].partition("/graphql")[0]

    def total_of(self, field: str) -> int:
        query = {"query": f"{{ {field} {{ totalCount }} }}"}
        answer = httpx.post(f"{self.url}/graphql", json=query, trust_env=False).json()
        total: int = answer["data"][field]["totalCount"]
        return total

    def stop(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


def free_port(host: str = "127.0.0.1") -> str:
    """A port that nobody uses now, for a service that must come back to the same address."""
    with socket.create_server(
        (host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET
    ) as probe:
        return str(probe.getsockname()[1])
