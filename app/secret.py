"""The secret under which the service signs what it hands out and wants back unchanged."""

import os
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from app.config import Settings

SECRET_BYTES = 32


class SecretMissing(Exception):  # noqa: N818 - read by an operator, who knows it as a message
    """A server database is shared by processes, which must share a secret too."""

    def __init__(self) -> None:
        super().__init__(
            "Set PROMOGRAPH_SECRET to a long random text, the same for every process; for example"
            " the output of `openssl rand -hex 32`."
        )


def load_secret(settings: Settings) -> bytes:
    """The secret of the settings; without one, an embedded database keeps its own beside its file.

    That one is made at the first start, readable by its owner only, and stays: what was signed
    before a restart is still good. Raises SecretMissing for a database server.
    """
    if settings.secret is not None:
        return settings.secret.get_secret_value().encode()
    if not settings.embedded:
        raise SecretMissing
    path = settings.sqlite_path.with_name(settings.sqlite_path.name + ".secret")
    path.parent.mkdir(parents=True, exist_ok=True)
    return _kept(path)


def _kept(path: Path) -> bytes:
    """The file's content. Of several processes that make it at once, the first one's stays."""
    if not path.exists():
        # Made readable by its owner alone.
        descriptor, name = mkstemp(dir=path.parent)
        draft = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(SECRET_BYTES))
        with suppress(FileExistsError):
            # A link appears whole or not at all, and never replaces the one that others may use.
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_bytes()
