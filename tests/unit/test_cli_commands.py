import io
import json
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from app import __version__
from app.cli import EXIT_CODES, app, output
from app.cli.options import Exit
from tests.unit.standin import Json, Line, Standin, progress_of, standing_in

JOB = {
    "id": "job-1",
    "kind": "GENERATE",
    "status": "PENDING",
    "phase": "QUEUED",
    "reference": None,
    "submittedBy": "Demo",
    "queuedAt": "2026-11-22T10:00:00.000000Z",
    "startedAt": None,
    "finishedAt": None,
    "notBefore": None,
    "total": 100,
    "failed": 0,
    "errorCode": None,
    "errorMessage": None,
    "campaign": {"key": "welcome"},
    "progress": {"percent": 0.0, "inserted": 0, "processed": 0},
}
CAMPAIGN: Json = {"data": {"campaign": {"id": "c-1"}}}
QUEUED: Json = {"data": {"generateCodes": {"job": JOB, "userErrors": []}}}


@pytest.fixture
def standin() -> Iterator[Standin]:
    with standing_in() as service:
        yield service


def run(*arguments: str, url: str = "http://127.0.0.1:9") -> Result:
    environment = {"PROMOGRAPH_URL": url, "PROMOGRAPH_API_KEY": "key-1"}
    return CliRunner().invoke(app, list(arguments), env=environment)


def lines(result: Result) -> list[Json]:
    return [json.loads(line) for line in result.stdout.splitlines()]


async def runs_to_success(line: Line) -> None:
    await line.open()
    await line.tell("jobProgress", sequence=1, processed=50_000, percent=50.0, rate=25_000.4)
    done = {"processed": 100_000, "percent": 100.0, "rate": 20_000.0}
    await line.tell("jobProgress", sequence=2, status="SUCCESS", **done)


async def fails(line: Line) -> None:
    await line.open()
    told = {"errorCode": "MASK_CAPACITY_EXCEEDED", "errorMessage": "No codes left."}
    await line.tell("jobProgress", sequence=1, status="FAILED", failed=3, total=None, **told)


def test_help_lists_the_commands_and_the_exit_codes() -> None:
    result = run("--help")

    assert result.exit_code == Exit.DONE
    for word in ("serve", "worker", "migrate", "seed", "keys", "generate", "jobs", "Exit codes"):
        assert word in result.stdout
    assert all(str(code.value) in EXIT_CODES for code in Exit if code != Exit.INTERRUPTED)


def test_help_loads_no_part_of_the_service_and_no_client() -> None:
    script = (
        "import sys; from app.cli import app\n"
        "try: app(['generate', '--help'])\n"
        "except SystemExit: pass\n"
        "print(*(name for name in sys.modules if name.split('.')[0] in"
        " {'tortoise', 'strawberry', 'pydantic_settings', 'httpx', 'uvicorn', 'arq'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == ""


def test_the_version_is_told() -> None:
    assert run("--version").stdout == f"promograph {__version__}\n"


def test_generate_prints_the_job_it_queued(standin: Standin) -> None:
    standin.answers = [CAMPAIGN, QUEUED]
    options = ("--count", "100", "--issue-now", "--reference", "po-1", "--group", "spring")

    result = run(
        "generate",
        "welcome",
        *options,
        "--not-before",
        "2026-12-01T02:00:00+01:00",
        url=standin.url,
    )

    assert result.exit_code == Exit.DONE
    assert result.stdout == (
        "job-1  2026-11-22T10:00:00.000000Z  GENERATE  PENDING  0 %  welcome  -\n"
    )
    assert standin.headers[1]["authorization"] == "Bearer key-1"
    assert standin.asked[1]["variables"]["input"] == {
        "campaignId": "c-1",
        "count": 100,
        "issueNow": True,
        "reference": "po-1",
        "groupKey": "spring",
        "notBefore": "2026-12-01T02:00:00+01:00",
    }


def test_generate_and_watch_prints_plain_lines_without_a_terminal(standin: Standin) -> None:
    standin.answers = [CAMPAIGN, QUEUED]
    standin.conversations = [runs_to_success]

    result = run("generate", "welcome", "--count", "100000", "--watch", url=standin.url)

    assert result.exit_code == Exit.DONE
    assert result.stdout.splitlines() == [
        "job-1  GENERATE  IN_PROGRESS  50 %  50,000/100,000  25,000/s",
        "job-1  GENERATE  SUCCESS  100 %  100,000/100,000",
    ]


def test_watch_prints_json_lines_for_programs(standin: Standin) -> None:
    standin.conversations = [runs_to_success]

    result = run("jobs", "watch", "job-1", "--json", url=standin.url)

    assert [(int(event["sequence"]), event["status"]) for event in lines(result)] == [
        (1, "IN_PROGRESS"),
        (2, "SUCCESS"),
    ]


def test_a_job_that_failed_is_exit_code_1(standin: Standin) -> None:
    standin.conversations = [fails]

    result = run("jobs", "watch", "job-1", url=standin.url)

    assert result.exit_code == Exit.REFUSED
    assert result.stdout == (
        "job-1  GENERATE  FAILED  0 %  0, 3 failed  MASK_CAPACITY_EXCEEDED: No codes left.\n"
    )


async def fails_at_a_place(line: Line) -> None:
    await line.open()
    told = {"errorCode": "SYNTAX", "errorMessage": "A quote is open.", "errorLine": "3"}
    await line.tell("jobProgress", sequence=1, kind="IMPORT", status="FAILED", **told)


def test_a_file_that_failed_tells_where(standin: Standin) -> None:
    standin.conversations = [fails_at_a_place]

    result = run("jobs", "watch", "job-1", url=standin.url)

    assert result.stdout.endswith("  SYNTAX: A quote is open. (line 3)\n")


async def interrupts(line: Line) -> None:
    await line.open()
    await line.tell("jobs", sequence=1)
    os.kill(os.getpid(), signal.SIGINT)
    await line.socket.receive()


def test_an_interrupt_ends_a_watch_without_a_trace(standin: Standin) -> None:
    standin.conversations = [interrupts]

    result = run("jobs", "watch", url=standin.url)

    assert result.exit_code == Exit.INTERRUPTED
    assert result.stderr == ""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_one_bar_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    done = {"status": "SUCCESS", "percent": 100.0}

    with output.watching(as_json=False) as show:
        show(progress_of(1, percent=50.0, processed=50_000, rate=25_000.0, etaSeconds=2))
        show(progress_of(2, processed=100_000, **done))
        show(progress_of(1, jobId="job-2", total=None, processed=7, failed=1, **done))

    shown = terminal.getvalue()
    assert "GENERATE SUCCESS" in shown
    assert "100,000/100,000" in shown
    assert "7, 1 failed" in shown


def test_a_job_that_is_not_done_is_not_told_to_be() -> None:
    assert output.line(progress_of(1, percent=99.9)).split()[3:5] == ["99", "%"]


def test_the_command_starts_from_a_shell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["promograph", "--version"])
    with pytest.raises(SystemExit) as end:
        runpy.run_module("app.cli", run_name="__main__")
    assert (end.value.code, capsys.readouterr().out) == (0, f"promograph {__version__}\n")


