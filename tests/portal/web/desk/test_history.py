"""The whole history of one person: searched by address, masked, noted, and honest about who opened what."""

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import AuditEntry, Message, MessageKind, MessageState, Receipt, Recipient, UnsentReason
from portal.domain.notifications import messages
from portal.domain.receipts import format_number
from shortlinks import Visit, VisitKind
from tests import make
from tests.portal.domain.complaints.cast import opened as opened_case
from tests.portal.domain.complaints.cast import receipt_of
from tests.portal.web.dashboard.staff import signed_in
from tests.portal.web.my_consents.conftest import LIST, Visitor
from tests.portal.web.my_consents.test_overview import another_provider

pytestmark = [pytest.mark.slow, pytest.mark.alike]

PHONE_SPELLINGS = (make.PHONE, "0532 123 45 67", "(532) 123-45-67")


def page_of(ayse) -> str:
    answer = ayse.posts("/desk/search", {"address": make.PHONE})
    return ayse.opens(answer.location).text


@pytest.mark.parametrize("spelling", PHONE_SPELLINGS)
def test_a_person_is_found_by_address_and_it_stands_in_no_web_address(case, ayse, spelling):
    answer = ayse.posts("/desk/search", {"address": spelling})

    assert answer.status_code == 303 and answer.location == f"/desk/people/{case.recipient_id}"
    assert "1234567" not in answer.location


def test_searching_and_looking_are_noted(case, ayse, rows):
    page = page_of(ayse)
    missing = ayse.posts("/desk/search", {"address": "0533 000 00 00"})

    assert "+90 5•• ••• •• 67" in page and "kayıtlarınızda yok" in missing.text
    assert len(rows(AuditEntry, AuditEntry.act == "recipient.looked_at")) == 1
    assert len(rows(AuditEntry, AuditEntry.act == "recipient.not_found")) == 1


@pytest.mark.parametrize("address", ["0555 12", "fatma", "a\0b", "' OR 1=1 --"])
def test_what_is_no_address_is_explained(ayse, address):
    assert 'role="alert"' in ayse.posts("/desk/search", {"address": address}).text


def test_what_happened_stands_in_one_line_of_time(app, case, ayse, iys, rows):
    make.forward_all(app, iys)
    with app.app_context():
        messages.write_message(
            db.session, vault(), MessageKind.COMPLAINT_SETTLED, facts={"link": "x", "sender": "x"}, language="tr",
            at=clock.now(), provider_id=case.provider_id, recipient_id=case.recipient_id,
        )  # fmt: skip
        of_case = {"provider_id": case.provider_id, "recipient_id": case.recipient_id}
        db.session.add(Message(kind=MessageKind.REFUSAL, created_at=clock.now(), state=MessageState.WAITING, **of_case))
        db.session.query(Message).update({"state": MessageState.FAILED, "reason": "bad_address", "code": "E21"})
        db.session.commit()

    page = page_of(ayse)

    number = rows.one(Receipt).number
    for words in (
        "İleti: Ret bildirimi", "Ulaşmadı", "Adres geçersiz", "E21", "Belge verildi",
        f"{number[:4]}-{number[4:8]}", "Karar</strong>",
        "İYS'ye soruldu", "Başvuru</strong>: Başvuru yapıldı", "SMS: Ret", "gösterilen metin: sürüm 1",
        "kişinin başlattığı temas: Alışveriş",
    ):  # fmt: skip
        assert words in page, words
    assert "Başvuru sonucu" not in page  # It leaves wherever no firm heard that the address passed on.


@pytest.mark.parametrize("whose", ["own", "another firm's"])
@pytest.mark.parametrize("kind", [MessageKind.INVITATION, MessageKind.CONFIRMATION, MessageKind.REFUSAL])
def test_why_a_message_did_not_leave_tells_what_the_firm_itself_heard(app, case, ayse, rows, kind, whose):
    with app.app_context():
        person, now = db.session.get_one(Recipient, case.recipient_id), clock.now()
        person.reassigned_at, person.reassigned_anywhere_at = now if whose == "own" else None, now
        ended = {"state": MessageState.NOT_NEEDED, "unsent_reason": UnsentReason.REASSIGNED}
        of_case = {"provider_id": case.provider_id, "recipient_id": case.recipient_id}
        db.session.add(Message(kind=kind, created_at=now, ended_at=now, **ended, **of_case))
        db.session.commit()

    page = page_of(ayse)

    assert "Gönderilmedi" in page and ("başkasının olabilir" in page) is (whose == "own")


