"""Replies to the operator's number that may be meant for several firms, and what nobody could read there."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import ColumnElement, and_, select
from werkzeug.wrappers import Response

from portal.core import clock
from portal.core.addresses import mask
from portal.core.extensions import db
from portal.core.iys_protocol import Channel
from portal.core.models import TO_READ, GatewayEvent, Provider
from portal.core.vault import CannotOpen
from portal.domain.identity.permissions import Permission
from portal.services.messaging import event_contents, meant_brands, replies, shared_replies
from portal.web.operator.blueprint import blueprint
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_operator_audit
from portal.web.shared.pagination import requested_page
from portal.web.shared.reply_words import read_channels, read_shown, read_spared, return_unchosen, shown_text

PAGE_SIZE = 25


@dataclass(frozen=True)
class SharedReplyRow:
    event: GatewayEvent
    sender: str
    text: str
    firms: list[tuple[int, str]]  # That it may mean: they send nothing to its sender meanwhile.
    brands: dict[int, dict[int, str]]  # That it may refuse, by firm.
    channels: dict[Channel, bool]  # That it may refuse, and whether its words mean each.
    is_whole: bool  # Else no firm reads it.
    is_automatic: bool = False


@blueprint.get("/replies")
@needs(Permission.CONNECT)
def list_replies() -> str:
    theirs = select(GatewayEvent).where(waits_for_operator()).order_by(GatewayEvent.received_at, GatewayEvent.id)
    return render_template("operator/replies.html", page=requested_page(theirs, PAGE_SIZE, _row))


def waits_for_operator() -> ColumnElement[bool]:
    """The condition that a reply waits for a person of the operator's."""
    return and_(
        GatewayEvent.provider_id.is_(None), GatewayEvent.settled_at.is_(None), GatewayEvent.outcome.in_(TO_READ)
    )


@blueprint.post("/replies/<id:event_id>/refusal")
@needs(Permission.CONNECT)
def refuse_reply(event_id: int) -> ResponseReturnValue:
    """Record a refusal of the channels that are chosen, at the firms, and of their brands, that are chosen of those
    that it may mean."""
    channels, spared = read_channels(), read_spared()
    if not channels or spared is None:
        return return_unchosen(".list_replies")
    if not (firms := request.form.getlist("firms", int)):
        flash(_("Kaydedilmedi: reddin yazılacağı en az bir firma seçin."))
        return redirect(url_for(".list_replies"), 303)
    if not _settle(event_id, refused=channels, at_firms=firms, spared=spared):
        flash(_("Kaydedilmedi: seçtiğiniz her firma için kişinin oradaki adresinin bir kanalını seçin."))
        return redirect(url_for(".list_replies"), 303)
    return _commit_and_return(_("Ret, seçilen firmalarda kaydedildi."))


@blueprint.post("/replies/<id:event_id>/reading")
@needs(Permission.CONNECT)
def settle_reply(event_id: int) -> ResponseReturnValue:
    """It refuses nothing: what was held back goes on. A firm that is chosen reads it next, but nothing that may hold
    what others wrote."""
    firm = request.form.get("firm", None, int)
    _settle(event_id, firm=firm)
    return _commit_and_return(_("Yanıt firmaya iletildi.") if firm else _("Yanıt okundu olarak işaretlendi."))


@blueprint.post("/replies/reading")
@needs(Permission.CONNECT)
def settle_shown() -> ResponseReturnValue:
    """None of the machines' answers that a page showed refuses."""
    shown = GatewayEvent.id.in_(read_shown(PAGE_SIZE))
    waiting = db.session.scalars(
        select(GatewayEvent.id).where(shown, waits_for_operator()).order_by(GatewayEvent.id).with_for_update()
    )
    for event_id in waiting.all():
        _settle(event_id)
    return _commit_and_return(_("Gösterilen otomatik yanıtlar okundu olarak işaretlendi."))


def _settle(
    event_id: int, *, refused: Sequence[Channel] = (), at_firms: Sequence[int] = (), spared: Sequence[int] = (),
    firm: int | None = None,
) -> bool:  # fmt: skip
    """Note that it was read; False where it cannot refuse that, and waits as before."""
    open_one = select(GatewayEvent).where(GatewayEvent.id == event_id, waits_for_operator()).with_for_update()
    event, at = db.session.scalar(open_one) or abort(404), clock.now()
    try:
        reply = event_contents.read_reply(event)
    except CannotOpen:
        abort(404)
    if firm and not reply.is_whole:
        abort(404)
    if refused and not replies.refuse_as_read(event, reply, refused, current_user.id, at, at_firms, spared):
        return False
    for recipient_id in shared_replies.settle(event, current_user.id, at, firm):
        replies.resume_links(recipient_id, at)
    if refused:
        record_operator_audit("reply.refused", "reply", event_id, channels=refused, spared=spared)
    else:
        record_operator_audit("reply.read", "reply", event_id, provider_id=firm)
    return True


def _commit_and_return(told: str) -> Response:
    db.session.commit()
    flash(told)
    return redirect(url_for(".list_replies"), 303)


def _row(event: GatewayEvent) -> SharedReplyRow:
    try:
        reply = event_contents.read_reply(event)
    except CannotOpen:
        return SharedReplyRow(event, "–", _("Yanıt açılamadı."), [], {}, {}, is_whole=False)
    address, text = meant_brands.address_of(reply.sender), shown_text(reply)
    held = [each.provider_id for each in shared_replies.find_held(event)]
    firms = db.session.scalars(select(Provider).where(Provider.id.in_(held)).order_by(Provider.title))
    sender = mask(address.text) if address else reply.sender or "–"
    named = [(each.id, each.known_as) for each in firms]
    brands: dict[int, dict[int, str]] = {}
    for each in replies.find_refusable(event, reply):
        brands.setdefault(each.provider_id, {})[each.id] = each.name
    channels = replies.find_channels(event, reply)
    return SharedReplyRow(event, sender, text, named, brands, channels, reply.is_whole, reply.is_automatic)
