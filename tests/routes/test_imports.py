"""Files that come in by `POST /imports`, the jobs they become, and what is refused."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message

from app.config import Settings
from app.database import Database, Statements
from app.database.errors import Unavailable
from app.domain.callers import Scope
from app.routes import bodies
from app.services import stored_files
from app.services.stored_files import CHUNK_BYTES
from graphql_schema.ids import encode_id
from tests.graphql.clock import Clock
from tests.graphql.service import Running, running
from tests.graphql.writing import LATER
from tests.making import count_rows, read_all
from tests.routes.filling import (
    CSV,
    allow_only,
    archive_campaign,
    create_campaign,
    errors,
    job_count,
    post,
)


async def pieces_of(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def left_behind(database: Database) -> tuple[int, int, int]:
    """How many files, chunks and jobs there are."""
    files, chunks, jobs = [
        await count_rows(database, table) for table in ("file", "file_chunk", "job")
    ]
    return files, chunks, jobs


class TestTaking:
    async def test_the_answer_is_the_job(self, service: Running) -> None:
        await create_campaign(service)
        query = f"campaign=summer&filename=june.csv&reference=po-1&notBefore={LATER}"
        response = await post(service, query=query)
        assert response.status_code == 202
        job = response.json()["job"]
        assert response.headers["location"] == f"/imports/{job['id']}"
        assert response.headers["cache-control"] == "no-store"
        assert job.pop("queuedAt").endswith("Z")
        assert job == {
            "id": job["id"],
            "kind": "IMPORT",
            "status": "PENDING",
            "phase": "QUEUED",
            "reference": "po-1",
            "fileName": "june.csv",
            "size": "23",
            "hash": hashlib.sha256(CSV).hexdigest(),
            "submittedBy": "Demo",
            "notBefore": LATER,
            "startedAt": None,
            "finishedAt": None,
            "errorCode": None,
            "errorMessage": None,
            "errorLine": None,
            "errorColumn": None,
            "campaign": {"key": "SUMMER"},
            "progress": {
                "sequence": "0",
                "total": None,
                "parsed": 0,
                "processed": 0,
                "inserted": 0,
                "updated": 0,
                "deleted": 0,
                "withdrawn": 0,
                "unchanged": 0,
                "failed": 0,
                "percent": 0.0,
                "rate": None,
                "etaSeconds": None,
            },
            "sameFileAs": None,
        }
        asked_again = await service.http.get(response.headers["location"])
        assert (asked_again.status_code, asked_again.json()) == (200, response.json())

    async def test_what_is_kept(self, service: Running, database: Database) -> None:
        await create_campaign(service)
        query = f"campaign=SUMMER&encoding=latin-1&mode=UPDATE_ONLY&dryRun=true&notBefore={LATER}"
        pieces = pieces_of(b"code\n", b"x" * CHUNK_BYTES, b"")
        response = await post(service, pieces, query)
        assert response.status_code == 202
        (file,) = await read_all(database, "SELECT * FROM file")
        assert (file["content_type"], file["size"]) == ("text/csv", CHUNK_BYTES + 5)
        stored = b"".join([data async for data in stored_files.read(database, file["id"])])
        assert stored == b"code\n" + b"x" * CHUNK_BYTES
        (job,) = await read_all(database, "SELECT file_id, size, sha256, params FROM job")
        assert (job["file_id"], job["size"], job["sha256"]) == (
            file["id"],
            file["size"],
            file["sha256"],
        )

    async def test_the_same_bytes_again_are_recognised(self, service: Running) -> None:
        await create_campaign(service)
        first = (await post(service, query=f"campaign=SUMMER&notBefore={LATER}")).json()["job"]
        again = (await post(service, query=f"campaign=SUMMER&notBefore={LATER}")).json()["job"]
        assert again["id"] != first["id"]
        assert again["sameFileAs"] == {
            "id": first["id"],
            "status": "PENDING",
            "queuedAt": first["queuedAt"],
        }

    async def test_an_idempotency_key_takes_effect_once(self, service: Running) -> None:
        await create_campaign(service)
        query = f"campaign=SUMMER&notBefore={LATER}"
        first = await post(service, query=query, idempotency_key="once")
        again = await post(service, query=query, idempotency_key="once")
        assert (again.status_code, again.json()) == (202, first.json())
        other = await post(service, CSV + b"X", query, idempotency_key="once")
        assert other.status_code == 409
        assert errors(other) == [
            (
                "IDEMPOTENCY_KEY_REUSED",
                "This key was used for another request; a new request needs a new key.",
                ["Idempotency-Key"],
            )
        ]
        assert await job_count(service) == 1

    async def test_a_caller_who_may_read_nothing_learns_the_id(
        self, service: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await create_campaign(service)
        allow_only(monkeypatch, Scope.IMPORTS_RUN)
        response = await post(service, query=f"campaign=SUMMER&notBefore={LATER}")
        job_id = encode_id("Job", 1)
        assert (response.status_code, response.json()) == (202, {"job": {"id": job_id}})
        assert (await service.http.get(f"/imports/{job_id}")).status_code == 404


async def test_a_caller_who_leaves_while_sending_is_let_go(sqlite_settings: Settings) -> None:
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/imports",
        "query_string": b"campaign=SUMMER",
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"text/csv")],
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    async with running(sqlite_settings) as service:
        await create_campaign(service)
        await service.app(scope, receive, send)
        assert sent == []
        assert await job_count(service) == 0


class TestRefusals:
    """Before a byte is read, as far as it can be."""

    @pytest.mark.parametrize(
        ("query", "status", "expected"),
        [
            ("campaign=AUTUMN", 404,
             [("NOT_FOUND", "There is no such campaign.", ["campaign"])]),
            ("campaign=WELCOME", 422,
             [("CAMPAIGN_KIND_MISMATCH",
               "Codes of a voucher campaign are generated; name a source campaign.",
               ["campaign"])]),
            ("campaign=SUMMER&notBefore=2999-01-01T00:00:00Z", 422,
             [("INVALID_VALUE", "Enter a moment at most 10 years from now.", ["notBefore"])]),
            ("campaign=SUMMER&filename=" + "x" * 256, 422,
             [("INVALID_VALUE", "Enter 1 to 255 characters.", ["filename"])]),
            ("campaign=SUMMER&reference=%07", 422,
             [("INVALID_VALUE", "The text holds a control character; leave it out.",
               ["reference"])]),
            ("campaign=SUMMER&dryRun=yes", 400,
             [("BAD_USER_INPUT", "Write true or false.", ["dryRun"])]),
            ("", 400,
             [("BAD_USER_INPUT", "Name the campaign by its key: ?campaign=KEY.", ["campaign"])]),
        ],
    )  # fmt: skip
    async def test_by_what_is_asked(
        self,
        service: Running,
        database: Database,
        query: str,
        status: int,
        expected: list[tuple[str, str, list[str] | None]],
    ) -> None:
        await create_campaign(service)
        await create_campaign(service, "WELCOME", "VOUCHER")
        response = await post(service, query=query)
        assert (response.status_code, errors(response)) == (status, expected)
        assert await left_behind(database) == (0, 0, 0)

    async def test_by_an_archived_campaign(self, service: Running, database: Database) -> None:
        campaign_id = await create_campaign(service)
        await archive_campaign(service, campaign_id)
        response = await post(service)
        assert (response.status_code, errors(response)) == (
            422,
            [
                (
                    "CAMPAIGN_DISABLED",
                    "The campaign is archived, and that is final; name another.",
                    ["campaign"],
                )
            ],
        )
        assert await left_behind(database) == (0, 0, 0)

    async def test_by_the_scope(
        self, service: Running, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await create_campaign(service)
        allow_only(monkeypatch, *(set(Scope) - {Scope.IMPORTS_RUN}))
        response = await post(service)
        assert (response.status_code, errors(response)) == (
            403,
            [("FORBIDDEN", "POST /imports needs the scope imports:run.", None)],
        )
        assert await left_behind(database) == (0, 0, 0)

    async def test_by_another_site(self, service: Running, database: Database) -> None:
        """A page elsewhere may not send a file through the browser of who runs the service."""
        await create_campaign(service)
        for origin in ("http://evil.example", "null"):
            response = await post(service, origin=origin)
            assert response.status_code == 403
            assert errors(response)[0][0] == "FORBIDDEN"
        assert await left_behind(database) == (0, 0, 0)
        assert (await post(service, origin="http://127.0.0.1")).status_code == 202

    async def test_other_methods_and_addresses(self, service: Running) -> None:
        for method in ("GET", "PUT", "DELETE"):
            response = await service.http.request(method, "/imports")
            assert (response.status_code, response.headers["allow"]) == (405, "POST")
        for path in ("/imports/", "/imports/x", f"/imports/{encode_id('Job', 1)}"):
            response = await service.http.get(path)
            assert response.status_code == 404

    async def test_a_job_that_is_no_import(self, service: Running) -> None:
        campaign_id = await create_campaign(service, "WELCOME", "VOUCHER")
        generate = f"""mutation {{ generateCodes(input: {{
          campaignId: "{campaign_id}", count: 1, notBefore: "{LATER}"
        }}) {{ job {{ id }} }} }}"""
        job_id = (await service.data(generate))["generateCodes"]["job"]["id"]
        response = await service.http.get(f"/imports/{job_id}")
        assert response.status_code == 404
        assert errors(response) == [("BAD_USER_INPUT", "There is no import with this id.", None)]

    async def test_by_an_unreachable_database(
        self, service: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await create_campaign(service)

        async def gone(*_values: object) -> None:
            raise Unavailable("gone")

        monkeypatch.setattr(stored_files, "append", gone)
        response = await post(service)
        assert response.status_code == 503
        assert errors(response)[0][0] == "UNAVAILABLE"
        monkeypatch.undo()
        assert await job_count(service) == 0

    async def test_by_a_mistake_of_ours(
        self, service: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await create_campaign(service)

        async def fail(*_values: object) -> None:
            raise RuntimeError("SUMMER-7F3K")

        monkeypatch.setattr(stored_files, "append", fail)
        response = await post(service)
        assert response.status_code == 500
        assert errors(response)[0][0] == "INTERNAL"
        assert "SUMMER" not in response.text


class TestSizes:
    """At most `max_upload_bytes`, however they are announced."""

    @pytest.fixture
    def configured(self, configured: Settings) -> Settings:
        return configured.model_copy(update={"max_upload_bytes": 100})

    async def test_exactly_so_many(self, service: Running) -> None:
        await create_campaign(service)
        assert (await post(service, CSV.ljust(100))).status_code == 202
        assert (await post(service, pieces_of(CSV, b" " * 77))).status_code == 202

    async def test_announced(self, service: Running, database: Database) -> None:
        await create_campaign(service)
        response = await post(service, CSV.ljust(101))
        assert (response.status_code, errors(response)) == (
            413,
            [("FILE_TOO_LARGE", "The file may have at most 100 bytes.", None)],
        )
        assert response.headers["connection"] == "close"
        assert await left_behind(database) == (0, 0, 0)

    async def test_counted(self, service: Running, database: Database) -> None:
        await create_campaign(service)
        for length in ("7", "-1", "x"):
            response = await post(service, CSV.ljust(101), content_length=length)
            assert response.status_code == 413
        response = await post(service, pieces_of(CSV, b" " * 78))
        assert (response.status_code, errors(response)) == (
            413,
            [("FILE_TOO_LARGE", "The file may have at most 100 bytes.", None)],
        )
        assert (await left_behind(database))[1:] == (0, 0)

    async def test_a_body_that_never_ends(
        self, service: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is answered at the limit, and listened to for a while, not for ever."""
        monkeypatch.setattr("app.routes.answers.LINGER_SECONDS", 0.05)
        await create_campaign(service)

        async def endless() -> AsyncIterator[bytes]:
            while True:
                yield b"x" * 10
                await asyncio.sleep(0)

        response = await post(service, endless())
        assert response.status_code == 413
        assert await job_count(service) == 0

    async def test_nothing_at_all(self, service: Running) -> None:
        await create_campaign(service)
        for body in (b"", pieces_of(b"", b"")):
            response = await post(service, body)
            assert (response.status_code, errors(response)) == (
                422,
                [("NO_ROWS", "The file is empty.", None)],
            )
        assert await job_count(service) == 0

    async def test_graphql_keeps_its_own_limit(self, service: Running) -> None:
        body = b'{"query": "{ __typename }"}'.ljust(2_000)
        headers = {"content-type": "application/json"}
        response = await service.http.post("/graphql", content=body, headers=headers)
        assert response.json() == {"data": {"__typename": "Query"}}


