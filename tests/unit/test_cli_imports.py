"""`promograph import`: what it sends, what it shows, and how it ends."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import app, output
from app.cli.options import Exit
from app.cli.sources import PIECE_BYTES, SourceChanged, opened
from tests.commands import COMMAND, ROOT
from tests.unit.standin import Json, Line, Standin, standing_in
from tests.unit.test_cli_commands import JOB, Terminal, lines, run

SAME = {"id": "job-0", "status": "SUCCESS", "queuedAt": "2026-11-21T10:00:00.000000Z"}
TAKEN: Json = {"job": {**JOB, "kind": "IMPORT", "total": None, "sameFileAs": None}}
ENDED = {"kind": "IMPORT", "total": 1_203, "processed": 1_203, "percent": 100.0}
MESSAGES = [
    {"code": "CODE_TOO_SHORT", "text": "A code has 3 characters."},
    {"code": "NOT_A_NUMBER", "text": "Enter a number."},
]
FAILED_ROWS: Json = {
    "data": {
        "job": {
            "rowResults": {
                "nodes": [
                    {"row": "1", "line": "2", "code": "A", "messages": MESSAGES},
                    {"row": "3", "line": "7", "code": None, "messages": None},
                ]
            }
        }
    }
}
SUMMARY = [
    "inserted          1,200",
    "updated               0",
    "deleted               0",
    "withdrawn             0",
    "unchanged             0",
]


@pytest.fixture
def standin() -> Iterator[Standin]:
    with standing_in() as service:
        yield service


@pytest.fixture
def codes(tmp_path: Path) -> Path:
    path = tmp_path / "codes.csv"
    path.write_bytes(b"code\nSUMMER10\n")
    return path


async def ends_with_failures(line: Line) -> None:
    await line.open()
    await line.tell("jobProgress", sequence=1, kind="IMPORT", phase="PARSING", total=None)
    counts = {"inserted": 1_200, "failed": 3}
    await line.tell("jobProgress", sequence=2, status="WARNINGS", **ENDED, **counts)


async def ends_well(line: Line) -> None:
    await line.open()
    await line.tell("jobProgress", sequence=1, status="SUCCESS", **ENDED, inserted=1_203)


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"y")


def shrink(path: Path) -> None:
    os.truncate(path, 2 * PIECE_BYTES)


def overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"y")


class TestSending:
    def test_the_file_and_the_job_it_became(self, standin: Standin, codes: Path) -> None:
        standin.answers = [TAKEN]
        result = run("import", str(codes), "--campaign", "SUMMER", url=standin.url)
        assert result.exit_code == Exit.DONE
        assert result.stdout == (
            "job-1  2026-11-22T10:00:00.000000Z  IMPORT  PENDING  0 %  welcome  -\n"
        )
        assert standin.files == [b"code\nSUMMER10\n"]
        assert standin.parameters == [{"campaign": "SUMMER", "filename": "codes.csv"}]
        headers = standin.headers[0]
        assert headers["authorization"] == "Bearer key-1"
        assert headers["content-type"] == "application/octet-stream"
        assert headers["content-length"] == "14"

    def test_everything_that_can_be_said_with_it(self, standin: Standin, codes: Path) -> None:
        standin.answers = [TAKEN]
        options = (
            *("--format", "csv", "--mode", "insert-only", "--on-error", "abort", "--dry-run"),
            *("--reference", "po-1", "--encoding", "windows-1252"),
            *("--not-before", "2026-12-01T02:00:00+01:00"),
        )
        run("import", str(codes), "--campaign", "SUMMER", *options, url=standin.url)
        assert standin.parameters == [
            {
                "campaign": "SUMMER",
                "filename": "codes.csv",
                "format": "csv",
                "mode": "insert_only",
                "onError": "abort",
                "dryRun": "true",
                "reference": "po-1",
                "encoding": "windows-1252",
                "notBefore": "2026-12-01T02:00:00+01:00",
            }
        ]

    def test_the_same_file_again_is_noted(self, standin: Standin, codes: Path) -> None:
        again = {"job": {**TAKEN["job"], "sameFileAs": SAME}}
        standin.answers = [again, again]
        result = run("import", str(codes), "--campaign", "SUMMER", url=standin.url)
        assert result.exit_code == Exit.DONE
        assert result.stderr == (
            "Note: the job job-0 of 2026-11-21T10:00:00.000000Z took the very same file"
            " (SUCCESS).\n"
        )
        result = run("import", str(codes), "--campaign", "SUMMER", "--json", url=standin.url)
        assert lines(result) == [again["job"]]
        assert result.stderr == ""

    def test_a_refusal_is_told_with_its_parameter(self, standin: Standin, codes: Path) -> None:
        extensions = {"code": "NOT_FOUND", "requestId": "r-1", "field": ["campaign"]}
        standin.answers = [{"errors": [{"message": "Unknown.", "extensions": extensions}]}]
        standin.status = 404
        result = run("import", str(codes), "--campaign", "SUMMER", url=standin.url)
        assert result.exit_code == Exit.REFUSED
        assert (result.stdout, result.stderr) == ("", "NOT_FOUND: Unknown. (campaign)\n")

    def test_a_service_that_is_not_there(self, codes: Path) -> None:
        result = run("import", str(codes), "--campaign", "SUMMER")
        assert result.exit_code == Exit.UNAVAILABLE
        assert result.stderr == "UNAVAILABLE: No answer from http://127.0.0.1:9 (ConnectError)\n"

    def test_a_terminal_gets_a_bar(self, monkeypatch: pytest.MonkeyPatch) -> None:
        terminal = Terminal()
        monkeypatch.setattr("sys.stdout", terminal)
        monkeypatch.setenv("TERM", "xterm")
        with output.uploading(2_000_000, as_json=False) as advance:
            advance(1_000_000)
            advance(1_000_000)
        assert "Sending" in terminal.getvalue()
        assert "2.0/2.0 MB" in terminal.getvalue()


class TestSources:
    @pytest.mark.parametrize(
        ("name", "sentence"),
        [("none.csv", "there is no file none.csv"), (".", ". is a folder; name a file in it")],
    )
    def test_what_is_no_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, sentence: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        result = run("import", name, "--campaign", "SUMMER")
        assert result.exit_code == Exit.USAGE
        assert sentence in result.stderr

    def test_a_file_that_cannot_be_read(self, standin: Standin) -> None:
        result = run("import", "/proc/self/mem", "--campaign", "SUMMER", url=standin.url)
        assert result.exit_code == Exit.REFUSED
        assert result.stderr == "FILE_UNREADABLE: /proc/self/mem: Input/output error.\n"

    @pytest.mark.parametrize("size", [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES])
    async def test_all_bytes_in_pieces(self, tmp_path: Path, size: int) -> None:
        path = tmp_path / "codes"
        path.write_bytes(b"x" * size)
        taken: list[int] = []
        with opened(path) as source:
            assert (source.name, source.size) == ("codes", size)
            pieces = [len(piece) async for piece in source.pieces(taken.append)]
        assert pieces == taken
        assert sum(pieces) == size

    @pytest.mark.parametrize("size", [3 * PIECE_BYTES, 3 * PIECE_BYTES - 1])
    @pytest.mark.parametrize("change", [grow, shrink, overwrite])
    async def test_a_file_that_changes_is_not_sent_to_its_end(
        self, tmp_path: Path, change: Callable[[Path], None], size: int
    ) -> None:
        path = tmp_path / "codes.csv"
        path.write_bytes(b"x" * size)
        os.utime(path, (1, 1))
        sent: list[int] = []

        def advance(count: int) -> None:
            sent.append(count)
            change(path)

        with opened(path) as source, pytest.raises(SourceChanged) as changed:
            assert [piece async for piece in source.pieces(advance)]
        assert str(changed.value) == (
            "codes.csv changed while it was read, so it was not imported; send it again."
        )
        assert 0 < sum(sent) < size

    def test_such_a_file_is_told_of(self, standin: Standin, codes: Path) -> None:
        codes.write_bytes(b"x" * 20_000_000)

        standin.while_receiving = lambda size: grow(codes) if size < 1_000_000 else None
        result = run("import", str(codes), "--campaign", "SUMMER", url=standin.url)
        assert result.exit_code == Exit.REFUSED
        assert result.stderr == (
            "FILE_CHANGED: codes.csv changed while it was read, so it was not imported; send it"
            " again.\n"
        )
        assert standin.files == []

    def test_the_standard_input_has_no_name(
        self, standin: Standin, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reading, writing = os.pipe()
        os.write(writing, b"code\n")
        os.close(writing)
        monkeypatch.setattr("app.cli.sources._STANDARD_INPUT", reading)
        standin.answers = [TAKEN]
        run("import", "-", "--campaign", "SUMMER", "--format", "csv", url=standin.url)
        os.close(reading)
        assert standin.files == [b"code\n"]
        assert standin.parameters == [{"campaign": "SUMMER", "format": "csv"}]

    def test_a_named_pipe_has_no_size(self, standin: Standin, tmp_path: Path) -> None:
        path = tmp_path / "pipe"
        os.mkfifo(path)
        standin.answers = [TAKEN]
        writing = f"open({str(path)!r}, 'w').write('code\\n')"
        with subprocess.Popen([sys.executable, "-c", writing]):
            run("import", str(path), "--campaign", "SUMMER", url=standin.url)
        assert standin.files == [b"code\n"]
        assert standin.headers[0]["transfer-encoding"] == "chunked"
        assert "content-length" not in standin.headers[0]


class TestStandardInput:
    """In a process of its own, because pipes and interrupts belong to one."""

    @pytest.fixture
    def process(self, standin: Standin) -> Iterator[subprocess.Popen[bytes]]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PROMOGRAPH_URL": standin.url}  # noqa: TID251 - of any program
        with subprocess.Popen(
            [*COMMAND, "import", "-", "--campaign", "SUMMER", "--format", "csv", "--json"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as started:
            try:
                yield started
            finally:
                started.kill()

    def test_it_is_sent_as_it_comes(
        self, standin: Standin, process: subprocess.Popen[bytes]
    ) -> None:
        standin.answers = [TAKEN]
        out, err = process.communicate(b"code\n" * 100_000, timeout=30)
        assert (process.returncode, err) == (Exit.DONE, b"")
        assert json.loads(out) == TAKEN["job"]
        assert standin.files == [b"code\n" * 100_000]
        assert standin.parameters == [{"campaign": "SUMMER", "format": "csv"}]

    def test_an_interrupt_waits_for_nobody(
        self, standin: Standin, process: subprocess.Popen[bytes]
    ) -> None:
        """Though the other end of the pipe neither writes nor closes."""
        assert process.stdin is not None
        process.stdin.write(b"code\n" * 100_000)
        process.stdin.flush()
        standin.while_receiving = lambda _: process.send_signal(signal.SIGINT)
        assert process.wait(30) == Exit.INTERRUPTED
        assert standin.files == []


class TestWatching:
    def test_the_end_is_summed_up(self, standin: Standin, codes: Path) -> None:
        standin.answers = [TAKEN, FAILED_ROWS]
        standin.conversations = [ends_with_failures]
        result = run("import", str(codes), "--campaign", "SUMMER", "--watch", url=standin.url)
        assert result.exit_code == Exit.REFUSED
        assert result.stdout.splitlines()[1:] == [
            "job-1  IMPORT  IN_PROGRESS  0 %  0",
            "job-1  IMPORT  WARNINGS  100 %  1,203/1,203, 3 failed",
            *SUMMARY,
            "failed                3",
            "line 2  A  CODE_TOO_SHORT: A code has 3 characters.; NOT_A_NUMBER: Enter a number.",
            "line 7  -  reasons need the scope codes:reveal",
            "and 1 more",
            "To correct them: promograph jobs failed job-1 --to FILE",
        ]
        assert standin.asked[0]["variables"] == {"job": "job-1", "first": 10}

    def test_failed_rows_are_saved(self, standin: Standin, codes: Path, tmp_path: Path) -> None:
        """`--failed` stays to the end by itself."""
        target = tmp_path / "failed.csv"
        target.write_bytes(b"of last week")
        standin.answers = [TAKEN, FAILED_ROWS, b"code,error\nA,CODE_TOO_SHORT\n"]
        standin.conversations = [ends_with_failures]
        options = ("--campaign", "SUMMER", "--failed", str(target))
        result = run("import", str(codes), *options, url=standin.url)
        assert result.exit_code == Exit.REFUSED
        assert result.stdout.splitlines()[-1] == (
            f"The failed rows are in {target}: correct them and import that file."
        )
        assert target.read_bytes() == b"code,error\nA,CODE_TOO_SHORT\n"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["codes.csv", "failed.csv"]

    def test_without_failures_there_is_nothing_to_save(
        self, standin: Standin, codes: Path, tmp_path: Path
    ) -> None:
        standin.answers = [TAKEN]
        standin.conversations = [ends_well]
        options = ("--campaign", "SUMMER", "--failed", str(tmp_path / "failed.csv"))
        result = run("import", str(codes), *options, url=standin.url)
        assert result.exit_code == Exit.DONE
        assert result.stdout.splitlines()[-1] == "failed                0"
        assert [path.name for path in tmp_path.iterdir()] == ["codes.csv"]

    def test_programs_get_json_lines(self, standin: Standin, codes: Path, tmp_path: Path) -> None:
        target = tmp_path / "failed.csv"
        standin.answers = [TAKEN, FAILED_ROWS, b"code\n"]
        standin.conversations = [ends_with_failures]
        options = ("--campaign", "SUMMER", "--failed", str(target), "--json")
        job, first, last, summary = lines(run("import", str(codes), *options, url=standin.url))
        assert job == TAKEN["job"]
        assert (first["phase"], last["status"]) == ("PARSING", "WARNINGS")
        assert summary == {
            "jobId": "job-1",
            "status": "WARNINGS",
            "inserted": 1_200,
            "updated": 0,
            "deleted": 0,
            "withdrawn": 0,
            "unchanged": 0,
            "failed": 3,
            "failedRows": FAILED_ROWS["data"]["job"]["rowResults"]["nodes"],
            "failedFile": str(target),
        }


class TestTargets:
    """Where failed rows could not be written is found out before the import."""

    @pytest.mark.parametrize("target", [".", "none/failed.csv"])
    def test_no_place_for_a_file(self, codes: Path, target: str) -> None:
        result = self.importing(codes, codes.parent / target)
        assert result.exit_code == Exit.USAGE
        assert "there is no place for a file at" in result.stderr

    def test_the_file_itself(self, codes: Path) -> None:
        other = codes.with_name("other.csv")
        other.symlink_to(codes)
        result = self.importing(codes, other)
        assert result.exit_code == Exit.USAGE
        assert "name another file than the one to import" in result.stderr

    def importing(self, codes: Path, target: Path) -> Result:
        arguments = ["import", str(codes), "--campaign", "SUMMER", "--failed", str(target)]
        return CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})


class TestFetching:
    def test_to_the_standard_output(self, standin: Standin) -> None:
        standin.answers = [b"code,error\r\nA,?\r\n"]
        result = run("jobs", "failed", "job-1", url=standin.url)
        assert result.exit_code == Exit.DONE
        assert result.stdout_bytes == b"code,error\r\nA,?\r\n"

    def test_to_a_file(self, standin: Standin, tmp_path: Path) -> None:
        standin.answers = [b"code\n"]
        target = tmp_path / "failed.csv"
        result = run("jobs", "failed", "job-1", "--to", str(target), url=standin.url)
        assert (result.exit_code, result.stdout) == (Exit.DONE, "")
        assert target.read_bytes() == b"code\n"

    def test_a_device_is_written_to_and_not_replaced(self, standin: Standin) -> None:
        standin.answers = [b"code\n"]
        result = run("jobs", "failed", "job-1", "--to", "/dev/full", url=standin.url)
        assert result.exit_code == Exit.REFUSED
        assert result.stderr == "FILE_NOT_WRITTEN: /dev/full: No space left on device.\n"
        assert Path("/dev/full").is_char_device()
        assert not Path("/dev/full.part").exists()

    def test_no_folder_for_it(self, standin: Standin, tmp_path: Path) -> None:
        standin.answers = [b"code\n"]
        target = tmp_path / "none" / "failed.csv"
        result = run("jobs", "failed", "job-1", "--to", str(target), url=standin.url)
        assert result.exit_code == Exit.REFUSED
        assert result.stderr == f"FILE_NOT_WRITTEN: {target}: No such file or directory.\n"

    def test_a_refusal_leaves_no_file(self, standin: Standin, tmp_path: Path) -> None:
        extensions = {"code": "NOT_FOUND", "requestId": "r-1"}
        standin.answers = [{"errors": [{"message": "No import.", "extensions": extensions}]}]
        standin.status = 404
        target = tmp_path / "failed.csv"
        result = run("jobs", "failed", "job-1", "--to", str(target), url=standin.url)
        assert result.exit_code == Exit.REFUSED
        assert result.stderr == "NOT_FOUND: No import.\n"
        assert list(tmp_path.iterdir()) == []
