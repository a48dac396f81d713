"""What a line says: entries that İYS's own rules take, or the word of what is wrong, each in its slot."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.clock import ISTANBUL
from portal.core.iys_protocol import Channel, RecipientType, Source, Status, freeze_payload, validate_consent
from portal.domain.consents.bulk_import import Entry
from portal.services.imports.layout import Field, Fix, Layout
from portal.services.imports.row_parser import RowParser
from portal.services.imports.row_results import BYTE_OF, SLOTS
from tests.examples import some

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SMS, CALL, EMAIL = 0, 1, 2
PHONE, LANDLINE, MAIL = "0532 123 45 67", "0212 555 11 22", "ayse@example.com"
GIVEN = {"status": Status.GRANTED, "source": Source.WEB, "date": NOW - timedelta(days=1), "origin": "form"}


def looked(cells, *, at=NOW, fixes=(), words=None, **said):
    """What comes of one line: {slot: word}, an entry shown as its status; `cells` is {field: text}."""
    layout = Layout(
        columns={field: column for column, field in enumerate(cells)}, fixes=frozenset(fixes), words=words or {}, **said
    )
    found = RowParser(layout, at=at, header_line=1).parse((2, list(cells.values())))
    assert [slot for slot, _ in found] == sorted({slot for slot, _ in found})
    return dict(found)


def words(found):
    return {slot: what.status.value if isinstance(what, Entry) else str(what) for slot, what in found.items()}


def spoken(cells, **said):
    return words(looked(cells, **said))


def test_a_line_speaks_of_each_channel_that_its_addresses_serve():
    found = looked({Field.PHONE: PHONE, Field.EMAIL: " Ayse@Example.com "}, **GIVEN)

    assert words(found) == {SMS: "ONAY", CALL: "ONAY", EMAIL: "ONAY"}
    entry = found[EMAIL]
    assert (entry.line, entry.address.text, entry.channel) == (2, "ayse@example.com", Channel.EMAIL)
    assert (entry.source, entry.recipient_type) == (Source.WEB, RecipientType.INDIVIDUAL)
    assert (entry.consent_date, found[SMS].address.text) == (GIVEN["date"], "+905321234567")


def test_what_stands_above_the_data_says_nothing():
    layout = Layout(columns={Field.PHONE: 0}, **GIVEN)
    looker = RowParser(layout, at=NOW, header_line=3)

    assert [looker.parse((line, [PHONE])) != [] for line in (1, 3, 4)] == [False, False, True]
    assert looker.parse((4, ["", " "])) == looker.parse((5, [])) == []


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        ({Field.STATUS: "RET"}, "refusal_without_address"),
        ({Field.STATUS_SMS: "Hayır"}, "refusal_without_address"),
        ({Field.STATUS: "belki"}, "refusal_without_address"),
        ({Field.ORIGIN: "bir daha aramayın"}, "refusal_without_address"),
        ({Field.STATUS: "ONAY"}, "empty"),
        ({Field.NAME: "Toplam: 250"}, "empty"),
    ],
)
def test_a_refusal_without_an_address_is_a_problem_of_its_own(cells, word):
    assert spoken({Field.PHONE: "", **cells}, **GIVEN) == {SMS: word}


@pytest.mark.parametrize("nothing", ["", "-", "yok", "NULL", "#N/A", "0", "000 000", "'"])
def test_a_line_without_an_address_is_empty_once(nothing):
    assert spoken({Field.PHONE: nothing, Field.EMAIL: nothing, Field.NAME: "Ayşe"}, **GIVEN) == {SMS: "empty"}
    assert spoken({Field.PHONE: nothing, Field.EMAIL: MAIL}, **GIVEN) == {EMAIL: "ONAY"}


def test_a_bad_address_counts_once_where_it_would_have_served():
    both = {Field.PHONE: "0532 123", Field.EMAIL: "ayşe@example.com"}

    assert spoken(both, **GIVEN) == {SMS: "phone_too_short", EMAIL: "email_turkish_letter"}
    assert spoken(both, **GIVEN, channels=(Channel.CALL,)) == {CALL: "phone_too_short"}
    assert spoken({Field.ADDRESS: "ayse@"}, **GIVEN) == {EMAIL: "email_shape"}
    assert spoken({Field.PHONE: "0532 123", Field.EMAIL: MAIL}, **GIVEN) == {SMS: "phone_too_short", EMAIL: "ONAY"}


def test_a_landline_gets_no_sms():
    assert spoken({Field.PHONE: LANDLINE}, **GIVEN) == {SMS: "no_sms", CALL: "ONAY"}
    assert spoken({Field.PHONE: LANDLINE, Field.CHANNEL: "Hepsi"}, **GIVEN) == {SMS: "no_sms", CALL: "ONAY"}
    assert spoken({Field.PHONE: LANDLINE, Field.CHANNEL: "SMS, Arama"}, **GIVEN) == {SMS: "channel_unfit", CALL: "ONAY"}


def test_a_refusal_of_a_landline_is_of_its_sms_too():
    """İYS may list a grant of them."""
    own = {Field.STATUS_SMS: "RET", Field.STATUS_CALL: "ONAY"}

    assert spoken({Field.PHONE: LANDLINE, Field.STATUS: "RET"}, **GIVEN) == {SMS: "RET", CALL: "RET"}
    assert spoken({Field.PHONE: LANDLINE, Field.CHANNEL: "SMS", Field.STATUS: "RET"}, **GIVEN) == {SMS: "RET"}
    assert spoken({Field.PHONE: LANDLINE, **own}, **GIVEN) == {SMS: "RET", CALL: "ONAY"}


def test_a_line_may_name_its_channels():
    assert spoken({Field.ADDRESS: PHONE, Field.CHANNEL: "MESAJ"}, **GIVEN) == {SMS: "ONAY"}
    assert spoken({Field.ADDRESS: PHONE, Field.CHANNEL: "E-posta"}, **GIVEN) == {EMAIL: "channel_unfit"}
    assert spoken({Field.ADDRESS: MAIL, Field.CHANNEL: "SMS ve E-posta"}, **GIVEN) == {
        SMS: "channel_unfit",
        EMAIL: "ONAY",
    }
    assert spoken({Field.PHONE: PHONE, Field.EMAIL: MAIL, Field.CHANNEL: "faks"}, **GIVEN) == {SMS: "channel_unknown"}
    assert spoken({Field.ADDRESS: PHONE, Field.CHANNEL: ""}, **GIVEN, channels=(Channel.CALL,)) == {CALL: "ONAY"}
    assert spoken({Field.ADDRESS: PHONE, Field.CHANNEL: ""}, **GIVEN, channels=()) == {SMS: "channel_missing"}
    assert spoken({Field.ADDRESS: MAIL}, **GIVEN, channels=(Channel.SMS,)) == {SMS: "channel_unfit"}


def test_columns_per_channel_say_yes_no_or_nothing():
    marks = {Field.STATUS_SMS: "E", Field.STATUS_CALL: "", Field.STATUS_EMAIL: "H"}
    said = {**GIVEN, "status": None}

    assert spoken({Field.PHONE: PHONE, Field.EMAIL: MAIL} | marks, **said) == {SMS: "ONAY", EMAIL: "RET"}
    assert spoken({Field.PHONE: PHONE, Field.STATUS_SMS: "belki"}, **said) == {
        SMS: "status_unknown",
        CALL: "status_missing",
    }
    assert spoken({Field.PHONE: PHONE, Field.STATUS_SMS: "", Field.STATUS_CALL: "NULL"}, **said) == {
        SMS: "status_missing"
    }
    assert spoken({Field.PHONE: "0532", Field.STATUS_SMS: "", Field.STATUS_CALL: "E"}, **said) == {
        CALL: "phone_too_short"
    }


@pytest.mark.parametrize("word", ["None", "null", "NaN", "N/A", "(boş)", "#YOK", "-", "yok"])
def test_a_programs_word_for_an_empty_cell_is_never_a_yes_until_somebody_explains_it(word):
    cells, explained = {Field.PHONE: PHONE, Field.STATUS: word}, {"status": {word: ""}}

    assert spoken(cells, **GIVEN)[SMS] == ("RET" if word == "yok" else "status_unknown")
    assert spoken(cells, **GIVEN, words=explained)[SMS] == "ONAY"
    assert spoken({Field.PHONE: PHONE, Field.STATUS_SMS: word}, **GIVEN, words=explained).get(SMS) is None


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        ({Field.STATUS: ""}, "status_missing"), ({Field.STATUS: "belki"}, "status_unknown"),
        ({Field.STATUS: "ONAY", Field.TYPE: "üye"}, "type_unknown"),
        ({Field.STATUS: "ONAY", Field.SOURCE: "orası"}, "source_unknown"),
        ({Field.STATUS: "ONAY", Field.SOURCE: "IYS_WEB"}, "source_of_iys"),
        ({Field.STATUS: "ONAY", Field.SOURCE: "HS_KARAR"}, "source_refuses"),
        ({Field.STATUS: "ONAY", Field.DATE: "dün"}, "date_unreadable"),
        ({Field.STATUS: "ONAY", Field.DATE: "31.02.2026"}, "date_impossible"),
        ({Field.STATUS: "ONAY", Field.DATE: "24.11.2026 15:00:01"}, "date_to_come"),
        ({Field.STATUS: "ONAY", Field.DATE: "30.04.2015 23:59:59"}, "date_before_2015"),
        ({Field.STATUS: "ONAY", Field.DATE: "02.05.2015", Field.SOURCE: "HS_2015"}, "date_not_2015"),
        ({Field.STATUS: "ONAY", Field.DATE: "24.11.2026", Field.TIME: "öğlen"}, "date_unreadable"),
    ],
)  # fmt: skip
def test_a_problem_of_the_line_counts_for_each_channel(cells, word):
    said = {**GIVEN, "status": None}

    assert spoken({Field.PHONE: PHONE, Field.EMAIL: MAIL} | cells, **said) == dict.fromkeys((SMS, CALL, EMAIL), word)


@pytest.mark.parametrize(
    ("cells", "result"),
    [
        ({Field.STATUS: "RET", Field.TYPE: "Vakıf"}, {SMS: "RET", CALL: "RET", EMAIL: "type_unknown"}),
        ({Field.STATUS: "RET", Field.CHANNEL: "Push"}, {SMS: "RET", CALL: "RET", EMAIL: "channel_unknown"}),
        ({Field.STATUS: "RET", Field.CHANNEL: "SMS hariç tümü", Field.EMAIL: MAIL}, dict.fromkeys(range(3), "RET")),
        ({Field.STATUS_SMS: "Hayır", Field.CHANNEL: "?"}, {SMS: "RET", CALL: "channel_unknown"}),
        (
            {Field.STATUS_SMS: "Hayır", Field.STATUS_CALL: "Evet", Field.CHANNEL: "SMS, Push"},
            {SMS: "RET", CALL: "channel_unknown"},
        ),
        ({Field.STATUS: "ONAY", Field.CHANNEL: "SMS, Push"}, {SMS: "channel_unknown"}),
        ({Field.STATUS_SMS: "Evet", Field.CHANNEL: "Push"}, {SMS: "channel_unknown"}),
    ],
)
def test_a_refusal_of_an_unclear_type_or_channel_is_taken_as_widely_as_it_can_mean(cells, result):
    assert spoken({Field.PHONE: PHONE} | cells, **{**GIVEN, "status": None}) == result


def test_what_nobody_said_is_missing():
    phone = {Field.PHONE: PHONE}
    one = {"channels": (Channel.SMS,)}

    assert spoken(phone, **one) == {SMS: "status_missing"}
    assert spoken(phone, **one, status=Status.GRANTED) == {SMS: "source_missing"}
    assert spoken(phone, **one, status=Status.GRANTED, source=Source.WEB) == {SMS: "date_missing"}
    assert spoken(phone, **one, **{**GIVEN, "origin": ""}) == {SMS: "origin_missing"}
    assert spoken(phone | {Field.ORIGIN: "-"}, **one, **{**GIVEN, "origin": ""}) == {SMS: "origin_missing"}
    assert spoken(phone | {Field.ORIGIN: "#12"}, **one, **{**GIVEN, "origin": ""}) == {SMS: "ONAY"}


def test_a_refusal_needs_no_proof_no_date_and_no_source():
    """It is always taken: as the provider's own decision, of the moment of the import where it has no date."""
    phone, said = {Field.PHONE: PHONE}, {**GIVEN, "status": Status.REFUSED, "origin": ""}

    assert spoken(phone, **said) == {SMS: "RET", CALL: "RET"}
    assert spoken(phone | {Field.SOURCE: "HS_KARAR"}, **said) == {SMS: "RET", CALL: "RET"}
    for fault in (
        {Field.DATE: ""},
        {Field.DATE: "geçen hafta"},
        {Field.DATE: "28.11.2027"},
        {Field.DATE: "31.02.2026"},
    ):
        entry = looked(phone | fault, **{**said, "date": None})[SMS]
        assert (entry.status, entry.source, entry.consent_date) == (Status.REFUSED, Source.PROVIDER_DECISION, NOW)
    entry = looked(phone | {Field.SOURCE: "orası"}, **said)[SMS]
    assert (entry.source, entry.consent_date) == (Source.PROVIDER_DECISION, NOW)  # The file's date is its consents'.


