"""A receipt as a person keeps it: decided by a link, and looked at as rules see it."""

from portal.core.extensions import db, vault
from portal.core.models import Receipt
from portal.domain.receipts import contents, signing_keys, tokens
from portal.domain.receipts.contents import ReceiptContents

ISSUER = "https://izinlink.example"


def act_of(app, number: str | None = None) -> ReceiptContents:
    """The one receipt there is, or the one with a number, as it stands now."""
    with app.app_context():
        rows = db.session.query(Receipt).order_by(Receipt.id)
        receipt = (rows.filter_by(number=number) if number else rows).first()
        return contents.read_contents(db.session, vault(), receipt)


def claims_now(app) -> dict:
    return tokens.build_claims(act_of(app), ISSUER)


def signed(app, at) -> str:
    """Its token, signed now."""
    with app.app_context():
        token = tokens.sign_claims(claims_now(app), signing_keys.get_or_create_signing_key(db.session, vault(), at))
        db.session.commit()
    return token


def rotate(app, at) -> str:
    with app.app_context():
        name = signing_keys.rotate_signing_key(db.session, vault(), at)
        db.session.commit()
    return name
