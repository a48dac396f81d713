"""The overview: every brand that knows the address, its consents, and buttons that refuse."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import abort, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime, get_locale
from sqlalchemy import select

from portal.core import addresses, clock
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Channel
from portal.core.models import AddressProof, Brand, DecisionOrigin, Receipt, Recipient
from portal.domain import address_proofs, consents, receipts
from portal.domain.consents import refusals
from portal.domain.consents.refusals import RefusalScope
from portal.domain.receipts import lookup
from portal.web.my_consents import history, sentences
from portal.web.my_consents.blueprint import blueprint, entry_blueprint
from portal.web.my_consents.holdings import HeldBrand, Holdings, find_holdings
from portal.web.my_consents.other_spellings import find_other_spellings
from portal.web.shared import address_session
from portal.web.shared.access import takes_late, takes_other_tabs

BRANDS_PER_PAGE, DECISIONS_PER_PAGE = 20, 100
EVERYTHING = "all"


@dataclass(frozen=True)
class ListPage:
    items: list[Any]
    number: int
    last: int  # Number of the last page.

    @property
    def before(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def after(self) -> int | None:
        return self.number + 1 if self.number < self.last else None


@blueprint.get("/izinlerim/liste")
def overview() -> ResponseReturnValue:
    held = my_holdings()
    others = find_other_spellings(read_session(), vault(), held, clock.now())
    whose = held.recipients or others.recipients
    last = history.last_receipt(read_session(), [each.id for each in whose], _proved_at())
    return render_template(
        "my_consents/overview.html", brands=paginate(held.shown, BRANDS_PER_PAGE), total=len(held.shown),
        granted=sum(each.is_granted for each in held.shown), receipt=_receipt_link(last) if last else None,
        has_refused=not others.waiting and all(each.has_refused_all for each in held.brands), others=others,
        has_changed_hands=held.changed_hands_at is not None,
        status_sentence=sentences.status_sentence,
        iys_sentence=sentences.iys_sentence,
        page_url=lambda number: url_for(".overview", sayfa=number), **shared_context(),
    )  # fmt: skip


@blueprint.get("/izinlerim/marka/<id:brand_id>")
def brand(brand_id: int) -> str:
    """Show the history of one brand's consents."""
    held = my_holdings().of(brand_id)
    if held is None:
        abort(404)
    entries = paginate(history.read_history(read_session(), [held]), DECISIONS_PER_PAGE)
    return render_template(
        "my_consents/brand.html", held=held, entries=entries,
        receipts=[_receipt_link(each) for each in history.list_receipts(read_session(), held)],
        outcome_sentence=sentences.outcome_sentence,
        page_url=lambda number: url_for(".brand", brand_id=brand_id, sayfa=number), **shared_context(),
    )  # fmt: skip


@blueprint.post("/izinlerim/liste", endpoint="refuse")
@takes_late
@takes_other_tabs
def refuse() -> ResponseReturnValue:
    """Refuse what the button names, by every spelling of the mailbox: everything, a brand, or one channel of a brand.
    Also where the session is over, by time or since the address changed hands: whoever proved it may refuse, but is
    shown nothing any more."""
    held, named = find_my_holdings(), request.form.get("refuse", "")
    left = 0
    if named == EVERYTHING:
        left = refuse_everything(held)
    else:
        _refuse(held, _read_parts(held, named))
    db.session.commit()
    if held.changed_hands_meanwhile or address_session.is_over():
        return address_session.render_ended("recorded", left)
    return redirect(url_for(".overview", sayfa=request.args.get("sayfa"), _anchor="kayit"), 303)


def refuse_everything(held: Holdings) -> int:
    """Refuse on every channel at every firm, however the mailbox is spelled there; how many recipients are left."""
    others = find_other_spellings(read_session(), vault(), held, clock.now())
    _refuse(held, _parts_of([*held.brands, *others.next_brands()], held.address.all_channels))
    return others.left


def _refuse(held: Holdings, parts: list[RefusalScope]) -> None:
    facts = consents.describe_request(request.remote_addr, request.user_agent.string)
    try:
        refusals.withdraw(
            db.session, vault(), parts, origin=DecisionOrigin.MINE, language=get_locale().language,
            request_metadata=facts, at=clock.now(), proved=held.address,
        )  # fmt: skip
    except refusals.NothingToRefuse:
        abort(404)


