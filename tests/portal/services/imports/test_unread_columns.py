"""Refusals in columns that are not read: notes hold the grants of their line back, other columns are red."""

from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest

from portal.core.iys_protocol import Channel, Source
from portal.domain.consents.bulk_import import Entry
from portal.services.imports.layout import Field, Layout
from portal.services.imports.row_parser import RowParser
from portal.services.imports.row_results import SLOTS
from portal.services.imports.unused_columns import CellCounter, unused_columns

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FACTS = {"source": Source.WEB, "date": NOW - timedelta(days=1), "channels": ()}
PHONE = "0532 123 45 67"


def results_of(header, cells, channels=(), **columns):
    facts = FACTS | {"channels": channels}
    layout = Layout(columns={Field(name): place for name, place in columns.items()}, origin="form", **facts)
    found = RowParser(layout, at=NOW, header_line=1, header=header).parse((2, cells))
    return {SLOTS[slot]: str(what.status if isinstance(what, Entry) else what) for slot, what in found}


@pytest.mark.parametrize("note", ["bir daha aramayın", "RET", "unsubscribed by phone"])
def test_a_note_that_refuses_holds_the_grants_of_its_line_back_and_no_refusal(note):
    header, columns = ["CEP", "SMS", "Arama", "Açıklama"], {"phone": 0, "status_sms": 1, "status_call": 2}

    assert results_of(header, [PHONE, "E", "H", note], **columns) == {
        Channel.SMS: "refused_beside", Channel.CALL: "RET",
    }  # fmt: skip
    assert results_of(header, [PHONE, "E", "H", "zili çalmasın"], **columns) == {
        Channel.SMS: "ONAY", Channel.CALL: "RET",
    }  # fmt: skip


def test_a_proof_that_refuses_counts_as_a_note_and_a_name_or_what_we_wrote_does_not():
    columns = {"phone": 0, "status_sms": 1}
    note = "SMS istemiyor"

    for kept in ("origin", "contact"):
        assert results_of(["CEP", "SMS", "X"], [PHONE, "E", note], **columns, **{kept: 2}) == {
            Channel.SMS: "refused_beside"
        }  # fmt: skip
    assert results_of(["CEP", "SMS", "Ad"], [PHONE, "E", "Ece Ret"], **columns, name=2) == {Channel.SMS: "ONAY"}
    assert results_of(["CEP", "SMS", "Sorun"], [PHONE, "E", note], **columns) == {Channel.SMS: "refused_beside"}
    assert results_of(["CEP", "SMS"], [PHONE, "E", "", note], **columns) == {Channel.SMS: "refused_beside"}


@pytest.mark.parametrize(
    ("field", "cell", "harmless"),
    [
        ("name", "Ayşe Yılmaz (RET)", "Ayşe Yılmaz (Kadıköy)"),
        ("name", "Can Er - SMS İSTEMİYOR", "Can Er - Korkmaz"),
        ("email", "RET - Ayşe <kisi142@example.com>", "Ayşe Durmaz <kisi142@example.com>"),
        ("email", "(Kadıköy) Can <kisi143@example.com>", "kisi143@example.com"),
        ("date", "23 Kasım 2026 (iptal etti)", "23 Kasım 2026 (Pazartesi)"),
        ("date", "23 Kasım 2026 (ayrılmış)", "Mon Nov 23 2026 10:00:00 GMT+0300 (GMT+03:00)"),
    ],
)
def test_words_of_refusing_beside_what_a_cell_is_read_for_hold_the_grant_back(field, cell, harmless):
    """Not the line's refusal."""
    first = "email" if field == "email" else "phone"
    columns = {first: 0, "status": 1} | ({} if field == first else {field: 2})

    def status(text, said):
        cells = [text, said] if field == first else [PHONE, said, text]
        found = results_of(["A", "Durum", "B"], cells, channels=tuple(Channel), **columns)
        return found[Channel.EMAIL if first == "email" else Channel.SMS]

    assert [status(cell, "ONAY"), status(harmless, "ONAY"), status(cell, "RET")] == ["refused_beside", "ONAY", "RET"]


def test_a_column_of_names_that_refuse_is_named():
    names = ["Ayşe Yılmaz (RET)", *["Ece Ret"] * 9]

    column = column_of("Ad", *names, field=Field.NAME)
    assert (column.refusals, column.strange) == (1, 10)
    assert column_of("Ad", "Ece Yılmaz", "Can Korkmaz", field=Field.NAME) is None


def column_of(name: str, *cells: str, field: Field | None = None):
    """The one column beside the telephone, as it is named."""
    layout = Layout({Field.PHONE: 0} | ({field: 1} if field else {}), **FACTS)
    counter = CellCounter(layout, ["CEP", name])
    counter.add([(number, [PHONE, cell]) for number, cell in enumerate(cells, 2)])
    return next(iter(unused_columns(counter.counts(), layout, ["CEP", name])), None)


@pytest.mark.parametrize("field", [None, Field.ORIGIN])
def test_a_column_with_a_few_notes_that_refuse_is_named_with_their_number(field):
    column = column_of("Not", *["iyi müşteri"] * 40, "bir daha aramayın", "istemiyor", field=field)

    assert (column.may_refuse, column.filled, column.refusals) == (True, 42, 2)
    assert column_of("Not", *["iyi müşteri"] * 40, field=field).refusals == 0
    assert column_of("Not", *["üyelik formu", "A-12"] * 20, field=Field.ORIGIN) is None


