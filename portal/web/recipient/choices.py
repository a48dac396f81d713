"""Reads a posted decision: one radio group per channel, named and valued as İYS does; and the name, where given."""

import re
from collections.abc import Mapping

from portal.core.iys_protocol import Channel, Status

LONGEST_NAME = 120
# Control signs, and those that turn around what follows: a name would not read as it was written.
UNREADABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def read(posted: Mapping[str, str], offered: tuple[Channel, ...]) -> dict[Channel, Status]:
    """What was chosen among the channels on offer; anything else in the form is passed by. "all" refuses them all."""
    if posted.get("all") == Status.REFUSED:
        return dict.fromkeys(offered, Status.REFUSED)
    statuses = {status.value: status for status in Status}
    chosen = {channel: statuses.get(posted.get(channel.value, "")) for channel in offered}
    return {channel: status for channel, status in chosen.items() if status is not None}


def name_in(posted: Mapping[str, str]) -> str:
    """What the person calls themselves, on one line; empty where nothing was said."""
    return " ".join(UNREADABLE.sub(" ", posted.get("name", "")).split())


def lacks(name: str, *, is_required: bool) -> str | None:
    """What is wrong with a name that comes with a grant: "name" is missing, or "long_name". None: it will do."""
    if len(name) > LONGEST_NAME:
        return "long_name"
    return "name" if is_required and not name else None
