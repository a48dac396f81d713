"""Read İYS's answer to multi-status: it lists those of the asked addresses that hold ONAY, or names wrong ones."""

from collections.abc import Collection
from http import HTTPStatus
from typing import Any

import structlog

from portal.core import addresses, clock
from portal.core.addresses import BadAddress
from portal.core.extensions import db
from portal.core.iys_protocol import Status
from portal.core.models import CallTally
from portal.services.iys import rate_limit, response_values
from portal.services.iys.client import IysAnswer

log = structlog.get_logger()

# Beside a list, with a value: that there is a further page, or that something failed.
SAYS_MORE = ("after", "code", "error", "errors", "hasMore", "message", "next", "pagination", "partial")


def read_granted(answer: IysAnswer, asked: Collection[str], *, brand_id: int) -> set[str] | None:
    """The asked addresses that the list of an answer names, however it spells them. None where the answer says that the
    list is not all (it was only accepted, say), or an element is none of them or cannot be read: then who is missing
    may hold ONAY all the same. Commits that those were counted."""
    listed = answer.content["list"]
    beside, codes = [each for each in SAYS_MORE if answer.content.get(each)], ",".join(answer.codes)
    if answer.status != HTTPStatus.OK or beside:
        log.warning("multi_status.not_whole", brand=brand_id, status=answer.status, codes=codes, beside=beside)
        return None
    read = [_read_address(each, asked) for each in listed]
    granted = {each for each in read if each in asked}
    if unreadable := sum(each not in granted for each in read):
        rate_limit.add_to_tally(db.session, CallTally.UNREADABLE_ROW, clock.now(), calls=unreadable)
        db.session.commit()
        log.warning("multi_status.not_understood", brand=brand_id, rows=len(listed), unreadable=unreadable)
        return None
    return granted


def named_in_errors(answer: IysAnswer, asked: Collection[str]) -> set[str]:
    """Those of the asked addresses, in their order, that İYS's errors point at: location ["recipients", 3]."""
    locations = [error.location for error in answer.errors if error.location and len(error.location) == 2]
    positions = {response_values.read_number(place) for name, place in locations if name == "recipients"}
    return {address for position, address in enumerate(asked) if position in positions}


def _read_address(element: Any, asked: Collection[str]) -> str:
    """Empty where it is none, or an object that says another status than ONAY of its recipient."""
    is_object = isinstance(element, dict)
    if is_object and element.get("status", Status.GRANTED) != Status.GRANTED:
        return ""
    text = response_values.read_name(element.get("recipient") if is_object else element, addresses.MAX_INPUT_LENGTH)
    if text.lower() in asked:
        return text.lower()
    try:
        return addresses.parse_possible(text).text
    except BadAddress:
        return ""
