"""docs/imports.md tells what the readers do."""

import re
from pathlib import Path

import pytest

from app.domain.import_files import FIELDS, FileErrorCode, FileFormat, RowErrorCode
from app.files.limits import MAX_ROW
from tests.unit.files.fuzzing import OF_READERS
from tests.unit.files.reading import read

DOCUMENT = (Path(__file__).parents[3] / "docs" / "imports.md").read_text()


@pytest.mark.parametrize(("file_format", "rows"), [("CSV", 3), ("JSON", 2), ("XML", 2)])
def test_its_examples_are_read_as_they_stand(file_format: str, rows: int) -> None:
    (example,) = re.findall(rf"```{file_format.lower()}\n(.*?)```", DOCUMENT, re.DOTALL)
    outcome = read(example.encode(), FileFormat(file_format))
    assert outcome.refused is None
    assert [row.messages for row in outcome.rows] == [()] * rows


def words(section: str) -> set[str]:
    """The codes that the table of a section explains."""
    text = DOCUMENT.partition(f"## {section}\n")[2].partition("\n## ")[0]
    first = [row.split("|")[1] for row in text.splitlines() if row.startswith("| `")]
    return set(re.findall(r"`([A-Z_]+)`", " ".join(first)))


def test_it_names_every_field_and_reason() -> None:
    assert re.findall(r"^\| `(\w+)` \| `(\w+)` \|", DOCUMENT, re.MULTILINE) == [
        (field, field.lower()) for field in FIELDS
    ]
    # That the campaign makes its codes itself is told before there is a file.
    told = set(FileErrorCode) - {FileErrorCode.CAMPAIGN_KIND_MISMATCH}
    assert words("When a file is refused") == told >= OF_READERS
    assert words("What is said about a row") == set(RowErrorCode)
    assert f"{MAX_ROW:,} characters" in DOCUMENT
