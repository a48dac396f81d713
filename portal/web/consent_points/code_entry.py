"""The page for the code. The right one lets the choices count; the code itself is no consent (KVKK 2025/1072)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from flask import abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime, get_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.addresses import Address
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.iys_protocol import Channel, Status
from portal.core.models import AddressProof, Brand, DecisionOrigin, Purpose, Receipt
from portal.domain import address_proofs, consent_points, consents
from portal.domain.address_proofs import CodeResult
from portal.domain.consent_points import PublicPoint
from portal.domain.consents import refusals
from portal.domain.consents.link_contexts import load_link_context
from portal.domain.consents.refusals import RefusalScope
from portal.domain.receipts import contents
from portal.web.consent_points import address_entry, choice_form, pages
from portal.web.consent_points.blueprint import blueprint
from portal.web.consent_points.pages import find_point
from portal.web.consent_points.selection import Selection
from portal.web.recipient.page_content import FormState
from portal.web.recipient.receipts import told_by
from portal.web.shared import form_tokens, limits

RESULT_SHOWN_FOR = timedelta(minutes=15)  # After the right code.


@blueprint.get("/<slug>/kod/<code>")
def code(slug: str, code: str) -> ResponseReturnValue:
    """Show the form for the code; after the right code, what comes next."""
    point = find_point(slug)
    proof = _find_proof(read_session(), point, code)
    return _next_page(point, proof, code) if proof.proved_at else pages.render_code_form(point, proof, code)


@blueprint.post("/<slug>/kod/<code>", endpoint="answer")
def answer(slug: str, code: str) -> ResponseReturnValue:
    """Check the code. The right one records the choices. Its tries are counted, nothing else: it may refuse."""
    point = find_point(slug)
    proof, digits = _find_proof(db.session, point, code), address_proofs.read_code(request.form.get("digits", ""))
    here = redirect(url_for(".code", slug=slug, code=code), 303)
    if proof.proved_at:  # Tapped twice.
        return here
    if digits is None:
        return pages.render_code_form(point, proof, code, message="digits"), 422
    verdict = address_proofs.check_code(db.session, current_app.config["SECRET_KEY"], proof, digits, clock.now())
    if verdict != CodeResult.PROVED:
        db.session.commit()
        is_proved = proof.proved_at is not None  # By a second POST at the same time.
        return here if is_proved else (pages.render_code_form(point, proof, code, message=verdict.value), 422)
    try:
        act = _decide(point, proof)
    except consents.TooSoon:
        db.session.rollback()
        return pages.render_code_form(point, proof, code, message="too_soon", digits=digits), 409
    except consents.TooMany:
        db.session.rollback()
        abort(429)
    _forget_decided(proof, act)
    db.session.commit()
    return here


@blueprint.post("/<slug>/kod/<code>/yeniden", endpoint="again")
@limiter.limit(limits.POINT)
def again(slug: str, code: str) -> ResponseReturnValue:
    """Send another code to the same address, or go back to change it. The choices stay."""
    point = find_point(slug)
    proof = _find_proof(read_session(), point, code)
    chosen = _selection_of(proof)
    if not point.is_open:
        return pages.render_closed(point, unrecorded=() if proof.proved_at else chosen.choices), 409
    if proof.proved_at or not chosen.is_fresh(clock.now()) or form_tokens.is_cross_site_post():
        return redirect(url_for(".page", slug=slug), 303)
    if "change" in request.form:
        return _ask_for_address(point, chosen)
    return address_entry.send_code(point, chosen, address_proofs.read_address(vault(), proof), is_another=True)


def _find_proof(session: Session, point: PublicPoint, code: str) -> AddressProof:
    """The proof of this page and point. Unknown, damaged and guessed codes take one path to the same 404."""
    proof = address_proofs.find_proof(session, current_app.config["LINK_SALT"], code, Purpose.POINT)
    if proof is None or proof.campaign_id != point.campaign_id:
        limits.count_bad_code()
        abort(404)
    g.language = proof.language
    return proof


def _selection_of(proof: AddressProof) -> Selection:
    return Selection.from_facts(address_proofs.read_facts(vault(), proof))


def _decide(point: PublicPoint, proof: AddressProof) -> consents.DecisionResult:
    """Apply the choices for this address, without committing; what is refused at every spelling of its mailbox that
    the firm has. Raises TooSoon and TooMany."""
    at, chosen, address = clock.now(), _selection_of(proof), address_proofs.read_address(vault(), proof)
    mine = {channel: status for channel, status in chosen.choices.items() if channel in address.channels}
    others = _refused_otherwise(point, address, [each for each, status in mine.items() if status == Status.REFUSED])
    link_id = consent_points.register_recipient(
        db.session, vault(), current_app.config["LINK_SALT"], point, address, at,
        beside=[part.recipient.id for part in others],
    )  # fmt: skip
    context = load_link_context(db.session, link_id)
    assert context  # Its link was just made or found.
    form = consents.ServedForm(
        chosen.text_id, chosen.language, chosen.served_at, consent_points.proof_digest(proof), chosen.chosen_at
    )
    language = get_locale().language
    request_metadata = consents.describe_request(request.remote_addr, request.user_agent.string)
    act = consents.decide(
        db.session, vault(), context, mine, form, is_live=point.is_open, language=language,
        request_metadata=request_metadata, at=at, origin=DecisionOrigin.POINT,
        undo_period=timedelta(seconds=current_app.config["UNDO_SECONDS"]),
        name=chosen.name if Status.GRANTED in mine.values() else "",
    )  # fmt: skip
    if others:
        refusals.withdraw(
            db.session, vault(), others, origin=DecisionOrigin.POINT, language=language,
            request_metadata=request_metadata, at=at, is_told=False,
        )  # fmt: skip
    return act


def _refused_otherwise(point: PublicPoint, address: Address, channels: Sequence[Channel]) -> list[RefusalScope]:
    """What is refused of other spellings of the address."""
    if not channels:
        return []
    brand = db.session.get_one(Brand, point.brand_id)
    parts, _left = refusals.find_other_parts(db.session, vault(), point.provider_id, address, [brand], channels)
    return parts


def _forget_decided(proof: AddressProof, act: consents.DecisionResult) -> None:
    """Drop the choices for this address, which its receipt has; those for the other address stay."""
    chosen, served = _selection_of(proof), address_proofs.read_address(vault(), proof).channels
    rest = {channel: status for channel, status in chosen.choices.items() if channel not in served}
    name = chosen.name if rest else ""  # The receipt has it.
    facts = replace(chosen, choices=rest, name=name).facts
    address_proofs.store_facts(vault(), proof, facts | {"asks_again": [channel.value for channel in act.asks_again]})


def _next_page(point: PublicPoint, proof: AddressProof, code: str) -> ResponseReturnValue:
    """What was recorded, and the other address, if there are choices for it. Opened later, the page shows nothing, and
    it leads to no receipt: it may stand in the browser history of a device in a shop."""
    facts = address_proofs.read_facts(vault(), proof)
    chosen, lost = Selection.from_facts(facts), [Channel(each) for each in facts["asks_again"]]
    until = proof.proved_at + RESULT_SHOWN_FOR if proof.proved_at else clock.now()
    if clock.now() >= until:
        return pages.render_expired(point), 410
    recorded = _recorded(proof, until)
    if chosen.choices and point.is_open:
        return _ask_for_address(point, chosen, lost, recorded)
    return pages.render_results(point, code, recorded, list(dict.fromkeys([*lost, *chosen.choices])))


def _recorded(proof: AddressProof, until: datetime) -> pages.RecordedDecision | None:
    """What a proof decided; None where nothing of it counted."""
    session = read_session()
    receipt = session.scalar(select(Receipt).where(Receipt.token_digest == consent_points.proof_digest(proof)))
    if receipt is None:
        return None
    act = contents.read_contents(session, vault(), receipt)
    return pages.RecordedDecision(act, is_told=told_by(act) is not None, until=format_datetime(until, "HH:mm"))


def _ask_for_address(
    point: PublicPoint, chosen: Selection, asks_again: Sequence[Channel] = (),
    recorded: pages.RecordedDecision | None = None,
) -> ResponseReturnValue:  # fmt: skip
    """Go on without the name: whoever is sent this page's address would read it as the firm's words. Where the brand
    wants one, ask again."""
    if point.requires_name and Status.GRANTED in chosen.choices.values():
        return pages.render_review(point, FormState(chosen=chosen.choices), asks_again, recorded)
    return choice_form.ask_for_address(point, replace(chosen, name=""), asks_again, recorded)
