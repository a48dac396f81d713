"""Channels on which an address is refused but never asked: SMS to landlines and 0850 numbers. Whether İYS takes
records of them is documented nowhere; what it does not take it holds no grant of, so nothing is left to withdraw."""

from portal.core import addresses
from portal.core.iys_protocol import Channel
from portal.services.iys.client import IysAnswer

UNFIT_CODES = {"H121", "H464"}  # No such number, or none that fits the channel.


def is_unasked(address: str, channel: Channel) -> bool:
    """Whether nobody is asked on this channel of a canonical address."""
    return channel not in addresses.read_canonical(address).channels


def is_not_taken(answer: IysAnswer, address: str, channel: Channel) -> bool:
    """Whether İYS says, and nothing else, that an unasked channel takes no address as this one."""
    return bool(answer.codes) and UNFIT_CODES.issuperset(answer.codes) and is_unasked(address, channel)