@pytest.mark.parametrize(
    "name",
    [
        "Ayrılma tarihi",
        "Left at",
        "Bitiş tarihi",
        "Pasife alınma",
        "Üyelik bitiş tarihi",
        "Üyelik son tarihi",
        "İzin vade tarihi",
        "",
        "X",
    ],
)
def test_dates_of_nobody_knows_what_may_be_those_of_leaving(name):
    assert column_of(name, "20.11.2026", "", "2026-11-21 10:00:00", "ara").may_refuse


@pytest.mark.parametrize(
    "name",
    ["Doğum tarihi", "Kayıt Tarihi", "Son sipariş tarihi", "created_at", "Last login", "Üyelik tarihi", "Fatura Tarihi",
     "SMS izin tarihi", "İlk alışveriş", "updatedAt"],
)  # fmt: skip
def test_dates_of_a_known_kind_are_none_of_leaving(name):
    assert not column_of(name, "20.11.2026", "21.11.2026").may_refuse


@pytest.mark.parametrize("name", ["State", "Contact state", "Lead"])
def test_states_are_no_names_of_places_or_people(name):
    assert column_of(name, "Engaged", "Quarantined", "Disqualified").may_refuse


@pytest.mark.parametrize(
    ("name", "cells"),
    [("Telefon 2", ["0533 111 22 33", ""]), ("Diğer e-posta", ["a@example.com"]), ("X", ["905321234567", "yok"])],
)
def test_a_refusal_does_not_reach_the_second_address_of_its_line(name, cells):
    column = column_of(name, *cells)

    assert column.may_refuse and column.holds_addresses
    assert not column_of("Müşteri no", "12345678901", "1002345678", "8690123456789").may_refuse


@pytest.mark.parametrize("cells", [['{"sms":false,"call":true}', ""], ["sms=0;arama=1", "SMS:H Arama:E", "x"]])
def test_a_column_of_yes_and_no_by_channel_as_text_is_red(cells):
    assert column_of("Tercihler", *cells).may_refuse
    assert not column_of("Tercihler", "renk=0", "beden: M", "Tel: 5321112233").statuses


SIGNS = r"❌ ✗ ⛔ ☒ × † ¬ 👎 ∅ ? * ~ ^ | \ - – __ // ## ̸ ⃠ (-) (?) [] <>"
HARMLESS = """
Cinsiyet:E Cinsiyet:Kadın Gender:F Dil:tr Dil:Türkçe Language:en Locale:tr_TR Doğum\u00a0tarihi:12.03.1980 Saat:10.00
Sipariş\u00a0tarihi:27.11.2026 Müşteri\u00a0no:K-1042 Tutar:120,50 Adres:Gül\u00a0Sok.\u00a03 Şehir:Ankara Şube:Kızılay
Meslek:Öğretmen name:Ayşe\u00a0Yılmaz name:üyelik origin:F-12 origin:üyelik\u00a0formu contact:Alışveriş
contact:mağaza\u00a0ziyareti contact:üyelik\u00a0formu time:10.00 Şehir:Bilinmiyor Cinsiyet:NULL Dil:boş Üye\u00a0no:n/a
Doğum\u00a0tarihi:0000-00-00 Doğum\u00a0tarihi:00.00.0000 Adres:belirtilmemiş name:None Tutar:#YOK
"""
ORDINARY = """
Cinsiyet:Bayan Cinsiyet:KADIN Cinsiyet:Erkek\u00a0 Cinsiyet:K Cinsiyet:E. Dil:tr-TR Dil:en-US Dil:İNGİLİZCE
Dil:ingi̇li̇zce Dil:TÜRKÇE contact:Mağaza\u00a0\u00a0Ziyareti contact:STORE_VISIT contact:sign-up contact:Üye\u00a0oldu.
contact:web\u00a0form\u00a0(fuar) Tutar:-120,50 Sipariş\u00a0no:#1042 Cinsiyet:(E) Cinsiyet:'E Cinsiyet:Erkek\u200b
Dil:tr/TR Cinsiyet:Kadın, contact:\u200eAlışveriş Adres:Gül\u00a0Sok.\u00a0No\u00a03\u00a0D/- Şehir:[boş] Şehir:(null)
Üye\u00a0no:A-100 Üye\u00a0no:10 Doğum\u00a0tarihi:1900-01-01T00.00.00 origin:Üyelik\u00a0formu,
"""


def cells_of(text):
    """By a column's name, or by the field that it is read for: a cell."""
    cells = [each.replace("\u00a0", " ").split(":") for each in text.strip("\n").replace("\n", " ").split(" ")]
    return [(name, Field(name) if name.islower() else None, cell) for name, cell in cells]


def test_a_sign_before_or_behind_what_a_column_holds_makes_it_something_else():
    """In a column of whatever kind, however well the word beside it is known; an amount may be below zero."""
    understood = {}
    for name, field, cell in cells_of(HARMLESS):
        signed = [(f"{sign}{cell}", f"{sign} {cell}", f"{cell}{sign}", f"{cell} {sign}") for sign in SIGNS.split(" ")]
        column = column_of(name, *chain.from_iterable(signed), field=field)
        understood[name, cell] = (column.filled - column.strange) if column else len(signed)

    assert {each: count for each, count in understood.items() if count} == {("Tutar", "120,50"): 2}


@pytest.mark.parametrize("cell", ["TR NO", "en no", "TR RE"])
def test_behind_a_language_stands_only_a_region(cell):
    assert column_of("Dil", cell).strange


def test_no_spelling_of_what_a_column_holds_is_strange():
    columns = {
        (name, cell): column_of(name, cell, field=field) for name, field, cell in cells_of(HARMLESS + ORDINARY.lstrip())
    }

    assert [each for each, column in columns.items() if column and column.strange] == []
