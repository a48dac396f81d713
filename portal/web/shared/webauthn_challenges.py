"""The challenge that a page was served with for a passkey: kept in the session, taken once."""

import ipaddress
from base64 import b64decode, b64encode
from datetime import UTC, datetime

from flask import request, session

from portal.core.extensions import read_session
from portal.domain.identity import passkeys
from portal.domain.identity.passkeys import Challenge, Here

NAME = "passkey"


def current_origin() -> Here:
    """Where the person is: by the main host that was asked, which web/hosts.py has checked."""
    return Here(request.host.rsplit(":", 1)[0].lower(), f"{request.scheme}://{request.host.lower()}")


def host_allows_passkeys() -> bool:
    """Whether a passkey can be bound to this host: browsers take names only, not numbers."""
    try:
        ipaddress.ip_address(current_origin().host.strip("[]"))
    except ValueError:
        return True
    return False


def new_challenge(at: datetime) -> Challenge:
    """A new challenge of this session, in place of any earlier one."""
    made = passkeys.ask(at)
    session[NAME] = {"value": b64encode(made.value).decode(), "at": made.at.timestamp()}
    return made


def request_options(user_id: int, at: datetime) -> str | None:
    """What a page needs to ask for one of the person's passkeys, as JSON; None where there is nothing to ask for."""
    if not host_allows_passkeys() or not passkeys.of(read_session(), user_id):
        return None
    return passkeys.to_show(read_session(), user_id, current_origin(), new_challenge(at))


def pop_challenge() -> Challenge | None:
    """The challenge that the page was served with; nobody else gets it."""
    kept = session.pop(NAME, None)
    return Challenge(b64decode(kept["value"]), datetime.fromtimestamp(kept["at"], UTC)) if kept else None
