"""Rate limits, in Flask-Limiter's notation. By address unless it says otherwise."""

from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

from flask import abort
from flask_login import current_user
from limits import parse

from portal.core.extensions import limiter, rate_limit_key

SIGN_IN = "30 per minute"  # Steps of signing in from one address: each costs a hash. Guesses are counted in rows.
RESET = "10 per hour"  # Links for a forgotten password, asked for from one address.
GUESSED_CODES = "60 per minute"  # Codes that lead nowhere, from one address. Good ones are free: a whole mobile network
# may stand behind one address.
SEARCH = "60 per minute"  # A person's searches for addresses, and refusals for callers: a call centre has one address.
UPLOAD = "20 per minute"  # Reading audience files, which costs seconds.
IMPORT = "30 per hour"  # Files of consents of a provider: each is kept, sealed, and read by the worker.
GUESSED_PUSHES = "60 per minute"  # Pushes with a wrong token or password, from one address. İYS's own are free.
PUSHES = "20 per hour"  # Registering, removing and listing pushes: each is a call to İYS.
COMPARE = "30 per hour"  # Fetching and comparing days of a provider again: a few calls to İYS each, and a large file.
BULK_SETTLEMENT = "60 per hour"  # Acts of a provider that settle up to 200 differences each.
DOWNLOAD = "30 per minute"  # Files of days, which a process opens in memory: some have 50 MB.
EXPORTS = "30 per hour"  # Files of everything a provider has: each reads and opens up to every row.
CONNECT = "5 per hour"  # New İYS accounts of a provider: each costs token calls, and all providers share ten an hour.
TEST = "20 per hour"  # Tests of a provider's connection: a few calls to İYS each.
GATEWAYS = "20 per hour"  # Checks and tests of accounts at vendors: calls that guess passwords, and messages.
SIGN_UP = "20 per hour"  # Opening accounts from one address: each sends a mail.
SIGN_UP_ADDRESS = "3 per hour"  # Mails to one address that somebody signs up with, who may not be its owner.
DOMAINS = "30 per hour"  # Adding and checking hosts of a provider's brands: each asks name servers.
UNMASK = "60 per hour"  # Recipients shown in full, of one provider: more is a list leaving by hand.
QUESTIONS = "20 per hour"  # Questions of a provider to the operator.
PAPERS = "20 per hour"  # Uploads of papers: each is opened, re-encoded and kept.
STATUS = "600 per minute"  # The status page for one address; browsers and proxies keep it for half a minute.
VERIFY = "30 per minute"  # Receipts checked from one address, by token or by number: nobody tries numbers in a row.
MESSAGE_CHECK = "60 per minute"  # Pasted messages compared for one address, behind which a mobile network may stand.
RECEIPT_PAPER = "30 per minute"  # Receipts drawn as PDF for one address: each takes a while of a process.
INVITATIONS = "30 per hour"  # Mails of a provider to addresses that somebody there typed in.
COMPLAINTS = "60 per hour"  # Forms that report a message by one receipt: each picture costs a second. Not by address,
# behind which a whole mobile network may stand; a refusal on such a form is taken before.
CODES = "30 per minute"  # Codes to prove an address, asked for from one: each searches all providers. How many
# are sent is counted in rows (portal/core/throttle.py).
POINT = "60 per minute"  # Posts at consent points from one address, where a shop's whole network may sit, but for the
# code, by which they refuse. Codes are counted in rows.

API = "600 per minute"  # Requests of one key of the API: ten a second, as İYS's own limit.
API_LISTS = "60 per minute"  # Requests of a provider, by all its keys, with up to 50,000 addresses.
API_FILES = "60 per hour"  # Files that a provider's programs bring or take: each is stored, or reads up to every row.
API_LINKS = "3000 per hour"  # Links of one person each, asked for by all keys of a provider: tills of a large shop.
API_IYS = "60 per minute"  # Requests of a provider's programs that are a call to İYS each, which takes ten a second.
API_RETAILERS = "200 per hour"  # Retailers that they add: each may read İYS's list of up to 3,000 first.
RETAILERS = "120 per hour"  # A provider's pages of retailers at İYS, and changes there: a few calls each.
GUESSED_KEYS = "60 per minute"  # Wrong keys of the API, from one address. Good ones have their own limit.


parsed = cache(parse)


class Counted(NamedTuple):
    """What a limit says once an act is counted: how many it takes, how many are left (below zero: this one is too
    many), and when all are again."""

    most: int
    left: int
    reset_at: datetime


def count(limit: str, act: str, key: str) -> Counted | None:
    """Count an act of this key, as FixedWindowRateLimiter.hit() does. None where limits are off."""
    if not limiter.enabled:
        return None
    item, storage = parsed(limit), limiter.limiter.storage
    name = item.key_for(act, key)
    left = item.amount - storage.incr(name, item.get_expiry())
    return Counted(item.amount, left, datetime.fromtimestamp(storage.get_expiry(name), UTC))


def wait_for(limit: str, act: str, key: str) -> datetime | None:
    """Count an act of this key. None, or from when on it may be tried again: then the caller does not do it."""
    counted = count(limit, act, key)
    return counted.reset_at if counted is not None and counted.left < 0 else None


def count_bad_code() -> None:
    """Count an unknown code. After too many of them the answer is 429 instead of 404."""
    if wait_for(GUESSED_CODES, "guessed-codes", rate_limit_key()):
        abort(429)


def count_bad_push() -> None:
    """Count a push with a wrong token or password. After too many of them the answer is 429."""
    if wait_for(GUESSED_PUSHES, "guessed-pushes", rate_limit_key()):
        abort(429)


def provider_key() -> str:
    """Rate-limit key: the signed-in person's provider. Whoever has not signed in is stopped by the access rule."""
    return str(getattr(current_user, "provider_id", "nobody"))


def person_key() -> str:
    """Rate-limit key: the signed-in person."""
    return str(getattr(current_user, "id", "nobody"))
