"""Which line names the columns, and when two headers are alike."""

import pytest

from portal.services.imports.layout import find_header, signature
from portal.services.imports.layout.consent_names import channels_named, consent_announced
from portal.services.imports.layout.headers import announced
from portal.services.imports.layout.layout import Field

NAMES = {
    Field.PHONE: "Telefon|CEP TEL|GSM No|Cep Telefonu 2|msisdn|Mobile Phone|GSMNo|Telefon Numarası|telefon_no",
    Field.EMAIL: "E-posta|E-POSTA ADRESİ|Mail|eMail|e_posta|Email Address|e mail",
    Field.ADDRESS: "Alıcı|recipient|Telefon/E-posta|İletişim Bilgisi",
    Field.CHANNEL: "Kanal|İzin Türü|IZIN_TURU|type|İzin Verilen Kanallar|consentType",
    Field.STATUS: "Durum|İzin Durumu|ONAY|status|İYS İzni|Ticari İleti Onayı|Pazarlama İzni",
    Field.STATUS_SMS: "SMS İzni|Sms|Mesaj Onayı|SMS Opt-in|SMS_IZIN_DURUMU",
    Field.STATUS_CALL: "Arama izni|ARAMA|Çağrı Onayı|Call Consent|Telefon İzni",
    Field.STATUS_EMAIL: "E-Posta Onayı|Mail İzni|emailConsent|E-POSTA İZİN DURUMU",
    Field.DATE: "Onay Tarihi|İzin Tarihi|Kayıt Tarihi|consentDate|Tarih|SMS İzin Tarihi|Created At|İZİN VERİLME TARİHİ|"
    "Opt-in date|SMS onayının alındığı tarih|Üyelik tarihi|Form Tarihi|Tarih ve saat|Subscribed at|Onay verme tarihi|"
    "Kayıt zamanı|Ticari ileti izin tarihi|Tarih (GG.AA.YYYY)|E-bülten üyelik tarihi|İlk onay tarihi",
    Field.TIME: "Saat|Onay Saati|Kayıt saati",
    Field.SOURCE: "Kaynak|İzin Kaynağı|source|Onay Yöntemi|İznin Alındığı Yer",
    Field.TYPE: "Alıcı Tipi|recipientType|Müşteri Türü|Bireysel/Tacir",
    Field.NAME: "Ad Soyad|ADI SOYADI|Müşteri Adı Soyadı|İsim|Unvan",
    Field.ORIGIN: "Form No|Sipariş No|Sözleşme Numarası|Dayanak|Order ID|İspat",
}
NEVER = "DOĞUM TARİHİ|Doğum Günü|TC Kimlik No|T.C. No|VKN|Müşteri No|KVKK Onayı|Açık Rıza|İl|Birth Date|Faks|IBAN"
NEVER += "|Aktarım tarihi|Güncelleme Tarihi|Son işlem tarihi|Updated at|LAST_CHANGED_DATE|Export date|Rapor Tarihi"
NEVER += "|Sistem tarihi|Çekim zamanı|Liste tarihi|Basım tarihi|Sorgu zamanı|Çekim saati|SMS tarihi|SMS gönderim tarihi"
NEVER += "|Son alışveriş tarihi|Bugünün tarihi|Etkinlik tarihi|İşlem tarihi|Data as of date|Generated at|İYS tarihi"


@pytest.mark.parametrize(
    ("field", "name"), [(field, name) for field, them in NAMES.items() for name in them.split("|")]
)
def test_a_name_announces_its_field(field, name):
    fields = announced(name)

    assert max(fields, key=fields.get) == field


@pytest.mark.parametrize("name", NEVER.split("|"))
def test_some_columns_are_never_taken(name):
    assert announced(name) == {}


def lines(*rows):
    return [(number, list(cells)) for number, cells in enumerate(rows, 1)]


def test_the_header_may_stand_below_titles():
    rows = lines(
        ["İZİN LİSTESİ", "", ""], ["24.11.2026", "", ""], ["Kişi", "", "İzin"], ["Ad Soyad", "Telefon", "SMS"],
        ["Ayşe", "0532 123 45 67", "E"],
    )  # fmt: skip

    assert find_header(rows) == 3


@pytest.mark.parametrize(
    "rows",
    [
        [["0532 123 45 67", "ONAY", "HS_WEB"], ["Telefon", "Durum", "Kaynak"]],
        [["53212", "SMS", "ONAY", "24.11.2026"], ["0532 123 45 67", "SMS", "RET", "24.11.2026"]],
        [["abc", "def"], ["ayse@example.com", "x"]],
        [],
    ],
)
def test_data_is_no_header(rows):
    assert find_header(lines(*rows)) is None


EXAMPLES = """
Cep Telefonu (5321234567)|GSM No (5321234567)|Telefon (0532 123 45 67)|Telefon: 0532 123 45 67|Cep Tel 0532 123 45 67|
Cep telefonunuz. Örn: 05321234567|0532 123 45 67 formatında telefon|E-posta: ornek@firma.com
"""