def test_a_merchant_needs_neither_date_nor_source():
    line = {Field.EMAIL: MAIL, Field.TYPE: "Tacir", Field.DATE: "", Field.SOURCE: ""}
    at = NOW + timedelta(microseconds=5)

    bare = looked(line, at=at, status=Status.GRANTED, origin="sicil")[EMAIL]
    said = looked(line, at=at, **GIVEN)[EMAIL]

    refused = looked(line, at=at, status=Status.REFUSED)[EMAIL]

    assert (bare.recipient_type, bare.consent_date, bare.source) == (RecipientType.MERCHANT, NOW, None)
    assert not bare.is_dated and bare.fact == (Status.GRANTED, None, None)
    assert (said.consent_date, said.source) == (GIVEN["date"], Source.WEB)
    assert refused.fact == (Status.REFUSED, NOW, Source.PROVIDER_DECISION)  # İYS takes no first refusal.
    assert spoken(line | {Field.DATE: "dün"}, **GIVEN) == {EMAIL: "date_unreadable"}


@pytest.mark.parametrize("date", ["", "01.05.2015", "12.03.2009", "0000-00-00"])
def test_what_was_taken_before_2015_has_one_date(date):
    entry = looked({Field.EMAIL: MAIL, Field.SOURCE: "2015 öncesi", Field.DATE: date}, **GIVEN)[EMAIL]

    assert entry.consent_date == datetime(2015, 5, 1, tzinfo=ISTANBUL)


