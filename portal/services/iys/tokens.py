"""Access tokens: stored sealed per credential, shared by all processes, fetched by one of them at a time."""

import json
import time
from datetime import datetime, timedelta
from typing import Any, TypeGuard

import structlog
from flask import current_app
from sqlalchemy import ColumnElement, Select, and_, not_, or_, select, update

from portal.core import clock, iys_protocol, leases
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Operation
from portal.core.models import Connection, Credential, CredentialKind, Provider
from portal.services.iys import call_guard, egresses, holds, rate_limit
from portal.services.iys.client import Client, IysAnswer
from portal.services.iys.rate_limit import Priority
from portal.services.iys.response_values import JsonObject

log = structlog.get_logger()

MARGIN = timedelta(seconds=60)  # Before its end, in which a token is not used any more.
LEASE = timedelta(seconds=30)  # Two calls may be needed: refresh, then password.
MINUTE = timedelta(minutes=1)
BLOCK = timedelta(minutes=10)  # After wrong credentials, so that a person can look before the next call;
LONG_BLOCK = timedelta(hours=6)  # where nobody did, each further try would cost others a token call.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=3), timedelta(minutes=20)  # After a fetch that İYS did not answer.
WAIT = timedelta(seconds=2)
USUAL_LIFE, LONGEST_LIFE = 7200, 86_400  # Seconds, where İYS gives none or an absurd one.
PATIENCE = 5.0  # Seconds to wait for another process's fetch.


class NoToken(Exception):
    """There is no token before `until`. `code` is İYS's, if it gave one."""

    def __init__(self, code: str | None = None, until: datetime | None = None):
        self.code = code
        self.until = until or clock.now() + WAIT


def access_token(
    client: Client, provider_id: int, partner_id: int | None = None, priority: Priority = Priority.GRANTS
) -> str:
    """An access token for a provider's calls, or a partner's own. Raises NoToken, always so in sandbox mode.

    No transaction is open while it calls İYS.
    """
    patience_ends = time.monotonic() + PATIENCE
    while True:
        credential = read_credential(provider_id, partner_id)
        at = clock.now()
        if token := stored_token(credential, at):
            return token
        if until := _backoff_until(credential, at):
            raise NoToken(credential.blocked_code, until)
        if claim_fetch(credential, at):
            return _fetch_token(client, credential, at, priority)
        if time.monotonic() > patience_ends:
            raise NoToken
        time.sleep(0.1)


def stored_token(credential: Credential, at: datetime) -> str | None:
    """The credential's access token, while it may be used."""
    if credential.access_until is None or credential.access_until <= at + MARGIN:
        return None
    return open_sealed(credential, Credential.ACCESS, credential.access_token)


def forget_token(provider_id: int, token: str, partner_id: int | None = None) -> None:
    """Drop a token that İYS rejected (401), unless it was dropped or replaced already: other calls bore it, too.

    Where İYS rejects a token issued within the last minute, after such a rejection, the credential is blocked: each
    fetch costs one of few calls an hour. But a provider that had another token rejected lost its right, and so did a
    second one within that minute: each is held for that (holds.py), and for the others the token is good. It is
    dropped no more than once an hour for the same provider. With a third provider the account itself is at fault.
    """
    at, mine = clock.now(), _select_credential(provider_id, partner_id).with_for_update(of=Credential)
    credential = db.session.scalars(mine.execution_options(populate_existing=True)).one_or_none()
    is_in_use = credential is not None and credential.access_until is not None
    if credential and is_in_use and open_sealed(credential, Credential.ACCESS, credential.access_token) == token:
        held = holds.providers_without_token(db.session, credential.id)
        within = rate_limit.HOUR if provider_id in held else MINUTE
        is_recent = credential.refused_at and credential.refused_at > at - within
        is_good_for_others = provider_id in held or len(held) == 1
        if is_recent and not is_good_for_others:
            credential.backoff_until, credential.blocked_code = at + BLOCK, holds.NO_TOKEN
        if not (is_recent and is_good_for_others):
            credential.access_until, credential.refused_at = None, at
    db.session.commit()


def may_have_token(at: datetime, priority: Priority) -> ColumnElement[bool]:
    """The condition that a credential has a token, or that one may be fetched for calls of that priority."""
    no_backoff = or_(Credential.backoff_until.is_(None), Credential.backoff_until <= at)
    return or_(Credential.access_until > at, and_(no_backoff, not_(rate_limit.are_tokens_paused(at, priority))))


def _backoff_until(credential: Credential, at: datetime) -> datetime | None:
    if credential.backoff_until and credential.backoff_until > at:
        return credential.backoff_until
    return rate_limit.paused_until(read_session(), Operation.TOKEN, at)


def read_credential(provider_id: int, partner_id: int | None = None) -> Credential:
    credential = read_session().scalars(_select_credential(provider_id, partner_id)).one_or_none()
    if credential is None:
        raise NoToken
    read_session().expunge(credential)  # The claim compares with what was read here.
    return credential


def _select_credential(provider_id: int, partner_id: int | None) -> Select[Credential]:
    if partner_id:
        return select(Credential).where(Credential.id == partner_id, Credential.kind == CredentialKind.PARTNER)
    return (
        select(Credential)
        .join(Connection, Connection.credential_id == Credential.id)
        .join(Provider, Provider.id == Connection.provider_id)
        .where(Provider.id == provider_id, Provider.admitted_at.is_not(None))
        .where(Credential.kind != CredentialKind.SANDBOX)
    )


