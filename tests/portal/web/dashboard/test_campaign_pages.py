"""A campaign from the form to the links, as Ayşe makes it."""

import csv
import io
import re
import threading
from datetime import timedelta

import openpyxl
import pytest
import time_machine
from markupsafe import escape
from sqlalchemy import select, update

from portal.core import clock
from portal.core.addresses import AddressProblem
from portal.core.extensions import db, limiter
from portal.core.ids import new_id
from portal.core.models import (
    AudienceEntry,
    AudienceLine,
    AudienceList,
    AuditEntry,
    Brand,
    Campaign,
    CampaignKind,
    ConsentText,
)
from portal.domain.campaigns import audience as audience_rules
from portal.domain.campaigns import default_texts
from portal.jobs.worker import read_audiences, run_launches
from portal.services.imports import audience_lines, waiting_lists
from portal.services.imports.reading import FileProblem
from portal.services.imports.row_results import RowProblem
from portal.services.imports.unread import mark_of_field
from portal.web.dashboard.campaigns.campaign_page import MAX_ROWS, REASONS
from tests import make
from tests.files.people import xlsx_of
from tests.make import Person
from tests.portal.web.dashboard.staff import StaffBrowser, csrf_token

pytestmark = [pytest.mark.slow, pytest.mark.alike]

TODAY = clock.day(clock.now())
FORM = {
    "name": "Kasım", "kind": "ask", "channels": ["MESAJ", "EPOSTA"], "title_tr": "Haber verelim mi?",
    "body_tr": "Yenilikler için soruyoruz.", "title_en": "May we tell you?", "body_en": "About news.",
    "notice_url": make.NOTICE, "contact_kind": "purchase", "contact_date": str(TODAY),
    "contact_note": "", "expires_days": "30", "delivery": "csv",
}  # fmt: skip


@pytest.fixture
def opens_campaign(app, ayse, rows):
    """Ayşe sends the form, changed as told, and the operator approves the text."""

    def send(**changes):
        answer = ayse.posts("/dashboard/campaigns/new", FORM | {"brand": rows.one(Brand).id} | changes)
        with app.app_context():
            make.approve_texts()
        return answer

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


def read_links(answer) -> list[dict[str, str]]:
    """As a Turkish Excel reads the file: semicolons, and a mark for UTF-8."""
    text = answer.get_data().decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=";"))


def work_off(app) -> None:
    with app.app_context():
        read_audiences()
        run_launches()


def test_a_campaign_goes_from_form_to_links(app, ayse, opens_campaign, browser, rows):
    answer = opens_campaign()
    path = answer.location
    campaign_id = rows.one(Campaign).id
    assert paste(ayse, campaign_id, f"0532 123 45 67\n{make.EMAIL}\n").status_code == 303
    assert "2" in ayse.opens(path).text

    assert ayse.posts(f"{path}/launch").status_code == 303
    work_off(app)
    answer = ayse.opens(f"{path}/links.csv")

    phone, mail = read_links(answer)
    assert (phone["address"], mail["address"]) == ("905321234567", make.EMAIL)
    page = browser.get(phone["link"].removeprefix("http://localhost")).text
    assert phone["words"] in page and mail["words"] != phone["words"]
    assert f"{phone['link']} ({phone['words']})" in phone["text"] and phone["text"].isascii()
    assert mail["subject"] == "Örnek Mağaza: ticari ileti izniniz"
    assert mail["text"].startswith("Merhaba,") and mail["link"] in mail["text"] and mail["words"] in mail["text"]
    assert "Haber verelim mi?" in page and f'href="{make.NOTICE}"' in page
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


@pytest.mark.parametrize("kind", [CampaignKind.ASK, CampaignKind.REFUSE])
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
    assert f"<li>Reddetmiş: {len(expected)}</li>" in page.split("Bağlantısı artık gönderilmeyenler")[1]


