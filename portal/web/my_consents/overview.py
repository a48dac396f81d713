"""The overview: every brand that knows the address, what holds there, and a button beside it that refuses."""

from dataclasses import dataclass

from flask import abort, current_app, redirect, render_template, request, url_for
from flask_babel import format_datetime

from portal.core import addresses, clock
from portal.core.extensions import db, read_session, vault
from portal.core.models import AddressProof, Receipt
from portal.domain import address_proofs, receipts
from portal.domain.receipts import codes
from portal.web.my_consents import history, sentences
from portal.web.my_consents.blueprint import blueprint, entry_blueprint
from portal.web.my_consents.holdings import Holdings, holdings
from portal.web.shared import address_session

A_PAGE = 20  # Brands; and decisions of one brand, five times as many.
DECISIONS = 100


@dataclass(frozen=True)
class Piece:
    """What one page of a longer list shows."""

    items: list
    number: int
    last: int

    @property
    def before(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def after(self) -> int | None:
        return self.number + 1 if self.number < self.last else None


@blueprint.get("/izinlerim/liste")
def overview():
    """Show it."""
    held = mine()
    last = history.last_receipt(
        read_session(), [each.id for each in held.recipients], address_session.proof().proved_at
    )
    return render_template(
        "my_consents/overview.html", shown=piece(held.shown, A_PAGE), total=len(held.shown),
        granted=sum(each.is_granted for each in held.shown), receipt=_receipt(last),
        is_refused=all(each.is_refused for each in held.brands), stands=sentences.stands, at_iys=sentences.at_iys,
        page_url=lambda number: url_for(".overview", sayfa=number), **frame(),
    )  # fmt: skip


@blueprint.get("/izinlerim/marka/<id:brand_id>")
def brand(brand_id: int):
    """How what holds at one brand came to be."""
    held = mine().of(brand_id)
    if held is None:
        abort(404)
    told = piece(history.decisions(read_session(), [held]), DECISIONS)
    return render_template(
        "my_consents/brand.html", held=held, told=told, outcome=sentences.outcome,
        page_url=lambda number: url_for(".brand", brand_id=brand_id, sayfa=number), **frame(),
    )  # fmt: skip


@blueprint.post("/izinlerim/cik", endpoint="leave")
def leave():
    """Go out: the cookie opens nothing any more, nor does a copy of it."""
    address_proofs.close(db.session.get_one(AddressProof, address_session.proof().id), clock.now())
    db.session.commit()
    return address_session.delete_cookie(redirect(url_for("my_consents_entry.over"), 303))


@entry_blueprint.get("/izinlerim/bitti")
def over():
    """It is shut: the quarter of an hour is over, or somebody went out."""
    return render_template("my_consents/over.html")


def mine() -> Holdings:
    """All of the address that this visit has proved."""
    proof = address_session.proof()
    return holdings(read_session(), vault(), address_proofs.address_of(vault(), proof), proof.proved_at)


def frame() -> dict:
    """What every page of the overview shows, and what its forms carry."""
    proof = address_session.proof()
    return {
        "address": addresses.mask(address_proofs.address_of(vault(), proof).text),
        "until": format_datetime(proof.open_until, "HH:mm"),
        "token": address_session.form_token(),
    }


def piece(items: list, size: int) -> Piece:
    """The page of a list that is asked for; the nearest there is."""
    last = max(1, -(-len(items) // size))
    asked = request.args.get("sayfa", "1")
    number = min(int(asked), last) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 1
    number = max(number, 1)
    return Piece(items[(number - 1) * size : number * size], number, last)


def _receipt(row: Receipt | None) -> dict | None:
    if row is None:
        return None
    code = codes.code_of(current_app.config["LINK_SALT"], row.id, row.nonce)
    return {"number": receipts.spelled(row.number), "url": url_for("recipient.receipt", code=code)}
