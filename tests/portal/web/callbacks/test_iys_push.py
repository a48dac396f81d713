"""What İYS posts is kept before it is answered, and only from who knows token and password."""

import json

import pytest

from portal.core import clock
from portal.core.extensions import db, limiter
from portal.core.models import Decision, Push, PushRegistration
from tests import make
from tests.portal.domain.consents.iys_movements import row
from tests.portal.web.callbacks.registration import PASSWORD, TOKEN, USER, registered

TEST = {
    "list": [
        {
            "iysCode": 121212, "brandCode": 121212, "consentDate": "2015-05-01 15:00:00",
            "creationDate": "2015-05-01 15:00:00", "source": "IYS_MOBIL", "recipient": "pushtest@iys.org.tr",
            "recipientType": "BIREYSEL", "status": "ONAY", "type": "EPOSTA", "transactionId": "e5" * 32,
        }
    ]
}  # fmt: skip


@pytest.fixture
def registration(app) -> int:
    """An address of the first brand that İYS may post to."""
    with app.app_context():
        return registered(make.brand())


def posts(browser, body, token: str = TOKEN, auth=(USER, PASSWORD)):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return browser.post(f"/inbound/iys/{token}", data=data, auth=auth, content_type="application/json")


def test_what_is_posted_is_kept_sealed_and_read_later(browser, registration, rows):
    answer = posts(browser, {"list": [row("RET")]})

    kept = rows.one(Push)
    assert answer.status_code == 200
    assert kept.due_at is not None and kept.registration_id == registration
    assert make.PHONE.encode() not in kept.body
    assert rows.count(Decision) == 0
    assert rows.one(PushRegistration).received_at is not None


@pytest.mark.parametrize("body", [b"no json", b"[" * 100_000, b"\xff\x00", b"{}"])
def test_whatever_it_is_it_is_kept(browser, registration, rows, body):
    assert posts(browser, body).status_code == 200
    assert rows.count(Push) == 1


def test_iys_own_test_is_recognised_and_not_taken_for_a_movement(browser, registration, rows):
    assert posts(browser, TEST).status_code == 200

    assert rows.one(PushRegistration).tested_at is not None
    assert rows.count(Push) == 0


def test_a_test_row_among_others_hides_none_of_them(browser, registration, rows):
    posts(browser, {"list": [*TEST["list"], row("RET")]})

    assert rows.count(Push) == 1
    assert rows.one(PushRegistration).tested_at is None


WRONG = {
    "no credentials": (TOKEN, None),
    "another password": (TOKEN, (USER, "another")),
    "another name": (TOKEN, ("another", PASSWORD)),
    "another token": ("u" * 43, (USER, PASSWORD)),
    "nobody's": ("u" * 43, ("nobody", "")),
    "letters of far away": (TOKEN, (USER, "ğ🙂")),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_stranger_learns_only_that_a_password_is_asked_for(browser, registration, rows, wrong):
    token, auth = WRONG[wrong]

    answer = posts(browser, {"list": [row("RET")]}, token, auth)

    assert (answer.status_code, answer.data) == (401, b"")
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert rows.count(Push) == 0


def test_a_removed_address_is_a_strangers(app, browser, registration, rows):
    with app.app_context():
        db.session.execute(db.update(PushRegistration).values(removed_at=clock.now()))
        db.session.commit()

    assert posts(browser, {"list": [row("RET")]}).status_code == 401


def test_another_scheme_opens_nothing(browser, registration):
    header = {"Authorization": "Bearer " + "x" * 40}

    assert browser.post(f"/inbound/iys/{TOKEN}", data=b"{}", headers=header).status_code == 401


def test_a_body_too_large_is_not_kept(browser, registration, rows):
    assert posts(browser, b"x" * (2 * 1024 * 1024 + 1)).status_code == 413
    assert rows.count(Push) == 0


def test_a_get_request_is_no_push(browser, registration):
    assert browser.get(f"/inbound/iys/{TOKEN}").status_code == 405


def test_a_short_host_has_no_push_endpoint(browser, registration, rows):
    answer = browser.post(f"/inbound/iys/{TOKEN}", data=b"{}", base_url="http://kisa.example", auth=(USER, PASSWORD))

    assert answer.status_code == 404


def test_its_address_stands_in_no_log(app, browser, registration, quiet_logs):
    posts(browser, {"list": [row("RET")]})

    assert not [line for line in quiet_logs if TOKEN in line]
    assert any("/inbound/iys/<token>" in line for line in quiet_logs)


def test_guessing_is_slowed_down(browser, registration, monkeypatch):
    monkeypatch.setattr(limiter, "enabled", True)
    limiter.reset()

    answers = [posts(browser, b"{}", f"{'g' * 41}{each:02}").status_code for each in range(62)]

    assert answers == [401] * 60 + [429] * 2