def test_a_firm_learns_of_no_other_by_the_number_of_a_receipt(app, rows):
    """“Refuse all brands” has one receipt: neither of two firms' desks shows its number, nor that there are two."""
    make.codes(app)
    another_provider(app)
    fatma = Visitor(app, app.test_client())
    fatma.comes_in()
    fatma.posts(LIST, refuse="all")
    number = format_number(rows(Receipt)[0].number)
    assert rows.count(Receipt) == 2 and number in fatma.opens().text

    with app.app_context():
        first, case = make.brand().provider_id, opened_case(db.session.get_one(Receipt, rows(Receipt)[0].id))
        pages = [(case.provider_id, f"/desk/{case.id}")]
    for whose, path in pages + [(each.provider_id, f"/desk/people/{each.recipient_id}") for each in rows(Receipt)]:
        page = signed_in(app, make.AYSE if whose == first else "owner2@example.com").opens(path).text
        assert number not in page and "Belge verildi" in page

    told = fatma.browser.post("/dogrula", data={"number": number}).text
    assert f"gerçek bir belge var: {number}" in told
    assert "Örnek Mağaza" not in told and "Başka Marka" not in told and told.count("imzalı belge söyler") == 1


def test_undoing_and_disowning_are_part_of_it(app, rows):
    app.config["UNDO_SECONDS"] = 300
    receipt, code = receipt_of(app, rows, MESAJ="ONAY")
    app.test_client().post(f"/m/{code}/geri-al")
    with app.app_context():
        db.session.get_one(Recipient, receipt.recipient_id).reassigned_at = clock.now()
        db.session.commit()

    page = page_of(signed_in(app))

    assert "Karar geri alındı" in page and "aranan kişi olmadığını bildirdi" in page


def opened(app, link_id: int, kind: VisitKind, at) -> None:
    with app.app_context():
        db.session.add(Visit(link_id=link_id, kind=kind, at=at, network="203.0.113.0/24"))
        db.session.commit()


def test_human_is_said_of_the_opening_that_a_posted_form_followed_and_of_no_other(app, case, ayse, rows):
    receipt = rows.one(Receipt)
    app.extensions["visit_recorder"].write_chunk()
    with app.app_context():
        db.session.query(Visit).delete()
        db.session.commit()
    opened(app, receipt.link_id, VisitKind.UNKNOWN, case.created_at.replace(year=2025))
    opened(app, receipt.link_id, VisitKind.UNKNOWN, receipt.decided_at)
    opened(app, receipt.link_id, VisitKind.SCANNER, receipt.decided_at)
    opened(app, receipt.link_id, VisitKind.UNKNOWN, clock.now())

    page = page_of(ayse)

    assert page.count("insan; ardından formu gönderdi") == 1
    assert page.count("kimin açtığı bilinmiyor") == 2 and page.count("güvenlik taraması") == 1


def test_a_long_history_has_pages(app, case, ayse, rows):
    link_id = rows.one(Receipt).link_id
    with app.app_context():
        many = [Visit(link_id=link_id, kind=VisitKind.SCANNER, at=clock.now(), network="") for _ in range(150)]
        db.session.add_all(many)
        db.session.commit()

    first = ayse.opens(f"/desk/{case.id}").text
    second = ayse.opens(f"/desk/{case.id}?page=2").text

    assert first.count("güvenlik taraması") == 100 and "Sonraki sayfa" in first
    assert second.count("güvenlik taraması") == 50 and "Başvuru yapıldı" in second


def test_a_stranger_finds_nobody(app, case):
    with app.app_context():
        make.provider(700002, 700002, "cem@example.com")
    cem = signed_in(app, "cem@example.com")

    assert "kayıtlarınızda yok" in cem.posts("/desk/search", {"address": make.PHONE}).text
    assert cem.opens(f"/desk/people/{case.recipient_id}").status_code == 404
