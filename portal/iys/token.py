"""The token of a credential: kept sealed in the database, shared by all processes, fetched by one of them at a time."""

import json
import time
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import and_, not_, or_, select, update

from portal import clock, registry
from portal.extensions import db, reading, vault
from portal.iys import pace
from portal.iys.client import Answer, Client
from portal.models import Connection, Credential

MARGIN = timedelta(seconds=60)  # A token this close to its end is not used any more.
LEASE = timedelta(seconds=30)  # Two calls may be needed: refresh, then password.
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
BLOCK = timedelta(minutes=10)  # Wrong credentials: a person must look before the next call.
USUAL_LIFE = 7200  # Seconds, where İYS does not say.
PATIENCE = 10.0  # Seconds to wait for another's fetch.


class NoToken(Exception):
    """There is no token now. `code` is İYS's, if it gave one."""

    def __init__(self, code: str | None = None):
        self.code = code


def bearer(client: Client, provider_id: int) -> str:
    """An access token for a provider's calls. Raises NoToken. No transaction is open when it calls İYS."""
    patience_ends = time.monotonic() + PATIENCE
    while True:
        credential = _read(provider_id)
        at = clock.now()
        if credential.access_until and credential.access_until > at + MARGIN:
            return _opened(credential, Credential.ACCESS, credential.access_token)
        if (credential.quiet_until and credential.quiet_until > at) or reading().scalar(
            select(pace.tokens_are_held(at))
        ):
            raise NoToken
        if _lease(credential, at):
            return _fetch(client, credential, at)
        if time.monotonic() > patience_ends:
            raise NoToken
        time.sleep(0.1)


def forget(provider_id: int, token: str) -> None:
    """İYS refused this token (401): the next call fetches another, unless somebody already has.

    A second refusal within a minute is no accident: every fetch costs one of few calls an hour, so a person must look.
    """
    credential, at = _read(provider_id), clock.now()
    if not credential.access_token or _opened(credential, Credential.ACCESS, credential.access_token) != token:
        return
    values = {"access_until": None, "refused_at": at}
    if credential.refused_at and credential.refused_at > at - MINUTE:
        values |= {"quiet_until": at + BLOCK, "blocked_code": "H351"}
    stale = update(Credential).where(
        Credential.id == credential.id, Credential.access_token == credential.access_token
    )
    db.session.execute(stale.values(values))
    db.session.commit()


def _read(provider_id: int) -> Credential:
    theirs = select(Credential).join(Connection, Connection.credential_id == Credential.id)
    credential = reading().scalars(theirs.where(Connection.provider_id == provider_id)).one_or_none()
    if credential is None:
        raise NoToken
    reading().expunge(credential)  # What was seen stays as it was seen.
    return credential


def _lease(credential: Credential, at: datetime) -> bool:
    """Take the fetching in hand; False where another has it, or has fetched (or failed) since we looked."""
    free = or_(Credential.lease_until.is_(None), Credential.lease_until <= at)
    still_as_seen = and_(
        Credential.access_until.is_not_distinct_from(credential.access_until),
        Credential.quiet_until.is_not_distinct_from(credential.quiet_until),
    )
    may_call = not_(pace.tokens_are_held(at))
    mine = update(Credential).where(Credential.id == credential.id, free, still_as_seen, may_call)
    mine = mine.values(lease_until=at + LEASE)
    took = db.session.execute(mine).rowcount == 1
    db.session.commit()
    return took


def _fetch(client: Client, credential: Credential, at: datetime) -> str:
    answer = None
    if credential.refresh_until and credential.refresh_until > at + MARGIN:
        refresh = _opened(credential, Credential.REFRESH, credential.refresh_token)
        answer = _ask(client, grant_type="refresh_token", refresh_token=refresh)
    if answer is None or answer.status in (400, 401):  # The refresh token was used up or İYS forgot it.
        password = _opened(credential, Credential.PASSWORD, credential.password)
        answer = _ask(client, username=credential.username, password=password, grant_type="password")
    token = answer.content.get("access_token")
    if not isinstance(token, str):
        _keep(credential, lease_until=None, **_silence(answer, at))
        raise NoToken(answer.code)
    _keep(credential, lease_until=None, quiet_until=None, blocked_code=None, **_sealed(credential, answer.content, at))
    return token


def _ask(client: Client, **body: str) -> Answer:
    slot = pace.take_slot(db.session, clock.now(), current_app.config["IYS_REQUESTS_PER_SECOND"])
    db.session.commit()
    time.sleep(max(0.0, (slot - clock.now()).total_seconds()))
    return client.post(registry.TOKEN_PATH, json.dumps(body).encode())


def _silence(answer: Answer, at: datetime) -> dict:
    """How long this credential asks for no token: wrong credentials until a person may have looked, else a moment.

    H084 is for everybody behind this address, for a full hour, since calling earlier starts the hour anew.
    """
    if answer.status == 429:
        pace.hold(db.session, at + HOUR, pace.TOKENS)
        return {}
    if 400 <= answer.status < 500:
        return {"quiet_until": at + BLOCK, "blocked_code": answer.code}
    return {"quiet_until": at + timedelta(seconds=3)}


def _sealed(credential: Credential, content: dict, at: datetime) -> dict:
    kept = {}
    for name, life in (("access", "expires_in"), ("refresh", "refresh_expires_in")):
        token = content.get(f"{name}_token")
        if isinstance(token, str):
            place = Credential.ACCESS if name == "access" else Credential.REFRESH
            kept[f"{name}_token"] = vault().seal(token, place, credential.provider_id, credential.id)
            kept[f"{name}_until"] = at + timedelta(seconds=int(content.get(life) or USUAL_LIFE))
    return kept


def _keep(credential: Credential, **values) -> None:
    db.session.execute(update(Credential).where(Credential.id == credential.id).values(**values))
    db.session.commit()


def _opened(credential: Credential, place: str, sealed: bytes) -> str:
    return vault().read(sealed, place, credential.provider_id, credential.id)
