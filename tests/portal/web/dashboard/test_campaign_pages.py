"""A campaign from the form to the links, as Ayşe makes it."""

import csv
import io
import threading
from datetime import timedelta

import pytest
from markupsafe import escape

from portal.core import clock
from portal.core.addresses import Problem
from portal.core.extensions import db
from portal.core.models import AudienceEntry, AudienceLine, AudienceList, AuditEntry, Brand, Campaign, CampaignKind
from tests import make
from tests.make import Person
from tests.portal.web.dashboard.staff import StaffBrowser, csrf_token

pytestmark = [pytest.mark.slow, pytest.mark.alike]

TODAY = clock.day(clock.now())
FORM = {
    "name": "Kasım", "kind": "ask", "channels": ["MESAJ", "EPOSTA"], "title_tr": "Haber verelim mi?",
    "body_tr": "Yenilikler için soruyoruz.", "title_en": "May we tell you?", "body_en": "About news.",
    "notice_url": "https://www.example.com/kvkk", "contact_kind": "purchase", "contact_date": str(TODAY),
    "contact_note": "", "expires_days": "30", "delivery": "csv",
}  # fmt: skip


@pytest.fixture
def opens_campaign(ayse, rows):
    """Ayşe sends the form, changed as told."""

    def send(**changes):
        return ayse.posts("/dashboard/campaigns/new", FORM | {"brand": rows.one(Brand).id} | changes)

    return send


def upload(staff: StaffBrowser, campaign_id: int, data: bytes, name: str = "list.csv"):
    held = csrf_token(staff.browser, "/dashboard/recipients")
    body = b"".join(
        [
            b'--part\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n' + held.encode() + b"\r\n--part\r\n",
            f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode(),
            data + b"\r\n--part--\r\n",
        ]
    )
    path = f"/dashboard/campaigns/{campaign_id}/audience"
    return staff.browser.post(path, data=body, content_type="multipart/form-data; boundary=part")


def paste(staff: StaffBrowser, campaign_id: int, text: str):
    return staff.posts(f"/dashboard/campaigns/{campaign_id}/audience", {"text": text})


def work_off(app) -> None:
    queue = app.extensions["queue"]
    while (task := queue.dequeue()) is not None:
        queue.execute(task)


def test_a_campaign_goes_from_form_to_links(app, ayse, opens_campaign, browser, rows):
    answer = opens_campaign()
    path = answer.location
    campaign_id = rows.one(Campaign).id
    assert paste(ayse, campaign_id, f"0532 123 45 67\n{make.EMAIL}\n").status_code == 303
    assert "2" in ayse.opens(path).text

    assert ayse.posts(f"{path}/launch").status_code == 303
    work_off(app)
    answer = ayse.opens(f"{path}/links.csv")

    header, *lines = csv.reader(io.StringIO(answer.text))
    assert header == ["address", "link"]
    assert sorted(address for address, _ in lines) == [make.PHONE, make.EMAIL]
    page = browser.get(lines[0][1].removeprefix("http://localhost")).text
    assert "Haber verelim mi?" in page and 'href="https://www.example.com/kvkk"' in page
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"


def test_who_did_what_is_noted(ayse, opens_campaign, rows):
    path = opens_campaign().location
    paste(ayse, rows.one(Campaign).id, make.PHONE)
    ayse.posts(f"{path}/launch")
    ayse.opens(f"{path}/links.csv").close()

    acts = [(entry.act, entry.actor) for entry in rows(AuditEntry) if entry.subject == "campaign"]
    told = ["campaign.opened", "audience.brought", "campaign.launched", "links.taken"]
    assert acts == [(act, "user") for act in told]


@pytest.mark.parametrize("kind", CampaignKind)
def test_the_links_are_without_whoever_refused_since_the_launch(app, ayse, browser, rows, kind):
    """An asking one also leaves out who refused another channel that it asks for."""
    codes = make.codes(app, f"{make.PHONE}\n{make.EMAIL}\n+905321234568", kind=kind)
    path = f"/dashboard/campaigns/{rows.one(Campaign).id}"
    Person(browser, codes[make.PHONE]).decides(MESAJ="RET")
    Person(browser, codes["+905321234568"]).decides(ARAMA="RET")

    sent, page = ayse.opens(f"{path}/links.csv").text, ayse.opens(path).text

    left_out = [code for code in codes.values() if code not in sent]
    expected = [make.PHONE, "+905321234568"] if kind == CampaignKind.ASK else [make.PHONE]
    assert left_out == [codes[address] for address in expected]
    facts = rows.one(AuditEntry, AuditEntry.act == "links.taken").facts
    assert facts == {"links": 3 - len(expected), "refused": len(expected)}
    assert f"Bağlantısı olan {len(expected)} kişi sonradan reddetti" in page


def test_taking_the_links_gives_the_database_back(app, ayse, draft):
    paste(ayse, draft, make.PHONE)
    ayse.posts(f"/dashboard/campaigns/{draft}/launch")
    work_off(app)

    with ayse.opens(f"/dashboard/campaigns/{draft}/links.csv") as answer:
        assert make.PHONE in answer.text

    with app.app_context():
        assert {engine.pool.checkedout() for engine in db.engines.values()} == {0}


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "x" * 121},
        {"name": "a\0b"},
        {"body_tr": "a\0b"},
        {"body_tr": "Reddet\u202etelbaK"},
        {"channels": []},
        {"channels": ["FAKS"]},
        {"kind": "beg"},
        {"brand": "1"},
        {"brand": "9" * 5000},
        {"contact_date": ""},
        {"contact_date": str(TODAY + timedelta(days=2))},  # Tomorrow may have come by the time it is posted.
        {"contact_date": "yesterday"},
        {"contact_kind": "rumour"},
        {"contact_kind": ""},
        {"contact_note": "\0"},
        {"notice_url": "javascript:alert(1)"},
        {"notice_url": "javascript://example.com/%0aalert(1)"},
        {"notice_url": "kvkk"},
        {"expires_days": "0"},
        {"expires_days": "366"},
        {"expires_days": "9" * 30},
        {"delivery": "pigeon"},
    ],
    ids=str,
)
def test_a_form_that_makes_no_sense_comes_back(opens_campaign, rows, changes):
    answer = opens_campaign(**changes)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "Haber verelim mi?" in answer.text
    assert rows.count(Campaign) == 0


