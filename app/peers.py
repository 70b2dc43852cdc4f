"""From where a request came, as far as that can be believed."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Proxies that stand behind each other; more entries than that are a stranger's own.
MOST_PROXIES: Final = 10


class Peers:
    """Knows the proxies whose word on the address in front of them is taken."""

    def __init__(self, trusted: Sequence[Network] = ()) -> None:
        self._trusted = tuple(trusted)

    def address(self, scope: Scope) -> str | None:
        """The address of who asks; None when the server does not know its peer.

        Whoever asks can send X-Forwarded-For with any content, and each proxy adds to its end whom
        it heard. So it is read from the end, for as long as the one who added is trusted.
        """
        client = scope.get("client")
        found = _parsed(client[0]) if client else None
        if found is None:
            return None
        for entry in reversed(_forwarded(scope)[-MOST_PROXIES:] if self._trusted else []):
            before = _parsed(entry) if self._trusts(found) else None
            if before is None:
                break
            found = before
        return str(found)

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _forwarded(scope: Scope) -> list[str]:
    lines = Headers(scope=scope).getlist("x-forwarded-for")
    return [entry for line in lines for entry in line.split(",")]


def _parsed(text: str) -> Address | None:
    """An address, with or without a port; one of IPv4 as such, however it is written."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        return found.ipv4_mapped or IPv6Address(int(found))
    return found
