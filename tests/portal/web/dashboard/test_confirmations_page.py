"""Who was not told what they decided: listed by day, taken as a file by who may, and marked once the firm told them."""

import re
from datetime import timedelta

import pytest
import time_machine

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.models import AuditEntry, Message, MessageState, OwnConfirmation, Provider, Role, UnsentReason
from portal.domain.consents import recipients
from portal.services.messaging import outgoing_messages
from tests import make
from tests.portal.web.consent_points import visitor
from tests.portal.web.dashboard.staff import signed_in

pytestmark = pytest.mark.slow

LANDLINE = "+902125550101"
PAGE = "/dashboard/confirmations"


@pytest.fixture
def noon(app):
    """A noon before which Fatma granted SMS, and a landline calls."""
    begins = clock.start_of_day(clock.day(clock.now()) + timedelta(days=1))
    with time_machine.travel(begins + timedelta(hours=11), tick=False):
        codes = make.codes(app, f"{make.PHONE}\n{LANDLINE}\n")
        make.Person(app.test_client(), codes[make.PHONE]).decides(MESAJ="ONAY")
        landline = make.Person(app.test_client(), codes[LANDLINE]).decides(ARAMA="ONAY")
        assert "arayarak bildirmesini istedik" in app.test_client().get(landline.location).text
    return begins + timedelta(hours=12)


def test_a_day_is_listed_taken_and_marked_up_to_a_time(app, noon, rows):
    with time_machine.travel(noon, tick=False):
        ayse = signed_in(app)
        page = ayse.opens(PAGE).text
        assert "Bu numaraya ileti gönderemiyoruz: aranarak bildirilecek." in page
        assert "Gönderecek hesabı bekliyor." in page
        assert make.PHONE not in page and 'value="12:00"' in page
        lines = ayse.takes(f"{PAGE}.csv?day={clock.day(noon)}&until=12:00").text
        assert "905321234567;SMS;Onay bildirimi;" in lines and "icin onayiniz kaydedildi. Belgeniz: http" in lines
        assert "902125550101;Aranarak bildirilecek;Onay bildirimi;" in lines

        for until in ("10:59", "11:30"):
            ayse.posts(PAGE, {"day": f"{clock.day(noon)}", "until": until})

        assert "Bu günden bildirilmeyen kimse kalmadı." in ayse.opens(PAGE).text
    assert {(each.state, each.unsent_reason, each.due_at) for each in rows(Message)} == {
        (MessageState.NOT_NEEDED, UnsentReason.PROVIDER, None)
    }
    told = rows(AuditEntry, AuditEntry.act.startswith("confirmations."))
    assert [(each.act, each.facts.get("count")) for each in told] == [
        ("confirmations.taken", None), ("confirmations.told", 0), ("confirmations.told", 2),
    ]  # fmt: skip


@pytest.mark.parametrize("state", [MessageState.FAILED, MessageState.UNCERTAIN])
@pytest.mark.parametrize(("act", "why"), [("refuses", "bu sırada reddetti"), ("not me", "adres artık başkasının")])
def test_nobody_is_named_of_whose_act_nothing_stands_or_who_has_a_number_by_now(app, noon, rows, state, act, why):
    """Also where the confirmation left, and its text is kept."""
    with app.app_context(), time_machine.travel(noon, tick=False):
        fatma = recipients.find(db.session, vault(), make.brand().provider_id, addresses.parse(make.PHONE))
        message = db.session.query(Message).filter_by(recipient_id=fatma.id).one()
        written = outgoing_messages.write_text(db.session, message, is_mail=False)
        outgoing_messages.keep_text(message, written)
        message.batch_id, message.state, message.due_at = 7, state, None
        db.session.commit()
        code = re.search(r"/u/(\w+)", written.text)[1]
    with time_machine.travel(noon + timedelta(days=40), tick=False):
        client = app.test_client()
        if act == "refuses":
            make.Person(client, code, path="/u/").decides(all="RET")
        else:
            assert client.post(f"/k/{code}/ben-degilim").status_code == 303
    with time_machine.travel(noon + timedelta(days=41), tick=False):
        ayse = signed_in(app)
        lines = ayse.takes(f"{PAGE}.csv?day={clock.day(noon)}").text
        assert f"Bildirilmez, dosyada yoktur: {why}" in ayse.opens(f"{PAGE}?day={clock.day(noon)}").text
    assert "905321234567" not in lines and "902125550101" in lines


def test_a_strange_day_is_today_and_who_may_not_act_only_looks(app, noon):
    with app.app_context():
        make.person(db.session.query(Provider).one(), "burak@example.com", Role.AUDITOR)
        make.provider(700002, 700002, "cem@example.com")
    with time_machine.travel(noon, tick=False):
        for day in ("", "x", "0001-01-01", "9999-12-31", "2026-13-40"):
            assert "aranarak bildirilecek" in signed_in(app).opens(f"{PAGE}?day={day}").text
        assert signed_in(app).posts(PAGE, {"day": "9999-12-31"}).status_code == 400
        burak = signed_in(app, "burak@example.com")
        assert "Kendimiz bildirdik" not in burak.opens(PAGE).text
        assert [burak.takes(f"{PAGE}.csv").status_code, burak.posts(PAGE, {}).status_code] == [403, 403]
        assert "Bu günden bildirilmeyen kimse kalmadı." in signed_in(app, "cem@example.com").opens(PAGE).text


def test_a_point_opens_once_somebody_confirms(app, rows):
    with app.app_context():
        make.brand()
    point_id = visitor.opened(app, published=False)
    app.config["DEVELOPMENT"] = False
    ayse, path = signed_in(app), f"/dashboard/points/{point_id}"

    ayse.posts(f"{path}/publish")
    page = ayse.opens(path).text
    assert "çalışan bir hesap yok: SMS ve e-posta" in page and "/publish" not in page
    campaign_id = page.partition("/own-confirmation")[0].rpartition("/")[2]
    ayse.posts(f"/dashboard/campaigns/{campaign_id}/own-confirmation")
    assert "firma kendisi yapıyor" in ayse.opens(path).text
    ayse.posts(f"{path}/publish")

    assert "/close" in ayse.opens(path).text
    assert rows.one(OwnConfirmation).user_id and rows(AuditEntry, AuditEntry.act == "campaign.own_confirmation")
