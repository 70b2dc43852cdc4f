from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.clients import node
from tests.commands import Place, Service


@pytest.fixture(scope="session")
def packages() -> None:
    node.install()


@pytest.fixture(params=["embedded", "servers"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    """The service in processes of its own: one of them, or API and worker on real servers."""
    place = Place(tmp_path)
    with ExitStack() as stack:
        if request.param == "servers":
            place.use(request.getfixturevalue("postgres_settings"))
            place.environment["PROMOGRAPH_REDIS_URL"] = request.getfixturevalue("redis_url")
            stack.enter_context(place.working())
        yield stack.enter_context(place.serving())
