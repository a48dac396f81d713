"""The pages of a file of consents, in each of its states."""

import io
import re
from dataclasses import replace
from datetime import timedelta

import openpyxl
import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Status
from portal.core.models import (
    AudienceEntry,
    AuditEntry,
    BatchState,
    Brand,
    Campaign,
    ImportBatch,
    ImportChunk,
    Outcome,
    Provider,
    Role,
    UploadPart,
)
from portal.services.imports import batches, worker
from portal.services.imports.layout import Field, Fix
from portal.services.imports.store import layout_of
from portal.web.shared.column_layout_form import word_field_name
from tests import make
from tests.portal.web.dashboard import import_batches
from tests.portal.web.dashboard.staff import signed_in

pytestmark = [pytest.mark.slow, pytest.mark.alike]

GRANTED, REFUSED = Status.GRANTED, Status.REFUSED
CHOSEN = {
    "drawn": "0", "column_0": "phone", "column_1": "email", "column_2": "status", "column_3": "date",
    "day_first": "day", "channels": ["MESAJ", "EPOSTA"], "source": "HS_WEB", "origin": "Üyelik formları",
    "recipient_type": "BIREYSEL", "status": "", "contact": "", "name": "",
}  # fmt: skip


@pytest.fixture
def in_state(app):
    """Makes a file in a state; its address."""

    def made(state: BatchState, **facts) -> str:
        with app.app_context():
            return f"/dashboard/imports/{import_batches.make_batch(state, **facts).id}"

    return made


@pytest.fixture
def ayse(app):
    with app.app_context():
        make.brand()
    return signed_in(app)


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


def test_it_is_brought_on_ones_word(ayse, in_state, rows):
    answer = ayse.posts(in_state(BatchState.DRY_RUN) + "/run")

    assert answer.status_code == 303
    assert rows.one(ImportBatch).state == BatchState.RUNNING


def test_a_page_of_an_older_dry_run_starts_nothing(app, ayse, in_state, rows):
    """Its reader saw other numbers: a colleague chose another layout meanwhile."""
    address = in_state(BatchState.DRY_RUN, dry_run_at=clock.now() - timedelta(minutes=2))
    older = seen_on(ayse.opens(address).text)
    with app.app_context():
        db.session.query(ImportBatch).update({"dry_run_at": clock.now()})
        db.session.commit()

    for posted in (older, older | {"only": "refusals"}, {}):
        assert ayse.posts(f"{address}/run", posted).status_code == 303
        assert rows.one(ImportBatch).state == BatchState.DRY_RUN
        assert "bir şey yapılmadı" in ayse.opens(address).text

    ayse.posts(f"{address}/run", seen_on(ayse.opens(address).text))
    assert rows.one(ImportBatch).state == BatchState.RUNNING


def seen_on(page: str) -> dict[str, str]:
    """What the page's forms say of the dry run that they show."""
    return {"seen": re.search(r'name="seen" value="([^"]*)"', page)[1]}


def bring_as_texting(app, ayse, rows, text: str) -> None:
    """Paste a table and map it, its consents being for SMS."""
    ayse.posts("/dashboard/imports/new", {"brand": str(brand_id(app)), "text": text})
    with app.app_context():
        batch = db.session.get(ImportBatch, work(app, rows))
        layout = replace(layout_of(vault(), batch), channels=(Channel.SMS,))
        batches.set_layout(db.session, vault(), batch, layout, clock.now())
        db.session.commit()


