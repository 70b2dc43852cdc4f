"""The routes of files, asked for by every role, by each scope alone and by nobody."""

import pytest

from tests.graphql.authorisation import PAGE_AS_WRITTEN, callers
from tests.graphql.service import Running
from tests.routes.filling import (
    allow_only,
    create_campaign,
    errors,
    import_to_the_end,
    job_count,
    post,
)
from workers.turns import Workshop

BAD = b"code\nSUMMER10\nx\n"
CALLERS = callers(PAGE_AS_WRITTEN)


async def test_files(service: Running, shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    await create_campaign(service)
    job = (await import_to_the_end(service, shop, BAD))["id"]
    there = {
        "POST /imports": 202,
        "GET /imports/ID/failed": 200,
        "GET /imports/schema/FORMAT": 200,
        "GET /imports/sample/FORMAT": 200,
    }
    # Whoever may not read a job hears no more of it than that none is shown.
    assert PAGE_AS_WRITTEN.files.keys() == {*there, "GET /imports/ID"}
    for who, held in CALLERS.items():
        allow_only(monkeypatch, *held)
        for route, status in there.items():
            needs = PAGE_AS_WRITTEN.files[route]
            path = route.replace("ID", job).replace("FORMAT", "csv")
            if route == "POST /imports":
                response = await post(service)
            else:
                response = await service.http.get(path.removeprefix("GET "))
            if needs.met_by(held):
                assert response.status_code == status, (who, route)
                continue
            assert response.status_code == 403, (who, route)
            ((code, message, field),) = errors(response)
            missing = [one for one in needs.every - held if message.endswith(f"scope {one}.")]
            assert (code, message, field) == (
                "FORBIDDEN",
                f"{path} needs the scope {missing[0]}.",
                None,
            )
        shown = await service.http.get(f"/imports/{job}")
        readable = PAGE_AS_WRITTEN.files["GET /imports/ID"].met_by(held)
        assert shown.status_code == (200 if readable else 404), who
    allow_only(monkeypatch, *CALLERS["ADMIN"])
    may = sum(PAGE_AS_WRITTEN.files["POST /imports"].met_by(held) for held in CALLERS.values())
    assert await job_count(service) == 1 + may
