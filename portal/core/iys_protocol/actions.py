"""Reactions to answers from İYS."""

from enum import StrEnum


class Action(StrEnum):
    """What to do after an answer; code_meanings.py and other_code_meanings.py map codes to actions."""

    NOOP = "noop"  # İYS has this state already: close as done.
    RETRY = "retry"  # The same bytes again, with exponential backoff.
    WAIT = "wait"  # No call of this kind until the rate limit's window has passed.
    AUTH = "auth"  # Renew the token once, then send again.
    CONFIG = "config"  # Stop for this provider until a person has changed an account, a right or a package.
    FIX = "fix"  # Bad data or our own bug: park, never send again unchanged.
    RECONCILE = "reconcile"  # Ask İYS for the state, then decide.
    EXPIRED = "expired"  # Too old to be stored: a new decision is needed.


GRAVEST_FIRST = (
    Action.CONFIG,  # True for all requests of the provider; the request is kept, so its own errors show later.
    Action.AUTH,
    Action.FIX,  # A bad address stays bad, however fresh the consent or however long we wait.
    Action.EXPIRED,
    Action.RECONCILE,
    Action.WAIT,
    Action.RETRY,
    Action.NOOP,  # Closes the submission, so only when it is the only answer.
)


def action_for_status(http_status: int) -> Action:
    """The safe reaction to an answer without a known code; status 0 means no answer."""
    if http_status == 429:
        return Action.WAIT
    if http_status == 401:
        return Action.AUTH
    if http_status in (403, 404):
        return Action.CONFIG
    if 400 <= http_status < 500 and http_status != 408:
        return Action.FIX
    return Action.RETRY  # 5xx, 408, nothing, or a success we could not read: V2 gives the same answer again.