def test_grants_from_before_2015_wait_for_an_explicit_yes(app, ayse, rows):
    text = "Telefon;Durum;Kaynak;Dayanak\n0532 123 45 67;ONAY;HS_2015;Sözleşme"
    bring_as_texting(app, ayse, rows, text)
    address = f"/dashboard/imports/{work(app, rows)}"

    page = ayse.opens(address).text
    refused = ayse.posts(f"{address}/run", seen_on(page))
    waiting = rows.one(ImportBatch)
    ayse.posts(f"{address}/run", {"before_2015": "yes"} | seen_on(page))
    begun = rows.one(ImportBatch)

    assert "HS_2015 kaynaklı 1 onay" in page and "6563 sayılı Kanun" in page and 'name="before_2015"' in page
    assert refused.status_code == 303
    assert (waiting.state, waiting.before_2015_confirmed_at) == (BatchState.DRY_RUN, None)
    assert begun.state == BatchState.RUNNING and begun.before_2015_confirmed_at == begun.started_at
    assert rows.one(AuditEntry, AuditEntry.act == "import.begun").facts["before_2015"] == 1


def test_grants_after_a_persons_own_refusal_are_named_and_wait_for_a_tick(app, ayse, rows):
    fatma = make.Person(app.test_client(), make.codes(app, make.PHONE)[make.PHONE])
    with time_machine.travel(clock.now() - timedelta(hours=1)):
        fatma.decides(MESAJ="RET")
    date = clock.istanbul(clock.now()).strftime("%d.%m.%Y %H:%M:%S")
    bring_as_texting(app, ayse, rows, f"Telefon;Durum;Kaynak;Tarih;Dayanak\n{make.PHONE};ONAY;HS_WEB;{date};Form")
    address = f"/dashboard/imports/{work(app, rows)}"

    page = ayse.opens(address).text
    ayse.posts(f"{address}/run", {"after_refusal": "yes"} | seen_on(page))

    assert "Kişi bu tarihten önce kendisi reddetti." in page and "yeni görünen 1 onay var" in page
    assert 'name="after_refusal"' in page and "İYS'nin vereceği kod" not in page
    begun = rows.one(ImportBatch)
    assert begun.state == BatchState.RUNNING and begun.after_refusal_confirmed_at == begun.started_at
    assert rows.one(AuditEntry, AuditEntry.act == "import.begun").facts["after_refusal"] == 1


@pytest.mark.parametrize(
    ("name", "cell", "says"),
    [
        ("Not", "bir daha aramayın", "1 hücrede ret yazıyor"),
        ("Bitiş tarihi", "20.11.2026", "1 tarih; ayrılma tarihi olabilir"),
        ("Telefon 2", "0533 111 22 33", "1 adres; satırın reddi bunlara yazılmaz"),
        ("Üye mi", "E", "1 hücre evet ya da hayır"),
    ],
)
def test_grants_beside_what_may_refuse_wait_for_an_explicit_yes_and_refusals_do_not(
    app, ayse, rows, name, cell, says
):  # fmt: skip
    day = clock.istanbul(clock.now()).strftime("%d.%m.%Y")
    lines = [f"0532 123 45 67;ONAY;HS_WEB;{day};Form;{cell}", f"0533 234 56 78;RET;HS_WEB;{day};Form;"]
    lines.append(f"0534 345 67 89;ONAY;HS_WEB;{day};Form;")
    bring_as_texting(app, ayse, rows, "\n".join((f"Telefon;Durum;Kaynak;İzin tarihi;Dayanak;{name}", *lines)))
    address = f"/dashboard/imports/{work(app, rows)}"

    page = ayse.opens(address).text
    ayse.posts(f"{address}/run", seen_on(page))
    waiting = rows.one(ImportBatch)
    said = ayse.opens(address).text
    ayse.posts(f"{address}/run", {"unread": "yes", "seen": "2026-01-01 00:00:00"})
    stale = rows.one(ImportBatch)
    ayse.posts(f"{address}/run", {"unread": "yes"} | seen_on(page))
    begun = rows.one(ImportBatch)

    assert says in page and 'name="unread"' in page and "Yalnız retleri aktar" in page
    assert waiting.state == stale.state == BatchState.DRY_RUN and "Aktarım başlamadı: anlaşılmayanlarda" in said
    assert begun.state == BatchState.RUNNING and not begun.only_refusals
    assert rows.one(AuditEntry, AuditEntry.act == "import.begun").facts["unread"] == ["F"]


