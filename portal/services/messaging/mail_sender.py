"""Mails on their way: claimed by lease, one after the other, and given to whatever way there is.

A mail that a killed sender had in hand goes again, with the same Message-ID: better twice than never.
"""

import random
import time
from datetime import datetime, timedelta

import structlog
from flask import current_app
from sqlalchemy import func, select

from portal.core import clock, leases
from portal.core.extensions import db, read_session, vault
from portal.core.models import Mail, MailState
from portal.core.vault import CannotOpen
from portal.domain.notifications import mails
from portal.services.messaging import mail_rendering, mail_transport
from portal.services.messaging.mail_transport import OutgoingMail

LEASE = timedelta(minutes=3)  # A dozen commands may take ways.TIMEOUT each before one mail is through.
BATCH = 50  # Over one connection.
LONGEST_RUN = 30.0  # Seconds: a slow server holds up neither launches nor messages; the rest goes with the next minute.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=20), timedelta(hours=1)
MAX_ATTEMPTS = 60  # Attempts: some two and a half days.

log = structlog.get_logger()


def send_due() -> int:
    """Send a batch of due mails; how many are done with. None: nothing is due, there is no way, or it is blocked or
    slow."""
    if not (mail_transport.is_configured(current_app.config) and _count_due()):
        return 0
    done, ends = 0, time.monotonic() + LONGEST_RUN
    try:
        with mail_transport.open_transport(current_app.config) as way:
            while done < BATCH and (claimed := _claim()):
                done += _send(way, claimed)
                if time.monotonic() > ends:
                    log.warning("mails.slow", done=done)
                    return 0
    except mail_transport.Unavailable:
        log.warning("mails.blocked")
        return 0
    return done


def _count_due() -> int:
    return read_session().scalar(select(func.count()).select_from(Mail).where(leases.is_due(Mail, clock.now())))


def _claim() -> int | None:
    """The mail that has been due for longest; it is ours until the lease ends."""
    at = clock.now()
    due = select(Mail.id).where(leases.is_due(Mail, at)).order_by(Mail.due_at).limit(1)
    mail_id = db.session.scalar(due.with_for_update(skip_locked=True))
    if mail_id is not None:
        leases.claim(db.session, Mail, Mail.id == mail_id, at=at, lease=LEASE, attempts=Mail.attempts + 1)
    db.session.commit()
    return mail_id


def _send(way, mail_id: int) -> bool:
    """Send one; whether that is done with. Raises Blocked, with the mail put off."""
    letter = _outgoing_mail(mail_id)
    if letter is None:
        return True
    try:
        way.send(letter)
    except mail_transport.TemporaryFailure:
        return _put_off(mail_id)
    except mail_transport.PermanentFailure:
        return _end(mail_id, MailState.FAILED)
    except mail_transport.Unavailable:
        _put_off(mail_id)
        raise
    return _end(mail_id, MailState.SENT)


def _outgoing_mail(mail_id: int) -> OutgoingMail | None:
    """What to send. None: its link has gone stale, or what it says is damaged, and it has failed."""
    mail = db.session.get_one(Mail, mail_id)
    try:
        facts, to = mails.read_facts(vault(), mail), mails.read_address(vault(), mail)
    except CannotOpen:
        facts, to = {}, None
    kind, language = mail.kind, mail.language
    db.session.rollback()
    until = facts.get("until")
    if to is None or until and until <= clock.now():
        _end(mail_id, MailState.FAILED)
        return None
    written = mail_rendering.render_mail(kind, language, facts)
    return OutgoingMail(mail_id, to, written.subject, written.text, language)


def _end(mail_id: int, state: MailState) -> bool:
    """It is over, and the links it held are kept no longer."""
    mail = db.session.get_one(Mail, mail_id)
    mail.state, mail.due_at, mail.lease_until, mail.ended_at = state, None, None, clock.now()
    mail.facts = mails.seal_facts(vault(), mail.id, {})
    db.session.commit()
    return True


def _put_off(mail_id: int) -> bool:
    """Later again, or never where it was tried often enough; whether it is done with."""
    mail = db.session.get_one(Mail, mail_id)
    if mail.attempts >= MAX_ATTEMPTS:
        return _end(mail_id, MailState.FAILED)
    mail.due_at, mail.lease_until = clock.now() + _pause(mail.attempts), None
    db.session.commit()
    return False


def _pause(attempts: int) -> timedelta:
    """Twice as long each time, and never quite the same for all."""
    return min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE) * (0.75 + random.random() / 2)
