"""Who was not told on the same day what they decided: the list of a day, a file for whoever tells them by other means,
and the provider's word that it did; and its word that it confirms a whole campaign so."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from flask import Response, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session
from wtforms import DateField, TimeField
from wtforms.validators import Optional

from portal.core import addresses, clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import Campaign, ConsentPoint, Delivery, Message, MessageState, Recipient
from portal.core.vault import CannotOpen
from portal.domain.campaigns import confirmations as campaign_confirmations
from portal.domain.consents import recipients
from portal.domain.identity.permissions import Permission
from portal.domain.notifications import confirmations
from portal.services.messaging import outgoing_messages
from portal.web.dashboard.blueprint import blueprint
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.downloads import Format, download, file_name
from portal.web.shared.forms import BaseForm
from portal.web.shared.gateway_words import explain_reason
from portal.web.shared.labels import label
from portal.web.shared.own_rows import own_row_or_404
from portal.web.shared.pagination import requested_page
from portal.web.shared.redirects import commit_and_redirect

PAGE_SIZE = 50
CHUNK = 500
KEPT = timedelta(days=366)  # How far back the page looks.
HEADER = (_l("Adres"), _l("Nasıl bildirilecek"), _l("Karar"), _l("Karar zamanı"), _l("Konu"), _l("Metin"))


class DayForm(BaseForm):
    """A day, and until when of it; the whole day where no time is given."""

    day = DateField(_l("Gün"), validators=[Optional()])
    until = TimeField(_l("Şu saate kadar"), validators=[Optional()])

    def moment(self, at: datetime) -> datetime:
        """Until when: never what may still be taken back, or only waits for its turn."""
        latest = at - timedelta(seconds=current_app.config["UNDO_SECONDS"])
        if self.until.data is None:
            return latest
        of_day = timedelta(hours=self.until.data.hour, minutes=self.until.data.minute)
        return min(latest, clock.start_of_day(self.day.data) + of_day)


@blueprint.get("/confirmations", endpoint="confirmations")
@needs(Permission.LOOK)
def show_confirmations() -> str:
    at = clock.now()
    form = _asked_day(at)
    day, until = form.day.data, form.moment(at)
    is_of_day = confirmations.of_day(current_user.provider_id, day, until)
    found = _with_recipients().where(is_of_day, confirmations.is_unconfirmed())
    counted = select(func.count()).select_from(Message).where(is_of_day, confirmations.is_to_be_told())
    return render_template(
        "dashboard/campaigns/confirmations.html",
        page=requested_page(found.order_by(Message.created_at, Message.id), PAGE_SIZE, _row),
        to_be_told=read_session().execute(counted).scalar_one(),
        day=day,
        until=f"{clock.istanbul(until):%H:%M}" if day == clock.day(at) else None,
        today=clock.day(at),
        a_day=timedelta(days=1),
        formats=Format,
    )


@blueprint.get("/confirmations.csv", endpoint="confirmations_file", defaults={"format": Format.CSV})
@blueprint.get("/confirmations.xlsx", endpoint="confirmations_file", defaults={"format": Format.XLSX})
@limiter.limit(limits.EXPORTS, key_func=limits.provider_key)
@needs(Permission.EXPORT, fresh=True, names_provider=True)
def download_confirmations(format: Format) -> Response:
    """Whom to tell, with the text. Audited, since it holds addresses in full."""
    at = clock.now()
    form = _asked_day(at)
    day, until = form.day.data, form.moment(at)
    record_audit("confirmations.taken", "provider", current_user.provider_id, day=day.isoformat())
    db.session.commit()
    found = _with_recipients().where(
        confirmations.of_day(current_user.provider_id, day, until), confirmations.is_to_be_told()
    )
    lines, header = _lines(read_session(), found), [str(each) for each in HEADER]
    name = file_name(current_user.provider_id, f"bildirimler-{day.isoformat()}")
    return download(lines, header=header, sheet=_("Bildirimler"), name=name, format=format)


@blueprint.post("/confirmations")
@needs(Permission.SETTLE)
def mark_confirmed() -> ResponseReturnValue:
    """Take the provider's word that it told those of a day itself."""
    form, at = DayForm(), clock.now()
    if not form.validate_on_submit() or not _is_kept(form.day.data, at):
        abort(400)
    day, until = form.day.data, form.moment(at)
    told = confirmations.mark_told(db.session, current_user.provider_id, day, until, at)
    facts = {"day": day.isoformat(), "up_to": f"{clock.istanbul(until):%d.%m.%Y %H:%M}", "count": told}
    record_audit("confirmations.told", "provider", current_user.provider_id, **facts)
    message = _("%(count)s kişi bildirildi olarak işaretlendi.", count=told)
    return commit_and_redirect(url_for(".confirmations", day=day.isoformat()), message)