@blueprint.post("/izinlerim/cik", endpoint="leave")
@takes_late
def leave() -> ResponseReturnValue:
    """End the session: neither the cookie nor a copy of it opens anything any more."""
    address_proofs.close_session(db.session.get_one(AddressProof, current_proof().id), clock.now())
    db.session.commit()
    return address_session.delete_cookie(make_response(redirect(url_for("my_consents_entry.over"), 303)))


@entry_blueprint.get("/izinlerim/bitti")
def over() -> str:
    """Say that the session has ended: its 15 minutes are over, the person left, or the address changed hands."""
    return address_session.render_ended()


def my_holdings() -> Holdings:
    """Everything held of the address that this session has proved. It ends where the address changes hands."""
    held = find_my_holdings()
    if held.changed_hands_meanwhile:
        abort(address_session.say_over())
    return held


def find_my_holdings() -> Holdings:
    """The same where the session is over, for what is taken then and shows nothing."""
    address = address_proofs.read_address(vault(), current_proof())
    return find_holdings(read_session(), vault(), address, _proved_at(), clock.now())


def shared_context() -> dict[str, str]:
    """What every page of the overview shows, and the token of its forms."""
    proof = current_proof()
    return {
        "address": addresses.mask(address_proofs.read_address(vault(), proof).text),
        "until": format_datetime(proof.open_until, "HH:mm"),
        "token": address_session.form_token(),
    }


def paginate(items: list[Any], size: int) -> ListPage:
    """The page of a list that the query asks for, or the nearest there is."""
    last = max(1, -(-len(items) // size))
    asked = request.args.get("sayfa", "1")
    number = min(int(asked), last) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 1
    number = max(number, 1)
    return ListPage(items[(number - 1) * size : number * size], number, last)


def receipt_code(receipt_id: int, nonce: int) -> str:
    return lookup.receipt_code(current_app.config["LINK_SALT"], receipt_id, nonce)


def current_proof() -> AddressProof:
    """The proof of this session, without which the access rule lets nobody in."""
    proof = address_session.proof()
    if proof is None:
        abort(403)
    return proof


def _proved_at() -> datetime:
    """When this session began."""
    proved_at = current_proof().proved_at
    assert proved_at  # A cookie is set by the right code only.
    return proved_at


def _receipt_link(row: Receipt) -> dict[str, Any]:
    code = receipt_code(row.id, row.nonce)
    return {
        "number": receipts.format_number(row.number), "decided_at": row.decided_at,
        "url": url_for("recipient.receipt", code=code), "complaint_url": url_for("recipient.complain", code=code),
    }  # fmt: skip


def _read_parts(held: Holdings, named: str) -> list[RefusalScope]:
    """What a button refuses that names a brand, and maybe a channel; nothing where they are not this person's."""
    number, _dash, word = named.partition("-")
    one = held.of(int(number)) if number.isascii() and number.isdecimal() and len(number) < 20 else None
    channels = tuple(channel for channel in held.address.all_channels if word in ("", channel.value))
    if one is None or not channels:
        return []
    parts = _parts_of([one], channels)
    others, _left = refusals.find_other_parts(
        db.session, vault(), one.provider.id, held.address, parts[0].brands, channels
    )  # fmt: skip
    return [*parts, *others]


def _parts_of(chosen: list[HeldBrand], channels: tuple[Channel, ...]) -> list[RefusalScope]:
    """One part for each recipient, with rows of the writing session."""
    theirs = select(Brand).where(Brand.id.in_({each.brand.id for each in chosen})).order_by(Brand.id)
    brands: dict[int, list[Brand]] = {}
    for brand in db.session.scalars(theirs):
        brands.setdefault(brand.provider_id, []).append(brand)
    whose = {each.recipient.id: each.address for each in chosen}
    recipients = db.session.scalars(select(Recipient).where(Recipient.id.in_(whose)))
    return [RefusalScope(each, whose[each.id], brands[each.provider_id], channels) for each in recipients]
