from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.config import Settings


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither by the environment nor by a file of this folder."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"PROMOGRAPH_{name.upper()}", raising=False)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("database_url", "sqlite://shop.sqlite3", "sqlite://shop.sqlite3"),
        ("database_url", "sqlite:///var/shop.sqlite3", "sqlite:///var/shop.sqlite3"),
        ("database_url", "postgres://localhost", "postgres://localhost"),
        ("database_url", "postgresql:///shop?host=/tmp", "postgresql:///shop?host=/tmp"),
        ("database_url", "postgresql://u:p@ss@[::1]:5432/s", "postgresql://u:p@ss@[::1]:5432/s"),
        ("database_url", "postgresql://a:5432,b:5433/s", "postgresql://a:5432,b:5433/s"),
        ("redis_url", "", ""),
        ("redis_url", "redis://localhost:6379/0", "redis://localhost:6379/0"),
        ("redis_url", "rediss://:secret@cache/1", "rediss://:secret@cache/1"),
        ("redis_url", "unix:///run/socket?db=1", "unix:///run/socket?db=1"),
        ("time_zone", "America/Argentina/Salta", "America/Argentina/Salta"),
        ("allowed_hosts", "localhost", ["localhost"]),
        ("allowed_hosts", " shop.example , 127.0.0.1,", ["shop.example", "127.0.0.1"]),
        ("allowed_hosts", "[::1]", ["[::1]"]),
        ("allowed_hosts", '["localhost", "[::1]"]', ["localhost", "[::1]"]),
        ("allowed_origins", "", []),
        ("allowed_origins", "https://shop.example", ["https://shop.example"]),
        (
            "allowed_origins",
            "http://localhost:3000/,app://shop",
            ["http://localhost:3000/", "app://shop"],
        ),
        ("oidc_jwks_url", "https://issuer.example/k", "https://issuer.example/k"),
        ("oidc_jwks_url", "http://localhost:8080/k", "http://localhost:8080/k"),
        ("oidc_jwks_url", "http://[::1]:8080/k", "http://[::1]:8080/k"),
        ("keyless", "true", True),
        ("keyless", "false", False),
        ("trusted_proxies", "", []),
        ("trusted_proxies", "10.0.0.1", [ip_network("10.0.0.1/32")]),
        (
            "trusted_proxies",
            "10.0.0.0/8, fd00::/8",
            [ip_network("10.0.0.0/8"), ip_network("fd00::/8")],
        ),
    ],
)
def test_settings_that_are_fine(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: object
) -> None:
    monkeypatch.setenv(f"PROMOGRAPH_{name.upper()}", text)

    assert getattr(Settings(), name) == value


ADDRESS = "Write it as sqlite://PATH or postgresql://USER:PASSWORD@HOST/NAME."
REDIS = "Write it as redis://HOST:6379/0 or unix:///PATH; empty for none."
ZONE = "Choose a time zone of the IANA list: Europe/London."
HOSTS = "Name hosts without ports, with commas between: localhost,127.0.0.1,[::1]"
JWKS = "Write it as https://ISSUER/jwks.json; plain http on this machine only."
NETWORKS = "Write addresses or networks, with commas between: 10.0.0.0/8"
ORIGINS = "Write origins as https://shop.example, with commas between."


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("database_url", "", ADDRESS),
        ("database_url", "shop.sqlite3", ADDRESS),
        ("database_url", "mysql://localhost/shop", ADDRESS),
        ("database_url", "sqlite://", ADDRESS),
        ("database_url", "sqlite://:memory:", ADDRESS),
        ("database_url", "postgresql://", ADDRESS),
        ("database_url", "postgresql://localhost:many/shop", ADDRESS),
        ("redis_url", "nonsense", REDIS),
        ("redis_url", "http://localhost", REDIS),
        ("redis_url", "redis://", REDIS),
        ("redis_url", "unix://", REDIS),
        ("redis_url", "redis://localhost:many", REDIS),
        ("redis_url", "redis://[::1", REDIS),
        ("time_zone", "Mars", ZONE),
        ("time_zone", "", ZONE),
        ("time_zone", "localtime", ZONE),
        ("allowed_hosts", "", HOSTS),
        ("allowed_hosts", "localhost:8420", HOSTS),
        ("allowed_hosts", '["localhost"', HOSTS),
        ("allowed_origins", "shop.example", ORIGINS),
        ("allowed_origins", "*", ORIGINS),
        ("allowed_origins", "https://shop.example/a/page", ORIGINS),
        ("trusted_proxies", "proxy.example", NETWORKS),
        ("trusted_proxies", "10.0.0.1/8", NETWORKS),
        ("trusted_proxies", "*", NETWORKS),
        ("oidc_jwks_url", "http://issuer.example/jwks.json", JWKS),
        ("oidc_jwks_url", "issuer.example/jwks.json", JWKS),
        ("oidc_jwks_url", "file:///etc/keys.json", JWKS),
        ("oidc_jwks_url", "https://", JWKS),
        ("oidc_jwks_url", "https://[::1", JWKS),
    ],
)
def test_settings_that_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, sentence: str
) -> None:
    monkeypatch.setenv(f"PROMOGRAPH_{name.upper()}", text)

    with pytest.raises(ValidationError) as caught:
        Settings()

    (error,) = caught.value.errors()
    assert (error["loc"], error["msg"]) == ((name,), f"Value error, {sentence}")


def test_a_secret_is_long_and_a_refusal_does_not_tell_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("", "short", "x" * 31):
        monkeypatch.setenv("PROMOGRAPH_SECRET", text)
        with pytest.raises(ValidationError, match="At least 32 characters are needed") as caught:
            Settings()
        assert "short" not in str(caught.value)
    monkeypatch.setenv("PROMOGRAPH_SECRET", "x" * 32)
    secret = Settings().secret
    assert secret is not None
    assert secret.get_secret_value() == "x" * 32


OIDC = {
    "OIDC_ISSUER": "https://issuer.example",
    "OIDC_AUDIENCE": "promograph",
    "OIDC_JWKS_URL": "https://issuer.example/jwks.json",
}


def test_an_issuer_needs_to_be_told_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in OIDC.items():
        monkeypatch.setenv(f"PROMOGRAPH_{name}", text)
    assert Settings().oidc_jwks_url == OIDC["OIDC_JWKS_URL"]
    for name in ("OIDC_AUDIENCE", "OIDC_JWKS_URL", "OIDC_SCOPES_CLAIM"):
        with monkeypatch.context() as lacking:
            lacking.setenv(f"PROMOGRAPH_{name}", "")
            with pytest.raises(ValidationError) as caught:
                Settings()
        (error,) = caught.value.errors()
        told = "Value error, PROMOGRAPH_OIDC_ISSUER needs it too."
        assert (error["loc"], error["msg"]) == ((name.lower(),), told)
