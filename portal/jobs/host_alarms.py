"""Mails to owners of a brand's own host that begins no links any more, and once it does again: one for each time."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import AuditEntry, Domain, MailKind, Provider
from portal.domain import audit
from portal.domain.providers.domain_reviews import UNREACHED
from portal.jobs.independent_steps import independent_step, mail_owners
from portal.web.shared.absolute_urls import absolute_url

LOST, MAILED, FOUND = ("domain.missing", "domain.unreached"), "domain.loss_mailed", "domain.found"


def notify_owners_of_hosts() -> None:
    """A host that fails holds up no other and is tried again. Commits."""
    is_theirs = Domain.verified_at.is_not(None), Domain.removed_at.is_(None)
    is_live = Provider.admitted_at.is_not(None), Provider.left_at.is_(None)
    hosts = select(Domain).join(Provider, Provider.id == Domain.provider_id).where(*is_theirs, *is_live)
    for domain in read_session().scalars(hosts).all():
        with independent_step("host.untold", domain=domain.id):
            if _what_is_new(read_session(), domain):
                _note_change(domain.id)


def _what_is_new(session: Session, domain: Domain) -> str | None:
    """A loss of a host that began links about which no mail was written, or that it is no longer lost."""
    its = AuditEntry.subject == "domain", AuditEntry.subject_id == domain.id
    noted = select(AuditEntry.act).where(*its, AuditEntry.act.in_((*LOST, MAILED, FOUND)))
    acts = list(session.scalars(noted.order_by(AuditEntry.id)))
    since_found = acts[len(acts) - acts[::-1].index(FOUND) :] if FOUND in acts else acts
    level = "missing" if domain.missing_since else "unreached" if domain.unreached_looks >= UNREACHED else "back"
    is_mailed = MAILED in since_found
    return level if since_found and is_mailed == (level == "back") else None


def _note_change(domain_id: int) -> None:
    domain = db.session.get_one(Domain, domain_id, with_for_update=True)
    level, at, provider_id = _what_is_new(db.session, domain), clock.now(), domain.provider_id
    if level is None or domain.removed_at is not None:
        return
    link = absolute_url("dashboard.show_brand", brand_id=domain.brand_id)
    mail_owners(provider_id, MailKind.HOST_LOST, host=domain.host, level=level, link=link)
    if level == "back":
        audit.note(db.session, "domain.found", "domain", domain_id, provider_id=provider_id, at=at)
    else:
        audit.note(db.session, "domain.loss_mailed", "domain", domain_id, provider_id=provider_id, at=at)
