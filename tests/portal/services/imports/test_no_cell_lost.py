"""A yes or no in a file is an entry, a problem, or stands in a column that is named as unused."""

import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.iys_protocol import Channel, Source, Status
from portal.domain.consents.bulk_import import Entry
from portal.services.imports.layout import Field, Layout, guess
from portal.services.imports.layout.layout import STATUS_FIELDS
from portal.services.imports.row_parser import RowParser
from portal.services.imports.row_results import SLOTS
from portal.services.imports.unknown_words import unknown_words
from portal.services.imports.unused_columns import CellCounter, unused_columns
from tests.examples import some

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FACTS = {"source": Source.WEB, "date": NOW - timedelta(days=1), "origin": "form"}
ALL = tuple(Channel)

CHANNEL_WORDS = ("", "SMS", "Mesaj", "ARAMA", "Telefon", "Mail", "E-Posta", "E-BÜLTEN", "SMS ve Arama", "call", "email")
CONSENT_WORDS = (
    "", "izni", "ONAY", "almak istiyor", "Alsın", "gönderilsin", "consent", "opt-out", "istemiyor", "Ret", "istemem",
    "vermiyor", "geri alındı", "yok", "gönderme", "iptal edilmedi",
)  # fmt: skip
STRANGE_WORDS = ("", "off ", "eski ", "düştü ", "quit ", "ten ", "🚫 ")
QUESTIONS = ("", " (E/H)", " mı?", " var mı", " DURUMU", "_1", " 2")
HEADERS = st.builds(
    lambda strange, channel, consent, question: f"{strange}{channel} {consent}{question}".strip(),
    st.sampled_from(STRANGE_WORDS) | st.text("abcçeğhiıklmnoöprsştuüvyz", min_size=3, max_size=9).map("{} ".format),
    *map(st.sampled_from, (CHANNEL_WORDS, CONSENT_WORDS, QUESTIONS)),
) | st.sampled_from(["Onaylı", "Aransın mı", "Kampanya?", "Sütun 7", "KVKK Onayı", "Ad", "Form No", "İlk temas"])
CELLS = st.sampled_from(["E", "H", "evet", "HAYIR", "1", "0", "ONAY", "RET", "", "-"])
PHONES = st.sampled_from(["0532 123 45 67", "0212 555 11 22", "0532 12", ""])
MAILS = st.sampled_from(["ayse@example.com", "ayşe@example.com", ""])
YES_NO = {"E", "H", "evet", "HAYIR", "1", "0", "ONAY", "RET"}


@st.composite
def tables(draw):
    """(header, lines): telephone or e-mail or both, then columns of yes and no."""
    addresses = draw(st.sampled_from([("CEP",), ("MAIL",), ("CEP", "MAIL")]))
    headers = draw(st.lists(HEADERS, min_size=1, max_size=6))
    of_address = [PHONES if name == "CEP" else MAILS for name in addresses]
    line = st.tuples(*of_address, *[CELLS] * len(headers)).map(list)
    return [*addresses, *headers], list(enumerate(draw(st.lists(line, min_size=1, max_size=8)), 2))


@st.composite
def read_tables(draw):
    """A table with its guessed layout, or with one that a person has chosen."""
    header, lines = draw(tables())
    layout = guess(header, lines)
    if draw(st.booleans()):
        addresses = {Field.PHONE if name == "CEP" else Field.EMAIL: place for place, name in enumerate(header[:2])
                     if name in ("CEP", "MAIL")}  # fmt: skip
        places = st.sampled_from(range(len(addresses), len(header)))
        marks = draw(st.dictionaries(st.sampled_from([*STATUS_FIELDS.values(), Field.STATUS]), places))
        marks = {field: place for place, field in {place: field for field, place in marks.items()}.items()}
        layout = Layout(columns=addresses | marks, channels=tuple(draw(st.sets(st.sampled_from(ALL)))))
    return header, lines, Layout(columns=layout.columns, channels=layout.channels, **FACTS)