def test_refusals_of_a_file_that_may_hold_more_of_them_need_no_word(app, ayse, rows):
    text = "Telefon;Durum;İzin tarihi;Kaynak;Not\n0532 123 45 67;RET;20.11.2026;HS_WEB;SMS istemiyor"
    bring_as_texting(app, ayse, rows, text)
    address = f"/dashboard/imports/{work(app, rows)}"

    ayse.posts(f"{address}/run", {"only": "refusals"} | seen_on(ayse.opens(address).text))

    assert rows.one(ImportBatch).state == BatchState.RUNNING and rows.one(ImportBatch).only_refusals


def test_a_merchants_old_grants_are_said_to_be_in_doubt_beforehand(app, ayse, rows):
    lines = "".join(f"\n0532 123 45 6{number};ONAY;HS_WEB;01.06.2026;Sözleşme;TACIR" for number in range(3))
    text = "Telefon;Durum;Kaynak;Tarih;Dayanak;Alıcı tipi" + lines
    bring_as_texting(app, ayse, rows, text)

    page = ayse.opens(f"/dashboard/imports/{work(app, rows)}").text

    assert rows.one(ImportBatch).tally == {"late_merchant": 3}
    assert "3 tacir onayı" in page and "İYS kabul etmeyebilir (H467)" in page


def work(app, rows) -> int:
    with app.app_context():
        worker.work(rows.one(ImportBatch).id)
    return rows.one(ImportBatch).id


def test_without_room_the_refusals_may_still_come(ayse, in_state, rows):
    address = in_state(BatchState.DRY_RUN, new_addresses=5000)
    with_no_room(ayse)

    page = ayse.posts(f"{address}/run")
    ayse.posts(f"{address}/run", {"only": "refusals"})

    assert page.status_code == 422
    assert "Yalnız retleri aktar" in page.text
    assert rows.one(ImportBatch).only_refusals
    assert rows.one(ImportBatch).state == BatchState.RUNNING


@pytest.mark.parametrize(("model", "moment"), [(Provider, "suspended_at"), (Brand, "closed_at")])
def test_a_suspended_firm_and_a_passive_brand_bring_refusals(app, ayse, in_state, rows, model, moment):
    address = in_state(BatchState.DRY_RUN)
    with app.app_context():
        db.session.query(model).update({moment: clock.now()})
        db.session.commit()

    table = {"brand": str(brand_id(app)), "text": "Telefon;Durum\n0532 123 45 67;RET"}
    assert ayse.posts("/dashboard/imports/new", table).status_code == 303 and rows.count(ImportBatch) == 2
    page = ayse.opens(address).text
    assert "yalnız retler aktarılır" in page and ">Aktar<" not in page
    ayse.posts(f"{address}/run", {"only": "refusals"})
    assert rows(ImportBatch)[0].only_refusals and rows(ImportBatch)[0].state == BatchState.RUNNING


def test_a_file_beyond_the_package_tells_its_cost_before_it_starts(ayse, in_state):
    small, large = in_state(BatchState.DRY_RUN, new_addresses=10), in_state(BatchState.DRY_RUN, new_addresses=6000)

    page = ayse.opens(large).text

    assert "Bu dosyayla adresleriniz 6.000 olur" in page and "İLETİ 25" in page and "490 TL + KDV / yıl" in page
    assert "İLETİ 5<" in ayse.opens(small).text  # There is no package yet.
    with_no_room(ayse)
    assert "Denemede bu kadar adrese yer yok" in ayse.opens(large).text
    assert "Denemede" not in ayse.opens(small).text


def with_no_room(staff) -> None:
    """Practising, a provider has room for a thousand addresses."""
    with staff.browser.application.app_context():
        for provider in db.session.query(Provider):
            provider.admitted_at = None
        db.session.commit()


