"""What partners build import files by: a description and a sample of each format."""

from importlib.resources import files
from typing import Final

from app.domain.import_files import FileFormat

_SCHEMAS: Final = {
    FileFormat.CSV: ("import.csv-metadata.json", "application/csvm+json"),
    FileFormat.JSON: ("import.schema.json", "application/schema+json"),
    FileFormat.XML: ("import.xsd", "application/xml"),
}
_SAMPLES: Final = {
    FileFormat.CSV: ("sample.csv", "text/csv; charset=utf-8"),
    FileFormat.JSON: ("sample.json", "application/json"),
    FileFormat.XML: ("sample.xml", "application/xml"),
}


def schema(file_format: FileFormat) -> tuple[bytes, str]:
    """Return JSON Schema, XSD or, for CSV, metadata for CSV on the Web; and the media type."""
    return _read(*_SCHEMAS[file_format])


def sample(file_format: FileFormat) -> tuple[bytes, str]:
    """Return a file with the same six rows in each format; and the media type."""
    return _read(*_SAMPLES[file_format])


def _read(name: str, media_type: str) -> tuple[bytes, str]:
    return files(__name__).joinpath(name).read_bytes(), media_type
