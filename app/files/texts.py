"""Values as they are written where everything is text."""

from app.domain.import_files import Value


def text_of(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