def test_a_date_may_have_its_time_in_another_column():
    def at(**cells):
        line = {Field.EMAIL: MAIL} | {Field(name): cell for name, cell in cells.items()}
        return looked(line, **GIVEN)[EMAIL].consent_date.astimezone(ISTANBUL).strftime("%d %H:%M")

    assert at(date="20.11.2026", time="14:02") == "20 14:02"
    assert at(date="2026-11-20 00:00:00", time="1899-12-30 14:02:00") == "20 14:02"
    assert at(date="20.11.2026 09:30", time="14:02") == "20 09:30"
    assert at(date="20.11.2026", time="") == "20 00:00"
    assert at(date="", time="14:02") == "23 15:00"


def test_cures_mend_only_what_they_were_chosen_for():
    letters, spaces = Fix.EMAIL_LETTERS, Fix.EMAIL_SPACES

    def text(cell, *fixes):
        found = looked({Field.EMAIL: cell}, fixes=fixes, **GIVEN)[EMAIL]
        return found.address.text if isinstance(found, Entry) else str(found)

    assert text("AYŞE.Öz@EXAMPLE.com") == text("AYŞE.Öz@EXAMPLE.com", spaces) == "email_turkish_letter"
    assert text("AYŞE.Öz@EXAMPLE.com", letters) == "ayse.oz@example.com"
    assert text("ayse @ example. com", spaces) == "ayse@example.com"
    assert text("ayşe @example.com", letters, spaces) == "ayse@example.com"
    assert text("ayşe @example.com", letters) == "email_turkish_letter"
    assert text("ayse burak@example.com", spaces) == "email_space"


