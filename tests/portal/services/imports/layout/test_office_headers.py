"""Names that offices and their programs give to columns of consent, with what they are guessed to be."""

import pytest

from portal.services.imports.layout import Field, guess
from portal.services.imports.layout.consent_names import refusal_named, yes_refuses

SMS, CALL, EMAIL, ANY = Field.STATUS_SMS, Field.STATUS_CALL, Field.STATUS_EMAIL, Field.STATUS
# In groups: a whole header of consent columns as one file has it.
HEADERS = {
    "SMS (E/H)": SMS, "ARAMA (E/H)": CALL, "MAIL (E/H)": EMAIL, "SMS ALSIN MI": SMS, "ARANSIN MI": CALL,
    "MAIL ALSIN MI": EMAIL, "İzni Var mı?": ANY, "ALSIN MI?": ANY, "E-BÜLTEN": EMAIL, "E-Bülten Aboneliği": EMAIL,
    "Bülten gönderilsin mi": EMAIL, "SMS_IZIN": SMS, "TEL_IZIN": CALL, "EPOSTA_IZIN": EMAIL, "Sms Gönderimi": SMS,
    "Kısa mesaj istiyor": SMS, "Telefonla aranmak istiyor": CALL, "Arayabilir miyiz?": CALL,
    "Elektronik posta almayı kabul ediyorum": EMAIL, "SMS Bildirim": SMS, "accepts_marketing": ANY,
    "Accepts SMS Marketing": SMS, "email_opt_in": EMAIL, "smsOptIn": SMS, "callPermission": CALL, "Newsletter": EMAIL,
    "HasOptedOutOfEmail": EMAIL, "DoNotCall": CALL, "Unsubscribed from all email": EMAIL, "SMS istemiyor": SMS,
    "Aranmasın": CALL, "Mail atılsın mı": EMAIL, "Kampanyalardan haberdar olmak ister mi?": ANY,
    "Onay (Evet/Hayır)": ANY, "İletişim İzni": ANY, "Ticari ileti onayı": ANY, "SMS ve Arama izni": ANY,
    "SMS Onay/Ret": SMS, "Mail Durumu": EMAIL, "Cep SMS İzni": SMS, "TELEFON İZNİ (1/0)": CALL, "Mesaj alsın": SMS,
    "Abonelikten çıktı": ANY,
}  # fmt: skip
REFUSING = {"HasOptedOutOfEmail", "DoNotCall", "Unsubscribed from all email", "SMS istemiyor", "Aranmasın",
            "Abonelikten çıktı"}  # fmt: skip
