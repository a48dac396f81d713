"""Send due mails: claimed by lease one by one, rendered from templates/mails/ and their facts, over one connection.

A mail that a killed sender had claimed is sent again with the same Message-ID: better twice than never.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from babel.dates import format_datetime
from flask import current_app
from sqlalchemy import select

from portal.core import clock, display_names, leases
from portal.core.addresses.masking import HIDDEN
from portal.core.extensions import db, read_session, vault
from portal.core.failure_causes import cause_of
from portal.core.models import Mail, MailKind, MailState
from portal.core.vault import KEY_WAIT, CannotOpen, KeyMissing
from portal.domain.notifications import mails
from portal.domain.notifications.mails import FACTS
from portal.services.messaging import mail_transport
from portal.services.messaging.gateways.protocol import ErrorClass, GatewayError
from portal.services.messaging.gateways.smtp_connection import Disconnected
from portal.services.messaging.mail_transport import OutgoingMail

LEASE = timedelta(minutes=3)  # A dozen commands may take smtp_connection.TIMEOUT each before one mail is through.
BATCH = 50  # Over one connection.
LONGEST_RUN = 30.0  # Seconds: a slow server must not hold up launches and messages; the rest goes a minute later.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=20), timedelta(hours=1)
MAX_ATTEMPTS = 60  # In some two and a half days.
LONGEST_NAME = 120
LONGEST_TEXT = 2000
TRUSTED_FACTS = frozenset({"link", "device", "network", "address"})
NAME_FACTS = frozenset({"place", "by", "owner", "name", "brand", "point", "host"})  # Others may be large numbers.
MULTILINE_FACTS = frozenset({"note", "reason", "answer"})  # Written by people in correspondence with us.

log = structlog.get_logger()


@dataclass(frozen=True)
class RenderedMail:
    subject: str
    text: str


def send_due() -> int:
    """Send a batch of due mails; return how many ended. 0: none is due, or no server is configured, reachable or fast
    enough."""
    is_configured = mail_transport.is_configured(current_app.config)
    if not is_configured or not leases.is_any_due(read_session(), Mail, clock.now()):
        return 0
    done, ends = 0, time.monotonic() + LONGEST_RUN
    try:
        with mail_transport.open_transport(current_app.config) as send:
            while done < BATCH and (claimed := _claim()):
                done += _send(send, claimed)
                if time.monotonic() > ends:
                    log.warning("mails.slow", done=done)
                    return 0
    except Disconnected as error:
        log.warning("mails.blocked", cause=cause_of(error.__context__ or error))
        return 0
    return done


def _claim() -> int | None:
    """Claim the mail that has been due longest."""
    at = clock.now()
    due = select(Mail.id).where(leases.is_due(Mail, at)).order_by(Mail.due_at).limit(1)
    mail_id = db.session.scalar(due.with_for_update(skip_locked=True))
    if mail_id is not None:
        leases.claim(db.session, Mail, Mail.id == mail_id, at=at, lease=LEASE, attempts=Mail.attempts + 1)
    db.session.commit()
    return mail_id


def _send(send: Callable[[OutgoingMail], None], mail_id: int) -> bool:
    """Send one; True if it ended. Raises Disconnected, after postponing the mail."""
    try:
        mail = _outgoing_mail(mail_id)
    except KeyMissing:
        return _wait_for_key(mail_id)
    if mail is None:
        return True
    try:
        send(mail)
    except GatewayError as failure:
        error_class = None if isinstance(failure, Disconnected) else failure.error.error_class
        if error_class is ErrorClass.PERMANENT:
            return _end(mail_id, MailState.FAILED)
        has_ended = _put_off(mail_id)
        if error_class is ErrorClass.TEMPORARY:
            return has_ended
        raise Disconnected(failure.error) from None  # The server or the network is at fault.
    return _end(mail_id, MailState.SENT)


def _outgoing_mail(mail_id: int) -> OutgoingMail | None:
    """What to send; None, with the mail failed, where its link has expired or it is damaged. Raises KeyMissing."""
    mail = db.session.get_one(Mail, mail_id)
    try:
        facts, to = mails.read_facts(vault(), mail), mails.read_address(vault(), mail)
    except CannotOpen:
        facts, to = {}, None
    kind, language = mail.kind, mail.language
    db.session.rollback()
    until = facts.get("until")
    if to is None or (until and until <= clock.now()):
        _end(mail_id, MailState.FAILED)
        return None
    written = render_mail(kind, language, facts)
    return OutgoingMail(mail_id, to, written.subject, written.text, language)


def _end(mail_id: int, state: MailState) -> bool:
    """End it, and delete its facts: they hold links."""
    mail = db.session.get_one(Mail, mail_id)
    mail.state, mail.due_at, mail.lease_until, mail.ended_at = state, None, None, clock.now()
    mail.facts = mails.seal_facts(vault(), mail.id, {})
    db.session.commit()
    return True


def _wait_for_key(mail_id: int) -> bool:
    """Another worker may know the key that sealed it."""
    mail = db.session.get_one(Mail, mail_id)
    mail.due_at, mail.lease_until, mail.attempts = clock.now() + KEY_WAIT, None, mail.attempts - 1
    db.session.commit()
    return False


def _put_off(mail_id: int) -> bool:
    """Retry later, or fail after MAX_ATTEMPTS; True if it ended."""
    mail = db.session.get_one(Mail, mail_id)
    if mail.attempts >= MAX_ATTEMPTS:
        return _end(mail_id, MailState.FAILED)
    mail.due_at, mail.lease_until = clock.now() + leases.backoff(mail.attempts, FIRST_PAUSE, LONGEST_PAUSE), None
    db.session.commit()
    return False


def render_mail(kind: MailKind, language: str, facts: Mapping[str, Any]) -> RenderedMail:
    """Fill in the template; its first line is the subject. A fact that the release which queued the mail did not tell
    is undefined there."""
    clean = {name: _clean_fact(name, facts[name], language) for name in FACTS[kind] if name in facts}
    text = current_app.jinja_env.get_template(f"mails/{kind}/{language}.txt").render(clean)
    foot = current_app.jinja_env.get_template(f"mails/foot/{language}.txt").render()
    subject, _, body = text.partition("\n")
    return RenderedMail(subject, f"{body.strip()}\n{foot}\n")


def _clean_fact(fact: str, value: Any, language: str) -> Any:
    """A fact for a mail. Anybody who signs up chooses titles and names: they must bring no lines, links and telephones
    of their own into a mail of ours."""
    if isinstance(value, datetime):
        return format_datetime(value, "d MMMM yyyy HH:mm", tzinfo=clock.ISTANBUL, locale=language)
    if not isinstance(value, str) or fact in TRUSTED_FACTS:
        return value
    if fact in MULTILINE_FACTS:
        return value.strip()[:LONGEST_TEXT]
    name = " ".join(value.split())[:LONGEST_NAME]
    return HIDDEN if fact in NAME_FACTS and display_names.holds_phone(name) else display_names.break_links(name)
