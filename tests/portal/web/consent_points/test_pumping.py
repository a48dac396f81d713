"""Who pumps SMS at a point is stopped at its budget; the owners hear of it; nobody else is slowed."""

import re
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import (
    AddressProof,
    Campaign,
    ConsentPoint,
    Decision,
    Mail,
    MailKind,
    Message,
    MessageKind,
    Provider,
    Receipt,
)
from portal.domain.notifications import mails, messages
from portal.domain.providers import sandbox_mode
from portal.domain.receipts import format_number
from portal.services.messaging import outgoing_messages
from tests import make
from tests.portal.web.consent_points.visitor import Visitor, opened, sent_codes

pytestmark = [pytest.mark.slow, pytest.mark.alike]

BUDGET = 10


@pytest.fixture
def point(app, admitted):
    return opened(app, daily_budget=BUDGET)


def pump(app, many: int, slug: str = "ornek-magaza") -> list[int]:
    """As many visitors, each from a network and with a number of its own; what they were answered."""
    told = []
    for number in range(many):
        visitor = Visitor(app, slug, network=f"198.51.{number}.7")
        visitor.chooses(MESAJ="ONAY")
        if 'name="address"' not in visitor.page:
            told.append(visitor.answer.status_code)
            continue
        told.append(visitor.writes(f"0532 1{number:02d} {number:02d} 67").status_code)
    return told


def alarms(app, rows) -> list[dict]:
    with app.app_context():
        found = [mails.read_facts(vault(), each) for each in rows(Mail, Mail.kind == MailKind.POINT_BUDGET)]
        db.session.rollback()
    return found


def test_pumping_from_many_networks_is_stopped_at_the_budget(app, point, rows):
    told = pump(app, BUDGET + 8)

    assert told == [200] * BUDGET + [429] * 8
    assert len(sent_codes(app)) == rows.count(AddressProof) == BUDGET


def test_the_alarm_goes_once_when_it_is_near_and_once_when_it_is_reached(app, point, rows):
    pump(app, BUDGET + 8)

    told = alarms(app, rows)
    assert [(each["used"], each["is_used_up"]) for each in told] == [(8, False), (10, True)]
    assert not any(each["is_mail"] for each in told)
    assert all(f"/dashboard/points/{point}" in each["link"] for each in told)
    with time_machine.travel(clock.now() + timedelta(days=1)):
        pump(app, BUDGET)
    assert len(alarms(app, rows)) == 4


def test_the_page_says_so_before_anybody_chooses_in_vain_and_mail_goes_on(app, point):
    pump(app, BUDGET)
    fatma = Visitor(app)

    assert "Bugünkü SMS kodlarımız bitti" in fatma.opens().text
    assert fatma.chooses(MESAJ="RET").status_code == 429
    assert "Bugün kod gönderemiyoruz" in fatma.page and "ret bağlantısını" in fatma.page
    fatma.chooses(MESAJ="RET", EPOSTA="RET")
    assert "E-posta adresiniz" in fatma.page and "kaydedilmeyecek: SMS" in fatma.page
    fatma.writes(make.EMAIL)
    fatma.types(to=make.EMAIL)
    assert "Kararınız kaydedildi" in fatma.page


def test_who_was_about_to_write_the_address_is_told_the_same(app, point):
    fatma = Visitor(app)
    fatma.chooses(MESAJ="RET")
    pump(app, BUDGET)

    assert fatma.writes(make.PHONE).status_code == 429
    assert "Bugün kod gönderemiyoruz" in fatma.page


@pytest.mark.parametrize("is_typed", [False, True])
def test_where_codes_run_out_between_two_addresses_the_page_says_what_was_recorded_and_what_not(
    app, admitted, rows, is_typed
):
    opened(app, daily_budget=1)
    fatma = Visitor(app)
    fatma.chooses(ARAMA="ONAY", MESAJ="RET", EPOSTA="RET")
    fatma.writes(make.PHONE)
    if is_typed:
        fatma.types()
    Visitor(app, network="198.51.9.7").decides("zehra@example.com", EPOSTA="RET")
    shown = fatma.writes(make.EMAIL) if is_typed else fatma.types()

    decided = rows(Decision, Decision.channel != "EPOSTA")
    assert {(each.channel, each.status) for each in decided} == {("ARAMA", "ONAY"), ("MESAJ", "RET")}
    assert "Bugün kod gönderemiyoruz" in fatma.page and "şu seçimleriniz kaydedilmedi: E-posta." in fatma.page
    assert "Daha önce kaydedilen kararlarınız geçerlidir" in fatma.page
    assert shown.status_code == (429 if is_typed else 200)
    told = any(format_number(each.number) in fatma.page for each in rows(Receipt))
    assert told == ("Telefonunuz için kararınız kaydedildi" in fatma.page) == (not is_typed)  # Else it was told before.