def test_offering_refusal_needs_no_contact(opens_campaign, rows):
    assert opens_campaign(kind="refuse", contact_date="").status_code == 303

    assert (rows.one(Campaign).kind, rows.one(Campaign).expires_at) == (CampaignKind.REFUSE, None)


def test_bad_rows_are_shown_with_line_value_problem_and_cure(ayse, draft, rows):
    upload(ayse, draft, "Ad;Telefon\nAyşe;0532 123 45 67\nBurak;0555 12\n".encode("windows-1254"))

    page = ayse.opens(f"/dashboard/campaigns/{draft}").text
    problem = rows.one(AudienceLine)
    assert (problem.line, rows.count(AudienceEntry)) == (3, 1)
    for words in (">3<", "0555 12", Problem.PHONE_TOO_SHORT.sentence, Problem.PHONE_TOO_SHORT.cure):
        assert words in page


@pytest.mark.parametrize("value", ['=HYPERLINK("http://x")', "<script>alert(1)</script>", "@SUM(1+1)*9"])
def test_what_looks_like_a_formula_or_markup_is_shown_as_text(ayse, draft, value):
    paste(ayse, draft, f"telefon\n{make.PHONE}\n{value}\n")

    page = ayse.opens(f"/dashboard/campaigns/{draft}").text
    assert str(escape(value)) in page
    assert value not in page.replace(str(escape(value)), "")


UNREADABLE = {
    "empty": (b"", "hiç adres satırı yok"),
    "binary": (bytes(range(256)) * 50, "ne bir Excel ne de bir metin dosyası"),
    "excel": (b"PK\x03\x04" + b"x" * 100, "Excel dosyası"),
    "pdf": (b"%PDF-1.7 ...", "PDF dosyası"),
    "a million columns": (b"a;" * 1_000_000, "sütun"),
    "five megabytes and a byte": (b"0532 123 45 67\n" * 333_334, "çok büyük"),
    "no address": (b"ad;soyad\nali;veli\n", "sütun bulunamadı"),
}


@pytest.mark.parametrize("data", UNREADABLE.values(), ids=UNREADABLE)
def test_a_list_that_cannot_be_read_is_explained_and_loses_nothing(ayse, draft, rows, data):
    paste(ayse, draft, make.EMAIL)
    content, words = data

    answer = upload(ayse, draft, content, "list.csv")

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text and words in answer.text
    assert rows.count(AudienceEntry) == rows.count(AudienceList) == 1


def test_a_file_of_fifty_megabytes_gets_a_page(ayse, draft, rows):
    answer = upload(ayse, draft, b"0532 123 45 67\n" * 3_400_000)

    assert answer.status_code == 413
    assert "5 MB" in answer.text and "<h1>" in answer.text
    assert rows.count(AudienceList) == 0


def test_a_long_list_may_be_pasted(ayse, draft, rows):
    paste(ayse, draft, f"{make.PHONE}\n" * 60_000)

    assert rows.one(AudienceList).repeated == 59_999


def test_a_launched_audience_is_closed(app, ayse, draft, rows):
    paste(ayse, draft, make.PHONE)
    ayse.posts(f"/dashboard/campaigns/{draft}/launch")

    answer = paste(ayse, draft, make.EMAIL)

    assert answer.status_code == 400
    assert rows.count(AudienceEntry) == 1


def test_an_empty_campaign_is_not_launched(ayse, draft, rows):
    answer = ayse.posts(f"/dashboard/campaigns/{draft}/launch")

    assert answer.status_code == 303
    assert rows.one(Campaign).launched_at is None


def test_pressing_launch_twice_at_once_launches_once(app, ayse, draft, rows):
    paste(ayse, draft, make.PHONE)
    data = {"csrf_token": csrf_token(ayse.browser, "/dashboard/recipients")}
    cookie = ayse.browser.get_cookie("izinlink").value

    def press():
        other = app.test_client()
        other.set_cookie("izinlink", cookie)
        other.post(f"/dashboard/campaigns/{draft}/launch", data=data)

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(rows(AuditEntry, AuditEntry.act == "campaign.launched")) == 1


def test_left_out_addresses_are_listed_masked_with_their_reason(app, ayse, browser):
    Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="RET")
    second = make.codes(app)
    assert second == {}

    listed = ayse.opens("/dashboard/campaigns").text
    path = listed.split('href="/dashboard/campaigns/')[2].partition('"')[0]
    page = ayse.opens(f"/dashboard/campaigns/{path}").text

    assert "Daha önce reddetmiş" in page and "Daha önce sorulmuş" in page
    assert make.PHONE not in page and "0532 123 45 67" not in page and make.EMAIL not in page


@pytest.mark.parametrize("number", ["0", "1", str(2**63 - 1), str(2**63), "9" * 100, "-1", "x"])
def test_a_campaign_that_is_not_there_is_not_found(ayse, number):
    assert ayse.opens(f"/dashboard/campaigns/{number}").status_code == 404