@blueprint.post("/campaigns/<id:campaign_id>/own-confirmation")
@needs(Permission.LAUNCH)
def confirm_ourselves(campaign_id: int) -> ResponseReturnValue:
    """Record that the provider tells those who consent itself, of a campaign or of a consent point."""
    campaign = own_row_or_404(db.session, Campaign, campaign_id)
    if campaign_confirmations.confirm_ourselves(db.session, campaign, current_user.id, clock.now()):
        record_audit("campaign.own_confirmation", "campaign", campaign_id)
    db.session.commit()
    if campaign.delivery != Delivery.POINT:
        return redirect(url_for(".campaign", campaign_id=campaign_id), 303)
    point_id = db.session.scalars(select(ConsentPoint.id).where(ConsentPoint.campaign_id == campaign_id)).one()
    return redirect(url_for(".point", point_id=point_id), 303)


def _asked_day(at: datetime) -> DayForm:
    """The form of the query string; today where it names no day that the page shows."""
    form = DayForm(formdata=request.args, meta={"csrf": False})
    if not form.validate() or not _is_kept(form.day.data, at):
        form.day.data, form.until.data = clock.day(at), None
    return form


def _is_kept(day: date | None, at: datetime) -> bool:
    return day is not None and clock.day(at) - KEPT <= day <= clock.day(at)


def _with_recipients() -> Select[Message, Recipient]:
    return select(Message, Recipient).join(Recipient, Recipient.id == Message.recipient_id)


def _row(message: Message, recipient: Recipient) -> dict[str, object]:
    reason, session = None, read_session()
    try:
        address = recipients.read_address(vault(), recipient)
        is_reachable = outgoing_messages.is_reachable(session, message.provider_id, address)
        outgoing_messages.write_text(session, message, is_mail=address.kind == AddressKind.EMAIL)
    except CannotOpen:
        is_reachable = True
    except outgoing_messages.NotNeeded as needless:
        reason = _("Bildirilmez, dosyada yoktur: %(why)s.", why=label(needless.reason))
    masked = recipients.masked_address(vault(), recipient)
    return {"message": message, "address": masked, "reason": reason or _reason(message, is_reachable=is_reachable)}


def _reason(message: Message, *, is_reachable: bool) -> str:
    """Why the person was not told."""
    if not is_reachable:
        return _("Bu numaraya ileti gönderemiyoruz: aranarak bildirilecek.")
    if message.state in confirmations.FAILED:
        is_mail = message.address_kind == AddressKind.EMAIL
        way = _("E-postayla bildirilemedi.") if is_mail else _("SMS ile bildirilemedi.")
        return f"{way} {explain_reason(message.reason, message.code)}"
    if message.state == MessageState.UNCERTAIN:
        return _("Gönderim hesabının yanıtı gelmedi; ulaşıp ulaşmadığı belli değil.")
    if message.reason:
        return _("Yeniden denenecek.") + " " + explain_reason(message.reason, message.code)
    return _("Gönderecek hesabı bekliyor.")


def _lines(session: Session, found: Select[Message, Recipient]) -> Iterator[Sequence[object]]:
    """Lines under HEADER, read in parts; none of what was refused or taken back meanwhile, or is another one's."""
    last = 0
    while rows := session.execute(found.where(Message.id > last).order_by(Message.id).limit(CHUNK)).all():
        for message, recipient in rows:
            last = message.id
            try:
                address = recipients.read_address(vault(), recipient)
                is_mail = address.kind == AddressKind.EMAIL
                written = outgoing_messages.write_text(session, message, is_mail=is_mail)
            except (CannotOpen, outgoing_messages.NotNeeded):
                continue
            is_reachable = outgoing_messages.is_reachable(session, message.provider_id, address)
            way = label(address.kind) if is_mail else "SMS" if is_reachable else _("Aranarak bildirilecek")
            decided_at = format_datetime(message.created_at, "yyyy-MM-dd HH:mm:ss")
            shown = addresses.without_plus(address.text)
            yield shown, way, label(message.kind), decided_at, written.subject, written.text.strip()
