"""WebAuthn challenges: kept in the session of the page that shows them, used once."""

import ipaddress
from base64 import b64decode, b64encode
from datetime import UTC, datetime

from flask import request, session

from portal.core.extensions import read_session
from portal.domain.identity import passkeys
from portal.domain.identity.passkeys import Challenge, RelyingParty

SESSION_KEY = "passkey"


def current_origin() -> RelyingParty:
    """The origin of this request; hosts.py has checked its host."""
    return RelyingParty(request.host.rsplit(":", 1)[0].lower(), f"{request.scheme}://{request.host.lower()}")


def host_allows_passkeys() -> bool:
    """Browsers bind passkeys to host names only, not to IP addresses."""
    try:
        ipaddress.ip_address(current_origin().host.strip("[]"))
    except ValueError:
        return True
    return False


def new_challenge(at: datetime) -> Challenge:
    """A new challenge of this session, in place of any earlier one."""
    made = passkeys.new_challenge(at)
    session[SESSION_KEY] = {"value": b64encode(made.value).decode(), "at": made.at.timestamp()}
    return made


def request_options(user_id: int, at: datetime) -> str | None:
    """WebAuthn request options for the person's passkeys, as JSON; None without passkeys, or on an IP address."""
    if not host_allows_passkeys() or not passkeys.list_passkeys(read_session(), user_id):
        return None
    return passkeys.authentication_options(read_session(), user_id, current_origin(), new_challenge(at))


def pop_challenge() -> Challenge | None:
    """Take the challenge that the page was served with out of the session."""
    kept = session.pop(SESSION_KEY, None)
    return Challenge(b64decode(kept["value"]), datetime.fromtimestamp(kept["at"], UTC)) if kept else None
