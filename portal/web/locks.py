"""Locks of the doors. Every blueprint is registered through one of them; even "open to all" is a lock with a name."""

from flask import Blueprint
from flask_login import login_required

from portal.extensions import csrf

LOCKS: dict[str, str] = {}  # Door by name: its lock, for the test that none is missing.


def open_to_all(door: Blueprint) -> Blueprint:
    """Anybody may come in; nothing private stands behind it."""
    LOCKS[door.name] = "open to all"
    return door


def by_code(door: Blueprint) -> Blueprint:
    """The code in the address is the credential; the door checks it on each request. No cookie, so no CSRF token."""
    LOCKS[door.name] = "by code"
    csrf.exempt(door)
    return door


def by_password(door: Blueprint) -> Blueprint:
    """Another program comes in: the token in the address and Basic auth say which; the door checks both each time."""
    LOCKS[door.name] = "by password"
    csrf.exempt(door)
    return door


def signed_in(door: Blueprint) -> Blueprint:
    """Only people of a provider, and only what is their provider's."""
    if door.name not in LOCKS:
        door.before_request(login_required(lambda: None))
    LOCKS[door.name] = "signed in"
    return door