def test_a_name_like_a_formula_runs_in_no_list_of_links_and_no_list_is_taken_without_end(app, ayse, rows, monkeypatch):
    with app.app_context():
        make.brand().name = '=HYPERLINK("http://x")'
        db.session.commit()
    make.codes(app, f"{make.PHONE}\n{make.EMAIL}\n+902123456789")
    path = f"/dashboard/campaigns/{rows.one(Campaign).id}/links"

    lines = read_links(ayse.opens(f"{path}.csv"))
    sheet = openpyxl.load_workbook(io.BytesIO(ayse.opens(f"{path}.xlsx").get_data())).active

    assert [line["text"][:2] for line in lines] == ["'=", "Me", ""]  # A landline takes no message.
    assert lines[1]["subject"][:2] == "'="
    table = list(sheet.iter_rows(values_only=True))
    assert table[1][:4] == ("905321234567", lines[0]["link"], lines[0]["words"], lines[0]["text"].removeprefix("'"))
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "inlineStr", "n"}
    monkeypatch.setattr(limiter, "enabled", True)
    limiter.reset()
    assert [ayse.opens(f"{path}.csv").status_code for _ in range(31)] == [200] * 30 + [429]


def test_taking_the_links_gives_the_database_back(app, ayse, draft):
    paste(ayse, draft, make.PHONE)
    ayse.posts(f"/dashboard/campaigns/{draft}/launch")
    work_off(app)

    with ayse.opens(f"/dashboard/campaigns/{draft}/links.csv") as answer:
        assert make.PHONE.removeprefix("+") in answer.text

    with app.app_context():
        assert {engine.pool.checkedout() for engine in db.engines.values()} == {0}


SENSELESS = [
    {"name": ""},
    {"name": "x" * 121},
    {"name": "a\0b"},
    {"body_tr": "a\0b"},
    {"body_tr": "Reddet\u202etelbaK"},
    {"body_tr": "Kartınız kapanmadan arayın: 0850 11.12.2233"},
    {"title_en": "Sign in at 185.4.5.6/giris"},
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
]


def test_a_form_that_makes_no_sense_comes_back(opens_campaign, rows):
    for changes in SENSELESS:
        answer = opens_campaign(**changes)

        assert answer.status_code == 422, changes
        assert 'role="alert"' in answer.text, changes
        assert "Haber verelim mi?" in answer.text, changes
    assert rows.count(Campaign) == 0


def test_all_that_is_wrong_is_told_in_one_round(opens_campaign):
    page = opens_campaign(name="", contact_kind="", contact_date="").text

    for words in ("Bir ad yazın.", "İlk temasın nasıl kurulduğunu seçin.", "Kişinin sizinle ne zaman temas kurduğunu"):
        assert words in page


@pytest.mark.parametrize("page", ["campaigns", "points"])
def test_the_text_is_prepared_with_the_name_of_the_brand_that_was_chosen(app, ayse, rows, page):
    with app.app_context():
        first = make.brand()
        second = Brand(
            id=new_id(), provider_id=first.provider_id, brand_code=700009, name="Deniz Optik", created_at=clock.now()
        )
        db.session.add(second)
        db.session.commit()
        second_id = second.id
    path = f"/dashboard/{page}/new"

    asked, form = ayse.opens(path).text, ayse.opens(f"{path}?brand={second_id}").text

    assert f'href="{path}?brand={second_id}"' in asked and 'name="title_tr"' not in asked
    assert "Deniz Optik size ileti gönderebilir mi?" in form and "Örnek Mağaza size" not in form
    assert ayse.opens(f"{path}?brand=1").text.count("?brand=") == asked.count("?brand=")


def test_the_usual_text_is_that_of_the_kind_and_a_list_may_hold_the_contacts(app, opens_campaign, rows):
    with app.app_context():
        usual = vars(default_texts.default_wording(make.brand().name, CampaignKind.ASK, make.NOTICE))
        db.session.rollback()

    opens_campaign(kind="reconfirm", contact_kind="", contact_date="", **usual)
    opens_campaign(contact_kind="list", contact_date="")

    confirming, asking = rows(Campaign)
    assert rows.one(ConsentText, ConsentText.id == confirming.text_id).title_tr.endswith("teyit eder misiniz?")
    assert (asking.kind, asking.contact_kind, asking.contact_date) == (CampaignKind.ASK, None, None)