@pytest.mark.parametrize(
    ("state", "act", "then"),
    [
        (BatchState.RUNNING, "stop", BatchState.STOPPED),
        (BatchState.STOPPED, "continue", BatchState.RUNNING),
        (BatchState.DRY_RUN, "drop", BatchState.DROPPED),
        (BatchState.DONE, "undo", BatchState.UNDOING),
        (BatchState.DONE, "stop", BatchState.DONE),
        (BatchState.RUNNING, "drop", BatchState.RUNNING),
    ],
)
def test_an_act_leads_on_or_is_too_late(ayse, in_state, rows, state, act, then):
    address = in_state(state)

    answer = ayse.posts(f"{address}/{act}")

    assert (answer.status_code, answer.location) == (303, address)
    assert rows.one(ImportBatch).state == then
    assert ("son durumu aşağıda" in ayse.opens(address).text.lower()) == (state == then)


def test_dropping_takes_the_lines_along(ayse, in_state, rows):
    address = in_state(BatchState.READ)

    asked = ayse.opens(f"{address}/drop").text
    ayse.posts(f"{address}/drop")

    assert "geri gelmemek üzere silinir" in asked
    assert rows.count(ImportChunk) == 0


def test_the_piles_tell_how_it_stands_and_add_up(app, ayse, rows):
    address = brought(app)

    page = ayse.opens(address).text
    refused = ayse.opens(f"{address}/piles/refused").text

    assert "Dosyadaki 5 kaydın her biri" in page
    assert "H120" not in page
    assert "H120" in refused
    assert "0533 765 43 21" in refused
    assert "+90 5•• ••• •• 21" in refused or "•" in refused


def test_undo_says_how_much_can_still_be_taken_back(app, ayse):
    page = ayse.opens(brought(app) + "/undo").text

    assert "2 kaydın İYS'ye gönderimi henüz başlamadı" in page
    assert "1 kaydın gönderimi başladı ya da bitti" in page


def brought(app) -> str:
    """A file that was brought: a grant that waits, a refusal that İYS did not take, a grant that came too late."""
    with app.app_context():
        made = import_batches.make_batch(BatchState.DONE)
        import_batches.make_decision(made, 2, "0532 123 45 67", GRANTED, outcome=Outcome.WAITING)
        import_batches.make_decision(made, 3, "0533 765 43 21", REFUSED, outcome=Outcome.PARKED, code="H120")
        import_batches.make_decision(made, 6, "0532 444 55 66", GRANTED, is_current=False)
        return f"/dashboard/imports/{made.id}"


def test_who_granted_too_late_may_be_asked_where_a_contact_is_on_record(app, ayse, rows):
    address = brought(app)
    page = ayse.opens(f"{address}/campaign").text

    without = ayse.posts(f"{address}/campaign", campaign_form(app))
    answer = ayse.posts(
        f"{address}/campaign", campaign_form(app) | {"contact_date": clock.day(clock.now()).isoformat()}
    )

    assert "1 adrese sorar" in page
    assert without.status_code == 422
    assert answer.status_code == 303
    assert rows.one(Campaign).contact_kind == "purchase"
    assert rows.one(AudienceEntry).channels == "MESAJ"


def campaign_form(app) -> dict:
    text = {"title_tr": "Size yazalım mı?", "body_tr": "Neden?", "title_en": "May we?", "body_en": "Why?"}
    return text | {
        "brand": brand_id(app), "name": "Geç kalanlar", "kind": "ask", "channels": ["MESAJ"],
        "notice_url": make.NOTICE, "contact_kind": "purchase", "contact_date": "", "expires_days": "30",
        "delivery": "csv",
    }  # fmt: skip


def test_nobody_is_asked_where_nobody_granted_too_late(ayse, in_state):
    page = ayse.opens(in_state(BatchState.DONE) + "/campaign")

    assert page.status_code == 200
    assert "sorulabilecek kimse yok" in page.text


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


def brand_id(app) -> int:
    with app.app_context():
        return make.brand().id
