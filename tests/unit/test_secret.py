from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from stat import S_IMODE

import pytest
from pydantic import SecretStr

from app.config import Settings
from app.secret import SECRET_BYTES, SecretMissing, load_secret


def embedded(folder: Path) -> Settings:
    return Settings(database_url=f"sqlite://{folder}/data/shop.sqlite3", secret=None)


def test_the_settings_secret_comes_first(tmp_path: Path) -> None:
    settings = embedded(tmp_path).model_copy(update={"secret": SecretStr("from the settings")})
    assert load_secret(settings) == b"from the settings"
    assert list(tmp_path.iterdir()) == []


def test_an_embedded_one_is_made_once_and_is_the_owners(tmp_path: Path) -> None:
    first = load_secret(embedded(tmp_path))
    assert len(first) == SECRET_BYTES
    assert load_secret(embedded(tmp_path)) == first
    (path,) = (tmp_path / "data").iterdir()
    assert path.name == "shop.sqlite3.secret"
    assert S_IMODE(path.stat().st_mode) == 0o600


def test_each_database_has_its_own(tmp_path: Path) -> None:
    secrets = {load_secret(embedded(tmp_path / name)) for name in ("one", "two")}
    assert len(secrets) == 2


def test_starts_at_the_same_moment_agree(tmp_path: Path) -> None:
    settings = [embedded(tmp_path) for _ in range(16)]
    with ThreadPoolExecutor(16) as threads:
        assert len(set(threads.map(load_secret, settings))) == 1
    assert len(list((tmp_path / "data").iterdir())) == 1


def test_a_server_needs_one() -> None:
    with pytest.raises(SecretMissing, match="Set PROMOGRAPH_SECRET"):
        load_secret(Settings(database_url="postgresql://localhost/shop", secret=None))
