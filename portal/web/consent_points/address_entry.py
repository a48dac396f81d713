"""Send a code to the address. Phone and e-mail each get their own: one proves nothing of the other."""

from dataclasses import replace

from flask import current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from portal.core import addresses, clock
from portal.core.addresses import Address, AddressKind
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.iys_protocol import Channel, Status
from portal.core.models import MailKind, Provider, Purpose
from portal.core.throttle import Limit, TooManyRequests
from portal.domain import address_proofs, consent_points, packages
from portal.domain.consent_points import PublicPoint
from portal.domain.providers import sandbox_mode
from portal.domain.providers.sandbox_mode import Destination
from portal.web.consent_points import pages, selection
from portal.web.consent_points.blueprint import blueprint
from portal.web.consent_points.pages import find_point
from portal.web.consent_points.selection import Selection
from portal.web.recipient.page_content import FormState, language_args
from portal.web.shared import form_tokens, limits
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.owner_notifications import notify_owners


class UnreachableAddress(ValueError):
    """No code can reach what was typed; the message says why."""


@blueprint.post("/<slug>/adres")
@limiter.limit(limits.POINT)
def address(slug: str) -> ResponseReturnValue:
    """Send a code to the address; redirect to the code's page."""
    point = find_point(slug)
    chosen, typed = selection.read_token(request.form.get("form", ""), point.point_id), request.form.get("address", "")
    if not point.is_open:
        return pages.render_closed(point, unrecorded=chosen.choices if chosen else ()), 409
    is_stale = chosen is None or not chosen.is_fresh(clock.now()) or form_tokens.is_cross_site_post()
    if chosen is None or is_stale or not chosen.choices:
        return redirect(url_for(".page", slug=slug), 303)
    if point.requires_name and not chosen.name and Status.GRANTED in chosen.choices.values():
        return pages.render_review(point, FormState(chosen=chosen.choices))
    try:
        found = _parse_reachable(typed, pages.next_kind(chosen))
    except UnreachableAddress as unfit:
        return pages.render_address_form(point, chosen, typed=typed, error=str(unfit)), 422
    return send_code(point, chosen, found)


def send_code(
    point: PublicPoint, chosen: Selection, found: Address, *, is_another: bool = False
) -> ResponseReturnValue:
    """Request a code and redirect to its page; or show why there is none. Another one is asked for by whoever has the
    address of that page: it repeats neither name nor address."""
    shown, typed = (replace(chosen, name=""), "") if is_another else (chosen, found.text)
    if any(chosen.choices.get(channel) == Status.GRANTED for channel in found.channels) and _is_package_full(point):
        return _drop_grants(point, shown)
    at, (sender, notice) = clock.now(), _sender_and_notice(point)
    try:
        proof = address_proofs.request_code(
            db.session, vault(), current_app.config["SECRET_KEY"], found, Purpose.POINT, sends=True,
            language=get_locale().language, network=request.remote_addr or "", at=at, brand_id=point.brand_id,
            campaign_id=point.campaign_id, facts=chosen.facts, budget=point.daily_budget, sender=sender, notice=notice,
        )  # fmt: skip
    except TooManyRequests as many:
        db.session.rollback()
        return _refuse_code(point, shown, found.kind, typed, many)
    _warn_owners(point, found.kind)
    db.session.commit()
    code = address_proofs.page_code(current_app.config["LINK_SALT"], proof)
    return redirect(url_for(".code", slug=point.slug, code=code, yeni="1" if is_another else None), 303)


def _parse_reachable(typed: str, kind: AddressKind) -> Address:
    """Parse an address of this kind that a code can reach. Raises UnreachableAddress."""
    try:
        found = addresses.parse(typed)
    except addresses.BadAddress as bad:
        raise UnreachableAddress(f"{_(bad.problem.sentence)} {_(bad.problem.cure)}") from None
    if found.kind != kind and kind == AddressKind.PHONE:
        raise UnreachableAddress(_("Bu bir e-posta adresi. SMS ve arama için cep telefonu numaranızı yazın."))
    if found.kind != kind:
        raise UnreachableAddress(_("Bu bir telefon numarası. E-posta adresinizi yazın."))
    if found.is_abroad:
        raise UnreachableAddress(_("Kodu yalnız Türkiye'deki cep telefonlarına gönderebiliyoruz."))
    if not found.takes_codes:
        raise UnreachableAddress(_("Sabit telefona SMS gitmez; kodu alabileceğiniz bir cep telefonu yazın."))
    return found


def _sender_and_notice(point: PublicPoint) -> tuple[str, str]:
    """The sender in the code's message, and the URL of its notice (KVKK 2025/1072).

    For a provider in sandbox mode both are ours: nobody has reviewed its brand, which may be called like any firm, or
    like a link. Otherwise the notice is the point's own page with the firm, the purpose and the notice. That is shorter
    than the notice's own URL, on our host, and the same for everybody. An older slug may hold words of the firm's own,
    which stand in no message.
    """
    is_trial = sandbox_mode.find_destination(point.iys_code, point.brand_code) == Destination.SANDBOX
    privacy = absolute_url("verification.privacy", **language_args())
    if is_trial or not consent_points.is_drawn(point.slug, point.brand_name, point.brand_code):
        return "" if is_trial else point.brand_name, privacy
    notice = absolute_url("consent_points.page", **{"slug": point.slug, "lang": None} | language_args())
    return point.brand_name, notice


def _is_package_full(point: PublicPoint) -> bool:
    """Whether the provider's package allows nobody new. It stops no refusal (portal/domain/packages)."""
    provider = read_session().get_one(Provider, point.provider_id)
    return packages.measure_usage(read_session(), provider, clock.now(), with_iys=False).level == packages.Level.SHUT


def _drop_grants(point: PublicPoint, chosen: Selection) -> ResponseReturnValue:
    refusals: dict[Channel, Status] = {
        channel: status for channel, status in chosen.choices.items() if status == Status.REFUSED
    }
    if not refusals:
        return pages.render_closed(point, lost=chosen.choices)
    return pages.render_address_form(point, replace(chosen, choices=refusals), is_full=True), 409


def _refuse_code(
    point: PublicPoint, chosen: Selection, kind: AddressKind, typed: str, many: TooManyRequests
) -> ResponseReturnValue:
    """The same text whoever has the address. Owners are warned when the point's daily budget is used up."""
    if many.limit != Limit.CODES_OF_CONSENT_POINT:
        return pages.render_address_form(point, chosen, typed=typed, many=many), 429
    _warn_owners(point, kind)
    db.session.commit()
    return pages.render_no_codes(point, chosen.choices), 429


def _warn_owners(point: PublicPoint, kind: AddressKind) -> None:
    """Mail the owners, at most once a day per address kind, that codes run out."""
    alarm = consent_points.raise_budget_alarm(db.session, point, kind, clock.now())
    if alarm is None:
        return
    notify_owners(
        db.session.get_one(Provider, point.provider_id), MailKind.POINT_BUDGET, point=point.name, used=alarm.used,
        budget=point.daily_budget, is_mail=alarm.kind == AddressKind.EMAIL, is_used_up=alarm.is_used_up,
        link=absolute_url("dashboard.point", point_id=point.point_id),
    )  # fmt: skip