@pytest.mark.parametrize("name", [each.strip() for each in EXAMPLES.split("|")])
@pytest.mark.parametrize("status", ["SMS istemiyor", "Unsubscribed", "SMS almak istiyorum. Bilgi: kvkk@firma.com.tr"])
def test_a_header_may_hold_an_example_of_an_address(name, status):
    assert find_header(lines([name, status], ["0532 700 02 11", "Evet"], ["0532 700 03 11", "Hayır"])) == 0


@pytest.mark.parametrize(
    "first", ["Cep 0532 700 01 11", "(0532) 700 01 11 RET", "[0532] 700 01 11 cep", "0532 700 01 11"]
)
@pytest.mark.parametrize("status", ["RET", "SMS istemiyor"])
def test_a_person_beside_a_refusal_is_no_header(first, status):
    others = [["0532 700 02 11", "ONAY" if status == "RET" else ""], ["0532 700 03 11", ""]]

    assert find_header(lines([first, status], *others)) is find_header(lines([first], *others)) is None


def test_another_telephone_and_address_are_columns_of_addresses():
    others = ["Telefon (diğer)", "Cep tel diğer", "Email (other)", "E-posta 2 (diğer)", "Diğer telefon"]

    assert [{Field.PHONE, Field.EMAIL}.isdisjoint(announced(each)) for each in others] == [False] * len(others)


def test_a_header_is_only_looked_for_at_the_top():
    assert find_header(lines(*[["", "x"]] * 19, ["Telefon", "Durum"])) == 19
    assert find_header(lines(*[["", "x"]] * 20, ["Telefon", "Durum"])) is None


def test_headers_with_the_same_names_are_alike():
    first = signature(["Telefon", "E-Posta", "İZİN TARİHİ", ""])

    assert first == signature(["izin tarihi", "TELEFON ", "e posta"])
    assert first == signature(["Telefon", "E-Posta", "İzin Tarihi", "Satır", "Sorun", "Çözüm", "İYS kodu"])
    assert first != signature(["Telefon", "E-Posta", "İzin Tarihi", "Sorun"])
    assert first != signature(["Telefon", "E-Posta"])
    assert first != signature(["Telefon", "Telefon", "E-Posta", "İzin Tarihi"])
    assert len(first) == 32


def test_a_name_of_several_channels_is_the_status_of_no_single_one():
    for name in ("Arama e-posta durumu", "Arama/E-posta var mı", "SMS, arama"):
        assert set(consent_announced(name)) == {Field.STATUS, Field.CHANNEL}, name


OF_ALL = """
Bülten ve kampanyalardan haberdar olmak istiyorum|Kampanya ve bülten izni|Unsubscribed from newsletter and marketing|
E-posta aboneliğinden ve tüm listelerden çıktı|SMS vb. istemiyor|SMS ve diğer iletileri istemiyor|
Do not call or contact|SMS dahil hiçbir ileti istemiyor|Email and other marketing opt-out|
Newsletter / marketing consent|Ticari elektronik mesaj izni|
Pazarlama mesajları almak istiyor|E-bülten aboneliği ve ticari ileti onayı
"""
ALL_BUT = "E-posta dışında bilgilendirilmek istemiyorum|SMS'ten başka kanal istemiyorum|Sadece e-posta|Only email|"
ALL_BUT += "Do not contact except by email|E-posta ve diğer kanallardan bilgilendirilmek istiyorum"
OF_ONE = (
    "E-bülten izni|Kampanya ve indirimlerden SMS ile haberdar olmak istiyorum|Email marketing consent|Tüm SMS izinleri"
)


def test_a_name_of_one_channel_and_more_is_of_all_and_one_of_all_but_a_channel_is_not_understood():
    of_all = [name.strip() for name in OF_ALL.split("|")]

    assert [each for each in of_all if Field.STATUS not in consent_announced(each) or channels_named(each)] == []
    assert [each for each in ALL_BUT.split("|") if consent_announced(each) != {}] == []
    assert [each for each in OF_ONE.split("|") if Field.STATUS in consent_announced(each)] == []


@pytest.mark.parametrize(
    "name",
    [
        "Cep Telefonu (5321234567)", "GSM No (5321234567)", "Telefon: 0532 123 45 67", "E-posta: ornek@firma.com",
        "Cep telefonunuz. Örn: 05321234567", "SMS almak istiyorum. Vazgeçmek için kvkk@firma.com.tr",
    ],
)  # fmt: skip
def test_a_header_may_give_an_example_and_a_persons_line_is_none(name):
    data = [["0532 700 01 11", "Evet"], ["0532 700 02 11", "Hayır"]]

    assert find_header(lines([name, "SMS istemiyor"], *data)) == 0
    assert find_header(lines([name, "SMS istemiyor"], [name, "SMS istemiyor"], *data)) is None
    for cells in (
        ["0532 700 04 11 RET"],
        ["0532 700 04 11 cep"],
        [name],
        [name, "Ankara"],
        ["0532 700 04 11", "SMS izni"],
    ):
        assert find_header(lines(cells, ["0532 700 01 11", "İzin"])) is None
