"""What counts as evidence of a grant by the API: where and how the consent was given, and nothing that may refuse."""

import pytest

from portal.core.models import ApiRequest, Decision
from tests import make
from tests.portal.api.programs import BULK, CONSENTS, Program, codes, grant, make_key


@pytest.fixture
def program(app) -> Program:
    with app.app_context():
        return Program(app, make_key(make.provider()))


@pytest.mark.parametrize(
    ("evidence", "code"),
    [
        (" ", "evidence_missing"),
        ("-", "evidence_missing"),
        ("YOK", "evidence_missing"),
        ("ret", "evidence_refuses"),
        ("Müşteri formu: SMS istemiyor", "evidence_refuses"),
        ("Red formu", "evidence_refuses"),
        ("Kişi hayır dedi", "evidence_refuses"),
        ("çıkış formu", "evidence_refuses"),
        ("pasif", "evidence_refuses"),
        ("Robinson listesi", "evidence_refuses"),
        ("web formu: HAYIR", "evidence_refuses"),
        ("KVKK itiraz dilekçesi", "evidence_refuses"),
        ("Mağaza kaydı: kutu işaretlenmedi", "evidence_refuses"),
        ("izinsiz liste", "evidence_refuses"),
        ("declined at till", "evidence_refuses"),
        ("Kutuyu işaretlemedim dedi", "evidence_refuses"),
        ("İtiraz hakkını kullandı", "evidence_refuses"),
        ("sms_ok: no; source: web", "evidence_refuses"),
        ("sms: H 2026-11-01", "evidence_refuses"),
        ("consent: no, 12.03.2026", "evidence_refuses"),
        ("sms: false 5", "evidence_refuses"),
        ("sms: no 3 Mart 2026", "evidence_refuses"),
        ("sms: h 12 Kasım", "evidence_refuses"),
        ("opt_in: no 14:05", "evidence_refuses"),
        ("consent: no 2026", "evidence_refuses"),
        ("izin: no 20260312", "evidence_refuses"),
        ("izin=no 1", "evidence_refuses"),
        ("onayım: N 12345", "evidence_refuses"),
        ("sms: no 3. Mart 2026", "evidence_refuses"),
        ('{"e-posta": "no 22"}', "evidence_refuses"),
        ("İzin durumu: H web formu", "evidence_refuses"),
        ("SMS ister mi: h 14", "evidence_refuses"),
        ("izin verildi: no 22", "evidence_refuses"),
        ("kasa: no 14:05", "evidence_refuses"),
        ("SMS izni (web): no", "evidence_refuses"),
        ("SMS onayı [web]: no 22", "evidence_refuses"),
        ("Rıza alındı: no, 3 kez soruldu", "evidence_refuses"),
        ("İzin Durumu: H", "evidence_refuses"),
        ("Ret hakkı hatırlatıldı; onay verdi", "evidence_refuses"),
        ("opt_in=0", "evidence_refuses"),
        ('{"smsConsent": null, "form": 12}', "evidence_refuses"),
        ("kvkk_onay: boş", "evidence_refuses"),
        ("consent: none", "evidence_refuses"),
        ("☐ SMS almak istiyorum", "evidence_refuses"),
        ("❌ SMS", "evidence_refuses"),
        ("[ ] SMS", "evidence_refuses"),
        ("not opted in", "evidence_refuses"),
        ("didn't opt in", "evidence_refuses"),
        ("checkbox unchecked", "evidence_refuses"),
        ("işaretlenmeyen kutu", "evidence_refuses"),
        ("0", "evidence_missing"),
    ],
)
@pytest.mark.alike
def test_a_grant_without_evidence_or_with_one_that_refuses_is_a_problem(program, rows, evidence, code):
    answer = program.post(CONSENTS, grant() | {"evidence": evidence})

    assert (answer.status_code, answer.json["code"], answer.json["iysCode"]) == (422, code, None)
    assert answer.mimetype == "application/problem+json"
    assert (rows.count(Decision), rows.one(ApiRequest).status) == (0, 422)


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
    grants = [grant(f"+9053212345{place:02}") | {"evidence": words} for place, words in enumerate(ordinary)]

    assert codes(program.post(BULK, {"consents": grants})) == [None] * len(ordinary)
