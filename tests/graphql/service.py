"""The whole service in the event loop of a test, spoken to as callers do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.applications import Starlette

from app.config import Settings
from app.main import create_app
from tests.graphql.socket_client import SocketClient
from tests.graphql.stream_client import EVENTS, StreamClient


@dataclass(frozen=True)
class Running:
    app: Starlette
    http: httpx.AsyncClient

    async def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """The response to an operation."""
        body = {"query": query, "variables": variables}
        found: dict[str, Any] = (await self.http.post("/graphql", json=body)).json()
        return found

    async def data(self, query: str, **variables: object) -> dict[str, Any]:
        """The data of an operation that must succeed."""
        answer = await self.ask(query, **variables)
        assert "errors" not in answer, answer
        found: dict[str, Any] = answer["data"]
        return found

    def socket(self) -> SocketClient:
        return SocketClient(self.app)

    def stream(self, query: str, accept: str = EVENTS, **variables: object) -> StreamClient:
        return StreamClient(self.app, accept, query=query, variables=variables)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Running]:
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http,
    ):
        yield Running(app, http)
