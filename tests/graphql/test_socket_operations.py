"""What runs over a socket: operations, their ends, their bounds, and the end of the socket."""

import asyncio

import pytest

from graphql_schema.errors import INTERNAL_MESSAGE
from tests.graphql.bench import PRIVATE, Doings
from tests.graphql.counting import COUNT, complete, counting, failure, number
from tests.graphql.socket_client import PATIENCE, SocketClient


class TestOperations:
    async def test_query_and_mutation(self, socket: SocketClient) -> None:
        await socket.start()
        socket.subscribe(
            "a",
            "query A($n: String!) { hello(name: $n) } query B { nothing }",
            operationName="A",
            variables={"n": "Zoë"},
            extensions={"cost": True},
        )
        cost = {"cost": {"requested": 0, "limit": 10_000}}
        payload = {"data": {"hello": "Hello Zoë"}, "extensions": cost}
        assert await socket.receive() == {"id": "a", "type": "next", "payload": payload}
        assert await socket.receive() == complete("a")
        socket.subscribe("b", "mutation { write }")
        payload = {"data": {"write": 1}}
        assert await socket.receive() == {"id": "b", "type": "next", "payload": payload}
        assert await socket.receive() == complete("b")

    async def test_subscription(self, socket: SocketClient) -> None:
        await socket.start()
        socket.subscribe("s", COUNT, **counting(3))
        for value in (1, 2, 3):
            assert await socket.receive() == number("s", value)
        assert await socket.receive() == complete("s")

    async def test_an_id_is_free_again_at_the_end(self, socket: SocketClient) -> None:
        await socket.start()
        for query, last in (("{ hello }", "complete"), ("{", "error"), ("{ hello }", "complete")):
            socket.subscribe("same", query)
            while (message := await socket.receive())["type"] == "next":
                continue
            assert message["type"] == last

    async def test_an_id_in_use(self, socket: SocketClient, doings: Doings) -> None:
        await socket.start()
        socket.subscribe("ü" * 100, "{ wait }")
        await doings.started.wait()
        socket.subscribe("ü" * 100, "{ hello }")
        code, reason = await socket.closed()
        assert code == 4409
        assert reason.startswith("Subscriber for ü")
        assert len(reason.encode()) <= 120
        assert doings.cancelled.is_set()

    @pytest.mark.parametrize(
        ("query", "code", "message"),
        [
            ("{", "BAD_USER_INPUT", "Syntax Error: Expected Name, found <EOF>."),
            ("{}", "BAD_USER_INPUT", "Syntax Error: Expected Name, found '}'."),
            ("{ gone }", "BAD_USER_INPUT", "Cannot query field 'gone' on type 'Query'."),
            ("subscription { count(to: 1) }", "BAD_USER_INPUT",
             "Field 'count' of type 'Counted!' must have a selection of subfields."),
            ("{ hello " + "a: hello " * 21 + "}", "QUERY_TOO_COMPLEX",
             "A document may have at most 20 aliases; split it."),
            ("query ($n: Int!) { number(value: $n) }", "BAD_USER_INPUT",
             "Variable '$n' has invalid value: Expected value of non-null type 'Int!'"),
            ("subscription ($n: Int = 1) { count(to: $n) { number } }", "BAD_USER_INPUT",
             "Argument 'to' has invalid value"),
            ("subscription ($n: Int!) { count(to: $n) { number } }", "BAD_USER_INPUT",
             "Variable '$n' has invalid value: Expected value of non-null type 'Int!'"),
        ],
    )  # fmt: skip
    async def test_what_cannot_be_run_is_an_error_message(
        self, socket: SocketClient, query: str, code: str, message: str
    ) -> None:
        """And the socket lives on."""
        await socket.start()
        socket.subscribe("1", query, variables={"n": None})
        found = failure(await socket.receive(), "1")
        assert found[0] == code
        assert found[1].startswith(message)
        socket.subscribe("1", "{ hello }")
        assert (await socket.receive())["type"] == "next"

    async def test_values_that_nothing_can_hold(self, socket: SocketClient) -> None:
        await socket.start()
        socket.subscribe("1", COUNT, variables={"then": "a\0"})
        sentence = "A text may not contain the character NUL (U+0000): see $then."
        assert failure(await socket.receive(), "1") == ("BAD_USER_INPUT", sentence)

    async def test_a_failing_field_is_part_of_the_answer(self, socket: SocketClient) -> None:
        await socket.start()
        socket.subscribe("1", '{ fail(how: "api") }')
        payload = (await socket.receive())["payload"]
        assert payload["data"] == {"fail": None}
        assert payload["errors"][0]["message"] == "Say it differently."
        assert await socket.receive() == complete("1")

    @pytest.mark.parametrize(
        ("then", "code", "message"),
        [
            ("fail", "BAD_USER_INPUT", "It cannot go on."),
            ("break", "INTERNAL", INTERNAL_MESSAGE),
        ],
    )  # fmt: skip
    async def test_a_stream_that_breaks(
        self, socket: SocketClient, then: str, code: str, message: str
    ) -> None:
        await socket.start()
        socket.subscribe("1", COUNT, **counting(1, then))
        assert await socket.receive() == number("1", 1)
        last = await socket.receive()
        assert failure(last, "1") == (code, message)
        assert PRIVATE not in str(last)

    async def test_fresh_contexts(self, socket: SocketClient, doings: Doings) -> None:
        await socket.start()
        for operation_id in ("1", "2"):
            socket.subscribe(operation_id, "{ hello }")
            await socket.receive()
            await socket.receive()
        first, second = doings.contexts
        assert first.now < second.now
        assert first.request_id != second.request_id


class TestCompletion:
    async def test_stops_the_stream(self, socket: SocketClient, doings: Doings) -> None:
        await socket.start()
        socket.subscribe("1", COUNT, **counting(1, "wait"))
        assert await socket.receive() == number("1", 1)
        socket.send(complete("1"))
        await asyncio.wait_for(doings.cancelled.wait(), PATIENCE)
        socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}

    async def test_frees_the_id_at_once(self, socket: SocketClient) -> None:
        await socket.start()
        socket.subscribe("1", COUNT, **counting(1, "wait"))
        assert await socket.receive() == number("1", 1)
        socket.send(complete("1"))
        socket.subscribe("1", "{ hello }")
        assert (await socket.receive())["payload"] == {"data": {"hello": "Hello you"}}
        assert await socket.receive() == complete("1")

    async def test_a_query_that_is_no_longer_wanted_is_not_answered(
        self, socket: SocketClient, doings: Doings
    ) -> None:
        await socket.start()
        socket.subscribe("1", "{ wait }")
        await doings.started.wait()
        socket.send(complete("1"))
        await asyncio.wait_for(doings.cancelled.wait(), PATIENCE)
        doings.released.set()
        socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}

    async def test_of_something_unknown_is_no_error(self, socket: SocketClient) -> None:
        await socket.start()
        socket.send(complete("never"))
        socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}
