import re
from pathlib import Path

import pytest

from app.config import Settings

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / ".env.example"
NAMED = re.compile(r"^(?P<comment># )?PROMOGRAPH_(?P<name>[A-Z_]+)=(?P<value>.*)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither by the environment nor by a file of this folder."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"PROMOGRAPH_{name.upper()}", raising=False)


def named(*, commented: bool) -> list[str]:
    found = NAMED.finditer(EXAMPLE.read_text())
    return [match["name"].lower() for match in found if bool(match["comment"]) == commented]


def test_the_example_names_every_setting_once_and_no_other() -> None:
    assert sorted(named(commented=True) + named(commented=False)) == sorted(Settings.model_fields)


def test_the_example_copied_gives_each_setting_its_default() -> None:
    """What is commented out has no default that could be written: it is None."""
    defaults = Settings()
    Path(".env").write_text(EXAMPLE.read_text())

    assert Settings() == defaults
    assert [getattr(defaults, name) for name in named(commented=True)] == [None]


def test_the_file_is_read_at_all() -> None:
    Path(".env").write_text("PROMOGRAPH_PORT=8421\n")

    assert Settings().port == 8421


def test_the_readme_explains_no_setting_that_does_not_exist() -> None:
    written = set(re.findall(r"PROMOGRAPH_([A-Z_]+)", (ROOT / "README.md").read_text()))
    of_the_client = {"URL", "API_KEY"}

    assert written - of_the_client <= {name.upper() for name in Settings.model_fields}
