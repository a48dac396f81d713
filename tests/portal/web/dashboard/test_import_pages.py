"""The pages of a file of consents, in each of its states."""

import io

import openpyxl
import pytest

from portal.core.extensions import db, vault
from portal.core.models import BatchState, ImportBatch, Provider, Role, UploadPart
from portal.services.imports import worker
from portal.services.imports.layout import Field, Fix
from portal.services.imports.store import layout_of
from portal.web.shared.column_layout_form import word_field_name
from tests import make
from tests.portal.web.dashboard.import_batches import brand_id
from tests.portal.web.dashboard.staff import signed_in

pytestmark = [pytest.mark.slow, pytest.mark.alike]

CHOSEN = {
    "drawn": "0", "column_0": "phone", "column_1": "email", "column_2": "status", "column_3": "date",
    "day_first": "day", "channels": ["MESAJ", "EPOSTA"], "source": "HS_WEB", "origin": "Üyelik formları",
    "recipient_type": "BIREYSEL", "status": "", "contact": "", "name": "",
}  # fmt: skip


def test_the_list_says_what_to_prepare_and_has_a_sample(ayse):
    page = ayse.opens("/dashboard/imports").text
    sample = ayse.opens("/dashboard/imports/sample.csv")

    assert "Henüz dosya aktarmadınız" in page
    assert "/dashboard/imports/sample.csv" in page
    assert sample.data.startswith("\ufeffTelefon;E-posta;Kanal;Durum;Tarih;Kaynak;Dayanak\r\n".encode())
    assert len(sample.text.splitlines()) == 4


def test_the_list_shows_each_file_with_how_far_it_is(ayse, in_state):
    addresses = [in_state(state) for state in (BatchState.DRY_RUN, BatchState.DONE)]

    page = ayse.opens("/dashboard/imports").text

    assert all(address in page for address in addresses)
    assert "müşteriler.xlsx" in page
    assert "Kontrol edildi, aktarılmadı" in page


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (BatchState.UPLOADED, "Dosya okunuyor"),
        (BatchState.MAPPED, "karşılaştırılıyor"),
        (BatchState.RUNNING, "Kayıtlar yazılıyor"),
        (BatchState.UNDOING, "geri alınıyor"),
        (BatchState.READ, "Sütunlar"),
        (BatchState.DRY_RUN, "Henüz hiçbir şey yazılmadı"),
        (BatchState.STOPPED, "Aktarım durdu"),
        (BatchState.DONE, "Şu anki durum"),
        (BatchState.UNDONE, "iptal edildi"),
        (BatchState.DROPPED, "aktarılmadan silindi"),
    ],
)
def test_a_page_tells_its_state(ayse, in_state, state, says):
    address = in_state(state)

    page, part = ayse.opens(address), ayse.opens(f"{address}/progress")

    assert page.status_code == part.status_code == 200
    assert says in page.text
    assert f'data-state="{state}"' in part.text
    assert "<html" not in part.text
    assert ("js/progress.js" in page.text) == (
        says in ("Dosya okunuyor", "karşılaştırılıyor", "Kayıtlar yazılıyor", "geri alınıyor")
    )


def test_a_file_that_cannot_be_read_says_why_and_what_helps(ayse, in_state):
    page = ayse.opens(in_state(BatchState.UNREADABLE, problem="file_pdf")).text

    assert "Bu bir PDF dosyası." in page
    assert "Düzeltip yeniden yükle" in page


def test_a_file_is_kept_and_its_page_opens(app, ayse, rows):
    answer = ayse.posts(
        "/dashboard/imports/new",
        {"brand": brand_id(app), "file": (io.BytesIO(b"Telefon\n0532 123 45 67\n"), "müşteriler.csv")},
    )

    made = rows.one(ImportBatch)
    assert answer.status_code == 303
    assert answer.location == f"/dashboard/imports/{made.id}"
    assert made.state == BatchState.UPLOADED
    with app.app_context():
        assert vault().read(made.name, ImportBatch.NAME, made.provider_id, made.id) == "müşteriler.csv"


