"""What `/imports` gives out: descriptions, samples, and rows that failed."""

import csv

import pytest

from app.config import Settings
from app.database import Database
from app.database.instants import to_json
from app.domain.callers import Scope
from app.domain.import_files import FileFormat
from app.files import formats
from app.routes.documents import attachment
from graphql_schema.ids import encode_id
from tests.graphql.service import Running, running
from tests.making import ACTOR
from tests.routes.filling import allow_only, create_campaign, errors, import_to_the_end
from workers.turns import Workshop


@pytest.mark.parametrize(
    ("path", "media_type", "content"),
    [
        ("schema/csv", "application/csvm+json", formats.schema(FileFormat.CSV)[0]),
        ("schema/json", "application/schema+json", formats.schema(FileFormat.JSON)[0]),
        ("schema/xml", "application/xml", formats.schema(FileFormat.XML)[0]),
        ("sample/csv", "text/csv; charset=utf-8", formats.sample(FileFormat.CSV)[0]),
        ("sample/json", "application/json", formats.sample(FileFormat.JSON)[0]),
        ("sample/xml", "application/xml", formats.sample(FileFormat.XML)[0]),
    ],
)
async def test_descriptions_and_samples(
    sqlite_settings: Settings, path: str, media_type: str, content: bytes
) -> None:
    async with running(sqlite_settings) as service:
        response = await service.http.get(f"/imports/{path}")
        assert (response.status_code, response.content) == (200, content)
        assert response.headers["content-type"] == media_type
        assert response.headers["cache-control"] == "max-age=3600"
        assert response.headers["x-content-type-options"] == "nosniff"
        tag = response.headers["etag"]
        for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
            again = await service.http.get(f"/imports/{path}", headers={"if-none-match": known})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
        for unknown in ("", '"other"', tag.strip('"')):
            again = await service.http.get(f"/imports/{path}", headers={"if-none-match": unknown})
            assert again.status_code == 200


async def test_there_are_three_formats(sqlite_settings: Settings) -> None:
    async with running(sqlite_settings) as service:
        for path in ("schema/yaml", "sample/CSV"):
            response = await service.http.get(f"/imports/{path}")
            assert response.status_code == 404
            assert errors(response) == [("BAD_USER_INPUT", "There are csv, json and xml.", None)]


class TestFailedRows:
    async def test_as_a_file(self, service: Running, shop: Workshop) -> None:
        await create_campaign(service)
        job = await import_to_the_end(service, shop, b"code\nOK-1\nNO\n", filename="june.csv")
        response = await service.http.get(f"/imports/{job['id']}/failed")
        assert response.status_code == 200
        (row,) = csv.DictReader(response.content.decode("utf-8-sig").splitlines())
        assert {name: value for name, value in row.items() if value} == {
            "code": "NO",
            "error": "CODE_TOO_SHORT",
            "errortext": "A code has at least 3 letters or digits, this one has 2.",
        }
        assert response.headers["content-type"] == "text/csv; charset=utf-8"
        assert response.headers["content-disposition"] == (
            "attachment; filename=\"june-failed.csv\"; filename*=UTF-8''june-failed.csv"
        )
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cache-control"] == "no-store"

    async def test_of_an_import_without_any(self, service: Running, shop: Workshop) -> None:
        await create_campaign(service)
        job = await import_to_the_end(service, shop, b"code\nOK-1\n")
        for job_id in (job["id"], encode_id("Job", 99)):
            response = await service.http.get(f"/imports/{job_id}/failed")
            assert response.status_code == 404
            assert errors(response) == [
                ("NOT_FOUND", "There is no such import, or no row of it failed.", ["id"])
            ]
        assert (await service.http.get("/imports/x/failed")).status_code == 404

    async def test_for_who_sent_the_file_or_may_see_codes_and_customers(
        self,
        service: Running,
        shop: Workshop,
        database: Database,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        await create_campaign(service)
        job = await import_to_the_end(service, shop, b"code\nNO\n")
        path = f"/imports/{job['id']}/failed"

        async def answered(*scopes: Scope) -> int | str:
            allow_only(monkeypatch, *scopes)
            response = await service.http.get(path)
            if response.status_code != 403:
                return response.status_code
            ((code, sentence, field),) = errors(response)
            assert (code, field) == ("FORBIDDEN", None)
            return sentence

        needed = f"GET {path} needs the scope imports:run."
        assert await answered(*(set(Scope) - {Scope.IMPORTS_RUN})) == needed
        assert await answered(Scope.IMPORTS_RUN) == 200
        async with database.transaction() as tx:
            await tx.execute("UPDATE job SET actor = $1", to_json({**ACTOR, "caller": "another"}))
        # Whoever may not read jobs does not hear either that there is one.
        assert await answered(Scope.IMPORTS_RUN) == 404
        rights = {Scope.IMPORTS_RUN, Scope.CODES_READ, Scope.CODES_REVEAL, Scope.CUSTOMERS_READ}
        for scope in (Scope.CODES_REVEAL, Scope.CUSTOMERS_READ):
            needed = f"What another caller has sent needs the scope {scope}."
            assert await answered(*(rights - {scope})) == needed
        assert await answered(*rights) == 200


@pytest.mark.parametrize(
    ("name", "plain", "encoded"),
    [
        ("codes.csv", "codes.csv", "codes.csv"),
        ('a "b"\\c.csv', "a _b__c.csv", "a%20%22b%22%5Cc.csv"),
        ("Zürich.csv", "Z_rich.csv", "Z%C3%BCrich.csv"),
        ("a\r\nSet-Cookie: x", "a__Set-Cookie: x", "a%0D%0ASet-Cookie%3A%20x"),
    ],
)
def test_names_of_files_say_nothing_else(name: str, plain: str, encoded: str) -> None:
    headers = attachment(name, "text/csv")
    assert headers["content-disposition"] == (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
    )