def test_offering_refusal_needs_no_contact(opens_campaign, rows):
    assert opens_campaign(kind="refuse", contact_date="").status_code == 303

    assert (rows.one(Campaign).kind, rows.one(Campaign).expires_at) == (CampaignKind.REFUSE, None)


def test_bad_rows_are_shown_with_line_value_problem_and_cure(ayse, draft, rows):
    upload(ayse, draft, "Ad;Telefon\nAyşe;0532 123 45 67\nBurak;0555 12\n".encode("windows-1254"))

    page = ayse.opens(f"/dashboard/campaigns/{draft}").text
    problem = rows.one(AudienceLine)
    assert (problem.line, rows.count(AudienceEntry)) == (3, 1)
    for words in (">3<", "0555 12", AddressProblem.PHONE_TOO_SHORT.sentence, AddressProblem.PHONE_TOO_SHORT.cure):
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
def test_a_list_that_cannot_be_read_is_explained_and_loses_nothing(app, ayse, draft, rows, data):
    paste(ayse, draft, make.EMAIL)
    content, words = data

    answer = upload(ayse, draft, content, "list.csv")
    work_off(app)

    page = answer.text if answer.status_code == 422 else ayse.opens(answer.location).text
    assert 'role="alert"' in page and words in page
    assert rows.count(AudienceEntry) == len(rows(AudienceList, AudienceList.good > 0)) == 1
    # With what was there before; of a list that was kept, once somebody has looked.
    assert ("Kampanyayı başlat" if answer.status_code == 422 else "Hepsine baktım") in page


def test_a_file_of_fifty_megabytes_gets_a_page(ayse, draft, rows):
    answer = upload(ayse, draft, b"0532 123 45 67\n" * 3_400_000)

    assert answer.status_code == 413
    assert "5 MB" in answer.text and "<h1>" in answer.text
    assert rows.count(AudienceList) == 0


def test_a_long_list_may_be_pasted(app, ayse, draft, rows):
    paste(ayse, draft, f"{make.PHONE}\n" * 40_000)
    work_off(app)

    assert rows.one(AudienceList).repeated == 39_999


def test_a_workbook_is_read_by_the_worker_and_the_campaign_waits_for_it(app, ayse, draft, rows):
    paste(ayse, draft, make.EMAIL)
    path = f"/dashboard/campaigns/{draft}"
    data = xlsx_of(Liste=[["Cep", "SMS (E/H)"], ["0532 123 45 67", "E"], ["0532 123 45 68", "H"]])

    assert upload(ayse, draft, data, "list.xlsx").status_code == 303
    ayse.posts(f"{path}/launch")
    page, part = ayse.opens(path).text, ayse.opens(f"{path}/audience/progress").text

    assert rows.count(AudienceEntry) == 1 and rows.one(Campaign).launched_at is None
    assert "Liste okunuyor" in page and 'action="/dashboard/campaigns/' + str(draft) + '/launch"' not in page
    assert 'data-state="1"' in part and "<progress" in part
    with app.app_context():
        (kept,) = db.session.scalars(select(AudienceList.content).where(waiting_lists.WAITING)).all()
    assert kept[:2] != b"PK"  # Encrypted.

    work_off(app)
    page = ayse.opens(path).text
    assert [each.left_out for each in rows(AudienceEntry)] == [None, "refused", None]
    assert "Listede 2 adres var" in page and rows(AudienceList, waiting_lists.WAITING) == []
    assert (
        "Listede ret diyen ya da diyebilecek 1 adres var" in page
        and "+905321234568" not in page
        and "/dashboard/imports/new" in page
    )
    assert 'data-state="0"' in ayse.opens(f"{path}/audience/progress").text


def test_a_file_named_as_a_list_of_refusals_asks_nobody_and_other_reasons_are_counted(ayse, draft, rows):
    content = b"Telefon;SMS izni;Not\n0532 123 45 67;Evet;ret verdi\n0532 123 45 68;belki;\n"

    refused = upload(ayse, draft, content, "RET listesi.csv")
    assert refused.status_code == 422 and FileProblem.OF_REFUSALS.sentence in refused.text
    assert rows.count(AudienceList) == 0

    upload(ayse, draft, content, "müşteriler.csv")
    page = ayse.opens(f"/dashboard/campaigns/{draft}").text
    assert {each.left_out for each in rows(AudienceEntry)} == {"refused"} and "123 45 68" not in page
    for reason in (AudienceLine.NOTED, AudienceLine.UNCLEAR):
        assert f"<li>{REASONS[reason]}: 1</li>" in page and f'class="detail">{REASONS[reason]}</td>' in page


