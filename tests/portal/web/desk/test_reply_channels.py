"""Which channels a reply refuses: whoever reads it says so, and the form offers what its words mean."""

import re

import pytest

from portal.core.models import AuditEntry, Consent, Decision
from tests import make
from tests.portal.services.messaging.vendor_pushes import work
from tests.portal.web.dashboard.staff import signed_in
from tests.portal.web.desk.test_replies import the_reply, vendor  # noqa: F401

pytestmark = pytest.mark.slow
BOTH = {"ARAMA", "MESAJ"}


def ticked(page: str) -> dict[str, bool]:
    boxes = re.findall(r'<input type="checkbox" name="channels" value="(\w+)" form="refusal-\d+"( checked)?>', page)
    return {channel: bool(checked) for channel, checked in boxes}


def refused(rows) -> set[str]:
    return {each.channel for each in rows(Consent) if each.status == "RET"}


@pytest.mark.parametrize(("text", "offered"), [
    ("Beni bir daha aramayın", BOTH), ("ARAMA RET", BOTH), ("Ne arayın ne mesaj atın, reddediyorum", BOTH),
    ("artık mesaj atmayın", {"MESAJ"}),
])  # fmt: skip
def test_a_reply_that_speaks_of_calls_is_recorded_as_a_refusal_of_them(app, browser, vendor, rows, text, offered):  # noqa: F811
    make.Person(browser, make.codes(app)[make.PHONE]).decides(ARAMA="ONAY", MESAJ="ONAY")
    vendor.brings(text)
    work(app)
    staff = signed_in(app)
    shown, path = ticked(staff.opens("/desk/replies").text), f"/desk/replies/{the_reply(rows).id}/refusal"

    assert shown == {channel: channel in offered for channel in BOTH}
    staff.posts(path, {"channels": sorted(offered)})
    assert refused(rows) == offered
    assert {(each.channel, each.source) for each in rows(Decision) if each.status == "RET"} == {
        (channel, "HS_MESAJ") for channel in offered
    }
    assert set(rows.one(AuditEntry, AuditEntry.act == "reply.refused").facts["channels"]) == offered


def test_without_a_channel_nothing_is_recorded_and_the_reply_waits(app, vendor, rows):  # noqa: F811
    vendor.brings("artık bana yazmayın")
    work(app)
    staff = signed_in(app)

    for chosen in ({}, {"channels": "FAKS"}):
        assert staff.posts(f"/desk/replies/{the_reply(rows).id}/refusal", chosen).status_code == 303
        assert "en az bir kanal ve en az bir marka seçin" in staff.opens("/desk/replies").text
    assert staff.posts(f"/desk/replies/{the_reply(rows).id}/refusal", {"channels": "EPOSTA"}).status_code == 404
    assert the_reply(rows).settled_at is None and rows.count(Decision) == 0


def test_who_reads_a_reply_may_open_its_persons_page(app, vendor, rows):  # noqa: F811
    vendor.brings("artık bana yazmayın")
    work(app)

    assert f'href="/desk/people/{the_reply(rows).recipient_id}' in signed_in(app).opens("/desk/replies").text


@pytest.mark.parametrize(
    ("text", "channels"), [("tüm reklamları iptal et", BOTH), ("tüm mesajları iptal et", {"MESAJ"})]
)
def test_a_clear_refusal_of_everything_refuses_calls_at_once(app, browser, vendor, rows, text, channels):  # noqa: F811
    make.Person(browser, make.codes(app)[make.PHONE]).decides(ARAMA="ONAY", MESAJ="ONAY")
    vendor.brings(text)
    work(app)

    assert the_reply(rows).settled_at and refused(rows) == channels
