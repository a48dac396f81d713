"""The receipt page of one act, at a URL that cannot be guessed. Shows the current state at İYS each time."""

from flask import abort, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.models import Receipt
from portal.domain.consents import annulments
from portal.domain.receipts import codes, contents
from portal.domain.receipts.contents import ReceiptContents
from portal.web.recipient import page_content, receipt_page
from portal.web.recipient.blueprint import blueprint
from portal.web.shared import bad_code_limit, hosts


@blueprint.get("/m/<code>", endpoint="receipt")
def show_receipt(code: str) -> str:
    return _page(code, find_act(code))


@blueprint.post("/m/<code>/geri-al")
def undo(code: str) -> ResponseReturnValue:
    """Undo the grants of this act that were not sent to İYS yet. Idempotent."""
    act = find_act(code)
    freed = [] if act.is_disowned else annulments.undo_grants(db.session, act.receipt_ids, clock.now())
    db.session.commit()
    if not freed:  # Of two taps at once, the other one did it while this one waited.
        read_session().expire_all()
        act = find_act(code)
    if freed or any(line.annulled_at for line in act.lines):
        return redirect(url_for(".receipt", code=code, **page_content.language_args()), 303)
    return _page(code, act, is_too_late=True), 409


def find_act(code: str) -> ReceiptContents:
    """The act of a receipt. Unknown, damaged and guessed codes take one path to the same 404, and a brand's own host
    shows receipts of that brand only."""
    receipt = find_receipt(read_session(), code)
    act = contents.read_contents(read_session(), vault(), receipt) if receipt else None
    of_host = hosts.brand_of_host()
    if act is None or (of_host is not None and {part.brand_id for part in act.parts} != {of_host}):
        bad_code_limit.count_bad_code()
        abort(404)
    return act


def receipt_code(receipt_id: int, nonce: int) -> str:
    """The code in a receipt's URL."""
    return codes.receipt_code(current_app.config["LINK_SALT"], receipt_id, nonce)


def find_receipt(session: Session, code: str) -> Receipt | None:
    """The receipt with this code; None where there is none, or its nonce is wrong."""
    return codes.find_receipt(session, current_app.config["LINK_SALT"], code)


def _page(code: str, act: ReceiptContents, *, is_too_late: bool = False) -> str:
    shown = receipt_page.build_receipt_page(read_session(), act, code, clock.now(), is_too_late=is_too_late)
    return render_template("recipient/receipt.html", receipt=shown)
