"""A brand's own short hosts: verified by a DNS TXT record, and asked over https whether they lead here, again each day.

When the record is gone or the host leads elsewhere, we serve links that were sent as before: they must be able to
refuse for ever. New links get another host, and the page says so.
"""

import hmac
import re
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import and_, case, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core import clock, dns_records
from portal.core.addresses.problems import ExplainedProblem
from portal.core.extensions import db, read_session
from portal.core.guarded_requests import Transport
from portal.core.lazy_text import N_
from portal.core.models import Brand, Domain
from portal.core.ssrf_guard import dns_resolver, is_public
from portal.domain import audit
from portal.domain.providers.domain_reviews import UNREACHED

MAX_PER_BRAND = 2  # Links survive the loss of one.
LABEL = "_izinlink"  # The record stands beside the host, not on it: a host that is a CNAME can have no other record.
PROOF_PREFIX = "izinlink="
CHECK_UNPROVEN_FOR = timedelta(days=7)  # Then only on request.
AGAIN_UNPROVEN, AGAIN_PROVEN, AGAIN_FAULTY = timedelta(minutes=10), timedelta(days=1), timedelta(hours=1)
BATCH = 25  # Hosts per run: silent servers hold a worker up for minutes at most.
ANSWER_PATH = "/.well-known/izinlink"  # Each of our hosts answers there with host_answer().
LOOK_SECONDS = 5.0  # For the answer: a person may wait for the page.
# The last label has letters only, or is in punycode: an IP address is no host.
HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})")

log = structlog.get_logger()


class HostProblem(ExplainedProblem):
    """Why a host cannot be a brand's."""

    SPELLING = (
        "spelling",
        N_("Bu bir alan adı değil."),
        N_("Yalnız adı yazın: izin.firmaniz.com gibi, https:// ve / olmadan."),
    )
    OURS = "ours", N_("Bu ad İzinlink'in kendisine ait."), N_("Firmanızın kendi alan adından bir ad seçin.")
    TAKEN = (
        "taken",
        N_("Bu alan adı başka bir marka için doğrulanmış."),
        N_("Alan adı sizinse, onu orada kaldırın ya da bize yazın."),
    )
    TOO_MANY = "too_many", N_("Bir markanın en çok iki alan adı olabilir."), N_("Önce birini kaldırın.")


class BadHost(ValueError):
    """A host that cannot be a brand's; `problem` has the sentence and its cure."""

    def __init__(self, problem: HostProblem):
        super().__init__(problem.value)
        self.problem = problem


class CheckResult(StrEnum):
    FOUND = "found"
    UNREACHED = "unreached"  # The record is there, but the host did not lead here.
    ABSENT = "absent"
    TAKEN = "taken"  # Another brand has proved the host.
    NO_ANSWER = "no_answer"  # The name server did not answer: this proves nothing.


def normalize_host(text: str, ours: Collection[str]) -> str:
    """A host in its stored form. Neither `ours`, our own hosts, nor their subdomains are allowed. Raises BadHost."""
    host = text.strip().lower().rstrip(".")
    try:
        host = host.encode("idna").decode()
    except UnicodeError:
        raise BadHost(HostProblem.SPELLING) from None
    if len(host) > 253 - len(LABEL) - 1 or not HOST.fullmatch(host):
        raise BadHost(HostProblem.SPELLING)
    if any(host == own or host.endswith(f".{own}") for own in ours):
        raise BadHost(HostProblem.OURS)
    return host


