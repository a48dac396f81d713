"""The network that a client's address is counted by."""

from ipaddress import ip_address, ip_network


def network_of(address: str) -> str:
    """The /24 around an IPv4 address, or the /64 of an IPv6 one, which mostly has one holder; "unknown" otherwise."""
    try:
        client = ip_address(address)
    except ValueError:
        return "unknown"
    client = getattr(client, "ipv4_mapped", None) or client
    return str(ip_network(f"{client}/{24 if client.version == 4 else 64}", strict=False))
