"""Receive what vendors of messages push: delivery reports, replies and complaints. Stored, answered, and read by the
sender afterwards. The secret in the URL is the only credential, since all but Amazon sign nothing."""

import sys

from flask import abort, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db, read_session
from portal.domain.notifications import gateways
from portal.services.messaging import gateway_events
from portal.services.messaging.gateways import mail_webhooks, push_text
from portal.services.messaging.gateways.bounces import MAX_BYTES
from portal.services.messaging.gateways.vendor_push import MAX_PUSH_BYTES, VendorPush
from portal.web.callbacks.blueprint import blueprint
from portal.web.shared import error_pages, limits


@blueprint.route("/callbacks/messages/<secret>", methods=["GET", "POST"])
def gateway_push(secret: str) -> ResponseReturnValue:
    """Some vendors push by GET, with all they say in the query. What is empty is no push."""
    request.max_content_length = MAX_PUSH_BYTES
    gateway = gateways.find_by_secret(read_session(), secret)
    if gateway is None:  # Found by its digest, so the time it takes says nothing of a secret.
        limits.count_bad_push()
        abort(404)
    try:
        body = _read_of_mail() if gateway.carries == AddressKind.EMAIL else request.get_data()
    except RequestEntityTooLarge:
        gateway_events.note_too_large(gateway, request.content_length, clock.now())
        db.session.commit()
        raise
    body = body or request.query_string  # Where fields may repeat.
    push = VendorPush(body, request.content_type or "", push_text.read_fields(request.query_string))
    if push.body:
        gateway_events.keep_push(gateway, secret, push, clock.now())
        db.session.commit()
    return "OK", {"Content-Type": "text/plain; charset=utf-8"}


def _read_of_mail() -> bytes:
    """An event about mails; or the beginning of a mail, as of one in a mailbox: one of whatever size may refuse. Raises
    RequestEntityTooLarge."""
    request.max_content_length = sys.maxsize
    begun = _read(MAX_BYTES)
    if mail_webhooks.way_of(VendorPush(begun, request.content_type or "")) == "post":
        error_pages.discard_body(request.stream)
        return begun
    event = begun + _read(MAX_PUSH_BYTES + 1 - MAX_BYTES)
    if len(event) > MAX_PUSH_BYTES:
        raise RequestEntityTooLarge
    return event


def _read(most: int) -> bytes:
    read = b""
    while len(read) < most and (piece := request.stream.read(most - len(read))):
        read += piece
    return read
