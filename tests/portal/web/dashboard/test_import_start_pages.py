"""The start of a file of consents and what follows: what waits for a person's word, acts in each state, results."""

import re
from dataclasses import replace
from datetime import timedelta

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
    Decision,
    ImportBatch,
    ImportChunk,
    Outcome,
    Provider,
)
from portal.services.imports import batches, worker
from portal.services.imports.store import layout_of
from tests import make
from tests.portal.web.dashboard import import_batches
from tests.portal.web.dashboard.import_batches import brand_id

pytestmark = [pytest.mark.slow, pytest.mark.alike]

GRANTED, REFUSED = Status.GRANTED, Status.REFUSED


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


@pytest.mark.parametrize("has_refusals", [True, False])
def test_a_first_file_waits_for_a_yes_to_its_dates_and_its_refusals_do_not(app, ayse, rows, has_refusals):
    date = clock.istanbul(clock.now()).strftime("%d.%m.%Y %H:%M")
    lines = [f"0532 123 4{number} 67;ONAY;HS_WEB;{date};Form;BIREYSEL" for number in range(10)]
    lines += [f"0532 123 50 67;RET;HS_WEB;{date};Form;BIREYSEL"] * has_refusals
    with app.app_context():
        db.session.execute(db.update(Brand).values(is_sandbox=False))
        db.session.commit()
    bring_as_texting(app, ayse, rows, "\n".join(["Telefon;Durum;Kaynak;Tarih;Dayanak;Alıcı tipi", *lines]))
    address = f"/dashboard/imports/{work(app, rows)}"

    page = ayse.opens(address).text
    assert "ilk kez gelen 10 yeni tarihli onay" in page and 'name="unread"' not in page
    ayse.posts(f"{address}/run", seen_on(page))
    if has_refusals:
        work(app, rows)
        print([(d.channel, d.recipient_type, d.status, d.source) for d in rows(Decision)])
        assert rows.one(ImportBatch).tally == {"first_refusal": 2, "grant_left_out": 10}
        assert "10 onay bekliyor, çünkü ilk kez gelen onayların yazılan tarihlerde" in ayse.opens(address).text
        return
    assert rows.one(ImportBatch).state == BatchState.DRY_RUN
    page = ayse.opens(address).text
    assert "Aktarım başlamadı: ilk kez gelen onayların" in page and 'name="first_grants"' in page
    ayse.posts(f"{address}/run", {"first_grants": "yes"} | seen_on(page))
    begun = rows.one(ImportBatch)
    assert begun.state == BatchState.RUNNING and begun.first_grants_confirmed_at == begun.started_at
    assert rows.one(AuditEntry, AuditEntry.act == "import.begun").facts["first_grants"] == 10


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
    lines = [f"0532 123 45 67;ONAY;HS_WEB;{day};Form;{cell}", f"0534 345 67 89;ONAY;HS_WEB;{day};Form;"]
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

    assert says in page and 'name="unread"' in page and "Yalnız retleri aktar" not in page
    assert waiting.state == stale.state == BatchState.DRY_RUN and "Aktarım başlamadı: anlaşılmayanlarda" in said
    assert begun.state == BatchState.RUNNING and not begun.only_refusals
    assert rows.one(AuditEntry, AuditEntry.act == "import.begun").facts["unread"] == ["F"]


def test_refusals_beside_grants_that_wait_are_taken_and_said(app, ayse, rows):
    day = clock.istanbul(clock.now()).strftime("%d.%m.%Y")
    lines = [f"0532 123 45 67;ONAY;HS_WEB;{day};Form;bkz. liste", f"0533 234 56 78;RET;HS_WEB;{day};Form;"]
    bring_as_texting(app, ayse, rows, "\n".join(("Telefon;Durum;Kaynak;İzin tarihi;Dayanak;Bilgi", *lines)))
    address = f"/dashboard/imports/{work(app, rows)}"

    page = ayse.opens(address).text
    ayse.posts(f"{address}/run", seen_on(page))
    work(app, rows)

    assert 'name="unread" value="yes" required' in page
    said = re.search(r"\d ret kaydedildi;.*", ayse.opens(address).text)
    assert said and said[0].startswith("2 ret kaydedildi; 1 onay bekliyor, çünkü dosyada anlaşılmayan")
    assert {each.status for each in rows(Decision)} == {"RET"}


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
    alone = in_state(BatchState.DRY_RUN, new_addresses=5000, results={(2, 0): "grant"})
    address = in_state(BatchState.DRY_RUN, new_addresses=5000)
    with_no_room(ayse)

    page = ayse.posts(f"{alone}/run")
    ayse.posts(f"{address}/run")

    assert page.status_code == 422 and "yer yok" in page.text
    waiting, begun = rows(ImportBatch)
    assert (waiting.state, waiting.only_refusals) == (BatchState.DRY_RUN, False)
    assert (begun.state, begun.only_refusals, begun.problem) == (BatchState.RUNNING, True, "no_room")


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
