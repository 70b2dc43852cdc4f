"""The committed SDL, read by Relay's compiler, graphql-codegen, TypeScript and graphql-eslint."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.clients.front_end import FrontEnd

ARTIFACTS = {
    f"{name}.graphql.ts"
    for name in (
        "CampaignPageCodesQuery",
        "CampaignPageFactsQuery",
        "CampaignPageQuery",
        "CampaignPage_codes",
        "CampaignPage_facts",
        "JobListGenerateMutation",
        "JobListQuery",
        "JobListSubscription",
        "JobList_job",
    )
}


@pytest.fixture
def front_end(packages: None, tmp_path: Path) -> FrontEnd:  # noqa: ARG001 - it runs what is installed
    return FrontEnd(tmp_path)


def test_relay_compiles(front_end: FrontEnd) -> None:
    """Fragments, pages that go on, and fragments that are fetched again by their Node."""
    answer = front_end.compile_relay()
    assert answer.returncode == 0, answer.stderr
    assert front_end.files("src/__generated__/*") == ARTIFACTS


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("src/CampaignPage.ts", "validTo", "validTill", "The type `Code` has no field `validTill`"),
        (
            "schema.graphql",
            "type Campaign implements Node {",
            "type Campaign {",
            "Invalid use of @refetchable",
        ),
        ("schema.graphql", "hasNextPage: Boolean!", "more: Boolean!", "'pageInfo { hasNextPage }'"),
    ],
)
def test_relay_tells_what_does_not_fit(
    front_end: FrontEnd, name: str, old: str, new: str, complaint: str
) -> None:
    front_end.replace(name, old, new)
    answer = front_end.compile_relay()
    assert answer.returncode == 1
    assert complaint in answer.stderr
    assert front_end.files("src/__generated__/*") == set()


def test_generated_types_say_what_is_answered(front_end: FrontEnd) -> None:
    answer = front_end.generate_types()
    assert answer.returncode == 0, answer.stderr
    assert front_end.files("generated/*") == {"gql.ts", "graphql.ts", "index.ts"}

    checked = front_end.check_types()
    assert (checked.returncode, checked.stdout) == (0, "")

    front_end.replace("usage.ts", "Same<Code['validTo'], string | null>", "Same<string, number>")
    checked = front_end.check_types()
    assert checked.returncode != 0
    assert "usage.ts(" in checked.stdout
    assert "Type 'true' is not assignable to type 'false'." in checked.stdout


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("src/JobList.ts", "percent", "percents", 'Cannot query field "percents"'),
        ("schema.graphql", "scalar JSON\n", "scalar JSON\nscalar Colour\n", "scalar type Colour"),
    ],
)
def test_no_types_come_of_what_does_not_fit(
    front_end: FrontEnd, name: str, old: str, new: str, complaint: str
) -> None:
    front_end.replace(name, old, new)
    answer = front_end.generate_types()
    assert answer.returncode == 1
    assert complaint in answer.stderr
    assert front_end.files("generated/*") == set()


def findings(front_end: FrontEnd) -> list[tuple[str, str]]:
    (file,) = json.loads(front_end.lint_schema().stdout)
    messages: list[dict[str, Any]] = file["messages"]
    return [(message["ruleId"], message["message"]) for message in messages]


def test_the_schema_follows_the_rules_of_linters(front_end: FrontEnd) -> None:
    assert findings(front_end) == []


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("pageInfo: PageInfo!", "pageInfo: PageInfo", "relay-connection-types"),
        ("node: Campaign!", "node: [Campaign!]!", "relay-edge-types"),
        ('"""One page of a list."""\n', "", "require-description"),
        ("  AT_LEAST\n", "  AtLeast\n", "naming-convention"),
    ],
)
def test_the_linter_finds_a_planted_fault(
    front_end: FrontEnd, old: str, new: str, rule: str
) -> None:
    front_end.replace("schema.graphql", old, new)
    assert {found for found, _ in findings(front_end)} == {f"@graphql-eslint/{rule}"}
