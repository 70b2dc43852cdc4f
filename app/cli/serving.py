"""Run the API under uvicorn: refuse wrong addresses early, say when it is ready, stop cleanly."""

import asyncio
import ipaddress
import signal
import socket
from functools import partial
from types import FrameType

import typer
import uvicorn
from uvicorn.importer import import_from_string
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.cli import demonstrating, opening
from app.cli.options import Exit
from app.cli.stopping import stop
from app.config import Settings
from app.logs import configure_logs
from app.secret import SecretMissing, load_secret

EXAMPLE = (
    "{ campaigns(first: 3) { nodes { key name"
    " codes(first: 1) { totalCount nodes { code status } } } } }"
)
ONLY_LOOPBACK = (
    "without keys only those are safe. To listen there, leave out PROMOGRAPH_KEYLESS and --demo;"
    " `promograph seed` makes demo data too."
)
KEY_HEADER = '    -H "Authorization: Bearer $PROMOGRAPH_API_KEY" \\\n'
NO_KEY = """Nobody can ask yet, because there is no API key. Make one for yourself:

  promograph keys create --role ADMIN --name admin
"""
GRACE_SECONDS = 10


def listen(host: str, port: int, *, keyless: bool) -> socket.socket:
    """A bound socket. Taken before anything else, so that a wrong address costs no work.

    Without keys only on loopback: whoever asks is the built-in caller with every right.
    """
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        address = None
    if address is None:
        stop(Exit.USAGE, f"{host} is no address; name one as 127.0.0.1, 0.0.0.0 or ::1.")
    if keyless and not address.is_loopback:
        stop(Exit.USAGE, f"{host} is not a loopback address; {ONLY_LOOPBACK}")
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET  # noqa: PLR2004 - IPv6
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((str(address), port))
        listener.listen(2048)  # before this, two processes can hold the same port
    except OSError as exc:
        listener.close()
        sentence = f"Port {port} on {address} cannot be used: {exc.strerror}."
        stop(Exit.UNAVAILABLE, f"{sentence} Choose another with --port.")
    return listener


def prepare(settings: Settings, *, demo: bool) -> None:
    """Refuse what serving would fail with, and make demo data in an empty database when asked."""
    try:
        load_secret(settings)
    except SecretMissing as exc:
        stop(Exit.USAGE, str(exc))
    if not settings.embedded and not settings.redis_url:
        stop(Exit.USAGE, "The API calls its workers through Redis: set PROMOGRAPH_REDIS_URL.")
    if demo:
        demonstrating.prepare(settings)
    else:
        asyncio.run(opening.bring_up_to_date(settings))
    if not settings.keyless and not asyncio.run(opening.anybody_can_ask(settings)):
        typer.echo(NO_KEY)


def run(listener: socket.socket, settings: Settings) -> Exit:
    """Serve until a signal; INTERRUPTED when a second one cut the farewell short."""
    configure_logs(settings)
    config = uvicorn.Config(
        partial(import_from_string("app.main:create_app"), settings),
        factory=True,
        loop="auto",
        http=Protocol,
        ws="websockets-sansio",
        # Larger frames are refused by their heads, before they are held in memory.
        ws_max_size=settings.max_body_bytes,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # uvicorn would believe X-Forwarded-For from any program on this machine.
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = Server(config, keyless=settings.keyless)
    server.run(sockets=[listener])
    return Exit.INTERRUPTED if server.force_exit else Exit.DONE


class Protocol(HttpToolsProtocol):
    """Lets an answer be broken off, for which ASGI has no word; and answers every handshake."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "abort": transport.abort}

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        # What the library for sockets does not read, such as a header without end, it leaves open.
        if not getattr(self.transport.get_protocol(), "handshake_initiated", True):
            self.send_400_response("The handshake cannot be read.")


class Server(uvicorn.Server):
    """Says when it is ready, and answers a signal by ending well instead of by dying of it."""

    def __init__(self, config: uvicorn.Config, *, keyless: bool) -> None:
        super().__init__(config)
        self._key = "" if keyless else KEY_HEADER

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        host, port = (sockets or [])[0].getsockname()[:2]
        address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        typer.echo(
            f"Promograph is ready on {address}/graphql (Ctrl-C stops it). Try:\n\n"
            f"  curl -s {address}/graphql -H 'Content-Type: application/json' \\\n{self._key}"
            f'    -d \'{{"query": "{EXAMPLE}"}}\'\n'
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Requests are waited for, and these would go on for as long as there is something to tell.
        self.lifespan.state["streams"].close()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
