"""Reads a posted decision: one radio group per channel, named and valued as İYS does."""

from collections.abc import Mapping

from portal.registry import Channel, Status


def read(posted: Mapping[str, str], offered: tuple[Channel, ...]) -> dict[Channel, Status]:
    """What was chosen among the channels on offer; anything else in the form is passed by. "all" refuses them all."""
    if posted.get("all") == Status.REFUSED:
        return dict.fromkeys(offered, Status.REFUSED)
    statuses = {status.value: status for status in Status}
    chosen = {channel: statuses.get(posted.get(channel.value, "")) for channel in offered}
    return {channel: status for channel, status in chosen.items() if status is not None}