def test_a_refusal_without_an_address_is_shown_before_other_bad_lines(ayse, draft):
    upload(
        ayse, draft, "\n".join(["Telefon;SMS izni", "0532 123 45 67;Evet", *[";Evet"] * MAX_ROWS, ";Hayır"]).encode()
    )

    rows = ayse.opens(f"/dashboard/campaigns/{draft}").text.partition("Alınmayan satırlar")[2].split("<tr>")
    assert RowProblem.REFUSAL_WITHOUT_ADDRESS.sentence in rows[2] and AddressProblem.EMPTY.sentence in rows[3]


def test_columns_of_yes_and_no_that_were_not_read_hold_up_the_launch_until_somebody_looked(ayse, draft, rows):
    path = f"/dashboard/campaigns/{draft}"
    paste(ayse, draft, "Telefon;Kulüp\n0532 123 45 67;E\n0532 123 45 68;H\n")

    ayse.posts(f"{path}/launch")
    assert rows.one(Campaign).launched_at is None
    assert "notice bad" in ayse.opens(path).text and f'action="{path}/launch"' not in ayse.opens(path).text

    ayse.posts(f"{path}/audience/unread", {"seen": seen_at(ayse, path)})
    ayse.posts(f"{path}/launch")
    assert rows.one(Campaign).launched_at is not None
    assert len(rows(AuditEntry, AuditEntry.act == "audience.unread_confirmed")) == 1


def seen_at(user, path):
    """What the page showed that nobody understands."""
    return re.search(r'name="seen" value="([^"]+)"', user.opens(path).text)[1]


def test_fields_of_a_program_that_nobody_understands_are_shown_once_and_hold_up_the_launch(app, ayse, draft, rows):
    path, marks = f"/dashboard/campaigns/{draft}", [mark_of_field("canContact\ud800"), mark_of_field("Durum")]
    paste(ayse, draft, make.PHONE)
    with app.app_context():
        for _ in range(2):
            waiting_lists.insert_people(db.session, db.session.get_one(Campaign, draft), [], clock.now(), marks)
        db.session.commit()
        read_audiences()

    page = ayse.opens(path).text
    assert page.count("Okunmayan alan: <strong>Durum</strong>") == page.count("<strong>canContact? … ") == 1
    ayse.posts(f"{path}/launch")
    seen = seen_at(ayse, path)
    with app.app_context():
        unseen = [mark_of_field("ayrildi")]
        waiting_lists.insert_people(db.session, db.session.get_one(Campaign, draft), [], clock.now(), unseen)
        db.session.commit()
        read_audiences()
    ayse.posts(f"{path}/audience/unread", {"seen": seen})
    ayse.posts(f"{path}/launch")
    assert rows.one(Campaign).launched_at is None
    ayse.posts(f"{path}/audience/unread", {"seen": seen_at(ayse, path)})
    ayse.posts(f"{path}/launch")
    assert rows.one(Campaign).launched_at is not None


def test_nobody_vouches_for_more_than_the_page_shows(app, ayse, draft, rows, monkeypatch):
    paste(ayse, draft, make.PHONE)
    path = f"/dashboard/campaigns/{draft}"
    with app.app_context():
        for name in [*["segment"] * 3, "canContact"]:  # Of as many requests.
            marks = [mark_of_field(name)]
            waiting_lists.insert_people(db.session, db.session.get_one(Campaign, draft), [], clock.now(), marks)
        db.session.commit()
        read_audiences()

    page = ayse.opens(path).text
    assert page.count("<strong>segment</strong>") == page.count("<strong>canContact</strong>") == 1
    assert rows.count(AudienceLine) == 2
    monkeypatch.setattr(audience_lines, "MOST_MARKS", 1)
    page = ayse.opens(path).text
    assert 'name="seen"' not in page and "hepsi gösterilemeyecek" in page


