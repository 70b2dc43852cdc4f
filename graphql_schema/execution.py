"""Runs the operations of one schema: the document from the cache, then graphql-core's executor.

Strawberry's own `execute` would parse and validate each time, and wrap fields for extensions.
"""

from collections import OrderedDict
from collections.abc import AsyncGenerator, Hashable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, cast

import orjson
import strawberry
from graphql import ExecutionResult, GraphQLError, OperationType
from graphql.execution import (
    Executor,
    create_source_event_stream,
    execute,
    execute_subscription_event,
)
from strawberry.execution import optimized_is_awaitable

from app.config import Settings
from graphql_schema.context import Context
from graphql_schema.documents import Documents, Operation
from graphql_schema.errors import present, refusal
from graphql_schema.requests import GraphQLRequest

MAX_SHARED_EVENTS = 512


class RequestRefused(Exception):  # noqa: N818 - an answer to the caller
    """The operation was not started: the document, the variables or the limits forbid it."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation with its variables, within the limits."""

    request: GraphQLRequest
    operation: Operation
    cost: int

    @property
    def kind(self) -> OperationType:
        return self.operation.kind


class Engine:
    """One per process; it holds the cache of documents."""

    def __init__(self, schema: strawberry.Schema, settings: Settings) -> None:
        self._schema = schema._schema  # noqa: SLF001 - graphql-core's schema has no public name
        self._options: dict[str, Any] = {
            "executor_class": schema.execution_context_class,
            "is_awaitable": optimized_is_awaitable,
            "operation_extensions": None,
            "hide_suggestions": True,
        }
        self.settings = settings
        self.documents = Documents(self._schema, settings)
        self._shared: OrderedDict[tuple[object, ...], bytes] = OrderedDict()

    def prepare(self, request: GraphQLRequest) -> Prepared:
        """Raises RequestRefused or ApiError; nothing of the operation has run then."""
        document = self.documents.find(request.query)
        if document.refused:
            raise document.refused.with_traceback(None)
        if document.errors:
            raise RequestRefused(document.errors)
        operation = document.operation(request.operation_name)
        cost = operation.cost_with(request.variables)
        self.documents.limits.check_cost(cost)
        return Prepared(request, operation, cost)

    async def execute(self, prepared: Prepared, context: Context) -> ExecutionResult:
        """Run a query or a mutation. RequestRefused when the variables do not fit."""
        answer = execute(
            self._schema,
            prepared.operation.document,
            context_value=context,
            variable_values=prepared.request.variables,
            operation_name=prepared.operation.name,
            **self._options,
        )
        result = await answer if isawaitable(answer) else answer
        errors = result.errors or ()
        if result.data is None and all(error.path is None for error in errors):
            raise RequestRefused(errors)
        return result

    async def subscribe(self, prepared: Prepared, context: Context) -> AsyncGenerator[bytes, None]:
        """Start a subscription: each event's response, encoded. RequestRefused when it cannot."""
        executor = self._executor(prepared, context)
        answer = create_source_event_stream(executor)
        stream = await answer if isawaitable(answer) else answer
        if isinstance(stream, ExecutionResult):
            raise RequestRefused(stream.errors or ())
        return self._responses(prepared, executor, cast("AsyncGenerator[Hashable, None]", stream))

    async def _responses(
        self,
        prepared: Prepared,
        executor: Executor[Context],
        stream: AsyncGenerator[Hashable, None],
    ) -> AsyncGenerator[bytes, None]:
        async with aclosing(stream) as events:
            async for event in events:
                yield await self._response_to_event(prepared, executor, event)

    def _executor(self, prepared: Prepared, context: Context) -> Executor[Context]:
        options = {**self._options}
        executor = options.pop("executor_class").build(
            self._schema,
            prepared.operation.document,
            context_value=context,
            raw_variable_values=prepared.request.variables,
            operation_name=prepared.operation.name,
            **options,
        )
        if isinstance(executor, list):
            raise RequestRefused(executor)
        return cast("Executor[Context]", executor)

    async def _response_to_event(
        self, prepared: Prepared, executor: Executor[Context], event: Hashable
    ) -> bytes:
        """Whoever asks the same of the same state gets the same bytes, made once."""
        context = executor.context_value
        variables = orjson.dumps(prepared.request.variables, option=orjson.OPT_SORT_KEYS)
        asked = (prepared.operation, variables, prepared.request.wants_cost, context.caller.scopes)
        shared = self._shared.get((*asked, event))
        if shared is None:
            answer = execute_subscription_event(executor.build_per_event_executor(event))
            result = await answer if isawaitable(answer) else answer
            shared = self.response(prepared, result, context.request_id)
            if not result.errors:
                self._shared[*asked, event] = shared
        if len(self._shared) > MAX_SHARED_EVENTS:
            self._shared.popitem(last=False)
        return shared

    def response(self, prepared: Prepared, result: ExecutionResult, request_id: str) -> bytes:
        """The response to an operation that was started, as JSON."""
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = present(result.errors, request_id)
        if prepared.request.wants_cost:
            cost = {"requested": prepared.cost, "limit": self.settings.max_cost}
            answer["extensions"] = {"cost": cost}
        return orjson.dumps(answer)


def refused(error: Exception, request_id: str) -> list[dict[str, Any]]:
    """The errors of an operation that was not started, or that broke off, as they are sent."""
    if isinstance(error, RequestRefused):
        return present(error.errors, request_id)
    return [refusal(error, request_id)]
