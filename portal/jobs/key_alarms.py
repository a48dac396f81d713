"""Mails to owners of API keys that programs use: two weeks before a key ends, and once it has ended."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import ApiKey, AuditEntry, MailKind, Provider
from portal.domain import audit
from portal.domain.identity import api_keys
from portal.jobs.independent_steps import independent_step, mail_owners
from portal.web.shared.absolute_urls import absolute_url

SOON = timedelta(days=14)
TOO_LATE = timedelta(days=7)  # After its end nobody is mailed any more.
IN_USE = timedelta(days=30)  # Before its end;
STILL_IN_USE = timedelta(days=1)  # where another key replaces it.
ENDS, ENDED = "api_key.end_near", "api_key.ended"


def notify_owners_of_keys() -> None:
    """A key that fails holds up no other and is tried again. Commits."""
    at = clock.now()
    live = ApiKey.is_test.is_(False), Provider.admitted_at.is_not(None), Provider.left_at.is_(None)
    ends = ApiKey.revoked_at.is_(None), ApiKey.expires_at > at - TOO_LATE, ApiKey.expires_at <= at + SOON
    used = select(ApiKey).join(Provider, Provider.id == ApiKey.provider_id).where(ApiKey.used_at.is_not(None))
    for key in read_session().scalars(used.where(*live, *ends)).all():
        with independent_step("api_key.untold", key=key.id):
            if _what_is_new(read_session(), key):
                _notify_owners(key.id)


def _what_is_new(session: Session, key: ApiKey) -> str | None:
    """ENDS or ENDED, where no mail was written of it."""
    at = clock.now()
    if key.expires_at is None or key.used_at is None or key.revoked_at is not None:
        return None
    is_replaced, act = api_keys.is_replaced(session, key, at), ENDS if key.is_open(at) else ENDED
    used_within = STILL_IN_USE if is_replaced else IN_USE
    matters = not is_replaced if act == ENDS else key.used_at > key.expires_at - used_within
    told = select(AuditEntry.id).where(
        AuditEntry.subject == "api_key", AuditEntry.subject_id == key.id, AuditEntry.act == act
    )
    return act if matters and session.scalar(told.limit(1)) is None else None


def _notify_owners(key_id: int) -> None:
    key = db.session.get_one(ApiKey, key_id, with_for_update=True)
    act, at = _what_is_new(db.session, key), clock.now()
    if act is None:
        return
    provider_id, link = key.provider_id, absolute_url("dashboard.list_api_keys")
    facts = {"name": key.name, "hint": key.hint, "at": key.expires_at, "is_over": act == ENDED, "link": link}
    mail_owners(provider_id, MailKind.KEY_ENDS, **facts)
    if act == ENDED:
        audit.note(db.session, "api_key.ended", "api_key", key_id, provider_id=provider_id, at=at)
    else:
        audit.note(db.session, "api_key.end_near", "api_key", key_id, provider_id=provider_id, at=at)
