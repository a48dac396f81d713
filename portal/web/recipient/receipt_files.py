"""A receipt to keep: signed for programs, as JSON with the text that was shown, and on paper with a QR code."""

import json

from flask import Response, current_app
from flask_babel import get_locale

from portal.core import clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import ConsentText
from portal.domain.receipts import claims, signing_keys, spelled, tokens
from portal.domain.receipts.contents import Act
from portal.services.documents import receipt as receipt_document
from portal.web.recipient import receipt_pdf_text
from portal.web.recipient.blueprint import blueprint
from portal.web.recipient.receipts import find_act
from portal.web.shared import limits


@blueprint.get("/m/<code>/belge.jws")
def receipt_token(code: str):
    """The signed token, which anybody can check."""
    act = find_act(code)
    return _file(act, _signed(act), "application/jose", "jws")


@blueprint.get("/m/<code>/belge.json")
def receipt_json(code: str):
    """All that the token says, in the open; the token itself; and the texts that were shown, whose digests it holds."""
    act = find_act(code)
    texts = [_text(part.text) for part in act.parts if part.text]
    told = {"receipt": _claims(act), "token": _signed(act), "texts": texts}
    return _file(act, json.dumps(told, ensure_ascii=False, indent=2) + "\n", "application/json", "json")


@blueprint.get("/m/<code>/belge.pdf")
@limiter.limit(limits.RECEIPT_PAPER)
def receipt_pdf(code: str):
    """The receipt on paper, in the language of the page."""
    act = find_act(code)
    paper = receipt_pdf_text.of(read_session(), act, code, get_locale().language)
    return _file(act, receipt_document.drawn(paper), "application/pdf", "pdf")


def _claims(act: Act) -> dict:
    return claims.claims_of(act, current_app.config["MAIN_BASE"])


def _signed(act: Act) -> str:
    key = signing_keys.find(read_session(), vault())
    if key is None:  # The first receipt ever: the key is the portal's own and decides nothing for anybody.
        key = signing_keys.find_or_make(db.session, vault(), clock.now())
        db.session.commit()
    return tokens.sign(_claims(act), key)


def _text(text: ConsentText) -> dict:
    """What the digest is of, in its order."""
    names = ("sender_title", "sender_mersis", "sender_contact", "brand_name", "title_tr", "body_tr", "title_en",
             "body_en", "notice_url")  # fmt: skip
    shown = {name: getattr(text, name) for name in names}
    return {"version": text.version, "digest": text.digest.hex(), "shown": shown}


def _file(act: Act, content: str | bytes, media_type: str, ending: str) -> Response:
    name = f"izinlink-{spelled(act.number)}.{ending}"
    return Response(content, mimetype=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
