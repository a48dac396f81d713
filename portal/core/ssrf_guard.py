"""SSRF guard: connections to the public internet only, for URLs that providers choose.

The address is checked where the connection is made, and is the one that is connected to: a name that resolves otherwise
a moment later changes nothing.
"""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError

from portal.core import dns_records, http_deadline

LEAD_TO_IPV4 = IPv6Network("64:ff9b::/96"), IPv6Network("::/96"), IPv6Network("::ffff:0:0:0/96")  # By gateways.
NEVER_PUBLIC = IPv6Network("fec0::/10"), IPv6Network("64:ff9b:1::/48")  # Which Python takes for public.

Resolve = Callable[[str, int], str]  # A host and a port: the address to connect to. Raises PrivateAddress, gaierror.


class PrivateAddress(Exception):
    """The name belongs to an address that is not on the public internet."""


def public_address(host: str, port: int) -> str:
    """The first address of a host. Raises PrivateAddress if any of them is not public."""
    found = [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not all(map(is_public, found)):
        raise PrivateAddress
    return found[0]


def is_public(text: str) -> bool:
    """Whether an IP address, and the IPv4 address that it leads to, are on the public internet."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        if any(address in network for network in NEVER_PUBLIC):
            return False
        behind = address.ipv4_mapped or address.sixtofour
        if any(address in network for network in LEAD_TO_IPV4):
            behind = IPv4Address(int(address) & 0xFFFFFFFF)
        address = behind or address
    return address.is_global and not address.is_multicast


class GuardedConnection(http_deadline.SecureConnection):
    """Connects to the very address that was checked; TLS still asks for the certificate of the name."""

    def _new_conn(self) -> socket.socket:
        name = self._dns_host
        try:
            self._dns_host = public_address(name, self.port)
            return super()._new_conn()
        except socket.gaierror as failure:
            raise NameResolutionError(name, self, failure) from None
        finally:
            self._dns_host = name


class GuardedPool(HTTPSConnectionPool):
    """Connections with deadlines, to public addresses only."""

    ConnectionCls = GuardedConnection


def dns_resolver(name_server: str, is_allowed: Callable[[str], bool] = is_public) -> Resolve:
    """Resolve by DNS alone, within the limits of dns_records.look_up(): no file of this machine adds names."""

    def resolve(host: str, _port: int) -> str:
        found = [host] if _is_address(host) else _look_up_addresses(host, name_server)
        if not all(map(is_allowed, found)):
            raise PrivateAddress
        return found[0]

    return resolve


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _look_up_addresses(host: str, name_server: str) -> list[str]:
    """IPv4 addresses or, where there are none, IPv6 addresses. Raises gaierror."""
    try:
        found = dns_records.look_up(host, "A", name_server) or dns_records.look_up(host, "AAAA", name_server)
    except dns_records.NoAnswer:
        found = []
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, "no address")
    return found
