"""Refuse one channel, one brand or everything: effective at once, one act, one receipt."""

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
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
from portal.web.my_consents.holdings import HeldBrand, Holdings
from portal.web.my_consents.overview import my_holdings

EVERYTHING = "all"


@blueprint.post("/izinlerim/liste", endpoint="refuse")
def refuse() -> ResponseReturnValue:
    """Refuse what the button names: everything, a brand, or one channel of a brand."""
    held = my_holdings()
    chosen, channels = read_button(held, request.form.get("refuse", ""))
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


def read_button(held: Holdings, named: str) -> tuple[list[HeldBrand], tuple[Channel, ...]]:
    """The brands and channels that a button names; none where they are not this person's."""
    if named == EVERYTHING:
        return held.brands, held.address.channels
    number, _dash, word = named.partition("-")
    one = held.of(int(number)) if number.isascii() and number.isdecimal() and len(number) < 20 else None
    channels = tuple(channel for channel in held.address.channels if word in ("", channel.value))
    return ([one] if one else []), channels


def parts_of(held: Holdings, chosen: list[HeldBrand], channels: tuple[Channel, ...]) -> list[Part]:
    """One part for each provider, with rows of the writing session."""
    theirs = select(Brand).where(Brand.id.in_([each.brand.id for each in chosen])).order_by(Brand.id)
    brands: dict[int, list[Brand]] = {}
    for brand in db.session.scalars(theirs):
        brands.setdefault(brand.provider_id, []).append(brand)
    recipients = select(Recipient).where(Recipient.id.in_({each.recipient.id for each in chosen}))
    return [Part(each, held.address, brands[each.provider_id], channels) for each in db.session.scalars(recipients)]
