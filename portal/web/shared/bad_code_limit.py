"""Counts codes that lead nowhere, by address. Good ones are never limited: a whole network may share an address."""

from flask import abort
from limits import parse

from portal.core.extensions import caller, limiter
from portal.web.shared import limits

MOST = parse(limits.GUESSED_CODES)


def count() -> None:
    """Note a wrong code; too many of them and the answer is 429 instead of 404."""
    if limiter.enabled and not limiter.limiter.hit(MOST, "guessed-codes", caller()):
        abort(429)
