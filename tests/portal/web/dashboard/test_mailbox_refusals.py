"""Somebody calls and names one spelling of their mailbox; the firm has it by others."""

import re

import pytest
from sqlalchemy import event

from portal.core import addresses
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Status
from portal.core.models import Brand, Consent, DecisionOrigin, Message, MessageKind, Receipt, Recipient
from portal.domain.consents import recipients, spellings
from portal.services.messaging.outgoing_messages import clear_address
from tests import make
from tests.portal.web.dashboard.staff import signed_in
from tests.portal.web.my_consents.test_overview import another_provider

pytestmark = [pytest.mark.slow, pytest.mark.alike]

SAID, HELD = "ayse@gmail.com", ("a.yse@gmail.com", "ayse+izin@gmail.com", "ayse@googlemail.com")
REFUSE = {"address": SAID, "brand": "0", "source": "HS_CAGRI_MERKEZI", "channels": ["EPOSTA"]}


@pytest.fixture
def ayse(app):
    """The firm has three spellings, of which the first granted, and another mailbox; another firm has a fourth."""
    codes = make.codes(app, "\n".join([*HELD, "x.ayse@gmail.com"]))
    make.Person(app.test_client(), codes[HELD[0]]).decides(EPOSTA="ONAY")
    another_provider(app, holds="ay.se@gmail.com")
    make.write_to_all(app)
    return signed_in(app)


def standing(app) -> dict[str, str]:
    with app.app_context():
        return {
            recipients.address_of(vault(), db.session.get_one(Recipient, each.recipient_id)): each.status
            for each in db.session.query(Consent)
        }


@pytest.mark.parametrize("page", ["/dashboard/recipients", "/desk/search"])
def test_the_search_lists_the_spellings_that_the_firm_has(app, ayse, page):
    found = ayse.posts(page, {"address": SAID}).text

    assert "Adresin bu yazılışı kayıtlarınızda yok." in found and "Aynı posta kutusuna gelen" in found
    listed = re.findall(r'<li><a href="/(?:dashboard/recipients|desk/people)/\d+">a•••@g•••\.com', found)
    assert len(listed) == len(HELD)


def test_a_callers_refusal_is_of_every_spelling_that_the_firm_has(app, ayse, rows):
    brand = str(rows(Brand)[0].id)
    answer = ayse.posts("/dashboard/recipients/refusal", REFUSE | {"brand": brand})
    again = ayse.posts("/dashboard/recipients/refusal", REFUSE | {"brand": brand})

    assert (answer.status_code, again.location) == (303, answer.location)
    assert standing(app) == dict.fromkeys([SAID, *HELD], Status.REFUSED)
    receipts = rows(Receipt, Receipt.origin == DecisionOrigin.STAFF)
    assert len(receipts) == len({each.number for each in receipts}) == 4
    told = rows.one(Message, Message.kind == MessageKind.REFUSAL)
    with app.app_context():
        assert told.provider_id and clear_address(told, db.session.get_one(Recipient, told.recipient_id)) == SAID


def test_so_is_one_of_a_spelling_that_it_has_but_not_what_the_firm_decides_itself(app, ayse, rows):
    page = ayse.posts("/dashboard/recipients", {"address": HELD[1]}).location
    data = REFUSE | {"brand": str(rows(Brand)[0].id)}
    ayse.posts(f"{page}/refusal", data | {"source": "HS_KARAR"})
    of_firm = standing(app)
    ayse.posts(f"{page}/refusal", data)

    assert of_firm == {HELD[0]: Status.GRANTED, HELD[1]: Status.REFUSED}
    assert standing(app) == dict.fromkeys(HELD, Status.REFUSED)
    assert "Aynı posta kutusuna gelen başka yazılışlar" in ayse.opens(page).text


def test_what_one_act_leaves_is_told_and_refused_by_the_next(app, ayse, rows, monkeypatch):
    monkeypatch.setattr(spellings, "MOST_KEYS", 2)
    data = REFUSE | {"brand": str(rows(Brand)[0].id)}
    first = ayse.opens(ayse.posts("/dashboard/recipients/refusal", data).location).text
    refused = standing(app)
    second = ayse.opens(ayse.posts("/dashboard/recipients/refusal", data).location).text

    assert "kutusunun 1 yazılışı henüz reddedilmedi" in first and len(refused) == 3
    assert "henüz reddedilmedi" not in second
    assert standing(app) == dict.fromkeys([SAID, *HELD], Status.REFUSED)


def test_a_telephone_is_looked_for_no_more_and_a_mailbox_once(app, ayse, rows):
    def asks(text: str) -> list[str]:
        found: list[str] = []

        def note(_connection, _cursor, statement, *_rest):
            found.append(statement)

        event.listen(db.engines["reader"], "before_cursor_execute", note)
        spellings.find_at(read_session(), vault(), provider_id, addresses.parse(text))
        event.remove(db.engines["reader"], "before_cursor_execute", note)
        return found

    provider_id = rows(Brand)[0].provider_id
    with app.app_context():
        assert (len(asks(make.PHONE)), len(asks(SAID))) == (0, 1)
