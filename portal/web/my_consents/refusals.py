"""Refusing one channel, one brand or everything: obeyed at once, one act, one receipt."""

from flask import abort, redirect, request, url_for
from flask_babel import get_locale
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, DecisionOrigin, Recipient
from portal.domain import consents
from portal.domain.consents import withdrawals
from portal.domain.consents.withdrawals import Part
from portal.web.my_consents.blueprint import blueprint
from portal.web.my_consents.holdings import Held, Holdings
from portal.web.my_consents.overview import mine

EVERYTHING = "all"


@blueprint.post("/izinlerim/liste", endpoint="refuse")
def refuse():
    """Refuse what the button names: everything, a brand, or a brand's channel."""
    held = mine()
    chosen, channels = chosen_of(held, request.form.get("refuse", ""))
    if not (chosen and channels):
        abort(404)
    withdrawals.withdraw(
        db.session,
        vault(),
        parts_of(held, chosen, channels),
        origin=DecisionOrigin.MINE,
        language=get_locale().language,
        request_metadata=consents.describe_request(request.remote_addr, request.user_agent.string),
        at=clock.now(),
    )
    db.session.commit()
    return redirect(url_for(".overview", sayfa=request.args.get("sayfa"), _anchor="kayit"), 303)


def chosen_of(held: Holdings, named: str) -> tuple[list[Held], tuple[Channel, ...]]:
    """The brands and channels that a button names; none where it names what is not this person's."""
    if named == EVERYTHING:
        return held.brands, held.address.channels
    number, _dash, word = named.partition("-")
    one = held.of(int(number)) if number.isascii() and number.isdecimal() and len(number) < 20 else None
    channels = tuple(channel for channel in held.address.channels if word in ("", channel.value))
    return ([one] if one else []), channels


def parts_of(held: Holdings, chosen: list[Held], channels: tuple[Channel, ...]) -> list[Part]:
    """One part for each provider, as the rows stand in the session that writes."""
    theirs = select(Brand).where(Brand.id.in_([each.brand.id for each in chosen])).order_by(Brand.id)
    brands: dict[int, list[Brand]] = {}
    for brand in db.session.scalars(theirs):
        brands.setdefault(brand.provider_id, []).append(brand)
    recipients = select(Recipient).where(Recipient.id.in_({each.recipient.id for each in chosen}))
    return [Part(each, held.address, brands[each.provider_id], channels) for each in db.session.scalars(recipients)]
