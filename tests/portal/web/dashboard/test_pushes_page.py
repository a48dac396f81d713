"""Registering a push with a sandbox that calls our endpoint, receiving by it, and removing it again."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock, iys_protocol
from portal.core.extensions import db
from portal.core.iys_protocol import Status
from portal.core.models import (
    AuditEntry,
    Brand,
    Connection,
    Consent,
    Credential,
    Movement,
    Push,
    PushRegistration,
    ReceivedVia,
)
from portal.services.iys.inflow import pushes
from tests import make, servers
from tests.portal.web.dashboard.staff import signed_in

pytestmark = [pytest.mark.slow, pytest.mark.alike]

PAGE = "/dashboard/pushes"


@pytest.fixture
def reached(app, sandbox):
    """The portal reaches the sandbox, and the sandbox reaches our endpoint over HTTP."""
    with servers.serving(app) as url:
        app.config["IYS_BASE_URL"] = sandbox.url
        app.config["PUSH_BASE"] = url.replace("127.0.0.1", "localhost") + "/inbound/iys"
        yield sandbox


@pytest.fixture
def registers(ayse, reached, rows):
    """Ayşe registers a channel of her brand."""
    return lambda channel="MESAJ": ayse.posts(PAGE, {"brand": rows(Brand)[0].id, "channel": channel})


def live(rows) -> list[PushRegistration]:
    return rows(PushRegistration, PushRegistration.removed_at.is_(None))


def test_registering_lets_iys_test_our_endpoint(registers, ayse, rows):
    answer = registers()

    (push,) = live(rows)
    assert answer.status_code == 303
    assert push.registered_at and push.tested_at
    assert rows.count(Push) == 0
    assert "Anlık bildirim kuruldu" in ayse.opens(PAGE).text
    assert rows.one(AuditEntry, AuditEntry.act == "push.registered").facts == {"channel": "MESAJ"}


def test_what_a_citizen_does_is_heard_at_once(app, registers, reached, rows):
    registers()

    reached.acts(make.PHONE, "MESAJ", "ONAY")
    reached.deliver_pushes()
    with app.app_context():
        while pushes.read_next_push():
            pass

    assert rows.one(Movement).received_via == ReceivedVia.PUSH
    assert rows.one(Consent).status == Status.GRANTED


def test_removing_ends_it_at_iys_and_closes_the_endpoint(registers, ayse, reached, rows):
    registers()
    (push,) = live(rows)

    ayse.posts(f"{PAGE}/{push.id}/removal")

    assert live(rows) == []
    assert "Anlık bildirim kaldırıldı" in ayse.opens(PAGE).text
    reached.acts(make.PHONE, "MESAJ", "ONAY")
    reached.deliver_pushes()
    assert rows.count(Push) == 0


def test_an_address_that_iys_does_not_reach_is_not_kept(app, registers, ayse, rows):
    app.config["PUSH_BASE"] = "http://localhost:9/inbound/iys"

    registers()

    assert live(rows) == []
    assert "İYS isteği kabul etmedi (H530)" in ayse.opens(PAGE).text


def test_an_answer_that_was_lost_is_looked_up_in_the_list(registers, ayse, reached, rows):
    reached.fault("push_register", "reset-after-apply")

    registers()

    assert live(rows)[0].registered_at
    assert "Anlık bildirim kuruldu" in ayse.opens(PAGE).text


def test_a_request_that_was_lost_leaves_nothing_behind(registers, reached, rows):
    reached.fault("push_register", "reset")

    registers()

    assert live(rows) == []


def test_where_nothing_is_answered_the_page_says_that_it_is_unsure(registers, ayse, reached, rows):
    reached.fault("push_register", "reset")
    reached.fault("push_list", "500")

    registers()

    page = ayse.opens(PAGE).text
    assert "İYS yanıt vermedi" in page and "yanıtı belli değil" in page
    reached.mend()
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        page = ayse.posts(f"{PAGE}/listing").text
    assert live(rows) == []
    assert "de kayıtlı adres yok" in page


def test_the_list_of_iys_names_ours_and_others_without_their_tokens(registers, ayse, reached, rows):
    registers()
    with reached.app.extensions["sandbox"].store.transaction() as store:
        store.execute(
            "INSERT INTO push (brand_code, type, url, username, password, is_live, registered_at)"
            " VALUES (?, 'ARAMA', 'https://crm.example/secret-token', 'u', 'p', 1, '2026-01-01 00:00:00')",
            (make.BRAND_CODE,),
        )

    page = ayse.posts(f"{PAGE}/listing").text

    assert "crm.example" in page and "secret-token" not in page
    assert "Başka bir sistem" in page and "Bağlantı Oluşturuldu" in page


def test_iys_keeps_no_third_address_of_a_channel(registers, ayse, rows):
    for _ in range(3):
        registers()

    assert len(live(rows)) == 2
    assert "zaten iki adres var" in ayse.opens(PAGE).text


def test_one_that_iys_forgot_is_removed_without_a_word(registers, ayse, reached, rows):
    registers()
    (push,) = live(rows)
    with reached.app.extensions["sandbox"].store.transaction() as store:
        store.execute("DELETE FROM push")

    ayse.posts(f"{PAGE}/{push.id}/removal")

    assert live(rows) == []


@pytest.mark.parametrize("form", [{"channel": "GUVERCIN"}, {}, {"channel": "MESAJ", "brand": "1"}])
def test_an_impossible_choice_comes_back(ayse, reached, rows, form):
    answer = ayse.posts(PAGE, {"brand": rows(Brand)[0].id, **form})

    assert answer.status_code == 422
    assert rows.count(PushRegistration) == 0


def test_a_stranger_removes_nothing(app, registers, rows):
    registers()
    (push,) = live(rows)
    with app.app_context():
        make.provider(700002, 700002, "cem@example.com")
        db.session.rollback()
    cem = signed_in(app, "cem@example.com")

    assert cem.posts(f"{PAGE}/{push.id}/removal").status_code == 404
    assert cem.posts(PAGE, {"brand": push.brand_id, "channel": "ARAMA"}).status_code == 422
    assert len(live(rows)) == 1


def test_without_an_address_of_ours_nothing_can_be_registered(app, ayse):
    app.config["PUSH_BASE"] = ""

    assert "PUSH_BASE" in ayse.opens(PAGE).text


def test_before_there_is_an_account_the_page_leads_to_one(app, ayse):
    with app.app_context():
        db.session.query(Connection).delete()
        db.session.commit()

    page = ayse.opens(PAGE).text

    assert "İYS hesabını bağla" in page
    assert "Yeni anlık bildirim" not in page


def test_an_account_that_iys_refuses_is_told_with_its_cure(app, ayse):
    with app.app_context():
        db.session.query(Credential).update({"blocked_code": "invalid_request"})
        db.session.commit()

    page = ayse.opens(PAGE).text

    assert "invalid_request" in page and iys_protocol.cure_of("invalid_request") in page
