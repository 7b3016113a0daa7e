"""Connections to public addresses only, for programs that fetch what strangers name."""

from __future__ import annotations

import ipaddress
import socket

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""Its last 32 bits are the address that is meant (RFC 6052)."""
_NOT_PUBLIC = tuple(map(ipaddress.IPv6Network, ("::/96", "64:ff9b:1::/48", "fec0::/10")))
"""What older versions of Python take for public: IPv4 addresses as they were once wrapped, NAT64 within a network
(RFC 8215), and addresses of a site.
"""


def is_public(host: str) -> bool:
    """Whether the numeric address ``host`` belongs to the public internet, whatever it is wrapped in."""
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if any(address in network for network in _NOT_PUBLIC):
            return False
        wrapped = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _NAT64:
            wrapped = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if wrapped is not None:
            address = wrapped
    return address.is_global and not address.is_multicast


def connect_publicly(host: str, port: int, timeout: float | None) -> socket.socket:
    """To the first public address of ``host`` that answers: one that was looked at, so that a name cannot mean another
    one the second time. Raises ``OSError``.
    """
    failure = OSError(f"{host} is no public address")
    for family, kind, protocol, _, where in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if not is_public(str(where[0])):
            continue
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(timeout)
            connection.connect(where)
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure
