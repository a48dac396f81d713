"""Replies to messages that a person must read on the day they came: each refuses, or says something
else. None grants."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import ColumnElement, and_, select
from werkzeug.wrappers import Response

from portal.core import clock
from portal.core.addresses import mask
from portal.core.extensions import db
from portal.core.ids import parse_id
from portal.core.iys_protocol import Channel
from portal.core.models import TO_READ, EventOutcome, GatewayEvent, MessageGateway
from portal.core.vault import CannotOpen
from portal.domain import complaints
from portal.domain.consents import locking
from portal.domain.identity.permissions import Permission
from portal.services.messaging import alike_replies, event_contents, meant_brands, replies, shared_replies
from portal.web.desk.blueprint import blueprint
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.own_rows import own_row_or_404
from portal.web.shared.pagination import requested_page
from portal.web.shared.reply_words import read_channels, read_shown, read_spared, return_unchosen, shown_text

PAGE_SIZE = 25


@dataclass(frozen=True)
class ReplyRow:
    event: GatewayEvent
    sender: str
    text: str
    brands: dict[int, str]  # That a refusal may refuse: none where nobody is known who sent it.
    channels: dict[Channel, bool]  # That it may refuse, and whether its words mean each.
    is_held: bool  # Nothing is sent to its sender meanwhile,
    is_late: bool  # and it came on an earlier day.
    alike: Sequence[int] = ()  # Those that wait of whom the vendor said the same, with it.
    others: Sequence[str] = ()  # Addresses for which a decision counts, too.
    is_automatic: bool = False
    hidden_until: datetime | None = None  # Until then it is not read here: no text, and nothing to do.


@blueprint.get("/replies")
@needs(Permission.COMPLAINTS)
def list_replies() -> str:
    """Those that may refuse come first."""
    theirs = select(GatewayEvent).where(waits_to_be_read())
    by_urgency = GatewayEvent.outcome != EventOutcome.LIKELY_REFUSAL, GatewayEvent.received_at, GatewayEvent.id
    alike = alike_replies.find_told(waits_to_be_read())
    page = requested_page(theirs.order_by(*by_urgency), PAGE_SIZE, partial(_row, alike))
    return render_template("desk/replies.html", page=page, most=alike_replies.MOST_AT_ONCE)


def waits_to_be_read() -> ColumnElement[bool]:
    """The condition that a reply of the firm's waits for its people: one without a text is for the operator's."""
    is_own = GatewayEvent.provider_id == current_user.provider_id, GatewayEvent.body.is_not(None)
    return and_(*is_own, GatewayEvent.settled_at.is_(None), GatewayEvent.outcome.in_(TO_READ))


@blueprint.post("/replies/<id:event_id>/refusal")
@needs(Permission.REFUSE)
def refuse_reply(event_id: int) -> ResponseReturnValue:
    """Record the refusal that somebody reads in a reply, of the channels and brands they choose: valid at once, and
    sent to İYS."""
    events, channels, spared = _lock_open(event_id), read_channels(), read_spared()
    if not channels or spared is None:
        return return_unchosen(".list_replies")
    try:
        told = [(event, event_contents.read_reply(event)) for event in events]
    except CannotOpen:
        abort(404)
    held = [row for event in events for row in shared_replies.find_held(event)]
    ids = [each.recipient_id for each in (*events, *held) if each.recipient_id is not None]
    locking.lock_recipients(db.session, ids)  # All at once, in the order of whoever refuses by all spellings.
    for event, reply in told:
        if replies.refuse_as_read(event, reply, channels, current_user.id, clock.now(), spared=spared):
            _settle(event)
            record_audit("reply.refused", "reply", event.id, channels=channels, spared=spared)
        elif event.id == event_id:
            abort(404)
    recorded = _("Ret kaydedildi ve İYS'ye bildirilecek.")
    if len(events) > 1:
        recorded = _("%(n)s ret kaydedildi ve İYS'ye bildirilecek.", n=len(events))
    return _commit_and_return(recorded, is_first=bool(events))


@blueprint.post("/replies/<id:event_id>/reading")
@needs(Permission.COMPLAINTS)
def settle_reply(event_id: int) -> ResponseReturnValue:
    """It refuses nothing: what was held back goes on."""
    return _settle_all(_lock_open(event_id))


@blueprint.post("/replies/reading")
@needs(Permission.COMPLAINTS)
def settle_shown() -> ResponseReturnValue:
    """None of the machines' answers that a page showed refuses."""
    return _settle_all(_lock(read_shown(PAGE_SIZE)))


def _settle_all(events: Sequence[GatewayEvent]) -> Response:
    for event in events:
        _settle(event)
        record_audit("reply.read", "reply", event.id)
    told = _("Yanıt okundu olarak işaretlendi.")
    if len(events) > 1:
        told = _("%(n)s yanıt okundu olarak işaretlendi.", n=len(events))
    return _commit_and_return(told, is_first=bool(events))


def _lock_open(event_id: int) -> list[GatewayEvent]:
    """It, or with ?alike=<id> those up to this one as well of whom the vendor said the same: none that came since the
    page was shown, and none that a colleague has read meanwhile."""
    event, ids = own_row_or_404(db.session, GatewayEvent, event_id), [event_id]
    if (last := parse_id(request.args.get("alike", ""))) and event.body is not None:
        shown = and_(waits_to_be_read(), GatewayEvent.id <= last)
        with suppress(CannotOpen):
            ids = alike_replies.find_alike(event, event_contents.read_reply(event), shown)
    return _lock(ids)


def _lock(ids: Sequence[int]) -> list[GatewayEvent]:
    theirs = select(GatewayEvent).where(GatewayEvent.id.in_(ids), waits_to_be_read()).order_by(GatewayEvent.id)
    found = db.session.scalars(theirs.with_for_update().execution_options(populate_existing=True)).all()
    return [each for each in found if not _hidden_until(each)]


def _hidden_until(event: GatewayEvent) -> datetime | None:
    """Until when the firm does not read a reply to the operator's number: İzinlink's own codes are answered there, too.
    None: it reads it."""
    is_operators = db.session.get_one(MessageGateway, event.gateway_id).provider_id is None
    return complaints.hidden_until(event.received_at, clock.now()) if is_operators else None


def _settle(event: GatewayEvent) -> None:
    """Note that it was read, for all who may be meant, and look again at what was held back from them."""
    freed = shared_replies.settle(event, current_user.id, clock.now())
    for each in filter(None, (event.recipient_id, *freed)):
        replies.resume_links(each, clock.now())


def _commit_and_return(told: str, *, is_first: bool) -> Response:
    db.session.commit()
    flash(told if is_first else _("Bu yanıtı bir başkası okumuş; değişen bir şey yok."))
    return redirect(url_for(".list_replies"), 303)


def _row(alike: Mapping[alike_replies.Told, Sequence[int]], event: GatewayEvent) -> ReplyRow:
    is_held = event.outcome == EventOutcome.LIKELY_REFUSAL
    is_late = is_held and clock.day(event.received_at) < clock.day(clock.now())
    try:
        reply = event_contents.read_reply(event)
    except CannotOpen:
        return ReplyRow(event, "–", _("Yanıt açılamadı."), {}, {}, is_held, is_late)
    address, text = meant_brands.address_of(reply.sender), shown_text(reply)
    sender = mask(address.text) if address else reply.sender or "–"
    if until := _hidden_until(event):
        return ReplyRow(event, sender, "", {}, {}, is_held, is_late, hidden_until=until)
    others = [mask(each) for each in reply.others]
    brands = {brand.id: brand.name for brand in replies.find_refusable(event, reply)}
    told, channels = alike_replies.told_of(event, reply), replies.find_channels(event, reply)
    same = alike.get(told, ()) if told else ()
    return ReplyRow(event, sender, text, brands, channels, is_held, is_late, same, others, reply.is_automatic)
