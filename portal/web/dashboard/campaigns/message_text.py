"""The texts of a campaign's messages: written with a preview as on a phone, tried on oneself, fixed by the launch."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock, sms_parts
from portal.core.addresses import AddressKind, parse
from portal.core.extensions import db, limiter, read_session
from portal.core.lazy_text import N_
from portal.core.models import Brand, Campaign, MessageText, User
from portal.core.sms_parts import Alphabet, Cost, DearLetter, Suggestion
from portal.domain.campaigns import AudienceClosed, message_texts, text_reviews
from portal.domain.campaigns.message_texts import MessageWording
from portal.domain.identity.permissions import Permission
from portal.domain.providers.brands import link_base_url
from portal.services.launches.invitation_text import SampleText, render_sample
from portal.services.messaging import trial_messages
from portal.services.messaging.outgoing_messages import split_subject
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.campaigns.campaign_page import own_campaign_or_404
from portal.web.dashboard.campaigns.message_text_form import MessageTextForm
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.gateway_test import GatewayTestForm, build_test_form
from portal.web.shared.gateway_words import explain_error
from portal.web.shared.redirects import commit_and_redirect, rollback_and_redirect

ALPHABETS = {
    Alphabet.GSM: N_("GSM: Türkçeye özgü harf yok"),
    Alphabet.TURKISH_LOCKING: N_("Türkçe, bütün tablo"),
    Alphabet.TURKISH_SINGLE: N_("Türkçe, tek tek harf"),
    Alphabet.UCS2: N_("Unicode: her işaret"),
}


@dataclass(frozen=True)
class SmsPreview:
    """An SMS as it arrives, and what it costs."""

    text: str
    cost: Cost
    by_alphabet: Sequence[tuple[str, Cost | None]]  # By msgid of the alphabet.
    dear: Sequence[DearLetter]
    suggestion: Suggestion | None
    lost: str  # Characters that became question marks.
    excess: int  # Characters that would have to go for a part less.


@blueprint.get("/campaigns/<id:campaign_id>/message", endpoint="campaign_message")
@needs(Permission.LOOK)
def show_message_text(campaign_id: int) -> str:
    return _render(own_campaign_or_404(read_session(), campaign_id))


@blueprint.post("/campaigns/<id:campaign_id>/message")
@needs(Permission.PREPARE)
def save_message_text(campaign_id: int) -> ResponseReturnValue:
    campaign, url = own_campaign_or_404(db.session, campaign_id), url_for(".campaign_message", campaign_id=campaign_id)
    form = _form(db.session, campaign)
    if not form.validate_on_submit():
        return _render(campaign, form), 422
    try:
        saved = message_texts.save_wording(db.session, campaign, form.wording(), current_user.id, clock.now())
    except AudienceClosed:
        return rollback_and_redirect(url, _("Kampanya bu sırada başlatıldı; metni artık değişmez."))
    if saved is None:
        return rollback_and_redirect(url, _("Metin zaten böyle; yeni sürüm gerekmedi."))
    record_audit(
        "campaign.message_changed", "campaign", campaign_id, version=saved.version, hash=saved.digest.hex(),
        **form.promotion_facts(),
    )  # fmt: skip
    if text_reviews.is_approved(db.session, campaign):
        return commit_and_redirect(url, _("Kaydedildi. İletiler bu metinle gider."))
    return commit_and_redirect(url, _("Kaydedildi. Kampanya, metni biz onaylayınca başlatılabilir."))


@blueprint.post("/campaigns/<id:campaign_id>/message/preview")
@needs(Permission.PREPARE)
def preview_message_text(campaign_id: int) -> str:
    """The page with what is typed in, unsaved; a script takes its preview alone."""
    campaign = own_campaign_or_404(read_session(), campaign_id)
    form = _form(read_session(), campaign)
    form.validate()
    return _render(campaign, form)


@blueprint.post("/campaigns/<id:campaign_id>/message/test")
@limiter.limit(limits.GATEWAYS, key_func=limits.provider_key)
@needs(Permission.PREPARE)
def send_message_to_self(campaign_id: int) -> ResponseReturnValue:
    """Send the saved text to an address of the team's own; its link decides for nobody."""
    campaign = own_campaign_or_404(db.session, campaign_id)
    form = build_test_form(None, campaign.provider_id)
    if not form.validate_on_submit():
        return _render(campaign, test_form=form), 422
    to = form.destination()
    kind = parse(to).kind
    sample = _sample(db.session, campaign, message_texts.current_wording(db.session, campaign))
    account = trial_messages.find_account(db.session.get_one(Brand, campaign.brand_id), kind, clock.now())
    db.session.commit()  # No transaction is open while the vendor is called.
    if account is None:
        form.address.errors = [_("Bu marka için şu anda gönderebilen bir hesap yok. Firma → Gönderim sayfasına bakın.")]
        return _render(own_campaign_or_404(read_session(), campaign_id), test_form=form), 422
    error = trial_messages.send_text(account, to, sample.mail if kind == AddressKind.EMAIL else sample.sms)
    record_audit("campaign.message_tested", "campaign", campaign_id, clear=error is None)
    if error is None:
        url = url_for(".campaign_message", campaign_id=campaign_id)
        return commit_and_redirect(url, _("Deneme iletisi gitti. İçindeki bağlantı kimse için karar vermez."))
    db.session.commit()
    form.address.errors = [explain_error(error)]
    return _render(own_campaign_or_404(read_session(), campaign_id), test_form=form), 422


