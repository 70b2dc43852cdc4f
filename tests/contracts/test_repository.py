"""What must be true of the files themselves."""

import json
import os
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from app import __version__

ROOT = Path(__file__).parents[2]
MOST_LINES = 500
# Written so that this file does not contain what it looks for.
LEFT_FOR_LATER = re.compile("TO" + r"DO|FIX" + r"ME|NotImplemented" + "Error")
SKIPPED = re.compile(r"pytest\.(mark\.)?(sk" + r"ip|x" + r"fail)|skip" + "if")


@cache
def ours() -> tuple[Path, ...]:
    """Every file that people write."""
    folders = ("app", "docs", "graphql_schema", "scripts", "tests", "workers")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    made = {"__pycache__", "node_modules"}
    written = [path for path in found if not made & set(path.parts)]
    return tuple(path for path in (*written, *ROOT.glob("*.md")) if path.is_file())


def texts(*suffixes: str) -> list[tuple[str, str]]:
    found = [path for path in ours() if path.suffix in suffixes]
    assert found
    return [(str(path.relative_to(ROOT)), path.read_text()) for path in found]


def test_no_source_file_is_too_long() -> None:
    long = {
        name: text.count("\n")
        for name, text in texts(".py", ".js")
        if text.count("\n") > MOST_LINES
    }
    assert long == {}


def test_nothing_is_left_for_later() -> None:
    left = [name for name, text in texts(".py", ".js", ".md") if LEFT_FOR_LATER.search(text)]
    assert left == []


def test_no_test_is_skipped() -> None:
    assert [name for name, text in texts(".py") if SKIPPED.search(text)] == []


def test_no_module_is_a_drawer() -> None:
    """A name that says nothing collects everything."""
    drawers = {"utils", "util", "helpers", "common", "core", "misc", "manager", "managers"}
    assert [str(path) for path in ours() if path.stem in drawers] == []


@pytest.mark.parametrize(
    "name", ["run", "test", "check", "setup", "bench", "soak", "lock", "sdl", "promograph"]
)
def test_scripts_can_be_run(name: str) -> None:
    path = ROOT / "scripts" / name
    assert os.access(path, os.X_OK)
    assert path.read_text().startswith("#!/usr/bin/env bash\n")


def test_the_lock_names_no_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert "--hash=sha256:" in text


def test_the_lock_of_npm_names_no_registry() -> None:
    packages = json.loads((ROOT / "tests/clients/package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert all("integrity" in package for name, package in packages.items() if name)


def test_the_version_is_told_once_and_repeated_alike() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__


def test_decisions_are_numbered_without_gaps() -> None:
    names = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    for number, name in enumerate(names, start=1):
        text = (ROOT / "docs" / "decisions" / name).read_text()
        assert text.startswith(f"# {number}. ")
        assert all(f"## {part}" in text for part in ("Situation", "Decision", "Consequences"))
