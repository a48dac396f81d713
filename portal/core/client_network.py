"""The network by which clients are counted in limits over many accounts."""

from ipaddress import ip_address, ip_network


def network_of(address: str) -> str:
    """The /24 of an IPv4 address or the /64 of an IPv6 address (mostly one household); "unknown" for anything else."""
    try:
        client = ip_address(address)
    except ValueError:
        return "unknown"
    client = getattr(client, "ipv4_mapped", None) or client
    return str(ip_network(f"{client}/{24 if client.version == 4 else 64}", strict=False))
