"""Whose a number is that a vendor writes as digits which are two: a Turkish landline, and a number abroad."""

from dataclasses import replace

from portal.core import address_holders
from portal.core.addresses import parse
from portal.core.extensions import db, vault
from portal.core.models import MessageGateway, Provider
from portal.services.messaging.gateways.protocol import BlockedAddress, InboundMessage
from portal.services.messaging.gateways.vendor_rows import readings


def with_known_sender(gateway: MessageGateway, reply: InboundMessage) -> InboundMessage:
    """A reply whose sender's digits may be two numbers, from those that the account's owner has; it is for a person
    unless that is one. Where that is the landline, somebody abroad who is not known here yet may have written."""
    if len(readings(reply.sender)) == 1:
        return reply
    here, abroad = readings(reply.sender)
    known = _find_known(gateway, reply.sender)
    is_unsure = not known or (reply.is_whole and known == [here])  # What nobody can read has digits that may be an id.
    first, *others = (here, abroad) if is_unsure else known
    return replace(reply, sender=first, others=tuple(others), is_whole=reply.is_whole and known == [abroad])


def with_known_address(gateway: MessageGateway, blocked: BlockedAddress) -> BlockedAddress:
    """A refusal of digits that may be two numbers, with the one that the account's owner has; else as it is."""
    known = _find_known(gateway, blocked.address) if is_unclear(blocked) else []
    return replace(blocked, address=known[0]) if len(known) == 1 else blocked


def is_unclear(blocked: BlockedAddress) -> bool:
    return len(readings(blocked.address)) > 1


def is_known(gateway: MessageGateway, number: str) -> bool:
    """Whether the account's owner has a number that these digits may be."""
    return bool(_find_known(gateway, number))


def _find_known(gateway: MessageGateway, number: str) -> list[str]:
    """Those that the account's owner has, or any firm at the operator's."""
    among = None if gateway.provider_id is None else Provider.id == gateway.provider_id
    numbers = [(each, parse(each)) for each in readings(number)]
    return [each for each, address in numbers if address_holders.find_holders(db.session, vault(), address, among)]
