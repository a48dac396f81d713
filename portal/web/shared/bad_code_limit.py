"""Rate limit of unknown codes, by address. Good codes are never limited: a whole network may share an address."""

from flask import abort
from limits import parse

from portal.core.extensions import limiter, rate_limit_key
from portal.web.shared import limits

MOST = parse(limits.GUESSED_CODES)


def count_bad_code() -> None:
    """Count an unknown code. After too many of them the answer is 429 instead of 404."""
    if limiter.enabled and not limiter.limiter.hit(MOST, "guessed-codes", rate_limit_key()):
        abort(429)
