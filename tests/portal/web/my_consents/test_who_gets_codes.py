"""Codes go to addresses of admitted firms, to Turkish numbers and to mailboxes: nobody else chooses where we write."""

import pytest
import time_machine
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


def case_of(app, browser, rows, number: str) -> str:
    make.Person(browser, make.codes(app, f"{number}\n")[number]).decides(MESAJ="RET")
    with app.app_context():
        opened(db.session.query(Receipt).one())
        db.session.commit()
    return code_of(app, rows.one(Complaint))


def test_a_case_offers_no_code_abroad(app, browser, rows):
    code = case_of(app, browser, rows, ABROAD[0])

    answer = browser.post(f"/izinlerim/basvuru/{code}", data={"form": Visitor(app, browser).token(START)})

    assert answer.location == f"/s/{code}" and states_of_codes(rows) == []
    assert "Bu adrese kod gönderemiyoruz" in browser.get(f"/s/{code}").text


def test_a_case_of_sandbox_mode_tells_nobody_who_else_holds_its_address(app, browser, rows):
    """Whoever signs up has links of any numbers, opens cases by them, and would learn whose customers they are."""
    code, form = case_of(app, browser, rows, make.PHONE), Visitor(app, browser).token(START)
    enter_sandbox_mode(app)

    def sees() -> tuple[str, str]:
        answer = browser.post(f"/izinlerim/basvuru/{code}", data={"form": form})
        return browser.get(f"/s/{code}").text, answer.location.rpartition("/")[0]

    with time_machine.travel(clock.now(), tick=False):  # The forms' tokens say the second.
        unknown = sees()
        assert states_of_codes(rows) == [MessageState.NOT_NEEDED] and unknown[1] == "/izinlerim/kod"
        another_provider(app, holds=make.PHONE)
        assert sees() == unknown