def test_day_and_month_change_round_only_where_that_makes_a_good_date():
    def day(cell, fixes=(Fix.DATE_SWAP,), **more):
        found = looked({Field.EMAIL: MAIL, Field.DATE: cell}, fixes=fixes, **{**GIVEN, **more})[EMAIL]
        return str(found.consent_date.astimezone(ISTANBUL).date()) if isinstance(found, Entry) else str(found)

    assert day("11/20/2026", ()) == "date_impossible"
    assert day("11/20/2026") == day("20/11/2026", day_first=False) == "2026-11-20"
    assert day("03.12.2026 10:00") == day("2026-12-03 10:00:00") == "2026-03-12"
    assert day("03.04.2026") == "2026-04-03"
    assert day("13.12.2026") == "date_to_come"
    assert day("13.14.2026") == "date_impossible"
    assert day("12.13.2014") == "date_impossible"


def test_addresses_in_each_others_column_are_taken_as_what_they_are():
    assert spoken({Field.PHONE: MAIL, Field.EMAIL: PHONE}, **GIVEN) == {SMS: "ONAY", CALL: "ONAY", EMAIL: "ONAY"}
    assert spoken({Field.PHONE: MAIL, Field.EMAIL: MAIL}, **GIVEN) == {EMAIL: "ONAY"}
    assert spoken({Field.PHONE: MAIL, Field.EMAIL: "b@example.com"}, **GIVEN) == {SMS: "several", EMAIL: "ONAY"}
    assert spoken({Field.PHONE: PHONE, Field.EMAIL: "0533 123 45 67"}, **GIVEN) == {
        SMS: "ONAY",
        CALL: "ONAY",
        EMAIL: "several",
    }


