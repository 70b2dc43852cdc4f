"""`promograph import` against a service of its own: in, out, corrected, and in again."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.cli.options import Exit
from tests.commands import COMMAND, Place, Service
from tests.routes.filling import CREATE

ROWS = "code,maximumuses\nSUMMER10,5\nSUMMER20,many\nS,1\n"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def service(place: Place) -> Iterator[Service]:
    with place.serving() as started:
        place.environment["PROMOGRAPH_URL"] = started.url
        for key, kind in (("SUMMER", "SOURCE"), ("WELCOME", "VOUCHER")):
            create_campaign(started, key, kind)
        yield started


def create_campaign(service: Service, key: str, kind: str) -> None:
    first = {"firstCode": {"code": f"{key}-1"}} if kind == "SOURCE" else {}
    given = {"kind": kind, "name": key.title(), "key": key, **first}
    body = {"query": CREATE, "variables": {"input": given}}
    answer = httpx.post(f"{service.url}/graphql", json=body, trust_env=False).json()
    assert answer["data"]["createCampaign"]["userErrors"] == []


def test_a_round(place: Place, service: Service) -> None:
    (place.folder / "codes.csv").write_text(ROWS)
    options = ("--campaign", "SUMMER", "--failed", "failed.csv")
    first = place.run("import", "codes.csv", *options)
    failed = place.folder / "failed.csv"
    corrected = failed.read_text("utf-8-sig").replace("many", "9").replace("\nS,", "\nSUN,")
    failed.write_text(corrected)
    again = place.run("import", "failed.csv", "--campaign", "SUMMER", "--watch", "--json")

    assert (first.returncode, first.stderr) == (Exit.REFUSED, "")
    told = first.stdout.splitlines()
    job_id = told[0].split()[0]
    assert told[-9:] == [
        "inserted              1",
        "updated               0",
        "deleted               0",
        "withdrawn             0",
        "unchanged             0",
        "failed                2",
        "line 3  SUMMER20  NOT_A_NUMBER: Write a whole number in digits, such as 10.",
        "line 4  S  CODE_TOO_SHORT: A code has at least 3 letters or digits, this one has 1.",
        "The failed rows are in failed.csv: correct them and import that file.",
    ]
    assert told[-10].startswith(f"{job_id}  IMPORT  WARNINGS  100 %  3/3, 2 failed")
    events = [json.loads(line) for line in again.stdout.splitlines()]
    assert again.returncode == Exit.DONE
    assert events[-1] == {
        "jobId": events[0]["id"],
        "status": "SUCCESS",
        "inserted": 2,
        "updated": 0,
        "deleted": 0,
        "withdrawn": 0,
        "unchanged": 0,
        "failed": 0,
        "failedRows": [],
        "failedFile": None,
    }
    assert service.total_of("codes") == 4


@pytest.mark.usefixtures("service")
def test_from_a_pipe_and_the_same_again(place: Place) -> None:
    def importing() -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*COMMAND, "import", "-", "--campaign", "SUMMER", "--format", "csv", "--watch"],
            cwd=place.folder,
            env=place.environment,
            input=b"code\n" + b"".join(b"PIPED-%d\n" % number for number in range(5_000)),
            capture_output=True,
            check=False,
            timeout=60,
        )

    first, again = importing(), importing()
    assert (first.returncode, first.stderr) == (Exit.DONE, b"")
    assert b"inserted          5,000\n" in first.stdout
    assert again.returncode == Exit.DONE
    assert b"unchanged         5,000\n" in again.stdout
    job_id = first.stdout.split()[0]
    assert again.stderr.startswith(b"Note: the job " + job_id)
    assert again.stderr.endswith(b" took the very same file (SUCCESS).\n")


@pytest.mark.usefixtures("service")
def test_a_dry_run_changes_nothing(place: Place) -> None:
    (place.folder / "codes.csv").write_text("code\nSUMMER10\n")
    options = ("--campaign", "SUMMER", "--watch")
    tried = place.run("import", "codes.csv", *options, "--dry-run")
    done = place.run("import", "codes.csv", *options)
    assert (tried.returncode, done.returncode) == (Exit.DONE, Exit.DONE)
    assert "inserted              1\n" in tried.stdout
    assert "inserted              1\n" in done.stdout


@pytest.mark.usefixtures("service")
def test_what_is_refused(place: Place) -> None:
    (place.folder / "codes.csv").write_text("code\nSUMMER10\n")
    (place.folder / "broken.csv").write_text('code\nSUMMER10\n"SUMMER20\n')
    (place.folder / "empty.csv").write_text("")
    voucher = place.run("import", "codes.csv", "--campaign", "WELCOME")
    unknown = place.run("import", "codes.csv", "--campaign", "AUTUMN")
    unnamed = place.run("import", "codes.csv", "--campaign", "SUMMER", "--reference", "")
    broken = place.run("import", "broken.csv", "--campaign", "SUMMER", "--watch")
    empty = place.run("import", "empty.csv", "--campaign", "SUMMER")
    sentence = "Codes of a voucher campaign are generated; name a source campaign. (campaign)"
    assert (voucher.returncode, voucher.stderr) == (
        Exit.REFUSED,
        f"CAMPAIGN_KIND_MISMATCH: {sentence}\n",
    )
    assert (unknown.returncode, unknown.stderr) == (
        Exit.REFUSED,
        "NOT_FOUND: There is no such campaign. (campaign)\n",
    )
    assert (unnamed.returncode, unnamed.stderr) == (
        Exit.REFUSED,
        "BAD_USER_INPUT: Give the parameter a value, or leave it out. (reference)\n",
    )
    assert (empty.returncode, empty.stderr) == (Exit.REFUSED, "NO_ROWS: The file is empty.\n")
    assert broken.returncode == Exit.REFUSED
    assert "  SYNTAX: " in broken.stdout
    assert broken.stdout.splitlines()[-1] == "failed                0"
