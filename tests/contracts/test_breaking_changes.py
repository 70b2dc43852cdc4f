"""What breaks callers since the last release is named in the changelog, or the build fails."""

import re
from pathlib import Path

import pytest
from graphql import build_schema
from graphql.utilities import (
    BreakingChange,
    BreakingChangeType,
    find_breaking_changes,
    find_dangerous_changes,
)

import graphql_schema

FOLDER = Path(graphql_schema.__file__).parent
RELEASED = (FOLDER / "released.graphql").read_text()
PRESENT = (FOLDER / "schema.graphql").read_text()
CHANGELOG = (Path(__file__).parents[2] / "CHANGELOG.md").read_text()
# What graphql-core writes before the schema coordinate of a change, if anything.
SUBJECT = re.compile(
    r"(?:(?:Directive|Argument|Field|Enum value|Standard scalar|A required (?:argument|field)"
    r"|Repeatable flag was removed from|\w+ was removed from(?: union type)?) )?"
    r"(@?\w+(?:\.\w+)?(?:\(\w+:\))?) "
)


def coordinate(description: str) -> str:
    found = SUBJECT.match(f"{description.removesuffix('.')} ")
    assert found is not None, description
    return found[1]


def named_as_breaking(changelog: str) -> set[str]:
    """The coordinates under Breaking of what is not released yet."""
    unreleased = changelog.partition("## [Unreleased]\n")[2].partition("\n## ")[0]
    breaking = unreleased.partition("### Breaking\n")[2].partition("\n### ")[0]
    return set(re.findall(r"`([^`]+)`", breaking))


def owed(released: str, present: str, changelog: str) -> str:
    """The breaking changes without a line in the changelog, and the dangerous ones beside them."""
    before, now = build_schema(released), build_schema(present)
    named = named_as_breaking(changelog)
    breaking = [change.description for change in find_breaking_changes(before, now)]
    missing = [text for text in breaking if coordinate(text) not in named]
    dangerous = [change.description for change in find_dangerous_changes(before, now)]
    if not missing:
        return ""
    return "\n".join(
        [
            "Name by its coordinate in CHANGELOG.md, [Unreleased], `### Breaking`:",
            *missing,
            "Allowed, but think of clients that do not expect it:",
            *dangerous,
        ]
    )


def test_what_breaks_callers_is_named_in_the_changelog() -> None:
    complaint = owed(RELEASED, PRESENT, CHANGELOG)
    assert not complaint, complaint


CHANGED = PRESENT.replace("  AT_LEAST\n", "  ROUGHLY\n")
NAMED = "## [Unreleased]\n\n### Breaking\n\n- `CountPrecision.AT_LEAST` is called `ROUGHLY`.\n"


def test_a_break_that_is_not_named_is_found() -> None:
    assert owed(PRESENT, CHANGED, "## [Unreleased]\n\n### Added\n\n- Much.\n").splitlines()[1:] == [
        "Enum value CountPrecision.AT_LEAST was removed.",
        "Allowed, but think of clients that do not expect it:",
        "Enum value CountPrecision.ROUGHLY was added.",
    ]


def test_a_break_that_is_named_is_allowed() -> None:
    assert owed(PRESENT, CHANGED, f"# Changelog\n\n{NAMED}\n### Added\n\n- Much.\n") == ""


def test_what_is_only_dangerous_is_allowed() -> None:
    """The other way round: what comes in breaks nobody."""
    added = PRESENT.replace("  AT_LEAST\n", "  AT_LEAST\n  ROUGHLY\n")
    assert owed(PRESENT, added, "## [Unreleased]\n") == ""


@pytest.mark.parametrize(
    "changelog",
    [
        "## [Unreleased]\n\n### Removed\n\n- `CountPrecision.AT_LEAST`.\n",
        "## [Unreleased]\n\n### Breaking\n\n- CountPrecision.AT_LEAST.\n",
        "## [Unreleased]\n\n### Breaking\n\n- `CountPrecision`.\n",
        NAMED.replace("Unreleased", "0.1.0"),
        f"## [Unreleased]\n\n### Added\n\n- Much.\n\n{NAMED.replace('Unreleased', '0.1.0')}",
    ],
)
def test_naming_it_elsewhere_or_otherwise_does_not_count(changelog: str) -> None:
    assert "CountPrecision.AT_LEAST was removed." in owed(PRESENT, CHANGED, changelog)


SMALL = """
directive @mark(colour: String, size: Int) repeatable on FIELD | QUERY
directive @old on FIELD
interface Node { id: ID! }
type Shelf implements Node { id: ID! label: String! books(first: Int, after: String): [Book] }
type Book { title: String price: Float }
union Thing = Shelf | Book
enum Colour { RED BLUE }
scalar Unused
input Find { label: String }
type Query { thing(find: Find, colour: Colour): Thing }
"""


BREAKS = [
    ("directive @old on FIELD\n", "", ["@old"]),
    ("colour: String, size: Int", "size: Int", ["@mark(colour:)"]),
    ("colour: String, size", "colour: Int, size", ["@mark(colour:)"]),
    ("size: Int)", "size: Int, weight: Int!)", ["@mark(weight:)"]),
    (" repeatable", "", ["@mark"]),
    ("FIELD | QUERY", "FIELD", ["@mark"]),
    ("price: Float", "", ["Book.price", "Float"]),
    ("price: Float", "price: String", ["Book.price", "Float"]),
    ("Shelf implements Node", "Shelf", ["Shelf"]),
    ("first: Int, after: String", "first: Int", ["Shelf.books(after:)"]),
    ("first: Int, after: String", "first: Int!, after: String", ["Shelf.books(first:)"]),
    ("after: String", "after: String, last: Int!", ["Shelf.books(last:)"]),
    ("Shelf | Book", "Shelf", ["Thing"]),
    ("enum Colour { RED BLUE }", "enum Colour { RED }", ["Colour.BLUE"]),
    ("enum Colour { RED BLUE }", "scalar Colour", ["Colour"]),
    ("Find { label: String }", "Find { label: String room: Int! }", ["Find.room"]),
    (", colour: Colour", "", ["Query.thing(colour:)"]),
    ("scalar Unused\n", "", ["Unused"]),
]


def breaks(old: str, new: str) -> list[BreakingChange]:
    assert old in SMALL
    return find_breaking_changes(build_schema(SMALL), build_schema(SMALL.replace(old, new)))


@pytest.mark.parametrize(("old", "new", "expected"), BREAKS)
def test_a_break_has_a_coordinate(old: str, new: str, expected: list[str]) -> None:
    assert sorted(coordinate(change.description) for change in breaks(old, new)) == expected


def test_every_kind_of_break_is_among_them() -> None:
    assert {change.type for old, new, _ in BREAKS for change in breaks(old, new)} == set(
        BreakingChangeType
    )