def test_known_and_unknown_addresses_are_told_the_same(app, point):
    make.codes(app)
    pages = []
    for address in (make.PHONE, "0555 444 33 22"):
        visitor = Visitor(app)
        visitor.chooses(MESAJ="RET")
        pages.append(re.sub(r"•• \d\d<|/kod/\w+|value=\"[^\"]+\"", "", visitor.writes(address).text))

    assert pages[0] == pages[1]


def test_honest_visitors_of_another_brands_point_are_not_slowed(app, point, rows):
    with app.app_context():
        other = make.provider(700002, 700002, "cem@example.com")
        other.admitted_at = clock.now()
        db.session.commit()
        brand_id = db.session.query(make.Brand).filter_by(provider_id=other.id).one().id
    opened(app, "ornek-magaza-baska-marka", brand_id=brand_id)
    pump(app, BUDGET + 5)

    Visitor(app, "ornek-magaza-baska-marka").decides(MESAJ="ONAY")

    assert Visitor(app, "ornek-magaza-baska-marka").opens().text.count("bitti") == 0
    assert len(rows(Message, Message.kind == MessageKind.CONFIRMATION)) == 1


def test_before_admission_a_mail_of_ours_holds_no_words_of_a_firm(app, point, rows):
    """Whoever signs up could have us mail a sentence to their own mailbox, signed by us, to pass it on."""
    with app.app_context():
        db.session.query(Provider).update({"admitted_at": None, "title": "PTT: iadeniz bekliyor"})
        db.session.query(Campaign).update({"name": "PTT: iadeniz bekliyor"})
        db.session.commit()
    pump(app, BUDGET)

    told = alarms(app, rows)
    assert len(told) == 2 and "PTT" not in str(told)
    assert {(each["place"], each["point"]) for each in told} == {(f"Deneme {make.IYS_CODE}", "•••")}


def test_one_number_is_not_rung_again_and_again(app, point, rows):
    told = []
    for _ in range(4):
        visitor = Visitor(app)
        visitor.chooses(MESAJ="RET")
        told.append(visitor.writes(make.PHONE).status_code)

    assert told == [200, 200, 200, 429]
    assert "Kısa sürede çok kod istendi" in visitor.page and make.PHONE in visitor.page  # Their own words come back.
    assert rows.count(AddressProof) == 3


def test_strangers_are_sent_no_name_that_nobody_has_looked_at(app, point, rows):
    with app.app_context():
        brand = make.brand()
        brand.name, brand.brand_code = "Kargonuz bekliyor http://kotu.example", sandbox_mode.CODES.start
        db.session.commit()
    visitor = Visitor(app)
    visitor.chooses(MESAJ="RET")
    visitor.writes(make.PHONE)

    with app.app_context():
        facts = messages.read_facts(vault(), rows.one(Message, Message.kind == MessageKind.CODE))
        said = [
            outgoing_messages.render_message(MessageKind.CODE, "tr", facts, is_mail=is_mail).text
            for is_mail in (True, False)
        ]
    assert "kotu" not in "".join(said)
    assert "İzinlink sayfasında" in said[0] and said[1].startswith("Izinlink: kodunuz")
    assert "/b/" not in "".join(said) and "/gizlilik" in said[1]


def test_a_message_holds_no_address_with_words_of_a_firm(app, point, rows):
    opened(app, "ornek-magaza-ptt-iadeniz-icin-0850-999-99-99-arayin")
    visitor = Visitor(app, "ornek-magaza-ptt-iadeniz-icin-0850-999-99-99-arayin")
    visitor.chooses(MESAJ="RET")
    visitor.writes(make.PHONE)

    with app.app_context():
        facts = messages.read_facts(vault(), rows.one(Message, Message.kind == MessageKind.CODE))
    assert facts["sender"] == "Örnek Mağaza" and facts["notice"].endswith("/gizlilik")


@pytest.mark.parametrize("typed", ["+1 202 555 0143", "0212 345 67 89", "fatma@example.com", "0532", ""])
def test_codes_go_to_turkish_mobiles_only(app, point, rows, typed):
    visitor = Visitor(app)
    visitor.chooses(MESAJ="RET")

    assert visitor.writes(typed).status_code == 422
    assert 'aria-invalid="true"' in visitor.page
    assert rows.count(AddressProof) == rows.count(Message) == 0


def test_a_budget_that_is_lowered_stops_at_once_and_tells(app, point, rows):
    pump(app, 5)
    with app.app_context():
        db.session.get_one(ConsentPoint, point).daily_budget = 5
        db.session.commit()
    fatma = Visitor(app)

    assert fatma.chooses(MESAJ="RET").status_code == 429
