"""Taking records away: what it would be, the file itself, and the entry that says who took it."""

import csv
import io
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Channel, Retailers, Status
from portal.core.models import AuditEntry, Brand, Outcome, Provider, Recipient, Role, SignIn
from portal.services.imports.audience import read_address_list
from tests import make
from tests.portal.services.exports.held_consents import Holder
from tests.portal.web.dashboard.staff import chosen_id, signed_in

pytestmark = [pytest.mark.slow, pytest.mark.alike]

PAGE = "/dashboard/exports"
FILE = "/dashboard/exports/file"
OTHER_PHONE = "+905329876543"
BERLIN = "+4930123456"


def written(phone: str) -> str:
    """As gateways and spreadsheets take it."""
    return phone.removeprefix("+")


@pytest.fixture
def holder(app, ayse):
    return Holder(app)


def lines(staff, query: str = "") -> list[dict]:
    text = staff.takes(f"{FILE}?format=csv&{query}").get_data().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def book(staff, query: str = "") -> list[tuple]:
    sheet = openpyxl.load_workbook(io.BytesIO(staff.takes(f"{FILE}?{query}").get_data())).active
    return list(sheet.iter_rows(values_only=True))


def test_the_page_says_how_much_it_would_be(ayse, holder):
    assert "Bu seçimle kayıt yok" in ayse.opens(PAGE).text
    holder.grants()
    holder.grants(make.EMAIL, channel=Channel.EMAIL)

    assert "yaklaşık 2 satır" in ayse.opens(PAGE).text
    assert "yaklaşık 1 satır" in ayse.opens(f"{PAGE}?channel=EPOSTA").text


def test_links_of_the_page_take_what_it_counted(ayse, holder):
    holder.grants()
    holder.decides(OTHER_PHONE, Status.REFUSED, outcome=Outcome.PARKED)

    page = ayse.opens(f"{PAGE}?kind=decisions&outcome=parked&status=nothing&since=x").text
    assert "yaklaşık 1 satır" in page and "üç yıldan çok olmuş" in page
    links = [link.replace("&amp;", "&") for link in re.findall(rf'href="({FILE}[^"]+)"', page)]
    assert [(link.count("format=xlsx"), link.count("outcome=parked")) for link in links] == [(1, 1), (0, 1)]
    assert all("nothing" not in link and "since" not in link for link in links)
    sheet = openpyxl.load_workbook(io.BytesIO(ayse.opens(links[0]).get_data())).active
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == [written(OTHER_PHONE)]


def test_consents_are_in_iyss_words_and_no_cell_is_a_formula(app, ayse, holder):
    with app.app_context():
        db.session.query(Brand).update({"name": "=1+1"})
        db.session.commit()
    holder.grants(retailers=Retailers(58954386, (58954387,)))

    (line,) = lines(ayse)
    header, row = book(ayse)

    assert (line["Kanal"], line["Durum"], line["Alıcı tipi"], line["Kaynak"]) == ("MESAJ", "ONAY", "BIREYSEL", "HS_WEB")
    assert (line["Adres"], line["Marka"], line["Gönderilebilir"]) == (written(make.PHONE), "'=1+1", "Evet")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", line["İzin tarihi"])
    assert dict(zip(header, row, strict=True)) | {"Marka": "'=1+1"} == line


def test_what_was_taken_away_can_be_brought_again(ayse, holder):
    holder.grants()
    holder.grants(BERLIN)
    holder.grants(make.EMAIL, channel=Channel.EMAIL)

    assert {line["Adres"] for line in lines(ayse)} == {written(make.PHONE), "004930123456", make.EMAIL}
    brought = read_address_list(ayse.takes(f"{FILE}?format=csv").get_data())

    assert {address.text for _, address in brought.good} == {make.PHONE, BERLIN, make.EMAIL}
    assert brought.bad == []


