"""The way in that all entrances share: a request becomes a caller, and a caller's context."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from starlette.datastructures import Headers
from starlette.types import Scope

from app.domain.callers import Caller
from app.domain.credentials import Shown, Unauthenticated
from app.peers import Peers
from app.services.callers import Callers
from graphql_schema.context import Context


class Entrance(Protocol):
    """What a process has at its entrances."""

    @property
    def callers(self) -> Callers: ...

    @property
    def peers(self) -> Peers: ...

    def context(self, request_id: str, caller: Caller) -> Context:
        """What one operation is run with."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, or one socket: what it shows of who asks, and the caller that it is."""

    entrance: Entrance
    shown: Shown
    caller: Caller

    def context(self, request_id: str) -> Context:
        return self.entrance.context(request_id, replace(self.caller, request_id=request_id))

    def staying(self) -> AbstractContextManager[asyncio.Future[None]]:
        """For as long as the block lasts: what is done once the caller may not stay."""
        return self.entrance.callers.staying(self.shown, self.caller)

    async def again(self) -> "Visit":
        """The same now: who asks may have gained or lost rights. Raises Unauthenticated."""
        return replace(self, caller=await self.entrance.callers.identify(self.shown))


async def enter(entrance: Entrance, scope: Scope, said: Sequence[str] = ()) -> Visit:
    """Let in who shows a key: in the message that opens a socket, else in the request's head.

    Raises Unauthenticated.
    """
    authorization = said or Headers(scope=scope).getlist("authorization")
    request_id = scope.get("state", {}).get("request_id")
    shown = Shown(authorization, entrance.peers.address(scope), request_id)
    return Visit(entrance, shown, await entrance.callers.identify(shown))


def challenge(error: Exception) -> Mapping[str, str]:
    """The header that a 401 has: what to show, and whether what was shown is wrong."""
    if not isinstance(error, Unauthenticated):
        return {}
    wrong = ', error="invalid_token"' if error.given else ""
    return {"www-authenticate": f'Bearer realm="promograph"{wrong}'}
