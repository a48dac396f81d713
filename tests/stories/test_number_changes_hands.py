"""An operator closes a line and gives the number to somebody else, who sees nothing of who had it before."""

import re
from datetime import timedelta

import pypdfium2
import pytest
import time_machine
from sqlalchemy import update

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Status
from portal.core.models import (
    Brand,
    Closing,
    Complaint,
    Consent,
    Finding,
    Message,
    MessageKind,
    MessageState,
    Receipt,
    Recipient,
    Submission,
    UnsentReason,
)
from portal.domain import complaints
from portal.domain.consents import movements, recipients, refusals
from tests import make, servers
from tests.make import Person
from tests.portal.domain.complaints.cast import TEXT, code_of, opened, told
from tests.portal.domain.consents.iys_movements import MovementReceiver, row
from tests.portal.services.messaging.test_outbox import Gateway
from tests.portal.web.my_consents.conftest import Visitor
from tests.portal.web.recipient.open_complaints import another_firm_hears, complains, proves

pytestmark = pytest.mark.slow

A_WEEK, A_DAY = timedelta(days=7), timedelta(days=1)


@pytest.fixture
def fatma(app, browser):
    """She decided a week ago; her line was closed a day ago, and İYS told us of it an hour ago."""
    with time_machine.travel(clock.now() - A_WEEK - timedelta(hours=3)):
        person = Person(browser, make.codes(app)[make.PHONE])
        person.decides(MESAJ="ONAY", ARAMA="RET")
    with app.app_context():
        values = {"transaction_id": "of-who-was-there-before", "accepted_at": clock.now() - A_WEEK}
        db.session.execute(update(Submission).values(outcome="accepted", **values))
        db.session.commit()
    return person


def closes(app, ago: timedelta = A_DAY) -> None:
    MovementReceiver(app).receives(row("RET", ago=ago, source=movements.LINE_CLOSED))


def test_izinlerim_and_its_files_show_the_new_owner_nothing_from_before(app, fatma, rows):
    closes(app)
    new = Visitor(app, app.test_client())
    new.comes_in()
    page = new.opens().text
    exported = new.opens("/izinlerim/izinlerim.json").json["brands"][0]
    past = new.opens(f"/izinlerim/marka/{rows(Brand)[0].id}").text

    assert "İzinli," not in page and "İYS'de siz verdiniz" not in page.replace("&#39;", "'")
    assert exported["history"] == exported["consents"] == [] and "kayıtlı bir kararınız yok" in past


def test_which_brand_had_asked_the_old_owner_is_told_to_nobody(app, rows):
    """All brands of the firm are listed, as of any firm that merely knows the address."""
    make.codes(app)
    with app.app_context():
        firm = make.brand().provider_id
        db.session.add(Brand(provider_id=firm, brand_code=700002, name="Öteki", created_at=clock.now()))
        db.session.commit()
    listed = []
    for is_new in (False, True):
        if is_new:
            with app.app_context():
                db.session.execute(update(Recipient).values(reassigned_at=clock.now()))
                db.session.commit()
        with time_machine.travel(clock.now() + timedelta(seconds=2 * is_new)):
            visitor = Visitor(app, app.test_client())
            visitor.comes_in()
            exported = visitor.opens("/izinlerim/izinlerim.json").json["brands"]
            pages = (visitor.opens().text, visitor.opens("/izinlerim/silme").text)
        listed.append([each["name"] for each in exported])
        assert [("Öteki" in page) for page in pages] == [is_new, is_new]

    assert listed == [["Örnek Mağaza"], ["Örnek Mağaza", "Öteki"]]


def test_the_link_tells_that_the_number_changed_hands_and_shows_no_earlier_decision(app, fatma, rows):
    closes(app)
    page = fatma.opens().text

    assert 'value="ONAY"' not in page and "artık başkasının olabilir" in page
    assert "Bu bağlantıyla" not in page and f"/m/{code_of(app, rows.one(Receipt))}" not in page


def test_the_old_owners_receipt_says_so_and_changes_nothing(app, fatma, rows):
    code = code_of(app, rows.one(Receipt))
    before = fatma.browser.get(f"/m/{code}").text
    closes(app)
    page = fatma.browser.get(f"/m/{code}").text

    assert "başkasının olabilir" in page and "başkasının olabilir" not in before
    assert "Daha önce gelen bir iletiyi bildir" in page and "Kararımı değiştir" not in page
    pdf = pypdfium2.PdfDocument(fatma.browser.get(f"/m/{code}/belge.pdf").data)
    assert "başkasının olabilir" in pdf[0].get_textpage().get_text_range()


def test_no_brand_of_the_firm_keeps_a_grant_from_before(app, fatma, rows):
    with app.app_context():
        its = make.brand()
        other = Brand(provider_id=its.provider_id, brand_code=700002, name="Öteki", created_at=clock.now())
        db.session.add(other)
        db.session.flush()
        db.session.execute(update(Consent).where(Consent.status == Status.GRANTED).values(brand_id=other.id))
        db.session.commit()
        brand_id = its.id

    closes(app)

    assert {each.status for each in rows(Consent)} == {Status.REFUSED}
    assert any(each.brand_id != brand_id for each in rows(Consent))


def test_what_the_new_owner_decided_before_we_heard_of_it_stays_theirs(app, fatma, rows):
    with time_machine.travel(clock.now() - timedelta(hours=2)):
        fatma.decides(ARAMA="RET", MESAJ="RET")
    closes(app)

    code = code_of(app, rows(Receipt)[-1])
    assert "başkasının olabilir" not in fatma.browser.get(f"/m/{code}").text


