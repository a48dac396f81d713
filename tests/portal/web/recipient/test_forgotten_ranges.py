"""A stored number that an update of the numbering plan does not know any more can be refused all the same."""

import re

import phonenumbers
import pytest
from phonenumbers import PhoneNumberType

from portal.core.addresses import phones
from portal.core.models import Consent
from tests import make
from tests.portal.web.dashboard.staff import signed_in

pytestmark = pytest.mark.slow


@pytest.fixture
def code(app, browser, monkeypatch):
    """Of a link of somebody whose number is in a range that the plan drops then."""
    made = make.codes(app)[make.PHONE]
    make.Person(browser, made).decides(MESAJ="ONAY", ARAMA="ONAY")
    known = phonenumbers.number_type
    monkeypatch.setattr(phones, "_MOBILE", re.compile("5990000000"))
    monkeypatch.setattr(
        phonenumbers, "number_type",
        lambda number: PhoneNumberType.UNKNOWN if str(number.national_number).startswith("53") else known(number),
    )  # fmt: skip
    return made


@pytest.mark.parametrize(
    ("path", "form"),
    [("/u/{}", {"all": "RET"}), ("/u/{}", {"List-Unsubscribe": "One-Click"}), ("/k/{}/ben-degilim", {})],
)
def test_every_link_refuses(browser, rows, code, path, form):
    assert browser.get(f"/u/{code}").status_code == 200

    assert browser.post(path.format(code), data=form).status_code < 400

    assert {each.status for each in rows(Consent)} == {"RET"}


def test_staff_refuse_for_them(app, rows, code):
    staff = signed_in(app)
    recipient = rows(Consent)[0].recipient_id

    assert 'name="channels"' in staff.opens(f"/dashboard/recipients/{recipient}").text
