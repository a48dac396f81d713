"""Counts codes that lead nowhere, by address. Good ones are never limited: a whole network may share an address."""

from flask import abort
from limits import parse

from portal import limits
from portal.extensions import caller, limiter

MOST = parse(limits.GUESSED_CODES)


def count() -> None:
    """Note a wrong code; too many of them and the answer is 429 instead of 404."""
    if limiter.enabled and not limiter.limiter.hit(MOST, "guessed-codes", caller()):
        abort(429)
