"""Which addresses belong to the public internet."""

from __future__ import annotations

import pytest

from glmv_cli.media.public import is_public


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:127.0.0.1"),
        *("fec0::1", "::10.0.0.1", "64:ff9b:1::10.0.0.1"),
        *("64:ff9b::10.0.0.1", "2002:7f00:1::", "2001:0:53aa:64c:0:fffe:80ff:fffe"),
    ],
)
def test_private_addresses_are_known_in_all_their_guises(host: str) -> None:
    assert not is_public(host)


@pytest.mark.parametrize("host", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::"])
def test_public_addresses_are_public(host: str) -> None:
    assert is_public(host)
