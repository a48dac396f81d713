"""The code comes back, and what was chosen is decided: by the choices, and not by the code (KVKK 2025/1072)."""

from dataclasses import replace
from datetime import timedelta

from flask import abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.extensions import db, limiter, read_session, vault, wake
from portal.core.iys_protocol import Channel, Status
from portal.core.models import AddressProof, DecisionOrigin, Purpose
from portal.core.models.link_context import load_link_context
from portal.domain import address_proofs, consent_points, consents
from portal.domain.address_proofs import CodeResult
from portal.domain.consent_points import PublicPoint
from portal.web.consent_points import address_entry, choice_form, form_token, pages
from portal.web.consent_points.blueprint import blueprint
from portal.web.consent_points.form_token import Selection
from portal.web.consent_points.lookup import find_point
from portal.web.recipient.receipts import receipt_code
from portal.web.shared import bad_code_limit, limits

RESULT_SHOWN_FOR = timedelta(minutes=15)  # After the code was right: what was decided, and what comes next.


@blueprint.get("/<slug>/kod/<code>")
def code(slug: str, code: str) -> ResponseReturnValue:
    """Where the code is typed; and, once it was, what comes next."""
    place = find_point(slug)
    proof = _find_proof(read_session(), place, code)
    return _next_page(place, proof) if proof.proved_at else pages.render_code_form(place, proof, code)


@blueprint.post("/<slug>/kod/<code>", endpoint="answer")
@limiter.limit(limits.POINT)
def answer(slug: str, code: str) -> ResponseReturnValue:
    """Try what was typed. The right code lets the choices count."""
    place = find_point(slug)
    proof, digits = _find_proof(db.session, place, code), address_proofs.read_code(request.form.get("digits", ""))
    here = redirect(url_for(".code", slug=slug, code=code), 303)
    if proof.proved_at:  # Tapped twice.
        return here
    if digits is None:
        return pages.render_code_form(place, proof, code, message="digits"), 422
    verdict = address_proofs.check_code(db.session, current_app.config["SECRET_KEY"], proof, digits, clock.now())
    if verdict != CodeResult.PROVED:
        db.session.commit()
        is_proved = proof.proved_at is not None  # By another of two at once.
        return here if is_proved else (pages.render_code_form(place, proof, code, message=verdict.value), 422)
    try:
        act = _decide(place, proof)
    except consents.TooSoon:
        db.session.rollback()
        return pages.render_code_form(place, proof, code, message="too_soon", digits=digits), 409
    except consents.TooMany:
        db.session.rollback()
        abort(429)
    _keep_receipt(proof, act)
    db.session.commit()
    wake("message")
    return here


@blueprint.post("/<slug>/kod/<code>/yeniden", endpoint="again")
@limiter.limit(limits.POINT)
def again(slug: str, code: str) -> ResponseReturnValue:
    """Another code to the same address, or back to change it. What was chosen stays."""
    place = find_point(slug)
    proof = _find_proof(read_session(), place, code)
    chosen = _selection_of(proof)
    if not place.is_open:
        return pages.render_closed(place)
    if proof.proved_at or not chosen.is_fresh(clock.now()):
        return redirect(url_for(".page", slug=slug), 303)
    if "change" in request.form:
        return choice_form.ask_for_address(place, chosen)
    return address_entry.send_code(place, chosen, address_proofs.read_address(vault(), proof), is_another=True)


def _find_proof(session: Session, place: PublicPoint, code: str) -> AddressProof:
    """What was asked for at this point; unknown, damaged and guessed addresses of this page take one path."""
    proof = address_proofs.find_proof(session, current_app.config["LINK_SALT"], code, Purpose.POINT)
    if proof is None or proof.campaign_id != place.campaign_id:
        bad_code_limit.count_bad_code()
        abort(404)
    g.language = proof.language
    return proof


def _selection_of(proof: AddressProof) -> Selection:
    return form_token.from_facts(address_proofs.read_facts(vault(), proof))


def _decide(place: PublicPoint, proof: AddressProof) -> consents.DecisionResult:
    """What the rule makes of the choices for this address, not committed yet. Raises TooSoon and TooMany."""
    at, chosen, address = clock.now(), _selection_of(proof), address_proofs.read_address(vault(), proof)
    link_id = consent_points.register_recipient(db.session, vault(), current_app.config["LINK_SALT"], place, address, at)
    context = load_link_context(db.session, link_id)
    mine = {channel: status for channel, status in chosen.choices.items() if channel in address.channels}
    form = consents.ServedForm(chosen.text_id, chosen.language, chosen.served_at, consent_points.proof_digest(proof))
    return consents.decide(
        db.session, vault(), context, mine, form, is_live=place.is_open, language=get_locale().language,
        request_metadata=consents.describe_request(request.remote_addr, request.user_agent.string), at=at,
        undo=timedelta(seconds=current_app.config["UNDO_SECONDS"]), origin=DecisionOrigin.POINT,
        name=chosen.name if Status.GRANTED in mine.values() else "",
    )  # fmt: skip


def _keep_receipt(proof: AddressProof, act: consents.DecisionResult) -> None:
    """In place of what was chosen for this address: its receipt, and what is still to be asked for the other one."""
    chosen, served = _selection_of(proof), address_proofs.read_address(vault(), proof).channels
    made = (receipt_code(act.receipt_id, act.nonce),) if act.receipt_id else ()
    rest = {channel: status for channel, status in chosen.choices.items() if channel not in served}
    name = chosen.name if rest else ""  # The receipt has it.
    facts = replace(chosen, choices=rest, receipts=chosen.receipts + made, name=name).facts
    address_proofs.store_facts(vault(), proof, facts | {"asks_again": [channel.value for channel in act.asks_again]})


def _next_page(place: PublicPoint, proof: AddressProof) -> ResponseReturnValue:
    """To the other address, if it was chosen for; to what was decided otherwise. Who opens this page later is told
    nothing: it may stand in the history of a device in a shop."""
    facts = address_proofs.read_facts(vault(), proof)
    chosen, lost = form_token.from_facts(facts), [Channel(each) for each in facts["asks_again"]]
    if clock.now() >= proof.proved_at + RESULT_SHOWN_FOR:
        return pages.render_expired(place), 410
    if chosen.choices and place.is_open:
        return choice_form.ask_for_address(place, chosen)
    if not lost and len(chosen.receipts) == 1:
        (receipt,) = chosen.receipts
        return redirect(url_for("recipient.receipt", code=receipt, lang=request.args.get("lang")), 303)
    return pages.render_results(place, chosen.receipts, lost)
