"""What counts as evidence of a grant by the API: where and how the consent was given, and nothing that may refuse."""

import pytest

from portal.core.models import ApiRequest, Decision
from tests import make
from tests.portal.api.programs import BULK, CONSENTS, Program, codes, grant, make_key


@pytest.fixture
def program(app) -> Program:
    with app.app_context():
        return Program(app, make_key(make.provider()))


MISSING = [" ", "-", "YOK", "0"]
REFUSES = [
    "ret", "Müşteri formu: SMS istemiyor", "Red formu", "Kişi hayır dedi", "çıkış formu", "pasif", "Robinson listesi",
    "web formu: HAYIR", "KVKK itiraz dilekçesi", "Mağaza kaydı: kutu işaretlenmedi", "izinsiz liste",
    "declined at till", "Kutuyu işaretlemedim dedi", "İtiraz hakkını kullandı", "sms_ok: no; source: web",
    "sms: H 2026-11-01", "consent: no, 12.03.2026", "sms: false 5", "sms: no 3 Mart 2026", "sms: h 12 Kasım",
    "opt_in: no 14:05", "consent: no 2026", "izin: no 20260312", "izin=no 1", "onayım: N 12345",
    "sms: no 3. Mart 2026", '{"e-posta": "no 22"}', "İzin durumu: H web formu", "SMS ister mi: h 14",
    "izin verildi: no 22", "kasa: no 14:05", "SMS izni (web): no", "SMS onayı [web]: no 22",
    "Rıza alındı: no, 3 kez soruldu", "İzin Durumu: H", "Ret hakkı hatırlatıldı; onay verdi", "opt_in=0",
    '{"smsConsent": null, "form": 12}', "kvkk_onay: boş", "consent: none", "☐ SMS almak istiyorum", "❌ SMS",
    "[ ] SMS", "not opted in", "didn't opt in", "checkbox unchecked", "işaretlenmeyen kutu",
    "sms: -", "marketing: 0", "kanal: yok", "kanallar: -", '{"channels": []}', "tercih: hiçbiri", "İzin durumu: -",
    "preference centre: none", "web form: nein", "SMS ister mi: 0", "consent[sms]=0", "imza: -", "İmzasız form",
    "( ) SMS almak istiyorum", "[] sms", "SMS (-)", "[0] SMS istiyorum", "○ SMS", "Form boş bırakıldı", "onay bekliyor",
    "double opt-in pending", "henüz onay yok", "onay alınacak", "suppression list", "sms: 0 22.11.2026",
]  # fmt: skip
# Of consents by other channels than MESAJ.
OF_OTHERS = [
    "sadece e-posta izni", "kanallar: e-posta", "tercih=email", '{"kanallar": ["arama", "e-posta"]}', "email only",
    "izin türü: e-posta", "tercih edilen kanal: WhatsApp", "E-posta izin formu 22", "SMS hariç tüm kanallar",
    "email: true", "email_optin=1",
]  # fmt: skip
# What a shop's own program sends: fields that hold nothing, how a consent was given, lists of who waits.
OF_PROGRAMS = [
    "Form no: 0; şube: -", "ip: 10.0.0.0, device: none", "utm_campaign: none, utm_medium: email", "Kampanya kodu: 0",
    "sipariş durumu: 0", "teslimat tercihi: yok", "satış kanalı: -", "Kampanya: -", "Telefon: -; e-posta: -; form 22",
    '{"tags": [], "channels": [\n  "sms"\n]}', "kanallar[]=sms&kanallar[]=email",
    "onaylanan kanallar:\n- SMS\n- E-posta",
    "Kanal: Telefon", "Onay: telefon, ses kaydı 118", "e-posta ile gelen form 22", "sadece telefonla başvuru alınır",
    "e-posta izni ve SMS izni formu", "Bekleme listesi formu", "kasa (0), form.submit()", "SMS izin linki ile onay",
    "Onay: 00:34", "Web formu ()", "Mağaza (—) Kadıköy", "iletişim kanalı: telefon", "consent channel: phone",
    "verified email: true, consent form 12", "send receipt by email: yes, loyalty form 12", "not only email but SMS",
    '{"source": "web", "channel": null, "form": "12"}', "source=web&channel=&form=12", "newsletter=0&sms=1",
    "boş kutuyu işaretledi", "Çift onay: bekliyor → onaylandı", "status changed from pending to subscribed",
    "onay verecek şekilde işaretledi",
    "izin: SMS & mail", "izinler:\n- E-posta\n- SMS", "channels=email;sms", "kanallar: elektronik posta, kısa mesaj",
]  # fmt: skip


