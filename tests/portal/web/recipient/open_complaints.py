"""What Fatma types into the form “I still get messages” of her receipt, and how she proves her number."""

from datetime import datetime

from sqlalchemy import select

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.models import Brand, Provider, Purpose, Recipient
from portal.domain import address_proofs
from portal.domain.consents import reassigned_addresses, recipients
from portal.services.launches.refusing_links import refusing_urls
from tests import make
from tests.portal.domain.complaints.cast import HEADER, TEXT


def told(**other) -> dict:
    """The form, as of a message that came now."""
    at = clock.istanbul(clock.now())
    return {
        "channel": "MESAJ", "header": HEADER, "day": at.date().isoformat(), "hour": at.strftime("%H:%M"), "text": TEXT,
    } | other  # fmt: skip


def complains(browser, code: str, **other):
    """Send it; the answer."""
    return browser.post(f"/m/{code}/sikayet", data=told(**other))


def proves(browser, address: str = make.PHONE) -> None:
    """Give a browser the cookie of a proved address, without the requests that lead to it."""
    app, at = browser.application, clock.now()
    with app.app_context():
        proof = address_proofs.request_code(
            db.session, vault(), app.config["SECRET_KEY"], addresses.parse(address), Purpose.MINE, sends=True,
            language="tr", network="203.0.113.7", at=at,
        )  # fmt: skip
        proof.proved_at, token = at, address_proofs.open_session(proof, at)
        db.session.commit()
    browser.set_cookie("izinlerim", token)


def new_link(app, number: str = make.PHONE) -> str:
    """The path of a link that the first brand puts into mailings of its own, made now."""
    with app.app_context():
        brand = db.session.scalar(select(Brand).order_by(Brand.id).limit(1))
        config = app.config
        (url,) = refusing_urls(
            db.session, vault(), config["LINK_SALT"], config["LINK_BASE"], brand, [addresses.parse(number)], clock.now()
        ).values()
        db.session.commit()
        return f"/u/{url.rpartition('/')[2]}"


def another_firm_hears(app, at: datetime, address: str = make.PHONE) -> None:
    """“This is not me”, by the link of a second firm, which is admitted."""
    with app.app_context():
        known = db.session.scalar(select(Provider).where(Provider.iys_code == 700002))
        other = known or make.provider(700002, 700002, "oteki@firma.example")
        other.admitted_at = clock.now()
        parsed = addresses.parse(address)
        (its,) = recipients.gather(db.session, vault(), other.id, [parsed], clock.now()).values()
        db.session.get_one(Recipient, its).reassigned_at = at
        reassigned_addresses.spread_again(db.session, vault(), its)
        db.session.commit()