class TestPatience:
    """Who does not send is not waited for, and leaves no job.

    The clock is put back after the service has ended, which would else sleep as long.
    """

    async def test_silence(self, clock: Clock, service: Running) -> None:
        await create_campaign(service)
        never = asyncio.Event()

        async def stalled() -> AsyncIterator[bytes]:
            yield CSV
            clock.forward(bodies.IDLE_SECONDS)
            await never.wait()

        response = await post(service, stalled())
        assert (response.status_code, errors(response)) == (
            408,
            [("BAD_USER_INPUT", "The body did not arrive in time.", None)],
        )
        assert await job_count(service) == 0

    @pytest.mark.parametrize(("rate", "status"), [(8_000, 408), (11_000, 202)])
    async def test_so_little_at_a_time(
        self, clock: Clock, service: Running, rate: int, status: int
    ) -> None:
        """Something comes every 20 seconds; over ten minutes it must be 10 KB a second."""
        await create_campaign(service)

        async def trickle() -> AsyncIterator[bytes]:
            for _ in range(30):
                clock.forward(20)
                yield b"x" * 20 * rate

        assert (await post(service, trickle())).status_code == status
        assert await job_count(service) == (1 if status == 202 else 0)

    async def test_our_own_slowness_is_not_the_callers(
        self, clock: Clock, service: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await create_campaign(service)
        append = stored_files.append

        async def slowly(tx: Statements, file_id: int, number: int, data: bytes) -> None:
            clock.forward(100)
            await append(tx, file_id, number, data)

        monkeypatch.setattr(stored_files, "append", slowly)
        pieces = [b"x" * CHUNK_BYTES] * 3
        assert (await post(service, pieces_of(*pieces))).status_code == 202


async def test_sites_that_may_are_told_what_they_may_send(sqlite_settings: Settings) -> None:
    origin = "http://localhost:3000"
    settings = sqlite_settings.model_copy(update={"allowed_origins": [origin]})
    async with running(settings) as service:
        asked = {
            "origin": origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type,idempotency-key",
        }
        response = await service.http.options("/imports", headers=asked)
        assert response.status_code == 200
        await create_campaign(service)
        response = await post(service, origin=origin)
        assert response.status_code == 202
        exposed = response.headers["access-control-expose-headers"]
        names = (
            "content-disposition",
            "location",
            "retry-after",
            "www-authenticate",
            "x-request-id",
        )
        assert exposed == ", ".join(names)
