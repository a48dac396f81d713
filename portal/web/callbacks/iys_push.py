"""Receive İYS's push of movements: authenticate, store, answer at once. The forwarder reads it afterwards."""

import hmac
import json

from flask import Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select, update

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.ids import new_id
from portal.core.models import Push, PushRegistration
from portal.core.models.movement import token_digest
from portal.web.callbacks.blueprint import blueprint
from portal.web.shared import limits

LARGEST_BODY = 2 * 1024 * 1024  # Bytes. A list of 1000 movements has about 350 kB.
TEST_RECIPIENT = "pushtest@iys.org.tr"  # İYS posts a fixed row of this recipient when an address is registered.


@blueprint.post("/inbound/iys/<token>")
def push(token: str) -> ResponseReturnValue:
    """Store the body, then answer. İYS waits 5 s at most, so nothing is parsed here."""
    request.max_content_length = LARGEST_BODY
    registration = _authenticate(token)
    if registration is None:
        return _unauthorized()
    body, at = request.get_data(), clock.now()
    times = {"received_at": at}
    if _is_test(body):
        times["tested_at"] = at
    elif body:
        push_id, provider_id = new_id(), registration.provider_id
        sealed = vault().seal(body, Push.PLACE, provider_id, push_id)
        db.session.add(
            Push(
                id=push_id,
                provider_id=provider_id,
                registration_id=registration.id,
                body=sealed,
                received_at=at,
                due_at=at,
            )
        )
        db.session.flush()
    db.session.execute(update(PushRegistration).where(PushRegistration.id == registration.id).values(times))
    db.session.commit()
    return {"status": "ok"}


def _authenticate(token: str) -> PushRegistration | None:
    """The registration with this token and password; every mismatch takes the same path."""
    mine = select(PushRegistration).where(
        PushRegistration.token_digest == token_digest(token), PushRegistration.removed_at.is_(None)
    )
    found = read_session().scalar(mine)
    expected = b"nobody:"
    if found:
        password = vault().read(found.password, PushRegistration.PASSWORD, found.provider_id, found.id)
        expected = f"{found.username}:{password}".encode()
    given = request.authorization
    sent = f"{given.username}:{given.password}".encode() if given and given.type == "basic" else b""
    return found if hmac.compare_digest(sent, expected) and found else None


def _unauthorized() -> Response:
    """401; or 429 after too many wrong credentials from an address."""
    limits.count_bad_push()
    return Response(status=401, headers={"WWW-Authenticate": 'Basic realm="iys", charset="UTF-8"'})


def _is_test(body: bytes) -> bool:
    """Whether a body holds İYS's fixed test row and nothing else."""
    if TEST_RECIPIENT.encode() not in body:
        return False
    try:
        listed = json.loads(body)["list"]
        return bool(listed) and all(row["recipient"] == TEST_RECIPIENT for row in listed)
    except (ValueError, TypeError, KeyError, RecursionError):
        return False
