"""The door that İYS pushes movements through: checked, kept, answered at once; read afterwards by the forwarder."""

import hmac
import json

from flask import Response, abort, request
from limits import parse
from sqlalchemy import select, update

from portal.core import clock
from portal.core.extensions import db, limiter, rate_limit_key, read_session, vault
from portal.core.models import Push, PushRegistration
from portal.core.models.ids import new_id
from portal.core.models.movement import token_digest
from portal.web.callbacks.blueprint import blueprint
from portal.web.shared import limits

LARGEST_BODY = 2 * 1024 * 1024  # Bytes. A list of 1000 movements has about 350 kB.
TEST_RECIPIENT = "pushtest@iys.org.tr"  # İYS posts a fixed row of this recipient when an address is registered.
MOST_GUESSES = parse(limits.GUESSED_PUSHES)


@blueprint.post("/iys/<token>")
def push(token: str):
    """Keep what İYS posts, then answer. İYS waits 5 s at most, so nothing is read here."""
    request.max_content_length = LARGEST_BODY
    registration = _registration(token)
    if registration is None:
        return _refused()
    body, at = request.get_data(), clock.now()
    heard = {"received_at": at}
    if _is_test(body):
        heard["tested_at"] = at
    elif body:
        _keep(registration, body, at)
    db.session.execute(update(PushRegistration).where(PushRegistration.id == registration.id).values(heard))
    db.session.commit()
    return {"status": "ok"}


def _registration(token: str) -> PushRegistration | None:
    """The registration that token and password open; whatever does not fit takes the same path."""
    mine = select(PushRegistration).where(
        PushRegistration.token_digest == token_digest(token), PushRegistration.removed_at.is_(None)
    )
    found = read_session().scalar(mine)
    expected = _credentials(found) if found else b"nobody:"
    given = request.authorization
    said = f"{given.username}:{given.password}".encode() if given and given.type == "basic" else b""
    return found if hmac.compare_digest(said, expected) and found else None


def _refused() -> Response:
    """Too many wrong ones from an address, and the answer is 429."""
    if limiter.enabled and not limiter.limiter.hit(MOST_GUESSES, "guessed-pushes", rate_limit_key()):
        abort(429)
    return Response(status=401, headers={"WWW-Authenticate": 'Basic realm="iys", charset="UTF-8"'})


def _credentials(registration: PushRegistration) -> bytes:
    place = (PushRegistration.PASSWORD, registration.provider_id, registration.id)
    return f"{registration.username}:{vault().read(registration.password, *place)}".encode()


def _is_test(body: bytes) -> bool:
    """Whether a body holds İYS's fixed test row and nothing else."""
    if TEST_RECIPIENT.encode() not in body:
        return False
    try:
        listed = json.loads(body)["list"]
        return bool(listed) and all(row["recipient"] == TEST_RECIPIENT for row in listed)
    except (ValueError, TypeError, KeyError, RecursionError):
        return False


def _keep(registration: PushRegistration, body: bytes, at) -> None:
    push_id = new_id()
    db.session.add(
        Push(
            id=push_id,
            provider_id=registration.provider_id,
            registration_id=registration.id,
            body=vault().seal(body, Push.PLACE, registration.provider_id, push_id),
            received_at=at,
            due_at=at,
        )
    )
    db.session.flush()