def test_a_pasted_table_is_a_file_too(app, ayse, rows):
    ayse.posts("/dashboard/imports/new", {"brand": brand_id(app), "text": "Telefon\tDurum\n0532 123 45 67\tONAY\n"})

    pasted = rows.one(ImportBatch)
    assert pasted.size == len("Telefon\tDurum\n0532 123 45 67\tONAY\n")
    assert rows.count(UploadPart) == 1
    assert "Yapıştırılan tablo" in ayse.opens(f"/dashboard/imports/{pasted.id}").text
    with app.app_context():  # Nobody called it so: it has no name.
        assert vault().read(pasted.name, ImportBatch.NAME, pasted.provider_id, pasted.id) == ""


def test_nothing_at_all_is_no_file(app, ayse, rows):
    answer = ayse.posts("/dashboard/imports/new", {"brand": brand_id(app)})

    assert answer.status_code == 422
    assert "Bir dosya seçin" in answer.text
    assert rows.count(ImportBatch) == 0


def test_a_layout_shows_the_lines_as_they_stand_and_a_choice_for_each_column(ayse, in_state):
    page = ayse.opens(in_state(BatchState.READ)).text

    assert all(text in page for text in ("0532 123 45 67", "ayşe@example.com", "24.11.2026 14:02"))
    assert page.count('<select id="column_') == 4
    assert '<option selected value="phone">' in page


def test_a_chosen_layout_is_kept_and_a_dry_run_follows(app, ayse, in_state, rows):
    address = in_state(BatchState.READ)

    answer = ayse.posts(f"{address}/layout", CHOSEN | {"origin": "Kasa formları"})

    made = rows.one(ImportBatch)
    assert (answer.status_code, answer.location) == (303, address)
    assert made.state == BatchState.MAPPED
    with app.app_context():
        layout = layout_of(vault(), made)
    assert layout.origin == "Kasa formları"
    assert layout.columns[Field.DATE] == 3


def test_an_empty_sheet_beside_the_list_is_no_choice(app, ayse, rows):
    book = openpyxl.Workbook()
    for cells in (["Telefon", "E-posta", "Durum", "Tarih"], ["0532 123 45 67", "", "ONAY", "24.11.2026 14:02"]):
        book.active.append(cells)
    book.create_sheet("Sayfa2")
    content = io.BytesIO()
    book.save(content)
    content.seek(0)
    address = ayse.posts("/dashboard/imports/new", {"brand": brand_id(app), "file": (content, "liste.xlsx")}).location
    with app.app_context():
        worker.work(rows.one(ImportBatch).id)

    assert "Hangi sayfalar" not in ayse.opens(address).text
    assert ayse.posts(f"{address}/layout", CHOSEN).status_code == 303
    assert rows.one(ImportBatch).state == BatchState.MAPPED


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"column_1": "phone"}, "A sütunu da bu"),
        ({"column_0": "", "column_1": ""}, "hangi sütunda olduğunu seçin"),
        (dict.fromkeys(("column_0", "status", "source", "contact", "channels"), " "), "Geçerli bir seçenek değil"),
        ({"column_3": ""}, "İzinlerin alındığı tarihi yazın"),
        ({"column_2": ""}, "Bu satırların onay mı, ret mi olduğunu seçin"),
        ({"source": ""}, "İzinlerin nasıl alındığını seçin"),
        ({"origin": " "}, "Onayları neyin kanıtladığını yazın"),
        ({"date": "2014-01-01"}, "1 Mayıs 2015"),
    ],
)
def test_what_is_missing_or_doubled_is_said_beside_its_field(ayse, in_state, rows, said, error):
    address = in_state(BatchState.READ)

    answer = ayse.posts(f"{address}/layout", CHOSEN | said)

    assert answer.status_code == 422
    assert error in answer.text
    assert rows.one(ImportBatch).state == BatchState.READ


def test_a_dry_run_shows_what_would_come_and_its_codes(ayse, in_state):
    page = ayse.opens(in_state(BatchState.DRY_RUN, new_addresses=3)).text

    assert all(code in page for code in ("H467", "H175", "H115"))
    assert "Durum sütunundaki sözcük tanınmadı." in page
    assert "tek tıkla düzelebilir" in page
    assert "3 yeni adres" in page
    assert "1 onay kısa bir bekleme" in page


def test_a_problem_shows_its_lines_and_what_the_cure_would_do(ayse, in_state):
    page = ayse.opens(in_state(BatchState.DRY_RUN) + "/lines/email_turkish_letter").text

    assert "ayşe@example.com" in page
    assert "ayse@example.com" in page
    assert "0532 123 45 67" not in page
    assert "Hepsini böyle düzelt" in page


