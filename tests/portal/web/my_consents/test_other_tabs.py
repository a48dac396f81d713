"""Two addresses are proved in one browser: the cookie is the later one's, and the first one's page is open still."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Channel, Status
from portal.core.models import AddressProof, Complaint, Decision
from tests import make
from tests.portal.web.my_consents.conftest import LIST, Visitor

RECORDED, LOST = "Ret kararınız kaydedildi", "Bastığınız düğme kaydedilmedi"
OF_A_PHONE = {Channel.SMS, Channel.CALL}


@pytest.fixture
def first_form(app, visitor):
    """The token of the number's page; then the mail is proved in another tab."""
    make.codes(app, f"{make.PHONE}\n{make.EMAIL}")
    visitor.comes_in()
    token = visitor.token(LIST)
    visitor.address = make.EMAIL
    visitor.comes_in()
    return token


@pytest.fixture
def visitor(app) -> Visitor:
    return Visitor(app, app.test_client())


@pytest.mark.parametrize("minutes", [0, 14, 20, 74])
def test_a_page_of_the_first_address_refuses_that_address_and_shows_nothing(visitor, first_form, rows, minutes):
    with time_machine.travel(clock.now() + timedelta(minutes=minutes)):
        answer = visitor.browser.post(LIST, data={"form": first_form, "refuse": "all"})

    assert answer.status_code == 200 and RECORDED in answer.text
    assert "Örnek Mağaza" not in answer.text and "/m/" not in answer.text and "•" not in answer.text
    assert {(each.channel, each.status) for each in rows(Decision)} == {(each, Status.REFUSED) for each in OF_A_PHONE}


def test_the_second_address_keeps_its_session(visitor, first_form, rows):
    visitor.browser.post(LIST, data={"form": first_form, "refuse": "all"})

    visitor.posts(LIST, refuse="all")

    assert {each.channel for each in rows(Decision)} == set(Channel)


def test_after_its_hour_or_after_leaving_nothing_is_refused(app, visitor, first_form, rows):
    with time_machine.travel(clock.now() + timedelta(minutes=76)):
        visitor.comes_in()
        late = visitor.browser.post(LIST, data={"form": first_form, "refuse": "all"})
    with app.app_context():
        first = db.session.query(AddressProof).order_by(AddressProof.id).first()
        first.ended_at = clock.now()  # "Çık".
        db.session.commit()
    left = visitor.browser.post(LIST, data={"form": first_form, "refuse": "all"})

    assert [(each.status_code, LOST in each.text) for each in (late, left)] == [(410, True)] * 2
    assert rows(Decision) == []


@pytest.mark.parametrize("path", ["silme", "yeni-kullanici", "cik"])
def test_nothing_but_a_refusal_is_taken_of_another_tab(visitor, first_form, rows, path):
    answer = visitor.browser.post(f"/izinlerim/{path}", data={"form": first_form, "provider": "all"})

    assert answer.status_code == 410 and LOST in answer.text
    assert rows(Decision) == [] and rows(Complaint) == []
    assert visitor.opens().status_code == 200


def test_a_form_that_is_made_up_or_posted_without_a_session_refuses_nothing(app, visitor, first_form, rows):
    number, _, digest = first_form.partition(".")
    made_up = (
        digest,
        number,
        f"{number}.",
        f"{number}.{digest[::-1]}",
        f"{9 * 10**18}.{digest}",
        f"{'9' * 19}.{digest}",
        "",
    )
    answers = [visitor.browser.post(LIST, data={"form": each, "refuse": "all"}).status_code for each in made_up]
    stranger = app.test_client().post(LIST, data={"form": first_form, "refuse": "all"})

    assert answers == [400] * len(made_up) and stranger.status_code == 410
    assert rows(Decision) == []


def test_a_form_of_before_an_update_is_asked_for_again(visitor, first_form, rows):
    """Its token named no session."""
    answer = visitor.browser.post(LIST, data={"form": first_form.partition(".")[2], "refuse": "all"})

    assert answer.status_code == 400 and "sayfayı yenileyin ve yeniden gönderin" in answer.text
    assert rows(Decision) == []