def claim_fetch(credential: Credential, at: datetime) -> bool:
    """Claim the fetch; False where another process holds it, or has fetched or failed since the credential was read."""
    still_as_seen = and_(
        Credential.access_until.is_not_distinct_from(credential.access_until),
        Credential.backoff_until.is_not_distinct_from(credential.backoff_until),
    )
    may_call = not_(rate_limit.are_tokens_paused(at, Priority.REFUSALS))
    is_mine = Credential.id == credential.id
    claimed = leases.claim(db.session, Credential, is_mine, still_as_seen, may_call, at=at, lease=LEASE)
    db.session.commit()
    return bool(claimed)


def _fetch_token(client: Client, credential: Credential, at: datetime, priority: Priority) -> str:
    try:
        answer = _sign_in(client, credential, at, priority)
    except call_guard.NotNow as later:
        _update_credential(credential, lease_until=None)
        raise NoToken(later.code, later.until) from later
    token = answer.content.get("access_token")
    if not is_token(token):
        backoff = _backoff(credential, answer, clock.now())
        if "blocked_code" in backoff:
            log.warning("iys.account_refused", provider=credential.provider_id, code=answer.code)
        _update_credential(credential, lease_until=None, **backoff)
        paused_until = rate_limit.paused_until(read_session(), Operation.TOKEN, at)
        raise NoToken(answer.code, backoff.get("backoff_until") or paused_until)
    rate_limit.delete_old_tallies(db.session, at)  # Done here since a token is fetched every two hours.
    store_tokens(credential, answer.content, at, lease_until=None, backoff_until=None, blocked_code=None)
    return token


def _sign_in(client: Client, credential: Credential, at: datetime, priority: Priority) -> IysAnswer:
    """Sign in by refresh token, or by password where İYS does not accept that (used up, forgotten)."""
    if credential.refresh_until and credential.refresh_until > at + MARGIN:
        refresh = open_sealed(credential, Credential.REFRESH, credential.refresh_token)
        answer = _ask_for_token(client, credential, priority, grant_type="refresh_token", refresh_token=refresh)
        if answer.status not in (400, 401):
            return answer
        _update_credential(credential, refresh_token=None, refresh_until=None)
    password = open_sealed(credential, Credential.PASSWORD, credential.password)
    given = {"username": credential.username, "password": password, "grant_type": "password"}
    return _ask_for_token(client, credential, priority, **given)


def _ask_for_token(client: Client, credential: Credential, priority: Priority, **body: str) -> IysAnswer:
    """One token call, counted for its account as well. Raises NotNow."""
    account, limit = f"token {credential.id}", current_app.config["IYS_TOKEN_CALLS_PER_ACCOUNT"]
    with egresses.using(None):  # A partner's account may be used by several egresses.
        spent = rate_limit.freed_at(read_session(), account, clock.now(), limit)
    if spent:
        _update_credential(credential, backoff_until=spent)
        raise call_guard.NotNow(spent)
    call = call_guard.start_call(Operation.TOKEN, credential.provider_id, priority)
    answer = client.ask("POST", iys_protocol.TOKEN_PATH, body=json.dumps(body).encode())
    with egresses.using(None):
        rate_limit.add_to_tally(db.session, account, call.at, calls=int(answer.reached))
    db.session.commit()
    call_guard.finish_call(call, answer)
    return answer


def _backoff(credential: Credential, answer: IysAnswer, at: datetime) -> dict[str, Any]:
    """How long this credential asks for no token: after wrong credentials until a person may have looked.

    A 429 pauses everybody behind this IP address, by call_guard. Where İYS did not answer, the pauses double with each
    call of the last hour, so that some of the few calls are left when an outage ends.
    """
    if answer.status == 429:
        return {}
    if 400 <= answer.status < 500 and not answer.is_a_page:
        return {"backoff_until": at + (LONG_BLOCK if credential.blocked_code else BLOCK), "blocked_code": answer.code}
    used = rate_limit.calls_since(read_session(), rate_limit.HOUR, at, Operation.TOKEN)[0]
    return {"backoff_until": at + leases.backoff(max(1, used), FIRST_PAUSE, LONGEST_PAUSE)}


def store_tokens(credential: Credential, content: JsonObject, at: datetime, **values: object) -> None:
    """Store an answer's tokens, sealed, for all processes, and other values with them. Commits."""
    for name, place, life in (
        ("access", Credential.ACCESS, "expires_in"), ("refresh", Credential.REFRESH, "refresh_expires_in")
    ):  # fmt: skip
        token = content.get(f"{name}_token")
        if is_token(token):
            values[f"{name}_token"] = vault().seal(token, place, credential.provider_id, credential.id)
            values[f"{name}_until"] = at + _life(content.get(life))
    _update_credential(credential, **values)


def is_token(token: object) -> TypeGuard[str]:
    """Whether a header can hold it."""
    return isinstance(token, str) and token != "" and token.isascii() and token.isprintable()


def _life(seconds: object) -> timedelta:
    if isinstance(seconds, int | float) and 0 < seconds <= LONGEST_LIFE:
        return timedelta(seconds=seconds)
    return timedelta(seconds=USUAL_LIFE)


def _update_credential(credential: Credential, **values: object) -> None:
    db.session.execute(update(Credential).where(Credential.id == credential.id).values(**values))
    db.session.commit()


def open_sealed(credential: Credential, place: str, sealed: bytes | None) -> str:
    """Decrypt the credential's password or one of its tokens. Raises CannotOpen."""
    assert sealed is not None  # A token and its end are written together.
    return vault().read(sealed, place, credential.provider_id, credential.id)
