"""Who has a copy of the database has no key: neither a text, nor anything that is taken for one."""

from collections.abc import Iterator

from app.config import Settings
from app.database import Database
from app.domain.api_keys import ApiKeyDraft, find_prefix, key_text
from app.domain.roles import Role
from app.services import api_keys
from app.services.editing import Stamp, Target
from tests.contracts import catalogue
from tests.making import CALLER, NOW

SECRET = b"the secret of this test's service"


async def texts_of_a_life(database: Database) -> list[str]:
    """A key that is made, rotated and revoked, and another that lasts."""
    draft = ApiKeyDraft("Till", Role.ADMIN, metadata={"for": "a till"})
    made = await api_keys.create(database, SECRET, CALLER, draft, NOW)
    again = await api_keys.rotate(database, SECRET, Stamp(CALLER, NOW), Target(made.key_id))
    await api_keys.revoke(database, CALLER, Target(made.key_id), NOW)
    other = await api_keys.create(database, SECRET, CALLER, ApiKeyDraft("App", Role.ADMIN), NOW)
    return [made.text, again.text, other.text]


async def dump(database: Database) -> str:
    """Everything in every table."""
    tables = await catalogue.read(database)
    rows = {table: await database.read(f'SELECT * FROM "{table}"') for table in tables}
    return "\n".join(
        f"{table}: {[value for row in found for value in row]}" for table, found in rows.items()
    )


def tellings(text: str) -> Iterator[str]:
    """The text, and its secret as a text or a number may hold it."""
    secret = text[15:58]
    yield from (text, secret, secret[:20], secret[-20:], text.encode().hex())


async def test_no_table_holds_a_text(database: Database) -> None:
    texts = await texts_of_a_life(database)
    everything = await dump(database)
    assert [one for text in texts for one in tellings(text) if one in everything] == []
    # The search would find them: what is kept of each text is there.
    for text in texts:
        assert (find_prefix(text) or "?") in everything
        assert api_keys.digest(SECRET, text) in everything


async def test_a_text_that_is_kept_would_be_found(database: Database) -> None:
    (text, *_) = await texts_of_a_life(database)
    async with database.transaction() as tx:
        await tx.execute("UPDATE api_key SET metadata = $1", {"copied": text})
    everything = await dump(database)
    assert [one in everything for one in tellings(text)] == [True, True, True, True, False]


async def test_no_file_of_the_embedded_database_holds_one(sqlite_settings: Settings) -> None:
    database = await Database.open(sqlite_settings)
    texts = await texts_of_a_life(database)
    path = sqlite_settings.sqlite_path
    files = [one.read_bytes() for one in path.parent.glob(f"{path.name}*")]
    await database.close()
    found = [
        one for text in texts for one in tellings(text) for file in files if one.encode() in file
    ]
    assert found == []
    assert any((find_prefix(texts[0]) or "?").encode() in file for file in files)


async def test_nothing_in_the_tables_opens_anything(database: Database) -> None:
    """Every way to make a text of what is kept, tried with the service's own secret."""
    texts = await texts_of_a_life(database)
    rows = await database.read("SELECT prefix, digest FROM api_key_secret")
    tried = [
        text
        for row in rows
        for text in (
            row["digest"],
            f"pgk_{row['prefix']}_{row['digest'][:49]}",
            key_text(row["prefix"], int(row["digest"], 16)),
            key_text(row["prefix"], int.from_bytes(bytes.fromhex(row["digest"])[::-1])),
        )
    ]
    assert len(tried) == 12
    assert [await api_keys.find_holder(database, SECRET, text, NOW) for text in tried] == [
        None
    ] * 12
    assert await api_keys.find_holder(database, SECRET, texts[-1], NOW)


async def test_with_another_secret_a_text_opens_nothing(database: Database) -> None:
    """A copy of the database beside another service recognises nobody's key."""
    texts = await texts_of_a_life(database)
    assert await api_keys.find_holder(database, SECRET, texts[-1], NOW)
    for secret in (b"", b"another secret", b"\0" + SECRET, SECRET[:-1]):
        assert await api_keys.find_holder(database, secret, texts[-1], NOW) is None
