"""Connections to public addresses only, for programs that fetch what strangers name."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import urllib.request

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""Its last 32 bits are the address that is meant (RFC 6052)."""


def public_handlers() -> tuple[urllib.request.BaseHandler, ...]:
    """For ``urllib.request.build_opener``: each connection, those of redirects too, is made to an address that was
    looked at, so that a name cannot mean another one the second time; and proxies, which connect for us, are not used.

    Opening raises ``URLError`` for a host that has no public address.
    """
    return urllib.request.ProxyHandler({}), _Http(), _Https()


def is_public(host: str) -> bool:
    """Whether the numeric address ``host`` belongs to the public internet, whatever it is wrapped in."""
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _NAT64:
            wrapped = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if wrapped is not None:
            address = wrapped
    return address.is_global and not address.is_multicast


def _connect(host: str, port: int, timeout: float | None) -> socket.socket:
    """To the first public address of ``host`` that answers. Raises ``OSError``."""
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


class _HttpConnection(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = _connect(self.host, self.port, self.timeout)


class _HttpsConnection(http.client.HTTPSConnection):
    def connect(self) -> None:
        context = self._context  # type: ignore[attr-defined]  # where the class keeps the default one
        self.sock = context.wrap_socket(_connect(self.host, self.port, self.timeout), server_hostname=self.host)


class _Http(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_HttpConnection, req)


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_HttpsConnection, req)
