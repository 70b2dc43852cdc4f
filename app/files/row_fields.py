"""What a row says beyond its fields, or in texts that cannot be kept."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from app.domain.import_files import RowErrorCode, RowMessage, Value
from app.domain.import_values import quoted
from app.files.limits import MAX_UNKNOWN
from app.files.places import shown

# A NUL, or half of a surrogate pair: no database stores them in a text.
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")


def unknown_fields(names: Iterable[str], known: Mapping[str, str]) -> tuple[RowMessage, ...]:
    """Return a message for each name, the many at the end in one; `known` spells by lower case."""
    unknown = list(names)
    messages = [_unknown(name, known) for name in unknown[:MAX_UNKNOWN]]
    if more := len(unknown) - len(messages):
        messages.append(RowMessage(RowErrorCode.UNKNOWN_FIELD, f"{more} more fields do not exist."))
    return tuple(messages)


def _unknown(name: str, known: Mapping[str, str]) -> RowMessage:
    spelled = known.get(name.lower())
    hint = f"it is spelled '{spelled}'" if spelled else f"there are {', '.join(known.values())}"
    return RowMessage(
        RowErrorCode.UNKNOWN_FIELD,
        f"There is no field '{shown(name)}'; {hint}.",
        field=shown(name),
    )


def storable_values(
    values: Mapping[str, Value],
) -> tuple[dict[str, Value], tuple[RowMessage, ...]]:
    """Return values that can be stored, and a message for each that could not be."""
    kept = {field: _storable(value) for field, value in values.items()}
    return kept, tuple(
        RowMessage(
            RowErrorCode.CODE_BAD_CHAR if field == "code" else RowErrorCode.OUT_OF_RANGE,
            f"'{field}' holds a character that cannot be stored.",
            field=field,
            value=quoted(field, shown(str(kept[field]))),
        )
        for field, value in values.items()
        if kept[field] != value
    )


def _storable(value: Value) -> Value:
    if isinstance(value, str):
        return _storable_text(value)
    if isinstance(value, list):
        return [_storable(entry) for entry in value]
    if isinstance(value, dict):
        return {_storable_text(key): _storable(entry) for key, entry in value.items()}
    return value


def _storable_text(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text)
