"""Which addresses are public, for programs that fetch what strangers name."""

from __future__ import annotations

import ipaddress

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
