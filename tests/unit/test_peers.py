from ipaddress import ip_network

import pytest

from app.peers import Peers

PROXY = "10.0.0.1"
FRONT = "10.0.0.2"
CALLER = "203.0.113.9"
OURS = Peers([ip_network("10.0.0.0/8"), ip_network("fd00::/8")])


def address(peers: Peers, peer: str | None, *forwarded: str) -> str | None:
    headers = [(b"x-forwarded-for", line.encode("latin-1")) for line in forwarded]
    client = None if peer is None else (peer, 50_000)
    return peers.address({"type": "http", "client": client, "headers": headers})


def test_without_proxies_it_is_the_peers() -> None:
    assert address(Peers(), CALLER, PROXY) == CALLER
    assert address(Peers(), PROXY, CALLER) == PROXY


def test_a_server_that_knows_no_peer() -> None:
    assert address(OURS, None, CALLER) is None
    assert address(OURS, "", CALLER) is None
    assert OURS.address({"type": "http", "headers": []}) is None


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((CALLER,), CALLER),
        ((f" {CALLER} ",), CALLER),
        ((f"{CALLER}:4711",), CALLER),
        (("[2001:db8::1]:4711",), "2001:db8::1"),
        (("2001:DB8:0::1",), "2001:db8::1"),
        (("::ffff:203.0.113.9",), CALLER),
        ((f"{CALLER}, {FRONT}",), CALLER),
        ((CALLER, FRONT), CALLER),
        # What stands before the first stranger is the stranger's own.
        ((f"192.0.2.66, {CALLER}, {FRONT}",), CALLER),
        ((f"127.0.0.1, {CALLER}",), CALLER),
        ((f"10.6.6.6, {CALLER}",), CALLER),
        # What cannot be read ends the reading: the last one who is known stays.
        (("unknown",), PROXY),
        (("",), PROXY),
        ((f"{CALLER}, garbage\xff",), PROXY),
        ((f"{CALLER}, , {FRONT}",), FRONT),
        (("9" * 100_000,), PROXY),
        ((",".join([FRONT] * 100_000),), FRONT),
        ((), PROXY),
    ],
)
def test_behind_proxies_it_is_who_they_say(lines: tuple[str, ...], expected: str) -> None:
    assert address(OURS, PROXY, *lines) == expected


def test_nobody_else_is_believed() -> None:
    """Or whoever asks could choose an address for each guess."""
    assert address(OURS, CALLER, "192.0.2.66") == CALLER


def test_an_address_has_one_form() -> None:
    assert address(Peers(), "::ffff:203.0.113.9") == CALLER
    assert address(Peers(), "fe80::1%eth0") == "fe80::1"
