from collections.abc import AsyncIterator, Iterator

import pytest

from app.client import Client, Problem, Refused, Unavailable, is_loopback
from tests.unit.standin import Json, Line, Standin, standing_in


@pytest.fixture
def standin() -> Iterator[Standin]:
    with standing_in() as service:
        yield service


@pytest.fixture
async def client(standin: Standin) -> AsyncIterator[Client]:
    async with Client(standin.url, "key-1", patience=0.6) as made:
        yield made


async def sequences(progress: AsyncIterator[Json]) -> list[int]:
    return [int(event["sequence"]) async for event in progress]


async def test_an_answer_is_its_data_and_the_key_is_sent(standin: Standin, client: Client) -> None:
    standin.answers = [{"data": {"campaign": {"id": "c-1"}}}]

    assert await client.campaign_id("welcome") == "c-1"

    assert standin.asked[0]["variables"] == {"key": "welcome"}
    assert standin.headers[0]["authorization"] == "Bearer key-1"


async def test_an_unknown_campaign_is_refused_with_its_key(
    standin: Standin, client: Client
) -> None:
    standin.answers = [{"data": {"campaign": None}}]

    with pytest.raises(Refused) as refused:
        await client.campaign_id("nope")

    assert refused.value.problems == (
        Problem("NOT_FOUND", "There is no campaign with the key 'nope'."),
    )


async def test_user_errors_are_a_refusal(standin: Standin, client: Client) -> None:
    error = {"code": "COUNT_OUT_OF_RANGE", "message": "1 to 100,000", "field": ["count"]}
    standin.answers = [
        {"data": {"campaign": {"id": "c-1"}}},
        {"data": {"generateCodes": {"job": None, "userErrors": [error]}}},
    ]

    with pytest.raises(Refused) as refused:
        await client.generate("welcome", {"count": 0, "reference": None})

    assert refused.value.problems == (Problem("COUNT_OUT_OF_RANGE", "1 to 100,000", ("count",)),)
    assert standin.asked[1]["variables"] == {"input": {"count": 0, "campaignId": "c-1"}}


async def test_errors_of_the_request_are_a_refusal(standin: Standin, client: Client) -> None:
    forbidden = {"message": "No.", "extensions": {"code": "FORBIDDEN"}}
    standin.answers = [{"data": None, "errors": [forbidden, {"message": "Odd."}]}]

    with pytest.raises(Refused, match=r"No\.; Odd\.") as refused:
        await client.jobs(1, {})

    assert [problem.code for problem in refused.value.problems] == ["FORBIDDEN", "ERROR"]


@pytest.mark.parametrize(
    "answer",
    [
        {"errors": [{"message": "Later.", "extensions": {"code": "UNAVAILABLE"}}]},
        {"hello": "world"},
        b"[1, 2]",
        b"<html>",
    ],
)
async def test_what_cannot_answer_is_unavailable(
    standin: Standin, client: Client, answer: Json | bytes
) -> None:
    standin.answers = [answer]

    with pytest.raises(Unavailable):
        await client.cancel("job-1")


async def test_nobody_there_is_unavailable() -> None:
    async with Client("http://127.0.0.1:9", patience=0.1) as client:
        with pytest.raises(Unavailable, match="ConnectError"):
            await client.jobs(1, {})
        with pytest.raises(Unavailable, match="No socket"):
            await sequences(client.watch_job("job-1"))


async def test_watching_ends_with_the_job(standin: Standin, client: Client) -> None:
    async def conversation(line: Line) -> None:
        asked = await line.open()
        assert asked["payload"]["variables"] == {"job": "job-1"}
        await line.say("ping")
        await line.hear("pong")
        await line.tell("jobProgress", sequence=1)
        await line.tell("jobProgress", sequence=3, status="SUCCESS")

    standin.conversations = [conversation]

    assert await sequences(client.watch_job("job-1")) == [1, 3]
    assert standin.headers[0]["authorization"] == "Bearer key-1"


async def test_watching_goes_on_after_a_lost_line_and_never_back(
    standin: Standin, client: Client
) -> None:
    async def lost(line: Line) -> None:
        await line.open()
        await line.tell("jobProgress", sequence=5)
        await line.socket.close(1012)

    async def found_again(line: Line) -> None:
        await line.open()
        await line.tell("jobProgress", sequence=4)
        await line.tell("jobProgress", sequence=5)
        await line.tell("jobProgress", sequence=6, status="FAILED")

    standin.conversations = [lost, found_again]

    assert await sequences(client.watch_job("job-1")) == [5, 6]


async def test_patience_ends_when_the_service_stays_away(standin: Standin, client: Client) -> None:
    async def lost(line: Line) -> None:
        await line.open()
        await line.tell("jobProgress", sequence=1)
        await line.socket.close(1012)

    standin.conversations = [lost]

    with pytest.raises(Unavailable, match="No socket"):
        await sequences(client.watch_job("job-1"))


async def test_a_watch_that_ends_without_an_end_is_unavailable(
    standin: Standin, client: Client
) -> None:
    async def gives_up(line: Line) -> None:
        await line.open()
        await line.say("complete", id="1")

    standin.conversations = [gives_up]

    with pytest.raises(Unavailable, match="ended the watch early"):
        await sequences(client.watch_job("job-1"))


async def test_a_refused_socket_is_not_tried_again(standin: Standin, client: Client) -> None:
    async def refuses(line: Line) -> None:
        await line.hear("connection_init")
        await line.socket.close(4403, "Forbidden")

    standin.conversations = [refuses]

    with pytest.raises(Refused) as refused:
        await sequences(client.watch_job("job-1"))

    assert refused.value.problems == (Problem("UNAUTHENTICATED", "Forbidden"),)


async def test_an_operation_that_is_refused_tells_why(standin: Standin, client: Client) -> None:
    async def refuses(line: Line) -> None:
        await line.open()
        error = {"message": "No such job.", "extensions": {"code": "NOT_FOUND"}}
        await line.say("error", id="1", payload=[error])

    standin.conversations = [refuses]

    with pytest.raises(Refused, match=r"No such job\."):
        await sequences(client.watch_job("job-1"))


async def test_all_jobs_of_a_campaign_are_watched_until_the_watcher_goes(
    standin: Standin, client: Client
) -> None:
    async def conversation(line: Line) -> None:
        asked = await line.open()
        assert asked["payload"]["variables"] == {"campaign": "c-1"}
        await line.tell("jobs", sequence=1)
        await line.tell("jobs", sequence=1, jobId="job-2")
        await line.tell("jobs", sequence=2, status="SUCCESS")
        await line.socket.receive()

    standin.answers = [{"data": {"campaign": {"id": "c-1"}}}]
    standin.conversations = [conversation]
    watch = client.watch_jobs("welcome")

    seen = [await anext(watch) for _ in range(3)]

    await watch.aclose()
    assert [(event["jobId"], int(event["sequence"])) for event in seen] == [
        ("job-1", 1),
        ("job-2", 1),
        ("job-1", 2),
    ]


@pytest.mark.parametrize(
    ("url", "direct"),
    [
        ("http://127.0.0.1:8420", True),
        ("http://[::1]:8420", True),
        ("http://localhost", True),
        ("https://codes.example.com", False),
        ("nonsense", False),
    ],
)
def test_only_this_machine_is_reached_without_a_proxy(url: str, direct: bool) -> None:  # noqa: FBT001 - a case
    assert is_loopback(url) is direct
