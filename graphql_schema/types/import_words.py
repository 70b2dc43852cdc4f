"""The words of imports as GraphQL enums."""

from app.domain.import_files import FileFormat, ImportMode, OnError
from graphql_schema.types.enums import described

described(
    FileFormat,
    "How a file of codes is written.",
    {
        "CSV": "Lines of cells, the first of which names the columns.",
        "JSON": "One object with a list of codes.",
        "XML": "One element with an element for each code.",
    },
)
described(
    ImportMode,
    "Which codes an import may touch.",
    {
        "UPSERT": "New codes are made, and those that exist are changed.",
        "INSERT_ONLY": "A row whose code exists fails.",
        "UPDATE_ONLY": "A row whose code does not exist fails.",
    },
)
described(
    OnError,
    "What a failed row means for the others.",
    {
        "CONTINUE": "Nothing: each row is applied or reported by itself.",
        "ABORT": "No row is applied: all or nothing, for files of at most 10,000 rows.",
    },
)

__all__ = ["FileFormat", "ImportMode", "OnError"]
