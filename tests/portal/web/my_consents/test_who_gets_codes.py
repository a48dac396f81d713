"""Codes go to addresses of admitted firms, to Turkish numbers and to mailboxes: nobody else chooses where we write."""

import pytest
from sqlalchemy import update

from portal.core import clock
from portal.core.addresses import parse
from portal.core.extensions import db, vault
from portal.core.models import AddressProof, Complaint, Message, MessageKind, MessageState, Provider, Purpose, Receipt
from portal.domain.address_proofs import mailbox_indexes
from tests import make
from tests.portal.domain.complaints.cast import code_of, opened
from tests.portal.web.my_consents.conftest import START, Visitor
from tests.portal.web.my_consents.test_overview import another_provider

pytestmark = [pytest.mark.slow, pytest.mark.alike]

ABROAD = ("+447911123456", "+88216123456")


def enter_sandbox_mode(app) -> None:
    with app.app_context():
        db.session.execute(update(Provider).values(admitted_at=None))
        db.session.commit()


def states_of_codes(rows) -> list[MessageState]:
    return [each.state for each in rows(Message, Message.kind == MessageKind.CODE)]


@pytest.mark.parametrize("address", [make.PHONE, make.EMAIL])
def test_no_code_goes_where_only_a_firm_in_sandbox_mode_brought_the_address(app, rows, address):
    make.codes(app)
    enter_sandbox_mode(app)
    visitor = Visitor(app, app.test_client(), address)

    assert visitor.asks().status_code == 303
    assert states_of_codes(rows) == [MessageState.NOT_NEEDED]
    another_provider(app, holds=address)
    visitor.asks()
    assert states_of_codes(rows) == [MessageState.NOT_NEEDED, MessageState.WAITING]


def test_a_firm_in_sandbox_mode_tries_it_at_addresses_of_its_own_people(app, rows):
    make.codes(app, f"{make.PHONE}\n{make.AYSE}\n")
    enter_sandbox_mode(app)
    with app.app_context():
        db.session.add(proof_of(rows.one(Provider).id, make.PHONE))
        db.session.commit()

    for address in (make.AYSE, make.PHONE):
        Visitor(app, app.test_client(), address).asks()

    assert states_of_codes(rows) == [MessageState.WAITING] * 2


def proof_of(provider_id: int, number: str) -> AddressProof:
    at, indexes = clock.now(), mailbox_indexes(vault(), parse(number))
    return AddressProof(
        nonce=1, purpose=Purpose.SANDBOX, kind="phone", language="tr", address=b"", created_at=at, expires_at=at,
        prefix_digest=b"", network_digest=b"", code_digest=b"", tries=1, was_sent=True, proved_at=at,
        sandbox_provider_id=provider_id, **indexes,
    )  # fmt: skip


@pytest.mark.parametrize("number", ABROAD)
def test_no_code_goes_abroad_and_the_page_says_what_needs_none(app, rows, number):
    make.codes(app, f"{number}\n")

    answer = Visitor(app, app.test_client(), number).asks()

    assert answer.status_code == 422 and rows(Message) == []
    assert "Yurt dışındaki numaralara kod gönderemiyoruz." in answer.text and "e-Devlet" in answer.text


@pytest.mark.parametrize("case", ["sandbox mode", "abroad"])
def test_a_case_offers_no_code_where_none_is_sent(app, browser, rows, case):
    number = make.PHONE if case == "sandbox mode" else ABROAD[0]
    make.Person(browser, make.codes(app, f"{number}\n")[number]).decides(MESAJ="RET")
    with app.app_context():
        opened(db.session.query(Receipt).one())
        db.session.commit()
    code = code_of(app, rows.one(Complaint))
    form = Visitor(app, browser).token(START)
    if case == "sandbox mode":
        enter_sandbox_mode(app)

    answer = browser.post(f"/izinlerim/basvuru/{code}", data={"form": form})

    assert answer.location == f"/s/{code}" and states_of_codes(rows) == []
    assert "Bu adrese kod gönderemiyoruz" in browser.get(f"/s/{code}").text