def test_a_new_owners_case_does_not_tell_when_the_old_one_refused(app, fatma, rows):
    closes(app)
    fatma.decides(ARAMA="RET", MESAJ="RET")
    answer = complains(fatma.browser, code_of(app, rows(Receipt)[-1]), channel="ARAMA")
    page = fatma.browser.get(answer.location).text

    before = clock.istanbul(rows(Receipt)[0].decided_at).strftime("%H:%M")
    assert before not in page and "of-who-was-there-before" not in page
    assert rows.one(Complaint).finding != Finding.NO_REFUSAL


@pytest.mark.parametrize("heard", ["by another firm", "closed line"])
def test_a_case_from_izinlerim_tells_nothing_of_who_had_the_number(app, rows, heard):
    """Neither their refusals nor their consents, nor on which channels a closed line ended any."""
    numbers, earlier = ["+905551234501", "+905551234502", "+905551234503"], [{}, {"MESAJ": "RET"}, {"MESAJ": "ONAY"}]
    codes, told = make.codes(app, "\n".join(numbers)), []
    with app.app_context():
        other = make.provider(700002, 700002, "oteki@firma.example")
        other.admitted_at = clock.now()
        db.session.commit()
        other_id = other.id
    for number, choices in zip(numbers, earlier, strict=True):
        with time_machine.travel(clock.now() - A_WEEK):
            if choices:
                Person(app.test_client(), codes[number]).decides(**choices)
        if heard == "closed line":
            MovementReceiver(app).receives(row("RET", ago=A_DAY, source=movements.LINE_CLOSED, recipient=number))
        with app.app_context():
            recipients.gather(db.session, vault(), other_id, [addresses.parse(number)], clock.now())
            db.session.commit()
        if heard != "closed line":
            another_firm_hears(app, clock.now() - A_DAY, number)
        new = Visitor(app, app.test_client())
        proves(new.browser, number)
        first = rows(Brand)[0].id
        new.posts("/izinlerim/liste", refuse=str(first))
        receipt = rows(Receipt)[-1]
        with time_machine.travel(clock.now() + timedelta(minutes=2)):
            location = complains(new.browser, code_of(app, receipt), channel="MESAJ").location
            page = new.browser.get(location).text.split('id="finding"')[1].split("</section>")[0]
        told.append(re.sub("[0-9]+", "", page))

    assert told[1:] == told[:-1]


@pytest.mark.parametrize("firm", [0, 1])
def test_neither_message_nor_page_of_an_old_owners_case_reaches_the_new_one(app, fatma, rows, firm):
    """Whichever firm hears of it: while the message waits, and before the other case is closed."""
    salt, gateway = app.config["LINK_SALT"], Gateway()
    proves(fatma.browser)
    with app.app_context(), servers.serving(gateway.app) as url:
        other = make.provider(iys_code=make.IYS_CODE + 1, brand_code=make.BRAND_CODE + 1, email="oteki@firma.example")
        ids = recipients.gather(db.session, vault(), other.id, [addresses.parse(make.PHONE)], clock.now()).values()
        first = opened(rows(Receipt)[0], told())
        whose = db.session.get_one(Recipient, first.recipient_id)
        second = complaints.request_erasure(db.session, whose, language="tr", at=clock.now())
        db.session.commit()
        codes = [complaints.case_code(salt, case) for case in (first, second)]
        pages = [fatma.browser.get(f"/s/{code}").text for code in codes]

        def closes_case(case: Complaint, closing: Closing) -> None:
            complaints.close_case(
                db.session, vault(), case, closing, "", link=f"https://izin.example/s/{codes[0]}", sender="Örnek",
                user_id=7, at=clock.now(),
            )  # fmt: skip

        closes_case(first, Closing.NOT_OURS)
        disowned = db.session.get_one(Recipient, [whose.id, *ids][firm])
        refusals.refuse_not_mine(
            db.session, vault(), disowned, addresses.parse(make.PHONE), language="tr", request_metadata="{}",
            at=clock.now(),
        )  # fmt: skip
        closes_case(second, Closing.ERASED)
        db.session.commit()
        make.send_all(url)
        db.session.rollback()

    message = rows.one(Message, Message.kind == MessageKind.COMPLAINT_SETTLED)
    assert (message.state, message.unsent_reason) == (MessageState.NOT_NEEDED, UnsentReason.REASSIGNED)
    assert "/s/" not in str(gateway.calls)
    assert TEXT in pages[0] and "silinmesini istediniz" in pages[1]
    for code in codes:
        answer = fatma.browser.get(f"/s/{code}")
        assert answer.status_code == 410 and "Örnek" not in answer.text
        assert fatma.browser.post(f"/s/{code}/ekle", data={"text": "x"}).status_code == 410


def test_an_old_owners_case_sends_the_new_one_nothing(app, fatma, rows):
    with app.app_context(), time_machine.travel(clock.now() - 2 * A_DAY):
        opened(rows(Receipt)[0], told())
    closes(app)

    with app.app_context():
        case = db.session.query(Complaint).one()
        complaints.close_case(
            db.session, vault(), case, Closing.STOPPED, "", link="https://izin.example/s/c", sender="Örnek",
            user_id=7, at=clock.now(),
        )  # fmt: skip
        db.session.commit()
    assert rows(Message, Message.kind == MessageKind.COMPLAINT_SETTLED) == []
