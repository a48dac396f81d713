"""Asking for an address, and sending a code there. Each address has its own: one proves nothing of the other."""

from dataclasses import replace

from flask import current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from portal.core import addresses, clock
from portal.core.addresses import Address, AddressKind
from portal.core.extensions import db, limiter, read_session, vault, wake
from portal.core.iys_protocol import Status
from portal.core.models import MailKind, Provider, Purpose
from portal.core.throttle import Limit, TooManyRequests
from portal.domain import address_proofs, consent_points, packages
from portal.domain.consent_points import PublicPoint
from portal.domain.providers import sandbox_mode
from portal.domain.providers.sandbox_mode import Destination
from portal.web.consent_points import form_token, pages
from portal.web.consent_points.blueprint import blueprint
from portal.web.consent_points.form_token import Selection
from portal.web.consent_points.lookup import find_point
from portal.web.shared import cross_site, limits
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.owner_notifications import notify_owners


class UnreachableAddress(ValueError):
    """No code can go to what was typed; it says why."""


@blueprint.post("/<slug>/adres")
@limiter.limit(limits.POINT)
def address(slug: str) -> ResponseReturnValue:
    """Send a code to the address; on to the page that takes it."""
    place = find_point(slug)
    chosen, typed = form_token.read(request.form.get("form", ""), place.point_id), request.form.get("address", "")
    if not place.is_open:
        return pages.render_closed(place)
    is_seen = chosen is not None and chosen.is_fresh(clock.now()) and not cross_site.is_cross_site_post()
    if not (is_seen and chosen.choices):
        return redirect(url_for(".page", slug=slug), 303)
    try:
        found = _parse_reachable(typed, pages.next_kind(chosen))
    except UnreachableAddress as unfit:
        return pages.render_address_form(place, chosen, typed=typed, error=str(unfit)), 422
    return send_code(place, chosen, found)


def send_code(place: PublicPoint, chosen: Selection, found: Address, *, is_another: bool = False) -> ResponseReturnValue:
    """Ask for a code, and lead to its page; or say why there is none."""
    granted = [channel for channel in found.channels if chosen.choices.get(channel) == Status.GRANTED]
    if granted and _is_package_full(place):
        return _drop_grants(place, chosen)
    at = clock.now()
    try:
        proof = address_proofs.request_code(
            db.session, vault(), current_app.config["SECRET_KEY"], found, Purpose.POINT, sends=True,
            language=get_locale().language, network=request.remote_addr or "", at=at, brand_id=place.brand_id,
            campaign_id=place.campaign_id, facts=chosen.facts, budget=place.daily_budget, sender=_sender_name(place),
            notice=_notice_url(place),
        )  # fmt: skip
    except TooManyRequests as many:
        db.session.rollback()
        return _refuse_code(place, chosen, found, many)
    has_mail = _warn_owners(place, found.kind)
    db.session.commit()
    wake("message")
    if has_mail:
        wake("mail")
    code = address_proofs.page_code(current_app.config["LINK_SALT"], proof)
    return redirect(url_for(".code", slug=place.slug, code=code, yeni="1" if is_another else None), 303)


def _parse_reachable(typed: str, kind: AddressKind) -> Address:
    """An address of this kind that a code can reach. By default SMS goes to Turkish mobiles only: who pumps SMS is paid
    for messages abroad. Raises Unfit."""
    try:
        found = addresses.parse(typed)
    except addresses.BadAddress as bad:
        raise UnreachableAddress(f"{_(bad.problem.sentence)} {_(bad.problem.cure)}") from None
    if found.kind != kind and kind == AddressKind.PHONE:
        raise UnreachableAddress(_("Bu bir e-posta adresi. SMS ve arama için cep telefonu numaranızı yazın."))
    if found.kind != kind:
        raise UnreachableAddress(_("Bu bir telefon numarası. E-posta adresinizi yazın."))
    if kind == AddressKind.PHONE and not found.text.startswith("+90"):
        raise UnreachableAddress(_("Kodu yalnız Türkiye'deki cep telefonlarına gönderebiliyoruz."))
    if kind == AddressKind.PHONE and not found.is_mobile:
        raise UnreachableAddress(_("Sabit telefona SMS gitmez; kodu alabileceğiniz bir cep telefonu yazın."))
    return found


def _sender_name(place: PublicPoint) -> str:
    """In whose name the code goes to whoever's address was typed. Nobody has looked at who practises yet: its brand may
    be called like any firm, or like a link, and the message is ours."""
    return place.brand_name if _is_reviewed(place) else ""


def _notice_url(place: PublicPoint) -> str:
    """Where the message leads who asks what becomes of the number (KVKK 2025/1072): to the point's own page, with the
    firm, what for, and its notice. It is shorter than a notice's address, on our host, and the same for everybody."""
    if not _is_reviewed(place):
        return absolute_url("verification.privacy", **pages.language_args())
    return absolute_url("consent_points.page", **{"slug": place.slug, "lang": None} | pages.language_args())


def _is_reviewed(place: PublicPoint) -> bool:
    return sandbox_mode.find_destination(place.iys_code, place.brand_code) != Destination.SANDBOX


def _is_package_full(place: PublicPoint) -> bool:
    """Whether the provider's package takes nobody new. It stops no refusal (portal/domain/packages)."""
    provider = read_session().get_one(Provider, place.provider_id)
    return packages.measure_usage(read_session(), provider, clock.now(), with_iys=False).level == packages.Level.SHUT


def _drop_grants(place: PublicPoint, chosen: Selection) -> ResponseReturnValue:
    refusals = {channel: status for channel, status in chosen.choices.items() if status == Status.REFUSED}
    if not refusals:
        return pages.render_closed(place, is_full=True)
    return pages.render_address_form(place, replace(chosen, choices=refusals), is_full=True), 409


def _refuse_code(place: PublicPoint, chosen: Selection, found: Address, many: TooManyRequests) -> ResponseReturnValue:
    """The same words whoever has the address; and the owners hear of it, if they have not."""
    if many.limit != Limit.CODES_OF_CONSENT_POINT:
        return pages.render_address_form(place, chosen, typed=found.text, many=many), 429
    if _warn_owners(place, found.kind):
        wake("mail")
    db.session.commit()
    return pages.render_no_codes(place), 429


def _warn_owners(place: PublicPoint, kind: AddressKind) -> bool:
    """Tell the owners by mail, once a day each, that codes run out; whether there is a mail now."""
    told = consent_points.raise_budget_alarm(db.session, place, kind, clock.now())
    if told is None:
        return False
    notify_owners(
        db.session.get_one(Provider, place.provider_id), MailKind.POINT_BUDGET, point=place.name, used=told.used,
        budget=place.daily_budget, is_mail=told.kind == AddressKind.EMAIL, is_used_up=told.is_used_up,
        link=absolute_url("dashboard.point", point_id=place.point_id),
    )  # fmt: skip
    return True
