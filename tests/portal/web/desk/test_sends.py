"""The desk answers "after my refusal you wrote to me" also for messages of other systems."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Status, format_wire_date
from portal.core.models import Decision, Provider
from portal.domain.sends import address_checks
from tests import make
from tests.grants import insert_decisions
from tests.portal.api.programs import BASE, CONSENTS, Program, make_key, refusal
from tests.portal.domain.complaints.cast import a_case
from tests.portal.web.dashboard.staff import signed_in

OF_BRAND = f"{BASE}/brands/{make.BRAND_CODE}"


def report(program: Program, *moments) -> None:
    rows = [{"recipient": make.PHONE, "type": "MESAJ", "sentAt": each, "campaign": "Kış 2026"} for each in moments]
    assert program.post(f"{OF_BRAND}/sends", {"sends": rows}).json["written"] == len(moments)


def person_page(app) -> str:
    ayse = signed_in(app)
    return " ".join(ayse.opens(ayse.posts("/desk/search", {"address": make.PHONE}).location).text.split())


@pytest.mark.slow
def test_each_send_is_compared_with_the_decisions_of_then_and_with_the_last_check(app, rows):
    with time_machine.travel("2026-11-24T14:00:00+03:00", tick=False) as at, app.app_context():
        program = Program(app, make_key(make.provider()))
        insert_decisions(make.brand(), [make.PHONE], clock.now() - timedelta(days=1), status=Status.GRANTED)
        program.post(f"{OF_BRAND}/checks", {"type": "MESAJ", "recipients": [make.PHONE]})
        at.shift(150)
        program.post(CONSENTS, refusal())
        at.shift(timedelta(days=10))
        refused_at = rows(Decision, Decision.status == Status.REFUSED)[0].effective_at
        report(program, *(
            format_wire_date(refused_at + timedelta(seconds=seconds))
            for seconds in (-20, 60, 9 * 24 * 3600, -3 * 24 * 3600)
        ))  # fmt: skip
        events = [each for each in person_page(app).split('<li class="')[1:] if each.startswith("send")]

    newest_first = (
        ("Ret süresinden sonra gelmiş", "bu adres yok"),
        ("Üç iş günü içinde gelmiş", "O anda gönderilebilirdi", "Göndermeden önce soruldu: 24 Kasım 2026 14:00:00"),
        ("O anda gönderilebilirdi", "Göndermeden önce soruldu", "yanıt: bilinmiyor, gönderilmez", "Kış 2026"),
        ("O anda kayıtlı onay yoktu", "bu adres yok"),
    )
    assert len(events) == len(newest_first)
    assert "gelmiş" not in events[2] + events[3]  # To the second before the refusal.
    for event, words in zip(events, newest_first, strict=True):
        assert all(each in event for each in words), (words, event)


@pytest.mark.slow
def test_a_search_that_ended_early_is_not_shown_as_no_check(app, monkeypatch):
    monkeypatch.setattr(address_checks, "MAX_CHECKS", 1)
    with app.app_context():
        program = Program(app, make_key(make.provider()))
        for each in (make.PHONE, "+905321234569", "+905321234570"):
            program.post(f"{OF_BRAND}/checks", {"type": "MESAJ", "recipients": [each]})
        report(program, clock.istanbul(clock.now() + timedelta(seconds=1)).isoformat())
        page = person_page(app)

    assert "yalnız en yenilerine bakıldı" in page and "bir liste sorgusunda bu adres yok" not in page


@pytest.mark.slow
def test_a_case_lists_what_was_sent_near_its_hour_on_its_channel(app, rows):
    case, _ = a_case(app, rows)
    near, far = (format_wire_date(case.came_at + timedelta(minutes=each)) for each in (-1, 3 * 24 * 60))
    with app.app_context(), time_machine.travel(case.came_at + timedelta(days=4)):
        report(Program(app, make_key(db.session.query(Provider).one())), near, far)

    page = signed_in(app).opens(f"/desk/{case.id}").text
    facts = page[page.index("O saatlerde başka sistemle gönderilenler") : page.index("Bu başvuruda yapılanlar")]

    assert facts.count("Başka sistemle gönderildi: SMS") == 1