def _form(session: Session, campaign: Campaign) -> MessageTextForm:
    return MessageTextForm(campaign, message_texts.current_wording(session, campaign))


def _sample(session: Session, campaign: Campaign, wording: MessageWording) -> SampleText:
    config = current_app.config
    link_base = link_base_url(session, campaign.brand_id, config["LINK_BASE"])
    return render_sample(session, campaign, wording, config["LINK_SALT"], link_base)


def _render(
    campaign: Campaign, form: MessageTextForm | None = None, test_form: GatewayTestForm | None = None
) -> str:  # fmt: skip
    """`form` holds what was typed in; its texts are previewed, unless they are too long or unreadable."""
    wording = form.wording() if form and form.is_searchable else message_texts.current_wording(read_session(), campaign)
    sample = _sample(read_session(), campaign, wording)
    brand = read_session().get_one(Brand, campaign.brand_id)
    return render_template(
        "dashboard/campaigns/message_text.html",
        campaign=campaign,
        brand=brand,
        is_fixed=campaign.launched_at is not None or campaign.launch_at is not None,
        form=form or _form(read_session(), campaign),
        english=message_texts.ENGLISH[campaign.kind],
        sms=_preview_sms(sample),
        mail=split_subject(sample.mail, is_mail=True),
        versions=_versions(campaign),
        test_form=test_form or build_test_form(None, campaign.provider_id),
    )


def _preview_sms(sample: SampleText) -> SmsPreview:
    text = sample.sms
    return SmsPreview(
        text=text + sms_parts.OPERATOR_CODE,
        cost=sms_parts.cheapest(text),
        by_alphabet=[(label, sms_parts.count(text, alphabet)) for alphabet, label in ALPHABETS.items()],
        dear=sms_parts.dear_letters(text),
        suggestion=sms_parts.suggest_ascii(text),
        lost=sample.lost,
        excess=sms_parts.excess(text),
    )


def _versions(campaign: Campaign) -> list[tuple[MessageText, str]]:
    """With the names of those who wrote them, the newest first."""
    listed = message_texts.list_versions(read_session(), campaign)
    people = select(User.id, User.name).where(User.id.in_({each.user_id for each in listed}))
    names = dict(read_session().execute(people).all())
    return [(each, names.get(each.user_id, "")) for each in listed]
