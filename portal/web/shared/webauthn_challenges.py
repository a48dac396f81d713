"""The challenge that a page was served with for a passkey: kept in the session, taken once."""

import ipaddress
from base64 import b64decode, b64encode
from datetime import UTC, datetime

from flask import request, session

from portal.core.extensions import reading
from portal.domain.identity import passkeys
from portal.domain.identity.passkeys import Challenge, Here

NAME = "passkey"


def here() -> Here:
    """Where the person is: by the main host that was asked, which web/hosts.py has checked."""
    return Here(request.host.rsplit(":", 1)[0].lower(), f"{request.scheme}://{request.host.lower()}")


def may_be_asked() -> bool:
    """Whether a passkey can be bound to this host: browsers take names only, not numbers."""
    try:
        ipaddress.ip_address(here().host.strip("[]"))
    except ValueError:
        return True
    return False


def begin(at: datetime) -> Challenge:
    """A new challenge of this session, in place of any earlier one."""
    made = passkeys.ask(at)
    session[NAME] = {"value": b64encode(made.value).decode(), "at": made.at.timestamp()}
    return made


def offer(user_id: int, at: datetime) -> str | None:
    """What a page needs to ask for one of the person's passkeys, as JSON; None where there is nothing to ask for."""
    if not may_be_asked() or not passkeys.of(reading(), user_id):
        return None
    return passkeys.to_show(reading(), user_id, here(), begin(at))


def take() -> Challenge | None:
    """The challenge that the page was served with; nobody else gets it."""
    kept = session.pop(NAME, None)
    return Challenge(b64decode(kept["value"]), datetime.fromtimestamp(kept["at"], UTC)) if kept else None