def test_decisions_and_recipients_have_their_columns(ayse, holder):
    holder.grants(batch_id=7, line=12, retailers=Retailers(58954386, (58954387, 58954388)))

    (decision,) = lines(ayse, "kind=decisions")
    (recipient,) = lines(ayse, "kind=recipients")

    told = ("İYS sonucu", "Geliş yolu", "Dosya numarası", "Dosyadaki satır", "Geri alındı")
    assert [decision[name] for name in told] == ["İYS kabul etti", "Dosya aktarımı", "7", "12", ""]
    for each in (decision, *lines(ayse)):
        assert (each["Bayi kodu"], each["Bayi erişimi"]) == ("58954386", "58954387 58954388")
    assert (recipient["Tür"], recipient["Gönderilebilen kanallar"]) == ("Telefon", "MESAJ")


def test_a_damaged_seal_is_told_in_its_row(app, ayse, holder):
    holder.grants()
    holder.grants(make.EMAIL, channel=Channel.EMAIL)
    with app.app_context():
        db.session.query(Recipient).filter_by(kind="phone").update({"address": b"damaged"})
        db.session.commit()

    assert {line["Adres"] for line in lines(ayse)} == {"okunamadı", make.EMAIL}


def test_taking_is_noted_before_the_first_byte_and_only_in_our_words(app, ayse, holder, rows):
    answer = ayse.takes(
        f"{FILE}?kind=decisions&format=csv&channel=MESAJ&status={make.PHONE}&until=2026-11-01&brand=x", buffered=False
    )
    entry = rows.one(AuditEntry, AuditEntry.act == "export.taken")
    answer.get_data()
    answer.close()

    choices = "channel=MESAJ until=2026-11-01"
    assert entry.facts == {"kind": "decisions", "format": "csv", "choices": choices}
    assert "tür: Kararlar" in ayse.opens("/dashboard/audit?act=export.taken").text


def test_nonsense_in_the_address_is_no_choice(ayse, holder):
    holder.grants()

    for query in ("kind=x&format=y", "brand=9223372036854775808", "since=0001-01-01&until=9999-12-31", "may_send=z"):
        assert ayse.opens(f"{PAGE}?{query}").status_code == 200
        assert len(book(ayse, query)) == 2


def test_a_brand_of_another_provider_is_no_choice(app, ayse, holder, rows):
    with app.app_context():
        make.provider(700002, 700002, "cem@example.com")
        db.session.rollback()
    holder.grants(OTHER_PHONE, brand_code=700002)
    theirs = rows.one(Brand, Brand.brand_code == 700002).id

    assert lines(ayse, f"brand={theirs}") == lines(ayse, "kind=recipients") == []
    assert [line["Adres"] for line in lines(signed_in(app, "cem@example.com"))] == [written(OTHER_PHONE)]


def test_taking_needs_a_factor_shown_a_moment_ago_and_leads_back_to_what_was_chosen(app, ayse, rows):
    with app.app_context():
        db.session.query(SignIn).update({"stepped_up_at": clock.now() - timedelta(minutes=11)})
        db.session.commit()

    assert ayse.opens(PAGE).status_code == 200
    onward = urlsplit(ayse.takes(f"{FILE}?kind=decisions&format=csv").location)
    assert onward.path == "/step-up"
    assert parse_qs(onward.query) == {"next": [f"{FILE}?kind=decisions&format=csv&provider={chosen_id(ayse.browser)}"]}
    assert rows(AuditEntry, AuditEntry.act == "export.taken") == []


@pytest.mark.parametrize(("role", "status"), [(Role.MANAGER, 200), (Role.AGENT, 403), (Role.AUDITOR, 403)])
def test_taking_needs_the_power_to(app, ayse, role, status):
    with app.app_context():
        make.person(db.session.query(Provider).one(), "burak@example.com", role, "Burak")
    burak = signed_in(app, "burak@example.com")

    assert {burak.opens(PAGE).status_code, burak.takes(FILE).status_code} == {status}


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_a_file_that_is_sent_or_left_halfway_holds_no_connection(app, ayse, holder, format):
    holder.grants()
    with app.app_context():
        pool = db.engines["reader"].pool

    ayse.takes(f"{FILE}?format={format}").get_data()
    assert pool.checkedout() == 0
    with ayse.takes(f"{FILE}?format={format}") as answer:
        next(answer.iter_encoded())
    assert pool.checkedout() == 0
