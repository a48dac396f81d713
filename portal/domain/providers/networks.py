"""Networks from which a provider's users and programs may connect; nobody can lock themselves out."""

import ipaddress
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.core.models import Network, Provider

MAX_NETWORKS = 50
WIDEST = {4: 8, 6: 16}  # Shortest prefixes by IP version; wider networks protect nothing.


class NotANetwork(ValueError):
    """The text is no network (CIDR) and no single address, of IPv4 or IPv6."""


class TooWide(ValueError):
    """The prefix is shorter than WIDEST."""


class AlreadyListed(ValueError):
    """The network is on the list."""


class TooManyNetworks(ValueError):
    """The list holds MAX_NETWORKS networks."""


class LocksOutUser(ValueError):
    """Whoever changes the list would lock themselves out."""


def list_networks(session: Session, provider_id: int) -> list[Network]:
    """A provider's networks, oldest first."""
    theirs = select(Network).where(Network.provider_id == provider_id)
    return list(session.scalars(theirs.order_by(Network.created_at, Network.id)))


def normalize_network(text: str) -> str:
    """A network without host bits: "10.0.0.7/8" is 10.0.0.0/8. Raises NotANetwork, TooWide."""
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise NotANetwork from None
    if network.version == 6 and network.network_address.ipv4_mapped is not None and network.prefixlen >= 96:
        network = ipaddress.ip_network((network.network_address.ipv4_mapped, network.prefixlen - 96))
    if getattr(network.network_address, "scope_id", None):
        raise NotANetwork
    if network.prefixlen < WIDEST[network.version]:
        raise TooWide
    return str(network)


def add_network(session: Session, provider: Provider, text: str, *, note: str, here: str, at: datetime) -> Network:
    """Allow a network; `here` is the address of whoever does it. Raises any of the above."""
    cidr = normalize_network(text)
    others = [network.cidr for network in _lock_networks(session, provider)]
    if cidr in others:
        raise AlreadyListed
    if len(others) >= MAX_NETWORKS:
        raise TooManyNetworks
    if not contain_address([*others, cidr], here):
        raise LocksOutUser
    network = Network(provider_id=provider.id, cidr=cidr, note=note.strip(), created_at=at)
    session.add(network)
    session.flush()
    return network


def remove_network(session: Session, provider: Provider, network_id: int, *, here: str) -> str | None:
    """Remove a network; its CIDR, or None where there is none. An empty list allows all. Raises LocksOutUser."""
    theirs = _lock_networks(session, provider)
    gone = next((network for network in theirs if network.id == network_id), None)
    if gone is None:
        return None
    rest = [network.cidr for network in theirs if network is not gone]
    if rest and not contain_address(rest, here):
        raise LocksOutUser
    session.execute(delete(Network).where(Network.id == gone.id))
    return gone.cidr


def contain_address(cidrs: list[str], address: str) -> bool:
    """Whether an address lies in one of the networks."""
    try:
        here = ipaddress.ip_address(address)
    except ValueError:
        return False
    here = getattr(here, "ipv4_mapped", None) or here
    return any(here in ipaddress.ip_network(cidr) for cidr in cidrs)


def _lock_networks(session: Session, provider: Provider) -> list[Network]:
    """The list, with the provider's row locked so that concurrent changes queue up."""
    session.execute(select(Provider.id).where(Provider.id == provider.id).with_for_update(key_share=True))
    return list_networks(session, provider.id)