def test_what_was_vouched_for_before_leaves_room_and_what_is_read_meanwhile_is_not_vouched_for(
    app, ayse, draft, rows, monkeypatch
):
    monkeypatch.setattr(audience_lines, "MOST_MARKS", 2)
    path = f"/dashboard/campaigns/{draft}"

    def bring(name, read=True):
        with app.app_context():
            marks = [mark_of_field(name)]
            waiting_lists.insert_people(db.session, db.session.get_one(Campaign, draft), [], clock.now(), marks)
            db.session.commit()
            if read:
                read_audiences()

    bring("segment")
    ayse.posts(f"{path}/audience/unread", {"seen": seen_at(ayse, path)})
    bring("tags")
    bring("ayrildi", read=False)
    seen, token = seen_at(ayse, path), audience_rules.unread_token

    def read_meanwhile(session, campaign):
        session.execute(update(AudienceList).values(content=None))
        return token(session, campaign)

    monkeypatch.setattr(audience_rules, "unread_token", read_meanwhile)
    ayse.posts(f"{path}/audience/unread", {"seen": seen})
    assert [each.unread_confirmed_at is not None for each in rows(AudienceList)] == [True, True, False]


def test_a_list_whose_worker_died_is_read_by_the_next(app, ayse, draft, rows):
    paste(ayse, draft, f"{make.PHONE}\nabc\n" + "\n" * 70_000)
    with app.app_context():
        db.session.query(AudienceList).update({"lease_until": clock.now() + timedelta(minutes=5), "attempts": 1})
        db.session.commit()
        held = waiting_lists.unfinished()
        with time_machine.travel(clock.now() + timedelta(minutes=6)):
            for each in waiting_lists.unfinished():
                waiting_lists.read(each)

    assert held == []
    assert rows.count(AudienceEntry) == 1
    assert [row.problem for row in rows(AudienceLine)] == ["unknown", "column"]


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

    assert "Reddetmiş" in page and "Daha önce sorulmuş" in page
    assert make.PHONE not in page and "0532 123 45 67" not in page and make.EMAIL not in page


@pytest.mark.parametrize("number", ["0", "1", str(2**63 - 1), str(2**63), "9" * 100, "-1", "x"])
def test_a_campaign_that_is_not_there_is_not_found(ayse, number):
    assert ayse.opens(f"/dashboard/campaigns/{number}").status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"notice_url": "https://e-devlet-giris.baskasi.example/kapi"},
        {"notice_url": "https://www.example.com/forms/kart"},  # On the host of the reviewed one.
        {"title_tr": "e-Devlet: hesabınız askıya alındı"},
        {"body_en": "Please sign in and confirm your card number."},
    ],
)
def test_no_page_of_ours_is_a_trap(opens_campaign, rows, changes):
    assert opens_campaign(**changes).status_code == 422
    assert rows.count(Campaign) == 0


def test_a_list_that_could_not_be_read_holds_up_the_launch(app, ayse, draft, rows):
    """Its people may have said no in it."""
    path, read = f"/dashboard/campaigns/{draft}", "Listeler okundu"
    paste(ayse, draft, make.PHONE)
    assert read in ayse.opens(path).text
    with app.app_context():
        lost = waiting_lists.store(db.session, db.session.get_one(Campaign, draft), b"Telefon;SMS\n0532 1;H\n", None)
        db.session.execute(update(AudienceList).where(AudienceList.id == lost).values(attempts=9))
        db.session.commit()
    work_off(app)

    page = ayse.opens(path).text
    assert "Okunamayan liste (" in page and "Okunmayan liste, sütun" in page and read not in page
    ayse.posts(f"{path}/launch")
    assert rows.one(Campaign).launched_at is None
    ayse.posts(f"{path}/audience/unread", {"seen": seen_at(ayse, path)})
    page = ayse.opens(path).text
    assert "Okunmayan liste, sütun" not in page and read not in page  # It was vouched for, not read.
    ayse.posts(f"{path}/launch")
    assert rows.one(Campaign).launched_at is not None