def add(session: Session, brand: Brand, host: str, at: datetime) -> Domain:
    """Record a brand's claim of a host, still to be verified. Part of the caller's transaction. Raises BadHost.

    Any number of brands may claim a host: it belongs to the one that proves it first.
    """
    session.execute(select(Brand.id).where(Brand.id == brand.id).with_for_update(key_share=True))
    others = Domain.brand_id == brand.id, Domain.host != host, Domain.removed_at.is_(None)
    mine = select(func.count(Domain.id)).where(*others)
    if (session.scalar(mine) or 0) >= MAX_PER_BRAND:
        raise BadHost(HostProblem.TOO_MANY)
    claim = session.scalar(select(Domain).where(Domain.host == host, Domain.brand_id == brand.id))
    if claim is not None:
        if claim.removed_at is not None:  # It may be somebody else's by now: new links wait for its record.
            claim.removed_at, claim.missing_since = None, at if claim.verified_at else None
        return claim
    if _is_proved(session, host):
        raise BadHost(HostProblem.TAKEN)
    made = Domain(
        provider_id=brand.provider_id, brand_id=brand.id, host=host, proof=PROOF_PREFIX + secrets.token_urlsafe(24),
        created_at=at,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def remove(session: Session, domain: Domain, at: datetime) -> None:
    """Remove a brand's host. If it was proved, links that were sent keep working there, as where its record is gone,
    until somebody else proves it: then they lead to the main host."""
    if domain.verified_at is None:
        session.delete(domain)
    else:
        domain.removed_at = at


def _is_proved(session: Session, host: str) -> bool:
    proved = select(Domain.id).where(Domain.host == host, Domain.verified_at.is_not(None), Domain.removed_at.is_(None))
    return session.scalar(proved) is not None


def record_name(domain: Domain) -> str:
    """The DNS name of a host's TXT record."""
    return f"{LABEL}.{domain.host}"


def host_answer(host: str) -> str:
    """What only an installation with our salt can answer when it is asked by this host."""
    return hmac.digest(current_app.config["LINK_SALT"].encode(), b"host|" + host.encode(), "sha256").hex()


def check(domain_id: int) -> CheckResult:
    """Look up a host's record, ask the host whether it leads here, and store the result. Commits; call it with
    no transaction open."""
    domain = read_session().get_one(Domain, domain_id, populate_existing=True)
    name, proof, host, was_verified = record_name(domain), domain.proof, domain.host, domain.verified_at is not None
    read_session().rollback()
    seen = look_up_record(name, proof)
    if seen == CheckResult.FOUND and not was_verified and _is_proved(read_session(), host):
        seen = CheckResult.TAKEN
    read_session().rollback()
    is_asked = seen == CheckResult.FOUND or (seen == CheckResult.NO_ANSWER and was_verified)
    is_reached = leads_here(host) if is_asked else None
    try:
        _save_result(domain, seen, is_reached, clock.now())
    except IntegrityError:  # Another brand proved it just now.
        db.session.rollback()
        seen = CheckResult.TAKEN
        _save_result(domain, seen, None, clock.now())
    return CheckResult.UNREACHED if seen == CheckResult.FOUND and not is_reached else seen


def check_due() -> None:
    """Check the hosts whose next check is due."""
    at = clock.now()
    proven, unproven = (
        Domain.verified_at.is_not(None),
        and_(Domain.verified_at.is_(None), Domain.created_at > at - CHECK_UNPROVEN_FOR),
    )
    last = func.coalesce(Domain.checked_at, Domain.created_at)
    is_faulty = or_(Domain.missing_since.is_not(None), Domain.unreached_looks > 0)
    due = or_(
        and_(unproven, last <= at - AGAIN_UNPROVEN),
        and_(proven, last <= at - AGAIN_PROVEN),
        and_(proven, is_faulty, last <= at - AGAIN_FAULTY),
    )
    due = and_(due, Domain.removed_at.is_(None))
    for domain_id in read_session().scalars(select(Domain.id).where(due).order_by(last).limit(BATCH)).all():
        log.info("domain.checked", id=domain_id, seen=check(domain_id).value)


def look_up_record(name: str, proof: str) -> CheckResult:
    try:
        texts = dns_records.look_up(name, "TXT", current_app.config["DNS_SERVER"])
    except dns_records.NoAnswer:
        return CheckResult.NO_ANSWER
    return CheckResult.FOUND if proof in [text.strip() for text in texts] else CheckResult.ABSENT


def leads_here(host: str) -> bool:
    """Whether a host, asked over https with a valid certificate, answers as only we can. DNS alone says where it is,
    and outside development only public addresses are called."""
    is_allowed = (lambda _address: True) if current_app.config["DEVELOPMENT"] else is_public
    transport = Transport(dns_resolver(current_app.config["DNS_SERVER"], is_allowed), seconds=LOOK_SECONDS)
    answer = transport.get(f"https://{host}{ANSWER_PATH}", {"User-Agent": "izinlink-hosts/1", "Connection": "close"})
    return answer.is_success and hmac.compare_digest(answer.body.strip(), host_answer(host).encode())


# Its looks count; any other needs a good one first.
_IS_IN_USE = and_(Domain.verified_at.is_not(None), Domain.missing_since.is_(None))


def _save_result(domain: Domain, seen: CheckResult, is_reached: bool | None, at: datetime) -> None:
    mine = update(Domain).where(Domain.id == domain.id, Domain.proof == domain.proof)
    values: dict[str, Any] = {"checked_at": at}
    if seen == CheckResult.FOUND:
        left = Domain.host == domain.host, Domain.id != domain.id, Domain.removed_at.is_not(None)
        still = select(Domain.id).where(Domain.id == domain.id, Domain.proof == domain.proof)
        if db.session.scalar(still.with_for_update()) is not None:
            db.session.execute(update(Domain).where(*left).values(verified_at=None))
        values |= {"verified_at": func.coalesce(Domain.verified_at, at), "missing_since": None}
    elif seen == CheckResult.ABSENT:
        values["missing_since"] = case(
            (Domain.verified_at.is_(None), None), else_=func.coalesce(Domain.missing_since, at)
        )
    if is_reached is not None:
        values["unreached_looks"] = 0 if is_reached else case((_IS_IN_USE, Domain.unreached_looks + 1), else_=UNREACHED)
    is_kept = db.session.scalar(mine.values(**values).returning(Domain.id)) is not None
    act = _act_of(domain, seen, is_reached)
    if is_kept and act:
        audit.note(db.session, act, "domain", domain.id, provider_id=domain.provider_id, at=at)
    db.session.commit()


def _act_of(before: Domain, seen: CheckResult, is_reached: bool | None) -> str | None:
    """What a look found that is new."""
    if before.verified_at is None:
        return "domain.verified" if seen == CheckResult.FOUND else None
    if before.missing_since is None and seen == CheckResult.ABSENT:
        return "domain.missing"
    is_lost = before.missing_since is None and before.unreached_looks + 1 == UNREACHED
    return "domain.unreached" if is_lost and is_reached is False else None
