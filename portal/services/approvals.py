"""What the operator approved of a firm for people to see, and the one act that takes any of it back. Nothing here
commits."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal.core.models import Brand, Campaign, ConsentPoint, ConsentText, Delivery, Provider, Review, ReviewAct
from portal.core.models.approvals import FIELDS, digest_of, last_decisions, note_of
from portal.domain import consent_points
from portal.domain.campaigns import lifecycle, sending, text_reviews
from portal.domain.providers import brand_requests, domain_reviews, sandbox_mode

HOST, TEXT = "domain", "text"
NOTED = (*FIELDS, domain_reviews.MAILBOX)  # Whose words are the whole note.
IN_ALL_MESSAGES = (HOST, "keyword", "reply_number")  # Of a brand: all its texts name them.


@dataclass(frozen=True)
class Approval:
    kind: str  # A field of brands, HOST, TEXT or the kind of a mailbox.
    of: str  # A brand, campaign or firm.
    words: str
    digest: bytes
    decision: Review | None  # None: it was admitted with its firm, or stands as a whole in what was approved.


@dataclass(frozen=True)
class Halted:
    act: str  # Of the audit log.
    subject: str
    row_id: int


def list_approvals(session: Session, provider: Provider) -> list[Approval]:
    """What people may see of an admitted firm, other than its title, number and contact; those go by suspending it."""
    if provider.in_sandbox_mode:
        return []
    decisions = {
        digest: each for (_, digest), each in last_decisions(session, Review.provider_id == provider.id).items()
    }
    found = {digest_of(kind, words): (kind, of, words) for kind, of, words in _shown(session, provider)}
    for text in text_reviews.list_written(session, Provider.id == provider.id):
        if text.is_approved:
            found[text.digest] = (TEXT, text.campaign.name, " · ".join(filter(None, text.words.values())))
    for digest, each in decisions.items():  # What stands nowhere now, and could again.
        if each.act == ReviewAct.TEXT_APPROVED and digest not in found:
            kind = next((each_kind for each_kind in NOTED if digest_of(each_kind, each.note) == digest), TEXT)
            found[digest] = (kind, provider.title, each.note)
    return [Approval(*what, digest, decisions.get(digest)) for digest, what in found.items()]


def _shown(session: Session, provider: Provider) -> Iterator[tuple[str, str, str]]:
    """(field or HOST, brand or firm, words) of brands, of the senders that pages of campaigns name, and of links."""
    brands = session.scalars(select(Brand).where(_counted(provider)).order_by(Brand.id)).all()
    yield from brand_requests.fields_in_force(provider, brands)
    names = {brand.id: brand.name for brand in brands}
    pages = select(ConsentText.brand_name, ConsentText.sender_contact, ConsentText.notice_url)
    pages = pages.join(Campaign, Campaign.text_id == ConsentText.id).where(Campaign.brand_id.in_(names)).distinct()
    for page in session.execute(pages):
        for column, field in text_reviews.SENDER.items():
            if (words := getattr(page, column)) and words not in (provider.title, provider.contact):
                yield field, page.brand_name, words
    for host in domain_reviews.list_hosts(session, provider.id).values():
        if host.verified_at and domain_reviews.is_approved(session, host):
            yield HOST, names.get(host.brand_id, ""), host.host


def take_back(
    session: Session, provider: Provider, digest: str, *, by: int, reason: str, at: datetime
) -> tuple[Approval, Review, list[Halted]] | None:
    """Take an approval back: people see the firm's title and our words instead, what is queued with it never leaves,
    and nothing that holds it is vouched for; refusing goes on. None where it is not in force. Lock the provider first.
    """
    what = next((each for each in list_approvals(session, provider) if each.digest.hex() == digest), None)
    if what is None:
        return None
    brands, campaigns = _lock_what_shows(session, provider)
    note = note_of(what.words, reason) if what.kind in FIELDS else f"“{what.words[:1000]}”: {reason}"
    review = _record(session, provider.id, ReviewAct.TEXT_DECLINED, note, what.digest, by, at)
    theirs = set()
    if what.kind in FIELDS:
        theirs = {brand.id for brand in brand_requests.take_back(provider, brands, what.kind, what.words)}
    elif what.kind == HOST:
        theirs = {domain_reviews.list_hosts(session, provider.id)[digest].brand_id}
    written = text_reviews.list_written(session, Provider.id == provider.id)
    holding = {text.campaign.id for text in written if text.digest == what.digest}
    halted: list[Halted] = []
    for campaign in campaigns:
        is_sent_with = what.kind in IN_ALL_MESSAGES and campaign.brand_id in theirs
        if campaign.id in holding or (is_sent_with and campaign.delivery != Delivery.POINT):
            halted += _halt(session, campaign, at)
        if campaign.id in holding and what.kind in text_reviews.SENDER.values():
            lifecycle.renew_text(session, campaign, "" if what.kind == "notice_url" else None, at)
    return what, review, halted


def approve_after_all(
    session: Session, provider_id: int, digest: str, mailboxes: Iterable[str], *, by: int, reason: str, at: datetime
) -> Review | None:  # fmt: skip
    """Approve a declined text, host or mailbox that the operator's page shows; a brand's field is asked for again."""
    decisions = last_decisions(session, Review.provider_id == provider_id)
    last = next((each for (_, its), each in decisions.items() if its.hex() == digest), None)
    if (
        digest not in list_changeable(session, provider_id, mailboxes)
        or last is None
        or last.act == ReviewAct.TEXT_APPROVED
    ):
        return None
    note = " · ".join(filter(None, (last.note, reason)))[-2000:]
    return _record(session, provider_id, ReviewAct.TEXT_APPROVED, note, bytes.fromhex(digest), by, at)


def list_changeable(session: Session, provider_id: int, mailboxes: Iterable[str]) -> set[str]:
    """The hashes in hex of texts, hosts and mailboxes that the operator's page shows."""
    texts, hosts = text_reviews.list_declined(session, provider_id), domain_reviews.list_hosts(session, provider_id)
    return {*texts, *hosts, *mailboxes}


