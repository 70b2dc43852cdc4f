"""The soak: it ends by itself, goes on where it stopped, and stops at a fault."""

import json
import sys
from pathlib import Path
from subprocess import CompletedProcess, run

import pytest

from scripts.soaking import Soak, Standing
from tests.races.life_races import ROOT, Field, Race


def soak(folder: Path, attempts: int) -> CompletedProcess[str]:
    return run(
        [sys.executable, "-m", "scripts.soaking", "--only=sqlite", "--seed=7", "--round=600",
         f"--attempts={attempts}", f"--folder={folder}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip


def standing(folder: Path) -> dict[str, int]:
    kept: dict[str, int] = json.loads((folder / "7.json").read_text())["sqlite"]
    return kept


def test_a_soak_ends_and_goes_on(tmp_path: Path) -> None:
    first = soak(tmp_path, 1)
    assert (first.returncode, first.stderr) == (0, "")
    seed, _, told = first.stdout.splitlines()
    assert (seed, told) == ("seed 7; stopped, it goes on with --seed 7", "No rule was broken.")
    before = standing(tmp_path)
    assert before["rounds"] == 1
    again = soak(tmp_path, before["attempts"] + 1)
    assert len(again.stdout.splitlines()) == 3
    after = standing(tmp_path)
    assert (after["rounds"], after["attempts"] > before["attempts"]) == (2, True)
    assert len(soak(tmp_path, 1).stdout.splitlines()) == 2
    assert standing(tmp_path) == after


def test_a_fault_stops_it_and_is_kept(tmp_path: Path) -> None:
    answers = [{"key": None, "what": "redeemCode"}]
    with pytest.raises(SystemExit) as stopped:
        Soak(7, tmp_path).stop(
            "sqlite", Standing(2, 1_200), ["LIMIT1 has 2 uses"], Race(Field(), 1, answers)
        )
    kept = tmp_path / "7-sqlite-2.json"
    assert json.loads(kept.read_text()) == {"faults": ["LIMIT1 has 2 uses"], "answers": answers}
    assert str(stopped.value) == (
        f"1 faults, kept in {kept};"
        " to race like that again: scripts/soak --only sqlite --seed 9 --attempts 1"
    )
