"""The network by which clients are counted in limits."""

from ipaddress import ip_address, ip_network


def network_of(address: str, *, ipv4_bits: int = 24) -> str:
    """The network of an IPv4 address, or the /64 of an IPv6 address (mostly one household); "unknown" for anything
    else."""
    try:
        client = ip_address(address)
    except ValueError:
        return "unknown"
    client = getattr(client, "ipv4_mapped", None) or client
    return str(ip_network((int(client), ipv4_bits if client.version == 4 else 64), strict=False))
