import asyncio
import ipaddress
import json
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Mapping
from contextlib import AsyncExitStack, aclosing
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit, urlunsplit

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from app.client.answers import Json, Lost, Problem, Refused, Unavailable, data_of, job_of, part_of
from app.client.documents import (
    CAMPAIGN_ID,
    CANCEL,
    FAILED_ROWS,
    GENERATE,
    JOBS,
    WATCH_JOB,
    WATCH_JOBS,
)

T = TypeVar("T")

TERMINAL = frozenset({"SUCCESS", "WARNINGS", "FAILED", "CANCELLED"})
REFUSING_CLOSES = range(4400, 4500)
UNKNOWN_CALLER = 4403
SUBPROTOCOL = Subprotocol("graphql-transport-ws")


class Client:
    """One caller of one service. Use it as an async context manager."""

    def __init__(self, url: str, api_key: str | None = None, patience: float = 60.0) -> None:
        """Watching goes on while a lost service comes back within `patience` seconds."""
        self.url = url.rstrip("/")
        self.patience = patience
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._direct = is_loopback(url)  # a proxy meant for the internet cannot reach this machine
        self._http = httpx.AsyncClient(
            headers=self._headers, timeout=30.0, trust_env=not self._direct
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    # One request, one answer

    async def execute(self, document: str, variables: Json | None = None) -> Json:
        """Run one operation; its `data`, or Refused or Unavailable."""
        body = {"query": document, "variables": variables or {}}
        sending = self._http.post(f"{self.url}/graphql", json=body)
        return data_of(await self._reached(_json(sending)))

    async def _reached(self, answer: Awaitable[T]) -> T:
        """What comes, or Unavailable when nothing does that could be understood."""
        try:
            return await answer
        except httpx.TransportError as exc:
            raise Unavailable(f"No answer from {self.url} ({type(exc).__name__})") from exc
        except ValueError as exc:
            raise Unavailable(f"{self.url} does not answer like this service") from exc

    async def campaign_id(self, key: str) -> str:
        campaign = (await self.execute(CAMPAIGN_ID, {"key": key}))["campaign"]
        if campaign is None:
            raise Refused(Problem("NOT_FOUND", f"There is no campaign with the key {key!r}."))
        return str(campaign["id"])

    async def generate(self, campaign_key: str, wanted: Json) -> Json:
        """Queue a generation for the campaign; the job. `wanted` is the rest of the input."""
        given = {name: value for name, value in wanted.items() if value is not None}
        given["campaignId"] = await self.campaign_id(campaign_key)
        data = await self.execute(GENERATE, {"input": given})
        return job_of(data["generateCodes"])

    async def cancel(self, job_id: str) -> Json:
        return job_of((await self.execute(CANCEL, {"id": job_id}))["cancelJob"])

    async def jobs(self, first: int, where: Json) -> list[Json]:
        """The newest jobs first."""
        data = await self.execute(JOBS, {"first": first, "where": where})
        return list(data["jobs"]["nodes"])

    # Files

    async def import_file(
        self, pieces: AsyncIterable[bytes], size: int | None, wanted: Mapping[str, object]
    ) -> Json:
        """Send a file to import; its job, which names the earlier one that took the same bytes.

        `wanted` holds the parameters of `POST /imports`, None for those to leave out. Without a
        size the file ends where `pieces` end; what they raise is raised, and nothing is imported.
        """
        given = {name: str(value) for name, value in wanted.items() if value is not None}
        headers = {"Content-Type": "application/octet-stream"}
        if size is not None:
            headers["Content-Length"] = str(size)
        sending = self._http.post(
            f"{self.url}/imports", content=pieces, params=given, headers=headers
        )
        return dict(part_of(await self._reached(_json(sending)), "job"))

    async def failed_rows(self, job_id: str, first: int) -> list[Json]:
        """The first rows that failed, each with its messages."""
        job = (await self.execute(FAILED_ROWS, {"job": job_id, "first": first}))["job"]
        return list(job["rowResults"]["nodes"])

    async def failed_file(self, job_id: str) -> AsyncGenerator[bytes]:
        """The failed rows as a file in the format that they came in."""
        asked = self._http.build_request("GET", f"{self.url}/imports/{job_id}/failed")
        response = await self._reached(self._http.send(asked, stream=True))
        try:
            if not response.is_success:
                part_of(await self._reached(_json(_whole(response))), "rows")
            pieces = response.aiter_bytes()
            while piece := await self._reached(anext(pieces, b"")):
                yield piece
        finally:
            await response.aclose()

    # Watching

    async def watch_job(self, job_id: str) -> AsyncGenerator[Json]:
        """Each progress of one job, never going back, until it ends."""
        async with aclosing(self._watch(WATCH_JOB, {"job": job_id})) as answers:
            async for data in answers:
                progress: Json = data["jobProgress"]
                yield progress
                if progress["status"] in TERMINAL:
                    return

    async def watch_jobs(self, campaign_key: str | None) -> AsyncGenerator[Json]:
        """Each progress of every job, or of one campaign's; it ends only with the watcher."""
        campaign = await self.campaign_id(campaign_key) if campaign_key else None
        async with aclosing(self._watch(WATCH_JOBS, {"campaign": campaign})) as answers:
            async for data in answers:
                yield data["jobs"]

    async def _watch(self, document: str, variables: Json) -> AsyncGenerator[Json]:
        """Subscribe, and again after each lost connection: the first answer is the present state.

        An answer that is older than one already given is left out.
        """
        seen: dict[str, int] = {}
        lost_at: float | None = None
        clock = asyncio.get_running_loop().time
        while True:
            try:
                async with aclosing(self.subscribe(document, variables)) as answers:
                    async for data in answers:
                        (progress,) = data.values()
                        sequence = int(progress["sequence"])
                        if sequence > seen.get(progress["jobId"], -1):
                            seen[progress["jobId"]] = sequence
                            yield data
            except Lost:
                lost_at = clock()
            except Unavailable:
                if lost_at is None or clock() - lost_at > self.patience:
                    raise
            else:
                raise Unavailable("The service ended the watch early")
            await asyncio.sleep(0.25)

    async def subscribe(self, document: str, variables: Json) -> AsyncGenerator[Json]:
        """The `data` of each answer until the server completes; Lost when the line breaks."""
        async with AsyncExitStack() as stack:
            try:
                socket = await stack.enter_async_context(self._connect())
            except (OSError, WebSocketException) as exc:
                raise Unavailable(f"No socket from {self.url} ({type(exc).__name__})") from exc
            try:
                await _open(socket, self._headers)
                payload = {"query": document, "variables": variables}
                await _send(socket, {"id": "1", "type": "subscribe", "payload": payload})
                while (data := await _receive(socket)) is not None:
                    yield data
            except ConnectionClosed as exc:
                raise _closed(exc) from exc

    def _connect(self) -> connect:
        parts = urlsplit(self.url)
        scheme = "wss" if parts.scheme == "https" else "ws"
        return connect(
            urlunsplit((scheme, parts.netloc, f"{parts.path}/graphql", "", "")),
            subprotocols=[SUBPROTOCOL],
            additional_headers=self._headers,
            proxy=None if self._direct else True,
        )


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _json(sending: Awaitable[httpx.Response]) -> Any:  # noqa: ANN401 - of a stranger
    return (await sending).json()


async def _whole(response: httpx.Response) -> httpx.Response:
    await response.aread()
    return response


async def _open(socket: ClientConnection, headers: Json) -> None:
    """Greet; the first answer that is not part of keeping the line alive says yes."""
    await _send(socket, {"type": "connection_init", "payload": headers})
    await _message(socket)


async def _send(socket: ClientConnection, message: Json) -> None:
    await socket.send(json.dumps(message))


async def _message(socket: ClientConnection) -> Json:
    """The next message that is not part of keeping the line alive."""
    while True:
        message: Json = json.loads(await socket.recv())
        if message["type"] == "ping":
            await _send(socket, {"type": "pong"})
        else:
            return message


async def _receive(socket: ClientConnection) -> Json | None:
    """The data of the subscription's next answer; None when it is complete."""
    message = await _message(socket)
    if message["type"] == "error":
        return data_of({"errors": message["payload"]})
    return data_of(message["payload"]) if message["type"] == "next" else None


def _closed(exc: ConnectionClosed) -> Refused | Lost:
    """Codes 4400 to 4499 are the protocol's words for a refusal; all others are a broken line."""
    code, reason = (exc.rcvd.code, exc.rcvd.reason) if exc.rcvd else (1006, "")
    if code in REFUSING_CLOSES:
        unknown = code == UNKNOWN_CALLER
        return Refused(Problem("UNAUTHENTICATED" if unknown else "FORBIDDEN", reason or str(exc)))
    return Lost(f"The service closed the line ({code})")