def test_a_cure_is_done_and_undone(app, ayse, in_state, rows):
    address = in_state(BatchState.DRY_RUN)

    ayse.posts(f"{address}/cures", {"cure": "email_letters"})
    with app.app_context():
        assert layout_of(vault(), rows.one(ImportBatch)).fixes == {Fix.EMAIL_LETTERS}
        db.session.get(ImportBatch, rows.one(ImportBatch).id).state = BatchState.DRY_RUN
        db.session.commit()
    assert "Uyguladığınız çareler" in ayse.opens(address).text
    ayse.posts(f"{address}/cures", {"cure": "email_letters", "on": "no"})

    with app.app_context():
        assert layout_of(vault(), rows.one(ImportBatch)).fixes == frozenset()
    assert rows.one(ImportBatch).state == BatchState.MAPPED


def test_unknown_words_are_explained_once(app, ayse, in_state, rows):
    address = in_state(BatchState.DRY_RUN)
    page = ayse.opens(f"{address}/lines/status_unknown").text

    ayse.posts(f"{address}/words/status_unknown", {word_field_name("status", "belki"): "RET"})

    assert "belki" in page
    with app.app_context():
        assert layout_of(vault(), rows.one(ImportBatch)).words["status"] == {"belki": "RET"}


def test_a_file_called_by_an_address_shows_none(app, ayse, rows):
    with app.app_context():
        brand = make.brand().id

    file = io.BytesIO(b"Telefon;Durum\n0532 987 65 43;ONAY\n"), "RET 0532 123 45 67.csv"
    page = ayse.opens(ayse.posts("/dashboard/imports/new", {"brand": brand, "file": file}).location).text

    for shown in (page, ayse.opens("/dashboard/imports").text):
        assert "RET •••.csv" in shown and "123 45 67" not in shown


def test_what_was_answered_on_an_older_page_explains_no_other_word(app, ayse, in_state, rows):
    address = in_state(BatchState.DRY_RUN)
    answer = {word_field_name("status", "sonra sorun"): "ONAY"}

    ayse.posts(f"{address}/words/status_unknown", answer)

    with app.app_context():
        assert layout_of(vault(), rows.one(ImportBatch)).words == {}


def test_a_dry_run_names_the_columns_that_are_not_read_first_those_that_may_refuse(ayse, in_state):
    good = {(2, 0): "grant"}

    unused = {"4": [5, 0, 0, 0, 0, 0], "5": [5, 4, 0, 0, 0, 5]}

    page = ayse.opens(in_state(BatchState.DRY_RUN, results=good, unused_columns=unused)).text

    assert "Düzeltilecek bir satır yok" not in page
    assert page.index("Bunların ne dediğini bilmiyoruz; ret olabilir.") < page.index("4 hücre evet ya da hayır")
    assert page.index("<strong>F</strong>") < page.index("Kullanılmayan öteki sütunlar: E.")


def test_the_choice_of_columns_names_those_of_yes_and_no_that_nobody_chose(app, ayse, rows):
    lines = ["Telefon;Üye;Not;SMS istemiyor", *(f"0532 123 45 {n};E;x;E" for n in range(10, 20))]
    ayse.posts("/dashboard/imports/new", {"brand": str(brand_id(app)), "text": "\n".join(lines)})
    with app.app_context():
        worker.work(rows.one(ImportBatch).id)

    page = ayse.opens(f"/dashboard/imports/{rows.one(ImportBatch).id}").text

    assert "<strong>B · Üye</strong>: ilk satırlarda 10 hücre evet ya da hayır" in page
    assert page.count("evet: ret</span>") == 1  # Of the column of those who want no SMS.


def test_who_may_only_look_finds_nothing_to_press_and_no_address(app, in_state):
    addresses = [in_state(state) for state in (BatchState.READ, BatchState.DRY_RUN, BatchState.DONE)]
    with app.app_context():
        make.person(db.session.query(Provider).one(), "elif@example.com", Role.AUDITOR)
    auditor = signed_in(app, "elif@example.com")
    addresses.append(addresses[1] + "/lines/email_turkish_letter")

    pages = [auditor.opens(address) for address in addresses]

    assert {page.status_code for page in pages} == {200}
    assert [page for page in pages if 'action="/dashboard/imports' in page.text or "/undo" in page.text] == []
    assert auditor.opens("/dashboard/imports/new").status_code == 403
    assert "ayşe@example.com" not in pages[-1].text