def test_jobs_are_listed_newest_first(standin: Standin) -> None:
    other = {**JOB, "id": "job-2", "campaign": None, "reference": "po-2", "errorMessage": "Odd."}
    standin.answers = [CAMPAIGN, {"data": {"jobs": {"nodes": [JOB, other]}}}]

    result = run("jobs", "list", "--campaign", "welcome", "--first", "2", url=standin.url)

    assert result.stdout.splitlines() == [
        "job-1  2026-11-22T10:00:00.000000Z  GENERATE  PENDING  0 %  welcome  -",
        "job-2  2026-11-22T10:00:00.000000Z  GENERATE  PENDING  0 %  -  po-2  Odd.",
    ]
    assert standin.asked[1]["variables"] == {"first": 2, "where": {"campaign": "c-1"}}


def test_jobs_are_listed_as_json(standin: Standin) -> None:
    standin.answers = [{"data": {"jobs": {"nodes": [JOB]}}}]

    assert lines(run("jobs", "list", "--json", url=standin.url)) == [JOB]


def test_a_job_is_cancelled(standin: Standin) -> None:
    cancelled = {**JOB, "status": "CANCELLED"}
    standin.answers = [{"data": {"cancelJob": {"job": cancelled, "userErrors": []}}}]

    result = run("jobs", "cancel", "job-1", url=standin.url)

    assert "CANCELLED" in result.stdout
    assert standin.asked[0]["variables"] == {"id": "job-1"}


def test_a_refusal_is_told_on_the_error_stream(standin: Standin) -> None:
    error = {"code": "JOB_FINISHED", "message": "It has ended.", "field": ["id"]}
    standin.answers = [{"data": {"cancelJob": {"job": None, "userErrors": [error]}}}]

    result = run("jobs", "cancel", "job-1", url=standin.url)

    assert result.exit_code == Exit.REFUSED
    assert (result.stdout, result.stderr) == ("", "JOB_FINISHED: It has ended. (id)\n")


def test_a_service_that_is_not_there_is_exit_code_3() -> None:
    result = run("jobs", "list")

    assert result.exit_code == Exit.UNAVAILABLE
    assert result.stderr == "UNAVAILABLE: No answer from http://127.0.0.1:9 (ConnectError)\n"


def test_a_service_that_says_so_itself_is_exit_code_3_too(standin: Standin) -> None:
    error = {"message": "Later.", "extensions": {"code": "UNAVAILABLE"}}
    standin.answers = [{"data": None, "errors": [error]}]

    result = run("jobs", "list", url=standin.url)

    assert (result.exit_code, result.stderr) == (Exit.UNAVAILABLE, "UNAVAILABLE: Later.\n")


def test_problems_are_json_for_programs() -> None:
    assert lines(run("jobs", "list", "--json")) == [
        {
            "error": "UNAVAILABLE",
            "message": "No answer from http://127.0.0.1:9 (ConnectError)",
            "field": [],
        }
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ("generate", "welcome", "--count", "0"),
        ("generate", "welcome", "--count", "100001"),
        ("generate", "welcome", "--count", "1", "--not-before", "tomorrow"),
        ("generate", "welcome", "--count", "1", "--not-before", "2026-12-01T02:00:00"),
        ("jobs", "watch", "job-1", "--campaign", "welcome"),
        ("jobs", "list", "--first", "101"),
        ("jobs", "list", "--url", "ftp://127.0.0.1"),
        ("jobs", "list", "--url", "http://[oops"),
        ("unknown",),
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == Exit.USAGE
