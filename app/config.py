import json
import re
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.domain import time_zones

_SECRET_LENGTH: Final = 32
_SERVER: Final = re.compile(r"([^:\[\]]*|\[[^\]]*\])(:[0-9]{1,5})?")
_HOST: Final = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")
_ORIGIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/\"',*]+/?")


def _check_database_url(url: str) -> str:
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        # In memory, each connection would have a database of its own.
        fits = bool(rest) and not rest.startswith(":")
    else:
        servers = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2].split(",")
        known = scheme in {"postgresql", "postgres"} and bool(rest)
        fits = known and all(map(_SERVER.fullmatch, servers))
    if not fits:
        raise ValueError("Write it as sqlite://PATH or postgresql://USER:PASSWORD@HOST/NAME.")
    return url


def _check_redis_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        place = parts.path if parts.scheme == "unix" else parts.hostname
        fits = parts.scheme in {"redis", "rediss", "unix"} and bool(place) and parts.port != 0
    except ValueError:
        fits = False
    if url and not fits:
        raise ValueError("Write it as redis://HOST:6379/0 or unix:///PATH; empty for none.")
    return url


def _check_secret(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < _SECRET_LENGTH:
        raise ValueError(
            f"At least {_SECRET_LENGTH} characters are needed; `openssl rand -hex 32` makes them."
        )
    return secret


def _check_time_zone(name: str) -> str:
    if name not in time_zones.names():
        raise ValueError(time_zones.SENTENCE)
    return name


def _listed(value: object) -> object:
    """The entries of a text, which is JSON or separated by commas."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return [entry.strip() for entry in value.split(",") if entry.strip()]


def _check_hosts(names: list[str]) -> list[str]:
    if not names or not all(map(_HOST.fullmatch, names)):
        raise ValueError("Name hosts without ports, with commas between: localhost,127.0.0.1,[::1]")
    return names


def _check_origins(names: list[str]) -> list[str]:
    if not all(map(_ORIGIN.fullmatch, names)):
        raise ValueError("Write origins as https://shop.example, with commas between.")
    return names


def _check_networks(entries: list[str]) -> list[IPv4Network | IPv6Network]:
    try:
        return [ip_network(entry) for entry in entries]
    except ValueError:
        raise ValueError("Write addresses or networks, with commas between: 10.0.0.0/8") from None


def _check_jwks_url(url: str) -> str:
    """Whoever could change what comes from there could make tokens for anybody."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
        fits = bool(host) and safe and parts.port != 0
    except ValueError:
        fits = False
    if url and not fits:
        raise ValueError("Write it as https://ISSUER/jwks.json; plain http on this machine only.")
    return url


def is_loopback(host: str) -> bool:
    """Whether the name or address is this machine's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Settings(BaseSettings):
    """Everything that can be set, read from the environment as `PROMOGRAPH_*`.

    `.env.example` lists the same names with the same defaults; a contract test compares them.
    """

    model_config = SettingsConfigDict(
        env_prefix="PROMOGRAPH_", env_file=".env", extra="ignore", hide_input_in_errors=True
    )

    database_url: Annotated[str, AfterValidator(_check_database_url)] = (
        "sqlite://data/promograph.sqlite3"
    )
    database_pool_size: int = Field(default=10, ge=2)
    database_wait_seconds: int = Field(default=10, gt=0)
    database_statement_seconds: int = Field(default=60, gt=0)
    redis_url: Annotated[str, AfterValidator(_check_redis_url)] = ""
    secret: Annotated[SecretStr, AfterValidator(_check_secret)] | None = None
    # Whoever shows no key may do everything; only on a loopback address.
    keyless: bool = False
    host: str = "127.0.0.1"
    port: int = Field(default=8420, ge=0, le=65535)
    time_zone: Annotated[str, AfterValidator(_check_time_zone)] = "UTC"
    # A worker that is silent this long loses its job to another one.
    lease_seconds: float = Field(default=10, gt=0)
    # How often each worker looks for lost rings and lost workers.
    reap_seconds: float = Field(default=2, gt=0)
    # How long a job keeps its place while others wait.
    slice_seconds: float = Field(default=2, gt=0)
    # How many jobs one worker has in hand at the same time.
    worker_jobs: int = Field(default=4, ge=1, le=100)
    # The largest file that can be imported, in bytes and in rows.
    max_upload_bytes: int = Field(default=268_435_456, gt=0)
    max_import_rows: int = Field(default=10_000, gt=0)
    # How many wrong guesses at codes pass in a stretch of the clock; 0: any number of them.
    guess_window_seconds: int = Field(default=600, ge=1, le=86_400)
    guesses_per_key: int = Field(default=1_000, ge=0)
    guesses_per_address: int = Field(default=5_000, ge=0)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "console"] = "auto"

    allowed_hosts: Annotated[
        list[str], NoDecode, BeforeValidator(_listed), AfterValidator(_check_hosts)
    ] = ["localhost", "127.0.0.1", "[::1]"]
    allowed_origins: Annotated[
        list[str], NoDecode, BeforeValidator(_listed), AfterValidator(_check_origins)
    ] = []

    # Proxies whose X-Forwarded-For tells who asks.
    trusted_proxies: Annotated[
        list[IPv4Network | IPv6Network],
        NoDecode,
        BeforeValidator(_check_networks),
        BeforeValidator(_listed),
    ] = []

    # Tokens of an identity provider beside keys: whose, made for whom, checked by which keys; and
    # the claims that hold scopes or roles, and the customer's number of a customer's own token.
    oidc_issuer: str = ""
    oidc_audience: str = ""
    oidc_jwks_url: Annotated[str, AfterValidator(_check_jwks_url)] = ""
    oidc_scopes_claim: str = "scope"
    oidc_customer_claim: str = ""

    # Whether callers may ask for the schema.
    introspection: bool = True

    max_body_bytes: int = Field(default=1_048_576, gt=0)
    max_document_characters: int = Field(default=65_536, gt=0)
    max_tokens: int = Field(default=2_000, gt=0)
    max_depth: int = Field(default=16, gt=0)
    max_aliases: int = Field(default=20, ge=0)
    max_nested_lists: int = Field(default=5, gt=0)
    max_equal_keys: int = Field(default=20, gt=0)
    max_fragments: int = Field(default=50, ge=0)
    max_directives: int = Field(default=30, ge=0)
    max_cost: int = Field(default=10_000, gt=0)
    max_subscriptions_per_socket: int = Field(default=20, gt=0)
    max_event_streams: int = Field(default=2_000, gt=0)
    document_cache_entries: int = Field(default=1_000, gt=0)
    document_cache_bytes: int = Field(default=33_554_432, gt=0)

    @field_validator("oidc_audience", "oidc_jwks_url", "oidc_scopes_claim")
    @classmethod
    def _needed_with_an_issuer(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("oidc_issuer") and not value:
            raise ValueError("PROMOGRAPH_OIDC_ISSUER needs it too.")
        return value

    @cached_property
    def embedded(self) -> bool:
        """True when the database is an SQLite file and the queue lives in the API process."""
        return self.database_url.startswith("sqlite://")

    @cached_property
    def sqlite_path(self) -> Path:
        return Path(self.database_url.removeprefix("sqlite://"))
