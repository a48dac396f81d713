"""Receipt downloads: the signed token (JWS), JSON with the texts that were shown, and a PDF with a QR code."""

import json

from flask import Response, current_app
from flask_babel import get_locale

from portal.core import clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import ConsentText
from portal.domain.receipts import claims, format_number, signing_keys, tokens
from portal.domain.receipts.contents import ReceiptContents
from portal.services.documents import receipt as receipt_document
from portal.web.recipient import receipt_pdf_text
from portal.web.recipient.blueprint import blueprint
from portal.web.recipient.receipts import find_act
from portal.web.shared import limits


@blueprint.get("/m/<code>/belge.jws")
def receipt_token(code: str) -> Response:
    """The signed token, which anybody can check."""
    act = find_act(code)
    return _download(act, _signed(act), "application/jose", "jws")


@blueprint.get("/m/<code>/belge.json")
def receipt_json(code: str) -> Response:
    """The claims in clear, the token itself, and the texts that were shown, whose digests it holds."""
    act = find_act(code)
    texts = [_text_json(part.text) for part in act.parts if part.text]
    content = {"receipt": _claims(act), "token": _signed(act), "texts": texts}
    return _download(act, json.dumps(content, ensure_ascii=False, indent=2) + "\n", "application/json", "json")


@blueprint.get("/m/<code>/belge.pdf")
@limiter.limit(limits.RECEIPT_PAPER)
def receipt_pdf(code: str) -> Response:
    """In the language of the page."""
    act = find_act(code)
    paper = receipt_pdf_text.build_paper(read_session(), act, code, get_locale().language)
    return _download(act, receipt_document.render_pdf(paper), "application/pdf", "pdf")


def _claims(act: ReceiptContents) -> dict:
    return claims.build_claims(act, current_app.config["MAIN_BASE"])


def _signed(act: ReceiptContents) -> str:
    key = signing_keys.find_signing_key(read_session(), vault())
    if key is None:  # The first receipt ever. A GET may write it: the key is the portal's own and no decision.
        key = signing_keys.get_or_create_signing_key(db.session, vault(), clock.now())
        db.session.commit()
    return tokens.sign_claims(_claims(act), key)


def _text_json(text: ConsentText) -> dict:
    """The fields that the digest covers, in its order."""
    names = ("sender_title", "sender_mersis", "sender_contact", "brand_name", "title_tr", "body_tr", "title_en",
             "body_en", "notice_url")  # fmt: skip
    shown = {name: getattr(text, name) for name in names}
    return {"version": text.version, "digest": text.digest.hex(), "shown": shown}


def _download(act: ReceiptContents, content: str | bytes, media_type: str, ending: str) -> Response:
    name = f"izinlink-{format_number(act.number)}.{ending}"
    return Response(content, mimetype=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
