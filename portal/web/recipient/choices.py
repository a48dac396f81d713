"""Read a posted decision: one radio group per channel, with İYS's names and values; and the person's name."""

import re
from collections.abc import Mapping

from portal.core.iys_protocol import Channel, Status

LONGEST_NAME = 120
# Control, zero-width and bidirectional characters: a name would not read as it was written.
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def read_choices(posted: Mapping[str, str], offered: tuple[Channel, ...]) -> dict[Channel, Status]:
    """Choices among the offered channels; anything else in the form is ignored. "all" refuses every one."""
    if posted.get("all") == Status.REFUSED:
        return dict.fromkeys(offered, Status.REFUSED)
    statuses = {status.value: status for status in Status}
    chosen = {channel: statuses.get(posted.get(channel.value, "")) for channel in offered}
    return {channel: status for channel, status in chosen.items() if status is not None}


def read_name(posted: Mapping[str, str]) -> str:
    """The person's name on one line, or an empty string."""
    return " ".join(CONTROL_CHARACTERS.sub(" ", posted.get("name", "")).split())


def name_problem(name: str, *, is_required: bool) -> str | None:
    """What is wrong with the name beside a grant: "name" (missing), "long_name" or None."""
    if len(name) > LONGEST_NAME:
        return "long_name"
    return "name" if is_required and not name else None
