"""QR codes to print: a consent point's as a picture, and the personal ones of a campaign on sheets."""

import pypdfium2
import pytest

from portal.core.extensions import db
from portal.core.models import AuditEntry, Campaign
from portal.services import launches
from tests import make
from tests.make import Person
from tests.portal.web.consent_points.visitor import opened
from tests.portal.web.dashboard.test_campaign_pages import read_links

pytestmark = pytest.mark.slow


def words_in(content: bytes) -> str:
    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(content))


def test_a_sheet_holds_links_and_masked_addresses_but_of_nobody_who_refused(app, ayse, browser, rows):
    codes = make.codes(app, f"{make.PHONE}\n+905321234568\n{make.EMAIL}")
    path = f"/dashboard/campaigns/{rows.one(Campaign).id}"
    Person(browser, codes["+905321234568"]).decides(MESAJ="RET")
    lines = read_links(ayse.opens(f"{path}/links.csv"))

    answer = ayse.opens(f"{path}/codes.pdf")

    text = words_in(answer.data)
    assert answer.mimetype == "application/pdf" and answer.headers["Cache-Control"] == "no-store"
    assert len(lines) == 2 and codes["+905321234568"] not in text
    assert rows.one(Campaign).name not in text and f"{rows.one(Campaign).id} · 1" in text
    for line in lines:
        assert line["link"].removeprefix("http://") in text and line["words"] in text
    assert "f•••@e•••.com" in text and "+90 5•• ••• •• 67" in text and make.EMAIL not in text
    assert rows.one(AuditEntry, AuditEntry.act == "codes.taken").facts == {"part": 1, "links": 2}
    for beyond in ("0", "2", "-1", "9" * 40):
        assert ayse.opens(f"{path}/codes.pdf?part={beyond}").status_code == 404


def test_a_part_keeps_its_links_when_somebody_of_another_refuses(app, browser, rows):
    codes = make.codes(app, "\n".join(f"+90533{number:07}" for number in range(launches.PART + 1)))
    before = parts(app, rows.one(Campaign).id)
    refused = before[0][0][1].rpartition("/")[2]

    Person(browser, refused).decides(MESAJ="RET")

    after = parts(app, rows.one(Campaign).id)
    assert [len(part) for part in before] == [launches.PART, 1, 0] and len(codes) == launches.PART + 1
    assert after == [before[0][1:], before[1], []]


def parts(app, campaign_id: int) -> list[list[tuple[str, str, str]]]:
    """What three files would hold."""
    with app.app_context():
        campaign, salt = db.session.get_one(Campaign, campaign_id), app.config["LINK_SALT"]
        found = [list(launches.part_lines(db.session, campaign, salt, "http://localhost/k", part)) for part in range(3)]
        db.session.rollback()
    return found


@pytest.mark.parametrize(
    ("format", "beginning"), [("svg", b'<?xml version="1.0" encoding="utf-8"?>'), ("png", b"\x89PNG")]
)
def test_a_points_code_is_a_picture(app, ayse, format, beginning):
    point_id = opened(app, "kasa")

    answer = ayse.opens(f"/dashboard/points/{point_id}/code.{format}")

    assert answer.data.startswith(beginning) and "kasa" in answer.headers["Content-Disposition"]
