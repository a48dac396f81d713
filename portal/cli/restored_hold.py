"""What leaves or opens by itself rests after a restore, until a person has looked.

What was shut since the backup cannot be known: it holds a firm as it was before the operator suspended it, a plan that
was cancelled since, a key that was revoked. Refusals go on, and so does what İYS is told of them.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core import restores
from portal.core.models import Campaign, CampaignState, Delivery, MailKind, Provider, Review
from portal.domain import audit
from portal.domain.campaigns import sending
from portal.domain.events import sequencer
from portal.domain.identity import api_keys, sessions
from portal.domain.providers import suspension
from portal.domain.webhooks import endpoints
from portal.services.imports import batches
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.owner_notifications import notify_owners

NOBODY = 0  # Whose act it was.
REASON = (
    "Veritabanı yedekten geri yüklendi. Planlar geri alındı, kampanyalar duraklatıldı, süren dosya aktarımlarının "
    "yalnız retleri yazılır (onaylar için dosyayı yeniden aktarın), API anahtarlarınız yalnız ret getirir (yenilerini "
    "oluşturun), webhooklarınız durdu (sizin olanları yeniden açın; aradaki her şey gelir). Yedekten sonra "
    "kapattığınız her şey yeniden açık olabilir: üyelerinize ve davetlere bakın. Yedekten sonra eklediğiniz kısa alan "
    "adlarını yeniden ekleyin: o adlarla başlayan bağlantılar, ret bağlantıları da, o zamana dek açılmaz. Hesap, "
    "destek ekibimiz baktıktan sonra sürer.\n\n"
    "The database was restored from a backup. Plans were taken back, campaigns paused, of imports that were being "
    "written only refusals are (import the file again for its grants), your API keys bring refusals only (make new "
    "ones), and your webhooks rest (turn on those that are yours; all that happened meanwhile is told). What you shut "
    "since the backup may be open again: look at your people and invitations. Add the short domains again that you "
    "added since: links that begin with them, also those to refuse, open nothing until then. "
    "The account goes on once our team has looked."
)


@dataclass(frozen=True)
class Held:
    """How many of each rest by this run, and how many firms do altogether."""

    all_firms: int
    firms: int
    again: int  # Of `firms`: those that went on after an earlier hold.
    plans: int
    campaigns: int
    imports: int
    keys: int
    webhooks: int
    sessions: int


def hold(session: Session, at: datetime) -> Held:
    """Suspend every firm, take plans back, pause what sends and webhooks, leave grants of running imports out, and have
    keys of before bring refusals only. What rests already is left as it is. Events from now on are numbered past those
    of the lost database. Does not commit."""
    sequencer.skip_used_numbers(session, at)
    restores.note_restore(session, at)
    firms = session.scalars(select(Provider).where(Provider.suspended_at.is_(None)).order_by(Provider.id)).all()
    were_held = set(session.scalars(select(Review.provider_id).where(Review.made_by == NOBODY)))
    for firm in firms:
        suspension.suspend(session, firm, by=NOBODY, note=REASON, at=at)
        audit.note(session, "provider.suspended", "provider", firm.id, provider_id=firm.id, at=at)
        notify_owners(firm, MailKind.SUSPENDED, reason=REASON, link=absolute_url("dashboard.overview"))
    planned = session.scalars(select(Campaign).where(Campaign.launch_at.is_not(None)).order_by(Campaign.id)).all()
    for campaign in planned:
        sending.cancel_plan(session, campaign)
        audit.note(session, "campaign.plan_cancelled", "campaign", campaign.id, provider_id=campaign.provider_id, at=at)
    launched = select(Campaign).where(Campaign.launched_at.is_not(None), Campaign.finished_at.is_(None))
    launched = launched.where(Campaign.delivery != Delivery.POINT).order_by(Campaign.id)
    running = [each for each in session.scalars(launched) if each.state == CampaignState.RUNNING]
    for campaign in running:
        sending.pause(session, campaign, at)
        audit.note(session, "campaign.paused", "campaign", campaign.id, provider_id=campaign.provider_id, at=at)
    imports = batches.leave_grants_out(session)
    narrowed = api_keys.narrow_to_refusals(session, at)
    for key, scopes in narrowed:
        audit.note(
            session, "api_key.narrowed", "api_key", key.id, provider_id=key.provider_id, at=at,
            facts={"scopes": ", ".join(scopes)},
        )  # fmt: skip
    webhooks = _pause_webhooks(session, at)
    ended = sessions.end_all_sessions(session, at)
    return Held(
        session.scalar(select(func.count()).select_from(Provider)) or 0, len(firms),
        len(were_held & {each.id for each in firms}), len(planned), len(running), imports, len(narrowed), webhooks,
        ended,
    )  # fmt: skip


def _pause_webhooks(session: Session, at: datetime) -> int:
    """Who has one may have left since. Its position stays."""
    paused = endpoints.pause_all(session, at)
    for each in paused:
        audit.note(session, "webhook.paused", "webhook", each.id, provider_id=each.provider_id, at=at)
    return len(paused)
