"""`/imports`: files come in, the state of their jobs and what failed in them go out."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from app.domain.callers import Scope
from app.domain.import_files import FileFormat
from app.files import formats
from app.reading.errors import NotAllowed
from app.routes.answers import Endpoint, NotServed, as_json
from app.routes.bodies import check_length, pieces
from app.routes.documents import attachment, fixed
from app.routes.parameters import read_import
from app.services import failed_rows, uploads
from app.services.uploads import MEDIA_TYPES, Upload
from graphql_schema.context import Context
from graphql_schema.entrance import Entrance, Visit, enter
from graphql_schema.errors import present
from graphql_schema.execution import Engine
from graphql_schema.ids import encode_id, find_id
from graphql_schema.requests import GraphQLRequest

# What a caller sees of a job here is what GraphQL shows of it.
_JOB: Final = """query ImportJob($id: ID!) {
  job(id: $id) {
    id kind status phase reference fileName size hash submittedBy
    notBefore queuedAt startedAt finishedAt
    errorCode errorMessage errorLine errorColumn campaign { key }
    progress {
      sequence total parsed processed inserted updated deleted withdrawn unchanged failed
      percent rate etaSeconds
    }
    sameFileAs { id status queuedAt }
  }
}"""
_NO_JOB: Final = "There is no import with this id."


@dataclass(frozen=True, slots=True)
class ImportRoutes:
    """The routes of one process."""

    engine: Engine
    entrance: Entrance
    clock: Callable[[], datetime]

    def all(self) -> list[Route]:
        return [
            Route("/imports", Endpoint(self.take), methods=["POST"]),
            Route("/imports/schema/{format}", Endpoint(_show_schema), methods=["GET"]),
            Route("/imports/sample/{format}", Endpoint(_show_sample), methods=["GET"]),
            Route("/imports/{job}", Endpoint(self.show), methods=["GET"]),
            Route("/imports/{job}/failed", Endpoint(self.show_failed), methods=["GET"]),
        ]

    async def take(self, request: Request) -> Response:
        """Keep the body as a file and answer with the job that will import it."""
        visit = await self._enter(request, Scope.IMPORTS_RUN)
        context = visit.context(request.state.request_id)
        settings = self.engine.settings
        asked = read_import(request, settings.max_import_rows)
        check_length(request, settings.max_upload_bytes)
        body = _while_known(pieces(request), visit)
        upload = Upload(asked, body, settings.max_upload_bytes)
        job_id = await uploads.take(
            context.database, context.queue, context.caller, upload, self.clock
        )
        job = await self._state(job_id, context)
        return as_json({"job": job}, 202, {"location": f"/imports/{encode_id('Job', job_id)}"})

    async def show(self, request: Request) -> Response:
        """How an import stands."""
        context = (await self._enter(request)).context(request.state.request_id)
        job = await self._state(_job_id(request), context)
        if job.get("kind") != "IMPORT":
            raise NotServed(404, _NO_JOB)
        return as_json({"job": job})

    async def show_failed(self, request: Request) -> Response:
        """The failed rows as a file in the format in which they came."""
        visit = await self._enter(request, Scope.IMPORTS_RUN)
        context = visit.context(request.state.request_id)
        found = await failed_rows.read(context.database, context.caller, _job_id(request))
        media_type = MEDIA_TYPES[found.file_format]
        pieces = _as_long_as_known(found.pieces, visit)
        return StreamingResponse(pieces, headers=attachment(found.name, media_type))

    async def _enter(self, request: Request, *scopes: Scope) -> Visit:
        """Who asks; UNAUTHENTICATED, or FORBIDDEN when the caller lacks one of the scopes."""
        visit = await enter(self.entrance, request.scope)
        for scope in scopes:
            if not visit.caller.allows(scope):
                raise NotAllowed(f"{request.method} {request.url.path}", scope)
        return visit

    async def _state(self, job_id: int, context: Context) -> dict[str, Any]:
        """The job as it is now.

        One that was entered is told of, by its id at least, whoever may not read the rest.
        """
        node_id = encode_id("Job", job_id)
        prepared = self.engine.prepare(GraphQLRequest(_JOB, None, {"id": node_id}, {}))
        result = await self.engine.execute(prepared, context)
        # Kept to ourselves, and logged where they are our mistake.
        present(result.errors or (), context.request_id)
        return (result.data or {}).get("job") or {"id": node_id}


async def _while_known(body: AsyncGenerator[bytes], visit: Visit) -> AsyncGenerator[bytes]:
    """A body may come for hours: its last piece is followed by another look at who sends it."""
    async with aclosing(body) as found:
        async for piece in found:
            yield piece
    await visit.again()


async def _as_long_as_known(pieces: AsyncGenerator[bytes], visit: Visit) -> AsyncGenerator[bytes]:
    """A file may be taken for hours: before each piece of it goes another look at who takes it."""
    async with aclosing(pieces) as found:
        async for piece in found:
            await visit.again()
            yield piece


async def _show_schema(request: Request) -> Response:
    """What a file must look like, for programs."""
    content, media_type = formats.schema(_format(request))
    return fixed(request, content, media_type)


async def _show_sample(request: Request) -> Response:
    content, media_type = formats.sample(_format(request))
    return fixed(request, content, media_type)


def _format(request: Request) -> FileFormat:
    name = request.path_params["format"]
    if name not in {known.lower() for known in FileFormat}:
        raise NotServed(404, "There are csv, json and xml.")
    return FileFormat(name.upper())


def _job_id(request: Request) -> int:
    job_id = find_id(request.path_params["job"], "Job")
    if job_id is None:
        raise NotServed(404, _NO_JOB)
    return job_id