@pytest.mark.slow
@pytest.mark.generated
@given(read_tables())
@settings(max_examples=some(300))
def test_each_yes_and_no_is_counted_named_or_a_problem(table):
    header, lines, layout = table
    parser, counter = RowParser(layout, at=NOW, header_line=1, header=header), CellCounter(layout, header)
    counter.add(lines)
    unused = unused_columns(counter.counts(), layout, header)
    passed_over = {each.place for each in unused}
    results = {number: dict(parser.parse((number, cells))) for number, cells in lines}

    answered = 0
    for number, cells in lines:
        said = {place for place, cell in enumerate(cells) if cell in YES_NO}
        for channel, field in STATUS_FIELDS.items():
            if layout.columns.get(field) in said:
                answered += SLOTS.index(channel) in results[number]
        answered += layout.columns.get(Field.STATUS) in said and bool(results[number])

    assert answered + sum(each.statuses for each in unused) == sum(cell in YES_NO for _, row in lines for cell in row)
    assert passed_over <= set(range(len(header))) - {layout.columns.get(field) for field in STATUS_FIELDS.values()}


@given(st.permutations(SLOTS), st.sets(st.sampled_from(ALL)))
@settings(max_examples=60)
def test_a_mapped_column_refuses_whatever_channels_are_ticked(order, ticked):
    header = ["CEP", "MAIL", *order]
    columns = {Field.PHONE: 0, Field.EMAIL: 1} | {STATUS_FIELDS[each]: place for place, each in enumerate(order, 2)}
    layout = Layout(columns=columns, channels=tuple(ticked), **FACTS)

    found = RowParser(layout, at=NOW, header_line=1, header=header).parse(
        (2, ["0532 123 45 67", "ayse@example.com", "H", "H", "H"])
    )

    assert [entry.status for _, entry in found if isinstance(entry, Entry)] == [Status.REFUSED] * 3


def parsed(header, cells, **columns):
    layout = Layout(columns={Field(name): place for name, place in columns.items()}, channels=(), **FACTS)
    found = RowParser(layout, at=NOW, header_line=1, header=header).parse((2, cells))
    return {SLOTS[slot]: str(what.status if isinstance(what, Entry) else what) for slot, what in found}


def test_a_status_without_an_address_column_is_a_problem_and_without_an_address_a_skip():
    header, cells = ["CEP", "MAIL", "E-posta izni"], ["0532 123 45 67", "", "H"]

    assert parsed(header, cells, phone=0, status_email=2) == {Channel.EMAIL: "address_missing"}
    assert parsed(header, cells, phone=0, email=1, status_email=2) == {Channel.EMAIL: "no_address"}


@pytest.mark.parametrize("name", ["SMS istemiyor", "SMS Opt Out", "SMS gönderilmesin", "SMS reddi", "unsubscribed_sms"])
def test_yes_under_a_name_that_refuses_is_a_refusal_and_no_is_no_consent(name):
    def says(cell):
        return parsed(["CEP", name], ["0532 123 45 67", cell], phone=0, status_sms=1)

    assert says("E") == says("TRUE") == says("RET") == {Channel.SMS: "RET"}
    assert says("H") == says("0") == {Channel.SMS: "not_refused"}
    assert says("Onaylandı") == says("Approved") == says("Alındı") == {Channel.SMS: "status_unknown"}


def test_a_word_of_agreement_under_a_name_that_refuses_is_explained_by_a_person():
    header, line = ["CEP", "SMS iptal talebi"], (2, ["0532 123 45 67", "Onaylandı"])
    columns = {Field.PHONE: 0, Field.STATUS_SMS: 1}
    asked = RowParser(Layout(columns=columns, channels=(), **FACTS), at=NOW, header_line=1, header=header)
    said = Layout(columns=columns, channels=(), words={"status": {"sms iptal talebi: onaylandı": "RET"}}, **FACTS)
    told = RowParser(said, at=NOW, header_line=1, header=header)

    assert unknown_words([line], asked) == {"status": {"SMS iptal talebi: Onaylandı": 1}}
    assert unknown_words([line], told) == {}
    assert [entry.status for _, entry in told.parse(line)] == [Status.REFUSED]


