"""The first layout of a file: by names, by contents, and where the two disagree."""

import pytest

from portal.core.iys_protocol import Channel
from portal.services.imports.layout import Field, guess

PHONES = [f"0532 {n * 37 % 900 + 100} {n * 7 % 90 + 10} {n * 13 % 90 + 10}" for n in range(20)]
LANDLINES = [f"0212 5{n * 37 % 90 + 10} {n * 7 % 90 + 10} {n * 13 % 90 + 10}" for n in range(20)]
EMAILS = [f"kisi{n}@example.com" for n in range(20)]
BIRTHS = [f"{n + 1:02}.03.19{60 + n}" for n in range(20)]
DATES = [f"{n + 1:02}.11.2026" for n in range(20)]
IDENTITIES = [f"{10000000146 + n * 1234567}" for n in range(20)]
MEMBERS = [f"53210000{n + 10}" for n in range(20)]
YES_NO = ["Evet", "Hayır"] * 10


def guessed(**columns):
    """{field: the column's name} of a file with these columns; a name that begins with _ stands over nothing."""
    names = [name.replace("_", " ").strip() for name in columns]
    header = names if any(not name.startswith("_") for name in columns) else []
    rows = [(line, list(cells)) for line, cells in enumerate(zip(*columns.values(), strict=True), 2)]
    layout = guess(header, rows)
    keys = list(columns)
    return {field: keys[column] for field, column in layout.columns.items()}, layout


def test_names_and_contents_agree():
    found, layout = guessed(
        Ad_Soyad=["Ayşe"] * 20, Doğum_Tarihi=BIRTHS, TC_Kimlik_No=IDENTITIES, Cep_Tel=PHONES, E_posta=EMAILS,
        İzin_Türü=["SMS, E-posta"] * 20, Durum=["ONAY"] * 20, Onay_Tarihi=DATES, Saat=["14:02"] * 20,
        Kaynak=["Mağaza"] * 20, Alıcı_Tipi=["Bireysel"] * 20, Form_No=["A-12"] * 20,
    )  # fmt: skip

    assert found == {
        Field.NAME: "Ad_Soyad", Field.PHONE: "Cep_Tel", Field.EMAIL: "E_posta", Field.CHANNEL: "İzin_Türü",
        Field.STATUS: "Durum", Field.DATE: "Onay_Tarihi", Field.TIME: "Saat", Field.SOURCE: "Kaynak",
        Field.TYPE: "Alıcı_Tipi", Field.ORIGIN: "Form_No",
    }  # fmt: skip
    assert (layout.day_first, layout.channels, layout.status, layout.date) == (True, (), None, None)


def test_the_words_of_iys_are_known():
    found, _ = guessed(
        recipient=[*PHONES[:10], *EMAILS[:10]], recipientType=["BIREYSEL"] * 20, type=["MESAJ", "EPOSTA"] * 10,
        status=["ONAY", "RET"] * 10, consentDate=["2026-11-24 14:02:05"] * 20, source=["HS_WEB"] * 20,
        creationDate=["2026-11-24 14:05:00"] * 20, transactionId=["3f2a"] * 20,
    )  # fmt: skip

    assert found == {
        Field.ADDRESS: "recipient", Field.TYPE: "recipientType", Field.CHANNEL: "type", Field.STATUS: "status",
        Field.DATE: "consentDate", Field.SOURCE: "source",
    }  # fmt: skip


def test_a_file_without_a_header_is_known_by_its_contents():
    found, _ = guessed(
        _1=MEMBERS, _2=["Ayşe"] * 20, _3=BIRTHS, _4=PHONES, _5=EMAILS, _6=IDENTITIES, _7=YES_NO, _8=DATES,
        _9=["HS_WEB"] * 20, _10=["TACIR", "BIREYSEL"] * 10,
    )  # fmt: skip

    assert found == {
        Field.PHONE: "_4", Field.EMAIL: "_5", Field.STATUS: "_7", Field.DATE: "_8", Field.SOURCE: "_9",
        Field.TYPE: "_10",
    }  # fmt: skip


def test_of_two_telephones_the_one_with_mobiles_is_taken():
    assert guessed(Telefon=LANDLINES, Telefon_2=PHONES)[0] == {Field.PHONE: "Telefon_2"}
    assert guessed(Cep_Telefonu=PHONES, Ev_Telefonu=LANDLINES)[0] == {Field.PHONE: "Cep_Telefonu"}
    assert guessed(_1=LANDLINES, _2=PHONES)[0] == {Field.PHONE: "_2"}