def test_a_person_explains_words():
    cells = {Field.EMAIL: MAIL, Field.STATUS: "Beklemede", Field.SOURCE: "Bizim Ek Form", Field.DATE: "20.11.2026"}
    explained = {"status": {"beklemede": "RET"}, "source": {"bizim ek form": "HS_ISLAK_IMZA"}}

    entry = looked(cells, words=explained, **GIVEN)[EMAIL]

    assert (entry.status, entry.source) == (Status.REFUSED, Source.SIGNED_FORM)


def test_a_short_line_lacks_its_last_cells():
    layout = Layout(columns={Field.PHONE: 0, Field.STATUS: 3}, **GIVEN)

    assert len(RowParser(layout, at=NOW, header_line=None).parse((1, [PHONE]))) == 2


CELLS = {
    Field.PHONE: st.sampled_from(["", PHONE, LANDLINE, "5321234567.0", "+4915112345678", "0532 12", MAIL, "444 1 444"]),
    Field.EMAIL: st.sampled_from(["", MAIL, "AYŞE@x.com", "a@b", "a b@example.com", PHONE, "x" * 300 + "@example.com"]),
    Field.CHANNEL: st.sampled_from(["", "SMS", "Arama, e-posta", "Hepsi", "faks"]),
    Field.STATUS: st.sampled_from(["ONAY", "RET", "evet", "h", "", "belki"]),
    Field.STATUS_CALL: st.sampled_from(["1", "0", "", "?"]),
    Field.DATE: st.sampled_from(["", "20.11.2026", "24.11.2026 15:00", "24.11.2026 15:00:01", "2026-11-24T12:00:00.9Z"])
    | st.dates().map(str) | st.text(max_size=12),
    Field.TIME: st.sampled_from(["", "14:02", "24:00", "00:00 +14:00", "23:59 -11:00"]),
    Field.SOURCE: st.sampled_from(["", *Source, "Web", "IYS_WEB", "orası"]),
    Field.TYPE: st.sampled_from(["", "Bireysel", "TACİR", "?"]),
    Field.ORIGIN: st.sampled_from(["", "A-1"]),
}  # fmt: skip
LAYOUTS = st.builds(
    Layout,
    columns=st.sets(st.sampled_from(list(CELLS))).map(
        lambda some: {field: column for column, field in enumerate(CELLS) if field in some | {Field.PHONE}}
    ),
    day_first=st.booleans(),
    channels=st.lists(st.sampled_from(Channel), unique=True).map(tuple),
    status=st.sampled_from([None, *Status]),
    source=st.sampled_from([None, Source.WEB, Source.BEFORE_2015, Source.PROVIDER_DECISION]),
    recipient_type=st.sampled_from(RecipientType),
    date=st.sampled_from(
        [None, NOW, NOW + timedelta(microseconds=1), NOW - timedelta(days=5000), NOW + timedelta(days=1)]
    ),
    origin=st.sampled_from(["", "form"]),
    fixes=st.sets(st.sampled_from(Fix)).map(frozenset),
)


@pytest.mark.slow
@pytest.mark.generated
@given(st.tuples(*CELLS.values()), LAYOUTS, st.integers(0, 999_999))
@settings(max_examples=some(400))
def test_iys_would_refuse_no_entry_and_every_line_says_something(cells, layout, microsecond):
    at = NOW.replace(microsecond=microsecond)

    found = RowParser(layout, at=at, header_line=None).parse((1, list(cells)))

    assert len(found) == len({slot for slot, _ in found}) and (found or not any(map(str.strip, cells)))
    for slot, what in found:
        if isinstance(what, Entry):
            is_refusal = what.status == Status.REFUSED
            assert SLOTS[slot] == what.channel
            assert what.channel in (what.address.all_channels if is_refusal else what.address.channels)
            assert what.consent_date.microsecond == 0 and what.consent_date.tzinfo is UTC
            assert {problem.code for problem in validate_consent(json.loads(frozen(what)), now=at)} <= {"H467"}
        else:
            assert what in BYTE_OF


def frozen(entry):
    return freeze_payload(
        recipient=entry.address.text, channel=entry.channel, recipient_type=entry.recipient_type, status=entry.status,
        source=entry.source, consent_date=entry.consent_date if entry.is_dated else None,
    )  # fmt: skip
