"""“This number is newly mine”: who proved an address says that another person had it before, at all firms at once."""

from datetime import datetime

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import AddressProof
from portal.domain import address_proofs, consents
from portal.domain.consents import MINUTE, refusals
from portal.domain.consents.refusals import Withdrawn
from portal.web.my_consents.blueprint import blueprint
from portal.web.my_consents.overview import (
    current_proof,
    find_my_holdings,
    my_holdings,
    receipt_code,
    refuse_everything,
    shared_context,
)
from portal.web.shared import address_session
from portal.web.shared.access import takes_late

SAID = "new_holder"  # Among the facts of a proof: when its session said so, and the receipt of that act.


@blueprint.get("/izinlerim/yeni-kullanici", endpoint="new_holder")
def show_new_holder() -> str:
    """Explain what it does, and show nothing of before. Opening it does nothing."""
    my_holdings()  # Where the address changed hands meanwhile, the session is over.
    return render_template("my_consents/new_holder.html", **shared_context())


@blueprint.post("/izinlerim/yeni-kullanici", endpoint="become_holder")
@takes_late
def become_holder() -> ResponseReturnValue:
    """Refuse everything at every firm that has the address, and show nothing from before any more. Pressed twice, it is
    done once. Of who came in before the address changed hands, and now has it no more, everything is refused alone."""
    held, at = find_my_holdings(), clock.now()
    if held.changed_hands_meanwhile and not _has_just_said_so(current_proof(), at):
        left = refuse_everything(held)
        db.session.commit()
        return address_session.render_ended("recorded", left)
    try:
        withdrawn = refusals.refuse_as_new_holder(
            db.session, vault(), held.address, language=get_locale().language, at=at,
            request_metadata=consents.describe_request(request.remote_addr, request.user_agent.string),
        )  # fmt: skip
    except refusals.NothingToRefuse:  # No firm has the address any more.
        abort(404)
    is_own = _note_act(withdrawn, at)
    db.session.commit()
    if not is_own or withdrawn.left or address_session.is_over():
        return address_session.render_ended("recorded", withdrawn.left)
    code = receipt_code(withdrawn.receipt_id, withdrawn.nonce)
    return redirect(url_for("recipient.receipt", code=code, lang=request.args.get("lang")), 303)


def _note_act(withdrawn: Withdrawn, at: datetime) -> bool:
    """Note an act at the proof whose session did it; False where it repeats another session's. The recipients
    are locked."""
    proof = db.session.get_one(AddressProof, current_proof().id, populate_existing=True)
    facts = address_proofs.read_facts(vault(), proof)
    if not withdrawn.refused:
        return SAID in facts and facts[SAID]["receipt_id"] == withdrawn.receipt_id
    said = {"at": at.isoformat(), "receipt_id": withdrawn.receipt_id}
    address_proofs.store_facts(vault(), proof, facts | {SAID: said})
    return True


def _has_just_said_so(proof: AddressProof, at: datetime) -> bool:
    """Whether a session said so within a minute: it presses again."""
    said = address_proofs.read_facts(vault(), proof).get(SAID)
    return said is not None and at - datetime.fromisoformat(said["at"]) < MINUTE