def last_decision_id(session: Session, provider_id: int, digest: str) -> str:
    """The id of the last decision on a hash, as forms carry it; empty where there is none."""
    found = last_decisions(session, Review.provider_id == provider_id)
    return next((str(each.id) for (_, its), each in found.items() if its.hex() == digest), "")


def _record(
    session: Session, provider_id: int, act: ReviewAct, note: str, digest: bytes, by: int, at: datetime
) -> Review:
    review = Review(provider_id=provider_id, act=act, note=note, digest=digest, made_by=by, made_at=at)
    session.add(review)
    session.flush()
    return review


def _counted(provider: Provider) -> ColumnElement[bool]:
    return Brand.id.in_(sandbox_mode.counted_brands(provider))


def _lock_what_shows(session: Session, provider: Provider) -> tuple[Sequence[Brand], Sequence[Campaign]]:
    """A launch, a reopening or a publication beside this waits, and then sees the decision; or it was first, and is
    halted. In the order of the worker (brand, campaign) and of points (point, campaign)."""
    session.flush()
    fresh = {"populate_existing": True}
    brands = select(Brand).where(_counted(provider)).order_by(Brand.id).with_for_update(key_share=True)
    locked = session.scalars(brands, execution_options=fresh).all()
    points = select(ConsentPoint.id).where(ConsentPoint.provider_id == provider.id).order_by(ConsentPoint.id)
    session.execute(points.with_for_update()).all()
    campaigns = select(Campaign).where(Campaign.provider_id == provider.id).order_by(Campaign.id).with_for_update()
    return locked, session.scalars(campaigns, execution_options=fresh).all()


def _halt(session: Session, campaign: Campaign, at: datetime) -> Iterator[Halted]:
    """Close what runs; what has not left of it never does."""
    if campaign.launched_at is None:
        return
    point = session.scalar(select(ConsentPoint).where(ConsentPoint.campaign_id == campaign.id))
    if point is not None:
        if consent_points.close_point(session, point, at):
            yield Halted("point.closed", "point", point.id)
        return
    if sending.stop(session, campaign, at):
        yield Halted("campaign.stopped", "campaign", campaign.id)
    if lifecycle.close(session, campaign, at):
        yield Halted("campaign.closed", "campaign", campaign.id)
