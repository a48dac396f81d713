"""What words mean: in any case, with the letters that only Turkish has, and as a person explained them."""

import pytest

from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.services.imports.layout.cell_words import NOTHING, Meanings, is_of_iys
from portal.services.imports.layout.normalization import folded, says_nothing

PLAIN = Meanings({})
SMS, CALL, EMAIL = Channel.SMS, Channel.CALL, Channel.EMAIL


@pytest.mark.parametrize("text", ["İZİN TÜRÜ", "izin türü", "Izin_Turu:", "  İzin  Türü ", "ızın türü", "i̇zin türü"])
def test_turkish_letters_fold_alike_in_any_case(text):
    assert folded(text) == "izin turu"


@pytest.mark.parametrize(
    "word",
    [
        "Onay",
        "ONAYLI",
        "evet",
        "E",
        "Var",
        "1",
        "1.0",
        "TRUE",
        "Doğru",
        "yes",
        "kabul",
        "İzinli",
        "AKTİF",
        "izin verdi",
        "+",
        "✓",
        "Opt-in",
        "İstiyorum",
        "Evet, isterim",
        "evet istiyorum.",
    ],
)
def test_many_words_grant(word):
    assert PLAIN.status(word) is Status.GRANTED


@pytest.mark.parametrize(
    "word",
    [
        "ret",
        "RED",
        "hayır",
        "HAYIR",
        "H",
        "yok",
        "0",
        "false",
        "YANLIŞ",
        "no",
        "İptal",
        "izinsiz",
        "çıktı",
        "ÇIKTI",
        "opt-out",
        "Pasif",
        "İstemem",
        "Hayır, istemem",
        "hayır istemiyorum",
    ],
)
def test_many_words_refuse(word):
    assert PLAIN.status(word) is Status.REFUSED


@pytest.mark.parametrize("word", ["", "NULL", "#N/A", "#YOK", "belirtilmemiş", "\u00a0"])
def test_some_words_say_nothing(word):
    assert PLAIN.status(word) == PLAIN.source(word) == PLAIN.recipient_type(word) == NOTHING
    assert PLAIN.channels(word) == (None if word.strip() else NOTHING)  # "None" may be no channel at all.
    assert says_nothing(word)


@pytest.mark.parametrize("sign", ["✗", "❌", "☐"])
def test_a_cross_is_no_empty_cell(sign):
    assert {PLAIN.status(sign), PLAIN.source(sign), PLAIN.channels(sign), PLAIN.recipient_type(sign)} == {None}
    assert not says_nothing(sign)


@pytest.mark.parametrize("sign", ["-", "—"])
def test_a_dash_says_nothing_but_of_statuses_and_channels(sign):
    assert PLAIN.source(sign) == PLAIN.recipient_type(sign) == NOTHING
    assert says_nothing(sign)
    assert PLAIN.status(sign) is PLAIN.channels(sign) is None


@pytest.mark.parametrize(
    "word",
    ["beklemede", "belki", "x", "2", "onaysız değil", "Evet, hayır", "Evet, istemem", "evet ama", "hayır, isterim"],
)
def test_other_words_are_unknown(word):
    assert PLAIN.status(word) is None


@pytest.mark.parametrize(
    ("cell", "channels"),
    [
        ("MESAJ", {SMS}), ("Kısa Mesaj", {SMS}), ("e-posta", {EMAIL}), ("E Posta izni", {EMAIL}), ("ÇAĞRI", {CALL}),
        ("SMS, Arama", {SMS, CALL}), ("sms/e-posta", {SMS, EMAIL}), ("SMS ve E-Posta", {SMS, EMAIL}),
        ("Arama + SMS + Mail", {*Channel}), ("MESAJ ARAMA EPOSTA", {*Channel}), ("Hepsi", {*Channel}),
        ("Tümü", {*Channel}), ("sms;arama;", {SMS, CALL}), ("Telefon", {CALL}), ("SMS\nE-mail", {SMS, EMAIL}),
    ],
)  # fmt: skip
def test_a_cell_names_one_channel_or_several(cell, channels):
    assert PLAIN.channels(cell) == channels


@pytest.mark.parametrize("cell", ["faks", "SMS, faks", "WhatsApp", "sms arama posta"])
def test_a_cell_with_one_unknown_channel_is_unknown(cell):
    assert PLAIN.channels(cell) is None


@pytest.mark.parametrize(
    ("word", "source"),
    [
        ("HS_WEB", Source.WEB), ("hs_ıslak_imza", Source.SIGNED_FORM), ("Hs Fiziksel Ortam", Source.PHYSICAL_PLACE),
        ("Web Sitesi", Source.WEB), ("MAĞAZA", Source.PHYSICAL_PLACE), ("ıslak imza", Source.SIGNED_FORM),
        ("Form", Source.SIGNED_FORM), ("Çağrı Merkezi", Source.CALL_CENTRE), ("mobil uygulama", Source.MOBILE_APP),
        ("Etkinlik", Source.EVENT), ("fuar", Source.EVENT), ("Sosyal Medya", Source.SOCIAL_MEDIA), ("sms", Source.SMS),
        ("E-Posta", Source.EMAIL), ("2015 öncesi", Source.BEFORE_2015), ("HS_2015", Source.BEFORE_2015),
        ("CAGRI_MERKEZI", Source.CALL_CENTRE), ("HS_KARAR", Source.PROVIDER_DECISION), ("e-ticaret", Source.WEB),
    ],
)  # fmt: skip
def test_a_source_is_known_by_its_code_or_by_plain_words(word, source):
    assert PLAIN.source(word) is source


def test_a_source_of_iys_is_none_of_ours():
    assert PLAIN.source("IYS_WEB") is None
    assert is_of_iys("İYS_WEB") and is_of_iys("iys_mobil") and not is_of_iys("HS_WEB")


@pytest.mark.parametrize(("word", "merchant"), [("Bireysel", False), ("TACİR", True), ("Esnaf", True), ("Kurumsal", True), ("şahıs", False)])  # fmt: skip  # noqa: E501
def test_a_recipient_type_is_known(word, merchant):
    assert PLAIN.recipient_type(word) is (RecipientType.MERCHANT if merchant else RecipientType.INDIVIDUAL)


def test_what_a_person_said_of_a_word_goes_first():
    said = Meanings({
        "status": {"Beklemede": "RET", "var": "", "e": "RET"},
        "source": {"mağaza formu": "HS_ISLAK_IMZA", "IYS_WEB": "HS_WEB"},
        "channel": {"faks": "", "hepsi": "MESAJ EPOSTA"},
        "type": {"üye": "BIREYSEL"},
    })  # fmt: skip

    assert [said.status(word) for word in ("BEKLEMEDE", "Var", "E")] == [Status.REFUSED, NOTHING, Status.REFUSED]
    assert [said.source(word) for word in ("MAĞAZA FORMU", "iys_web")] == [Source.SIGNED_FORM, Source.WEB]
    assert [said.channels(word) for word in ("sms, FAKS", "Hepsi")] == [{SMS}, {SMS, EMAIL}]
    assert said.recipient_type("Üye") is RecipientType.INDIVIDUAL


@pytest.mark.parametrize("cell", ["sms, " * 50, "onay " * 50, "x" * 65_000])
def test_what_is_longer_than_words_is_unknown(cell):
    known = Meanings({})

    assert known.channels(cell) is known.status(cell) is known.source(cell) is known.recipient_type(cell) is None