@pytest.mark.parametrize("name", ["Müşteri_No", "Üye_ID", "TC_Kimlik"])
def test_a_number_that_is_called_otherwise_is_no_telephone(name):
    assert guessed(**{name: MEMBERS, "Veri": PHONES})[0] == {Field.PHONE: "Veri"}
    assert guessed(**{name: MEMBERS, "E_posta": EMAILS})[0] == {Field.EMAIL: "E_posta"}


def test_a_date_of_birth_is_never_the_date_of_a_consent():
    assert Field.DATE not in guessed(Telefon=PHONES, DOĞUM_TARİHİ=DATES)[0]
    assert guessed(Telefon=PHONES, Doğum_Tarihi=DATES, Kayıt_Tarihi=DATES)[0][Field.DATE] == "Kayıt_Tarihi"


def test_dates_of_the_file_itself_date_no_consent():
    for name in ("Sistem_tarihi", "Çekim", "Liste", "Extracted", "Veri_güncelliği"):
        assert Field.DATE not in guessed(**{"Telefon": PHONES, name: DATES})[0]
    for name in ("Kayıt", "Onay"):
        assert guessed(**{"Telefon": PHONES, name: DATES})[0].get(Field.DATE) == name
    assert guessed(_1=PHONES, _2=DATES)[0][Field.DATE] == "_2"


def test_contents_go_before_names():
    swapped, _ = guessed(Telefon=EMAILS, E_posta=PHONES)
    marks, layout = guessed(Alıcı=PHONES, SMS=YES_NO, E_posta=YES_NO)
    mixed, _ = guessed(Kanal=["Web", "Mağaza"] * 10, İzin=["SMS", "Arama"] * 10, Telefon=PHONES)

    assert swapped == {Field.EMAIL: "Telefon", Field.PHONE: "E_posta"}
    assert marks == {Field.PHONE: "Alıcı", Field.STATUS_SMS: "SMS", Field.STATUS_EMAIL: "E_posta"}
    assert layout.channels == (Channel.SMS, Channel.EMAIL)
    assert mixed == {Field.SOURCE: "Kanal", Field.CHANNEL: "İzin", Field.PHONE: "Telefon"}


def test_columns_per_channel_say_which_channels_are_spoken_of():
    found, layout = guessed(Telefon=PHONES, E_posta=EMAILS, SMS_İzni=YES_NO, Arama_izni=YES_NO, E_Posta_Onayı=YES_NO)
    phones, of_phones = guessed(Telefon=PHONES, SMS_İzni=["1", "0"] * 10, Arama_İzni=["1", "0"] * 10)

    assert found.keys() == {Field.PHONE, Field.EMAIL, Field.STATUS_SMS, Field.STATUS_CALL, Field.STATUS_EMAIL}
    assert set(layout.channels) == set(Channel)
    assert phones.keys() == {Field.PHONE, Field.STATUS_SMS, Field.STATUS_CALL}
    assert set(of_phones.channels) == {Channel.SMS, Channel.CALL}


def test_no_channel_is_presumed_where_the_file_speaks_of_none():
    _, both = guessed(Telefon=PHONES, E_posta=EMAILS)
    _, mails = guessed(E_posta=EMAILS)
    _, named = guessed(Telefon=PHONES, Kanal=["SMS", "Arama"] * 10)

    assert both.channels == ()
    assert mails.channels == (Channel.EMAIL,)  # E-mail is all that such an address can take.
    assert named.channels == ()  # Of a line that names none.


def test_yes_and_no_under_a_strange_name_is_no_consent():
    assert guessed(Telefon=PHONES, Sadakat_üyesi=YES_NO, KVKK_Onayı=YES_NO)[0] == {Field.PHONE: "Telefon"}


def test_the_day_is_told_from_the_month_by_all_dates():
    _, americans = guessed(Telefon=PHONES, Tarih=[f"11/{n + 1}/2026" for n in range(20)])
    _, early = guessed(Telefon=PHONES, Tarih=["03/04/2026"] * 20)
    _, serials = guessed(Telefon=PHONES, Tarih=[str(46300 + n) for n in range(20)])

    assert [each.day_first for each in (americans, early, serials)] == [False, True, True]
    assert Field.DATE in serials.columns


def test_empty_columns_are_known_by_name_and_an_empty_file_by_nothing():
    empty = [""] * 20

    assert guessed(Telefon=empty, E_posta=empty, Durum=empty)[0].keys() == {Field.PHONE, Field.EMAIL, Field.STATUS}
    assert guess([], []).columns == {}
    assert guess(["Telefon", "Durum"], []).columns == {Field.PHONE: 0, Field.STATUS: 1}
