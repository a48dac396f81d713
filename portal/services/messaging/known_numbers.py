"""Whose a number is that a vendor writes as digits which are two: a Turkish landline, and a number abroad."""

from collections.abc import Sequence
from dataclasses import replace

from portal.core import address_holders
from portal.core.addresses import Address, parse
from portal.core.extensions import db, vault
from portal.core.models import MessageGateway, Provider
from portal.services.messaging.gateways.protocol import BlockedAddress, InboundMessage
from portal.services.messaging.gateways.vendor_rows import readings


def with_known_sender(gateway: MessageGateway, reply: InboundMessage) -> InboundMessage:
    """A reply with each number that its sender's digits may be; it is for a person unless that is one."""
    if len(readings(reply.sender)) == 1:
        return reply
    first, *others = find_meant(gateway, reply.sender)
    return replace(reply, sender=first, others=tuple(others), is_whole=reply.is_whole and not others)


def with_known_address(gateway: MessageGateway, blocked: BlockedAddress) -> BlockedAddress:
    """A refusal with the number that its digits are; as it is where they may be two, so that a person reads it."""
    meant = find_meant(gateway, blocked.address) if is_unclear(blocked) else ()
    return replace(blocked, address=meant[0]) if len(meant) == 1 else blocked


def find_meant(gateway: MessageGateway, digits: str) -> Sequence[str]:
    """The number abroad where the account's owner has it alone, else both: a landline sends no SMS, so that somebody
    abroad who is not known here yet is more likely meant."""
    here, abroad = readings(digits)
    return (abroad,) if _find_known(gateway, digits) == [abroad] else (here, abroad)


def is_unclear(blocked: BlockedAddress) -> bool:
    return len(readings(blocked.address)) > 1


def is_known(gateway: MessageGateway, number: str) -> bool:
    """Whether the account's owner has a number that these digits may be."""
    return bool(_find_known(gateway, number))


def owner_has(gateway: MessageGateway, address: Address) -> bool:
    """Whether the account's owner has an address, or any firm at the operator's."""
    among = None if gateway.provider_id is None else Provider.id == gateway.provider_id
    return bool(address_holders.find_holders(db.session, vault(), address, among))


def _find_known(gateway: MessageGateway, number: str) -> list[str]:
    return [each for each in readings(number) if owner_has(gateway, parse(each))]