@pytest.mark.parametrize("sign", ["✗", "✘", "❌", "✖️", "☐", "☒", "-", "–", "👎"])
def test_a_sign_in_a_column_of_yes_and_no_is_explained_by_a_person(sign):
    header, line = ["CEP", "SMS", "Arama"], (2, ["0532 123 45 67", sign, "✔️"])
    columns = {Field.PHONE: 0, Field.STATUS_SMS: 1, Field.STATUS_CALL: 2}
    parser = RowParser(Layout(columns=columns, channels=(), **FACTS), at=NOW, header_line=1, header=header)

    assert parsed(header, line[1], phone=0, status_sms=1, status_call=2) == {
        Channel.SMS: "status_unknown", Channel.CALL: "status_unknown",
    }  # fmt: skip
    assert unknown_words([line], parser) == {"status": {sign: 1}}
    for meaning, becomes in (("RET", [Status.REFUSED, Status.GRANTED]), ("", [Status.GRANTED])):
        said = Layout(columns=columns, channels=(), words={"status": {sign: meaning}}, **FACTS)
        told = RowParser(said, at=NOW, header_line=1, header=header).parse(line)
        assert [entry.status for _, entry in told] == becomes


@pytest.mark.parametrize(
    "name", ["Ret tarihi", "Unsubscribed at", "İptal nedeni", "SMS gönderme", "Consent withdrawn on"]
)
def test_a_filled_column_under_a_name_that_refuses_may_hold_refusals(name):
    header, line = ["CEP", "SMS", name, "İl"], (2, ["0532 123 45 67", "E", "20.11.2026", "İzmir"])
    layout = Layout(columns={Field.PHONE: 0, Field.STATUS_SMS: 1}, channels=(), **FACTS)
    counter = CellCounter(layout, header)
    counter.add([line])

    unused = unused_columns(counter.counts(), layout, header)

    assert [(each.header, each.may_refuse) for each in unused] == [(name, True), ("İl", False)]


def test_refusals_without_an_address_are_counted_once_each_and_kept_small():
    """Whom a line names by name and number: a million such lines must not fill the memory."""
    layout = Layout(columns={Field.PHONE: 2, Field.STATUS: 3}, channels=ALL, **FACTS)
    counter = CellCounter(layout, ["Ad Soyad", "Müşteri no", "CEP", "Durum"])
    refusals = [(line, [f"Kişi {line % 100}", str(line % 100), "", "RET"]) for line in range(2, 1002)]
    counter.add(refusals[:100])  # Fills the caches of words.
    tracemalloc.start()
    counter.add(refusals[100:])
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    counter.add([(2000, ["Kişi 5", "5", "0532 123 45 67", "ONAY"]), (2001, ["Kişi 90", "", "0533 123 45 67", "ONAY"])])

    assert counter.counts()["addresses 0"][:5] == [20, 5, 90, 105, 190]
    assert kept < 100 * len(refusals)


def test_the_date_of_a_refusal_dates_no_grant():
    header, columns = ["CEP", "SMS", "Ret tarihi"], {"phone": 0, "status_sms": 1, "date": 2}

    assert parsed(header, ["0532 123 45 67", "E", "20.11.2026"], **columns) == {Channel.SMS: "date_missing"}
    assert parsed(header, ["0532 123 45 67", "E", ""], **columns) == {Channel.SMS: "ONAY"}
    assert parsed(header, ["0532 123 45 67", "H", "20.11.2026"], **columns) == {Channel.SMS: "RET"}


def test_the_letter_of_a_form_is_no_status():
    header, layout = (
        ["CEP", "Dayanak", "Aktif"],
        Layout(columns={Field.PHONE: 0, Field.ORIGIN: 1}, channels=(), **FACTS),
    )
    counter = CellCounter(layout, header)
    counter.add([(2, ["0532 123 45 67", "F", "F"]), (3, ["0533 123 45 67", "F", "E"])])

    found = unused_columns(counter.counts(), layout, header)
    assert [(each.header, each.statuses) for each in found] == [("Dayanak", 0), ("Aktif", 2)]


def test_a_refusal_of_the_whole_line_goes_before_a_channels_own_yes():
    cells = ["0532 123 45 67", "a@example.com", "E", "E", "RET"]
    columns = {"phone": 0, "email": 1, "status_sms": 2, "status_email": 3, "status": 4}

    assert parsed(["CEP", "MAIL", "SMS", "MAIL (E/H)", "Durum"], cells, **columns) == dict.fromkeys(ALL, "RET")
    assert parsed(["CEP", "MAIL", "SMS", "MAIL (E/H)", "SMS ve Arama izni"], cells, **columns) == {
        Channel.SMS: "RET", Channel.CALL: "RET", Channel.EMAIL: "ONAY",
    }  # fmt: skip
