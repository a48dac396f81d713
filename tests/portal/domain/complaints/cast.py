"""Fatma, who refused by her link, and what she tells of a message that came all the same."""

from datetime import timedelta

import time_machine

import shortlinks
from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import AddressProof, Closing, Complaint, Receipt
from portal.domain import complaints
from tests import make

HEADER, TEXT = "ORNEKMGZ", "Yalnız bugün: kış indirimleri başladı!"


def receipt_of(app, rows, **choices) -> tuple[Receipt, str]:
    """The receipt of an act of Fatma's, and its code."""
    make.Person(app.test_client(), make.codes(app)[make.PHONE]).decides(**(choices or {"MESAJ": "RET"}))
    receipt = rows(Receipt)[-1]
    return receipt, code_of(app, receipt)


def words_are_shown() -> time_machine.travel:
    """The time from which on staff reads what was written in a case until now."""
    return time_machine.travel(clock.now() + AddressProof.CODE_LIFETIME)


def code_of(app, row) -> str:
    """The code of a receipt's or a case's page."""
    return shortlinks.Codes(app.config["LINK_SALT"]).encode_long(row.id, row.nonce)


def told(after: timedelta = timedelta(minutes=1), **other) -> complaints.MessageReport:
    """What she tells of a message that came so long after now."""
    at = (clock.now() + after).replace(second=0, microsecond=0)
    return complaints.MessageReport(**({"header": HEADER, "channel": Channel.SMS, "came_at": at, "text": TEXT} | other))


def opened(receipt: Receipt, what: complaints.MessageReport | None = None, at=None, *, is_proved=True) -> Complaint:
    """A case of hers, who has proved her number; call it within the app."""
    sender = complaints.list_receipt_brands(db.session, receipt)[0]
    case = complaints.open_case(
        db.session, vault(), sender, what or told(), language="tr", at=at or clock.now(), is_proved=is_proved
    )
    db.session.commit()
    return case


def a_case(app, rows, **choices) -> tuple[Complaint, str]:
    """A case of hers, and the code of its page."""
    receipt, _ = receipt_of(app, rows, **choices)
    with app.app_context():
        opened(receipt)
    case = rows.one(Complaint)
    return case, code_of(app, case)


def closed(app, case: Complaint, text="Numaranızı listeden çıkardık.", closing=Closing.STOPPED) -> None:
    """Her case settled by staff who read it, with a note."""
    with app.app_context():
        of = db.session.get_one(Complaint, case.id)
        complaints.close_case(
            db.session, vault(), of, closing, text, link="https://x.example/", sender="X", user_id=7, at=clock.now(),
            seen=99,
        )  # fmt: skip
        complaints.add_note(db.session, vault(), of, "Aramızda: liste 3", user_id=7, at=clock.now())
        db.session.commit()