@pytest.mark.parametrize(("evidence", "code"), [("-", "evidence_missing"), ("Red formu", "evidence_refuses")])
@pytest.mark.alike
def test_a_grant_without_evidence_or_with_one_that_refuses_is_a_problem(program, rows, evidence, code):
    answer = program.post(CONSENTS, grant() | {"evidence": evidence})

    assert (answer.status_code, answer.json["code"], answer.json["iysCode"]) == (422, code, None)
    assert answer.mimetype == "application/problem+json"
    assert (rows.count(Decision), rows.one(ApiRequest).status) == (0, 422)


@pytest.mark.alike
def test_no_words_that_may_refuse_are_evidence(program, rows):
    expected = dict.fromkeys(MISSING, "evidence_missing") | dict.fromkeys(REFUSES + OF_OTHERS, "evidence_refuses")
    grants = [grant(f"+90532{number:07}") | {"evidence": words} for number, words in enumerate(expected)]

    answer = program.post(BULK, {"consents": grants})

    assert dict(zip(expected, codes(answer), strict=True)) == expected
    assert rows.count(Decision) == 0


def test_evidence_that_may_refuse_is_named_with_a_cure_beside_good_rows(program, rows):
    """Also where it only names the right to refuse: nobody is there to ask."""
    doubtful = "RET-FORM-1", "opt-out linki gösterildi", "iptal formu", "hayır kurumu üyelik formu"
    bad = [grant(f"+90532123456{place}") | {"evidence": words} for place, words in enumerate(doubtful)]

    answer = program.post(BULK, {"consents": [*bad, grant()]})

    assert codes(answer) == ["evidence_refuses"] * 4 + [None]
    assert answer.json["written"] == rows.count(Decision) == 1
    told = answer.json["results"][0]["problem"]
    assert "yalnız onayın nerede, nasıl alındığını söylesin" in told["fixTr"]
    assert told["errors"][0]["field"] == "evidence"


def test_evidence_may_name_documents_of_ordinary_business(program, rows):
    ordinary = "e-Arşiv fatura 2026-118", "Kasa çıkış formu", "Çıkış anketi", "Terk edilmiş sepet formu", "No 22"
    ordinary += "Form no: 22", "Sözleşme: No 4711", "Mağaza: H blok", "Komedi kulübü formu, Mehmedin imzası"
    ordinary += "Ahmedin imzalı formu", "Fatura: no 22 imzalı", "Onay formu: No 4711"
    ordinary += "Kapı (ev): no 5", "sipariş=no 118", "Sipariş No: 118, SMS kutusu ☑", "Onay kodu: N 12"
    ordinary += "Üyelik formu 2026-118", "checkbox ☑ [x]", "web formu /kayit?utm=0", "opt_in=1, consent: web form 22"
    ordinary += "onay kodu=0042", '{"email": null, "consent": "F2026 118"}', "SMS onayı: 0 532 123 45 67"
    ordinary += (*OF_PROGRAMS,)
    grants = [grant(f"+9053212345{place:02}") | {"evidence": words} for place, words in enumerate(ordinary)]

    assert codes(program.post(BULK, {"consents": grants})) == [None] * len(ordinary)


def test_evidence_of_other_channels_is_read_by_the_one_that_is_granted(program):
    """A mailbox that is empty says no by e-mail alone, and how a consent was given is no channel of it."""
    words = "kanallar: arama, SMS", '{"email": null, "form": 12}', "email consent form", "SMS onayı ile üyelik"
    grants = [grant(f"{place}@example.com") | {"type": "EPOSTA", "evidence": each} for place, each in enumerate(words)]
    calls = [grant(f"+9053212345{place:02}") | {"type": "ARAMA", "evidence": each} for place, each in enumerate(words)]

    assert codes(program.post(BULK, {"consents": grants})) == ["evidence_refuses", "evidence_refuses", None, None]
    assert codes(program.post(BULK, {"consents": calls})) == [None, None, "evidence_refuses", None]
