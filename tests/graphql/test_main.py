"""The service as a whole: its routes, its readiness, and how it starts and ends."""

import asyncio
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from redis.exceptions import ConnectionError as RedisConnectionError

from app.config import Settings
from app.database import Database
from app.database.errors import NotMigratedError, Unavailable
from app.database.migrations import names
from app.main import CHECK_SECONDS, create_app
from app.queue import Queue
from app.secret import SecretMissing
from tests.graphql.clock import Clock
from tests.graphql.service import Running, running


def error(response: httpx.Response) -> tuple[str, str]:
    """Code and message of the one error, which carries the id of its request."""
    (found,) = response.json()["errors"]
    assert found["extensions"]["requestId"] == response.headers["x-request-id"]
    return found["extensions"]["code"], found["message"]


class TestRoutes:
    async def test_the_front_page_says_what_is_here(self, service: Running) -> None:
        response = await service.http.get("/")
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/plain; charset=utf-8"
        named = ("/graphql", "/health/live", "/health/ready", "text/event-stream")
        for name in (*named, "graphql-transport-ws"):
            assert name in response.text

    async def test_live(self, service: Running) -> None:
        response = await service.http.get("/health/live")
        assert (response.status_code, response.json()) == (200, {"live": True})

    @pytest.mark.parametrize("path", ["/nowhere", "/graphql/", "/graphql/x", "/health", "//"])
    async def test_nowhere(self, service: Running, path: str) -> None:
        response = await service.http.post(f"http://127.0.0.1{path}", json={})
        assert response.status_code == 404
        assert error(response) == ("BAD_USER_INPUT", "Not Found: GET / tells what is served.")

    async def test_no_socket_nowhere(self, service: Running) -> None:
        async with service.socket() as client:
            client.scope["path"] = "/graphql/"
            assert (await client.event())["type"] == "websocket.close"

    async def test_other_methods(self, service: Running) -> None:
        response = await service.http.post("/health/live")
        assert response.status_code == 405
        assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD"}
        sentence = "Method Not Allowed: GET / tells what is served."
        assert error(response) == ("BAD_USER_INPUT", sentence)

    async def test_other_sites_may_not_ask(self, service: Running) -> None:
        headers = {"origin": "http://evil.example"}
        assert (await service.http.get("/graphql", headers=headers)).status_code == 403

    async def test_sites_that_may_are_told_so(self, sqlite_settings: Settings) -> None:
        origin = "http://localhost:3000"
        settings = sqlite_settings.model_copy(update={"allowed_origins": [origin]})
        async with running(settings) as service:
            response = await service.http.options(
                "/graphql",
                headers={
                    "origin": origin,
                    "access-control-request-method": "POST",
                    "access-control-request-headers": "content-type",
                },
            )
            assert response.status_code == 200
            assert response.headers["access-control-allow-origin"] == origin


class TestReady:
    async def test_when_everything_answers(self, service: Running) -> None:
        response = await service.http.get("/health/ready")
        assert response.status_code == 200
        checks = {"database": True, "migrations": True, "redis": True}
        assert response.json() == {"ready": True, "checks": checks}
        assert (await service.http.get("/health/ready")).status_code == 200

    async def test_without_a_database(
        self, service: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def gone(_self: Database) -> None:
            raise Unavailable("gone")

        monkeypatch.setattr(Database, "ping", gone)
        response = await service.http.get("/health/ready")
        assert response.status_code == 503
        checks = {"database": False, "migrations": True, "redis": True}
        assert response.json() == {"ready": False, "checks": checks}

    async def test_with_a_database_that_hangs(
        self, service: Running, monkeypatch: pytest.MonkeyPatch, clock: Clock
    ) -> None:
        async def hang(_self: Database) -> None:
            clock.forward(CHECK_SECONDS)
            await asyncio.Event().wait()

        monkeypatch.setattr(Database, "ping", hang)
        response = await service.http.get("/health/ready")
        assert response.status_code == 503
        checks = {"database": False, "migrations": True, "redis": True}
        assert response.json() == {"ready": False, "checks": checks}

    async def test_with_an_older_database(
        self, service: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.database.migrations.names", lambda: [*names(), "9999_new"])
        response = await service.http.get("/health/ready")
        assert response.status_code == 503
        assert response.json()["checks"]["migrations"] is False

    async def test_without_redis(self, service: Running, monkeypatch: pytest.MonkeyPatch) -> None:
        async def gone(*_arguments: object) -> None:
            raise RedisConnectionError("gone")

        with monkeypatch.context() as broken:
            broken.setattr("arq.connections.ArqRedis.ping", gone)
            response = await service.http.get("/health/ready")
        assert response.json()["checks"] == {"database": True, "migrations": True, "redis": False}


class TestStart:
    async def test_an_embedded_database_is_migrated(self, tmp_path: Path) -> None:
        url = f"sqlite://{tmp_path}/new/promograph.sqlite3"
        settings = Settings(database_url=url, keyless=True)
        async with running(settings) as service:
            assert await service.data("{ campaigns { totalCount } }") == {
                "campaigns": {"totalCount": 0}
            }

    async def test_another_one_is_not(
        self, postgres_settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = postgres_settings.model_copy(update={"secret": SecretStr("x")})
        monkeypatch.setattr("app.database.migrations.names", lambda: [*names(), "9999_new"])
        with pytest.raises(NotMigratedError, match="lacks 1 migrations; run `promograph migrate`"):
            async with running(settings):
                raise AssertionError("it must not start")

    async def test_servers_need_a_secret(self, postgres_settings: Settings) -> None:
        with pytest.raises(SecretMissing):
            async with running(postgres_settings):
                raise AssertionError("it must not start")

    async def test_what_was_opened_is_closed_when_the_start_fails(
        self, sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        closed = []
        close = Database.close

        async def noted(self: Database) -> None:
            closed.append(self)
            await close(self)

        async def fail(_settings: Settings) -> Queue:
            raise RuntimeError("no queue")

        monkeypatch.setattr(Database, "close", noted)
        monkeypatch.setattr(Queue, "open", fail)
        with pytest.raises(RuntimeError, match="no queue"):
            async with running(sqlite_settings):
                raise AssertionError("it must not start")
        assert len(closed) == 1

    async def test_the_environment_holds_without_settings(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "promograph.sqlite3"
        monkeypatch.setenv("PROMOGRAPH_DATABASE_URL", f"sqlite://{path}")
        configured: list[Settings] = []
        monkeypatch.setattr("app.main.configure_logs", configured.append)
        app = create_app()
        assert configured[0].sqlite_path == path
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://[::1]") as client:
                assert (await client.get("/health/live")).status_code == 200