OF_STATES = {"Mail Durumu"}  # Of the consent or the mailbox: yes and no are asked.
# Of any of these a yes refuses.
REFUSALS = """
SMS istemem|SMS istemedi|SMS istemediğini belirtti|SMS almıyor|SMS almayacak|SMS gönderilmeyecek|SMS gönderilmez|
SMS yasak|SMS engelli|SMS kapalı|SMS yok|SMS refused|SMS declined|SMS denied|SMS izni vermedi|SMS izin vermiyor|
SMS kabul etmiyorum|SMS onaylamıyorum|SMS onayı geri alındı|SMS izni kaldırıldı|SMS izni ret|SMS listesinden çıkarıldı|
Aranmak istemem|Aramayın|Arama yapmayınız|Aranmayacak|Aranmama talebi|Mail almıyor|Bülten almıyor|Reklam istemem|
Ticari ileti almak istemem|Pazarlama izni yok|İzin vermiyorum|Onaylamıyorum|Rızası yok|Consent withdrawn|
Consent revoked|Marketing refused|Rahatsız etmeyin|İzin alınmadı|İzni verilmemiş|SMS opt-out mu?|
İleti gönderilmesini istemiyorum|Rahatsız edilmek istemiyorum|SMS izni bulunmamaktadır|İzni olmayan|
Ticari ileti istemeyen müşteri
"""
# Nobody can tell of which the yes is, so that a person chooses.
UNCLEAR = """
Ret yok|SMS iptal edilmedi|Opt-in revoked|İzinsiz değil|SMS gönderme|Mail gönderme|Email bounced|E-posta yok|
Telefon kapalı|Onay Ret iptal|SMS iptali istiyor|Rahatsız etme|Vazgeçmedi|Reddetmedi|SMS listesinden çıkmadı|
İtirazım bulunmamaktadır|İtirazsız|SMS'ten rahatsız olmuyor|Never unsubscribed|Not unsubscribed|Has not opted out|
Did not refuse marketing|No objection to SMS|Ticari olmayan SMS izni|Listeden çıkmak istemiyor|
Reklam içermeyen e-posta izni
"""
GRANTS = """
SMS gönderme izni|Telefonla aramayı kabul ediyor|Arama tamam mı|Pazarlama araması izni|Onay/Ret|SMS izni (var/yok)|
Aranmasını kabul eder|SMS gönderilmesine izin|Bilgilendirme onayı|İstiyor/istemiyor|
SMS geri bildirim izni|Mail (açık/kapalı)
"""
NO_CONSENTS = (
    "Sadakat üyesi", "KVKK Onayı", "Cinsiyet", "İptal nedeni", "SMS adedi", "Faks izni",
    "Evli mi?", "Aktif",
)  # fmt: skip
PHONES = [f"0532 {n * 37 % 900 + 100} {n * 7 % 90 + 10} {n * 13 % 90 + 10}" for n in range(20)]
MAILS = [f"kisi{n}@example.com" for n in range(20)]


def guessed(name, cells):
    rows = list(enumerate(zip(PHONES, MAILS, cells, strict=True), 2))
    columns = guess(["CEP", "MAIL", name], [(line, list(row)) for line, row in rows]).columns
    assert (columns[Field.PHONE], columns[Field.EMAIL]) == (0, 1)
    return next((field for field, place in columns.items() if place == 2), None)


@pytest.mark.parametrize(("name", "field"), HEADERS.items())
def test_a_column_of_yes_and_no_is_known_by_its_name(name, field):
    assert guessed(name, ["E", "H"] * 10) == guessed(name, ["1", "0"] * 10) == field
    assert yes_refuses(name) == (name in REFUSING)


@pytest.mark.parametrize("name", NO_CONSENTS)
def test_other_questions_are_no_consent(name):
    found = guessed(name, ["E", "H"] * 10)

    assert found is None


def test_a_file_of_an_office_is_read_whole():
    rows = [(line, ["0532 123 45 67", "a@example.com", "E", "H", "H"]) for line in range(2, 27)]

    found = guess(["CEP", "MAIL", "SMS (E/H)", "ARAMA (E/H)", "MAIL (E/H)"], rows)

    assert found.columns == {Field.PHONE: 0, Field.EMAIL: 1, SMS: 2, CALL: 3, EMAIL: 4}
    assert len(found.channels) == 3


def names(text):
    return [name.strip() for name in text.split("|")]


@pytest.mark.parametrize("name", names(REFUSALS))
def test_the_yes_of_a_negation_or_an_end_refuses(name):
    assert refusal_named(name) is True
    assert guessed(name, ["E", "H"] * 10) in (SMS, CALL, EMAIL, ANY)


@pytest.mark.parametrize("name", names(UNCLEAR))
def test_a_name_that_may_mean_either_is_left_to_a_person(name):
    assert refusal_named(name) is False
    assert guessed(name, ["E", "H"] * 10) is guessed(name, ["1", "0"] * 10) is None


@pytest.mark.parametrize("name", [*names(GRANTS), "Object ID", "Engelli mi?", "Evli değil", "İşten ayrılmadı"])
def test_no_refusal_is_seen_where_none_is_named(name):
    assert refusal_named(name) is None
