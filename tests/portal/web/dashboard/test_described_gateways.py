"""A firm whose vendor nobody knows connects it by a form, from what stands on the vendor's page."""

import json
import re
from html.parser import HTMLParser

import pytest
import requests
from sqlalchemy import select

from portal.core.extensions import db, limiter, vault
from portal.core.models import AddressProof, Brand, GatewayState, MessageGateway, Provider
from portal.domain import address_proofs
from portal.domain.notifications import gateways
from portal.services.messaging import gateway_accounts
from portal.services.messaging.gateways.protocol import ReportState
from portal.services.messaging.gateways.vendor_push import VendorPush
from tests import make, servers, unknown_vendor
from tests.portal.web.dashboard.test_gateway_pages import NEW, PAGE, VERIMOR, arrived, fake, prove, shown, stored
from tests.unknown_vendor import CUSTOMER, KEY, UnknownVendor

pytestmark = [pytest.mark.slow, pytest.mark.alike]

__all__ = ["fake"]
DESCRIBED = f"{PAGE}/new?vendor=described"
SAMPLES = {
    "read": "1", "url": "", "call": unknown_vendor.CALL, "answer": unknown_vendor.ANSWER,
    "error": unknown_vendor.ERROR, "report": unknown_vendor.REPORT, "reply": unknown_vendor.REPLY,
}  # fmt: skip


class FilledIn(HTMLParser):
    """What a browser would post of a page's last form with a description."""

    def __init__(self, text: str):
        super().__init__()
        self.fields: dict[str, str] = {}
        self.labels: dict[str, str] = {}
        self._name, self._is_text, self._is_first = "", False, False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "input" and given.get("name"):
            self.fields[given["name"]] = given.get("value") or ""
        elif tag in ("select", "textarea"):
            self._name, self._is_text = given.get("name") or "", tag == "textarea"
            self.labels[given.get("aria-label") or ""] = self._name
            self._is_first = True
            self.fields[self._name] = ""
        elif tag == "option" and ("selected" in given or self._is_first):
            self.fields[self._name], self._is_first = given["value"], False

    def handle_endtag(self, tag):
        self._is_text = False if tag == "textarea" else self._is_text

    def handle_data(self, data):
        if self._is_text:
            self.fields[self._name] += data.removeprefix("\r\n")


def corrected(page, url: str) -> dict[str, str]:
    """The form with the guesses put right as the vendor's page has it."""
    form = FilledIn(page.text)
    states = {"ULASMADI": "failed/", "SURESI_DOLDU": "expired/", "BEKLIYOR": "accepted/"}
    said = {
        "url": f"{url}/rest/v3/gonder", "header": "DENEME", "per_second": "5", "most_messages": "200",
        "secret.username": CUSTOMER, "secret.token": KEY, "ref": "/paket",
        "report_ref": "/raporlar/*/paket", "state_0_meaning": "delivered/", "error_1_words": "GSM_HATALI",
        "error_1_meaning": "permanent/bad_address", "error_2_words": "BASLIK_ONAYSIZ",
        "error_2_meaning": "config/header",
    }  # fmt: skip
    for number, (word, state) in enumerate(states.items(), 1):
        said |= {f"state_{number}_words": word, f"state_{number}_meaning": state}
    return form.fields | said


@pytest.fixture
def vendor():
    one = UnknownVendor()
    with servers.serving(one) as one.url:
        yield one


def connect(ayse, vendor) -> str:
    """The path of an account, made from the vendor's page."""
    return ayse.posts(DESCRIBED, corrected(ayse.posts(DESCRIBED, SAMPLES), vendor.url)).location


def test_what_a_page_lists_needs_no_correction(app, ayse, vendor, rows):
    """All that is typed in is whose account it is, and where the vendor's server stands."""
    listed = {"faults": unknown_vendor.FAULTS, "states": unknown_vendor.STATES, "url": f"{vendor.url}/rest/v3/gonder"}
    page = ayse.posts(DESCRIBED, SAMPLES | listed)
    words = shown(page)
    assert "firmanın ileti numarası PK-881" in words and "BAKIYE_YOK: Hesap düzeltilene kadar" in words
    assert "Her iletide aynı gider: tur=bilgilendirme." in words
    assert "+905321234567 ULASTI: Ulaştı" in words and "+905321234567 yazdı: RET" in words and "Bakın" not in words
    assert f"POST {vendor.url}/rest/v3/gonder" in page.text and "X-Kuzey-Anahtar: •••" in page.text

    typed = {"header": "DENEME", "secret.username": CUSTOMER, "secret.token": KEY}
    path = ayse.posts(DESCRIBED, FilledIn(page.text).fields | typed).location

    assert "Kabul edildi" in shown(ayse.posts(f"{path}/test", {"address": prove(app)}))
    assert "Eksik kalanlar" not in shown(ayse.opens(path))
    with app.app_context():
        kept = gateways.read_credentials(vault(), rows.one(MessageGateway))["description"]
    rules = json.loads(kept)
    assert [each["codes"][0] for each in rules["answer"]["errors"]][1::4] == ["ANAHTAR_GECERSIZ", "YOGUN"]
    assert [each["state"] for each in rules["report_push"]["states"]] == ["delivered", "failed", "expired", "accepted"]


def test_a_secret_in_a_field_that_is_none_of_a_log_in_says_nothing_to_people(ayse, vendor, rows):
    """A vendor may send such a field to people: below our text, or before it."""
    call = unknown_vendor.CALL.replace('"tur": "bilgilendirme"', '"altlik": "TR"')
    form = corrected(ayse.posts(DESCRIBED, SAMPLES | {"call": call}), vendor.url)
    (role,) = [name for name, text in form.items() if text == "TR"]
    chosen = form | {role.replace("fixed", "role"): "secret.password"}

    refused = ayse.posts(DESCRIBED, chosen | {"secret.password": "Kargonuz bekliyor: ptt-ode.com/k"})

    assert refused.status_code == 422 and "(/send/body/altlik)" in shown(refused) and rows.count(MessageGateway) == 0
    assert ayse.posts(DESCRIBED, chosen | {"secret.password": "TR-7"}).status_code == 303


def test_an_account_says_what_its_description_lacks(ayse, vendor):
    """Each with what follows from it, and a link to where it is mended."""
    bare = {name: text for name, text in SAMPLES.items() if name not in ("error", "report", "reply")}
    form = FilledIn(ayse.posts(DESCRIBED, bare | {"answer": '{"a": 1}', "url": f"{vendor.url}/x"}).text).fields
    path = ayse.posts(DESCRIBED, form | {"header": "DENEME", "secret.username": "a", "secret.token": "b"}).location

    page = ayse.opens(path)

    words = shown(page)
    assert "ulaşıp ulaşmadığı bilinmez" in words and "üç iş günü" in words and "Hata kodları" in words
    assert "Başarılı yanıt: Başarı olarak okunmadı" in words
    links = re.findall(r'href="([^"]+/change[^"]*#[^"]+)"', page.text)
    assert [each.rpartition("#")[2] for each in links] == ["ref", "faults", "report", "reply"]
    for link in links:
        place, _hash, field = link.replace("&amp;", "&").partition("#")
        assert f'id="{field}"' in ayse.opens(place).text


def test_an_error_is_read_with_the_status_of_one(ayse):
    """Where a row of the answer has the word of a success, the status tells a failure of the whole call."""
    rows_in = {"answer": '{"mesajlar": [{"id": "x-1", "durum": "KABUL"}]}', "error": '{"hata": {"kod": "BAKIYE_YOK"}}'}
    words = shown(ayse.posts(DESCRIBED, SAMPLES | rows_in))

    assert "ileti numarası x-1" in words and "BAKIYE_YOK: Hesap düzeltilene kadar" in words and "Bakın" not in words


def test_a_preview_shows_the_call_and_stores_nothing(ayse, vendor, rows):
    form = corrected(ayse.posts(DESCRIBED, SAMPLES), vendor.url) | {"header": "BASKA", "success_words": "TAMAM"}

    page = ayse.posts(f"{DESCRIBED}&way=preview", form | {"secret.username": ""})

    assert (
        "Bu alanı yazın" not in shown(page)
        and "yeniden yazın" in shown(page)
        and '<details class="change">' not in page.text
    )
    assert page.status_code == 200 and "BASKA" in shown(page) and "Başarı olarak okunmadı" in shown(page)
    assert KEY not in page.text and rows.count(MessageGateway) == 0
    roles = dict.fromkeys((name for name, each in form.items() if each == "text"), "-")
    assert "hangi alanda durduğunu" in shown(ayse.posts(f"{DESCRIBED}&way=preview", form | roles))


def test_an_account_changed_during_its_test_stays_untested(app, ayse, vendor, rows):
    path, proof = connect(ayse, vendor), prove(app)

    def change() -> None:
        with app.app_context():
            gateway = db.session.get_one(MessageGateway, rows.one(MessageGateway).id)
            values = gateways.read_credentials(vault(), gateway) | {"secret.token": "yeni"}
            gateways.replace_credentials(vault(), gateway, values, header="DENEME", per_second=5, needs_test=True)
            db.session.commit()

    vendor.before_answer = change
    tried = ayse.posts(f"{path}/test", {"address": proof})

    assert tried.status_code == 409 and "bu sırada değişti" in shown(tried) and len(vendor.calls) == 1
    assert rows.one(MessageGateway).state == GatewayState.UNTESTED


def test_the_vendor_is_told_where_to_report(app, ayse, vendor):
    call = unknown_vendor.CALL.replace('"tur":', '"callback_url": "https://siz.example", "tur":')
    path = ayse.posts(DESCRIBED, corrected(ayse.posts(DESCRIBED, SAMPLES | {"call": call}), vendor.url)).location

    ayse.posts(f"{path}/test", {"address": prove(app)})

    assert vendor.calls[0]["callback_url"] in ayse.opens(path).text


def test_samples_are_read_corrected_tried_and_understood(app, ayse, vendor, rows):
    assert "Adım 1/2" in shown(ayse.opens(DESCRIBED))
    page = ayse.posts(DESCRIBED, SAMPLES)
    assert page.status_code == 200 and "iletiler[].gsm" in shown(page) and "hata.kod: BAKIYE_YOK" in shown(page)

    path = connect(ayse, vendor)
    tried = ayse.posts(f"{path}/test", {"address": prove(app)})

    assert tried.status_code == 200 and "Kabul edildi" in shown(tried) and "PK-1" in shown(tried)
    assert "•••" in tried.text and KEY not in tried.text and KEY not in ayse.opens(f"{path}/change").text
    (call,) = vendor.calls
    assert call["iletiler"][0].keys() == {"gsm", "metin", "takip"} and call["tur"] == "bilgilendirme"
    gateway = rows.one(MessageGateway)
    assert gateway.state == GatewayState.WORKING
    with app.app_context():
        adapter = gateway_accounts.adapter_of(gateway)
        told = unknown_vendor.REPORT.replace("A-1", "17").replace("ULASTI", "SURESI_DOLDU").encode()
        (report,) = adapter.read_push(VendorPush(told, "application/json")).reports
    assert (report.state, report.message_id, report.ref) == (ReportState.EXPIRED, 17, "PK-881")
    assert "SURESI_DOLDU" in ayse.opens(f"{path}/change?way=json").text


def test_a_refused_test_shows_what_was_asked_and_how_it_was_read(app, ayse, vendor, rows):
    form = corrected(ayse.posts(DESCRIBED, SAMPLES), vendor.url) | {"secret.token": "yanlis-anahtar"}
    path, proof = ayse.posts(DESCRIBED, form).location, prove(app)

    refused = ayse.posts(f"{path}/test", {"address": proof})

    assert refused.status_code == 422 and "şifreyi kabul etmedi" in shown(refused)
    assert "ANAHTAR_GECERSIZ" in shown(refused) and "yanlis-anahtar" not in refused.text
    wrong = {"url": f"{vendor.url}/rest/v2/gonder", "secret.token": KEY}
    ayse.posts(f"{path}/change", FilledIn(ayse.opens(f"{path}/change").text).fields | wrong)
    assert "böyle bir hizmet yok" in shown(ayse.posts(f"{path}/test", {"address": proof}))
    assert rows.one(MessageGateway).state == GatewayState.UNTESTED


def test_how_answers_are_read_changes_without_the_secrets_and_the_address_only_with_them(app, ayse, vendor, rows):
    path = connect(ayse, vendor)
    page = ayse.opens(f"{path}/change")
    form = FilledIn(page.text).fields

    more = ayse.posts(f"{path}/change", form | {"error_3_words": "YOGUN", "error_3_meaning": "temporary/rate"})
    moved = ayse.posts(f"{path}/change", form | {"url": "https://api.example.com/elsewhere"})

    assert (more.status_code, moved.status_code) == (303, 422) and "Bu alanı yazın" in shown(moved)
    assert ayse.posts(f"{path}/change", form | {"secret.username": ""}).status_code == 422
    with app.app_context():
        kept = gateways.read_credentials(vault(), rows.one(MessageGateway))
    assert "YOGUN" in kept["description"] and (kept["secret.token"], kept["secret.username"]) == (KEY, CUSTOMER)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"call": "POST https://api.example.com/x\n\nmerhaba"}, "okuyamadık"),
        ({"call": 'POST https://api.example.com/x\n\n{"gsm": "1",\n"metin" 2}'}, "2. satırına"),
        ({"error": '{"sonuc": "RED"'}, "okuyamadık"),
        ({"call": ""}, "yapıştırın"),
        ({"answer": "Gönderim kabul edilince mesaj numarası döner."}, "örnek bulamadık"),
        ({"report": "Raporu panelde verdiğiniz adrese göndeririz."}, "örnek bulamadık"),
        ({"call": "Göndermek için adresimize POST yapın."}, "örnek bulamadık"),
        ({"call": '{"gsm": "5321234567", "metin": "x"}'}, "Örnekte adres yok"),
        ({"call": "http://gw.example.com/x?gsm=5321234567&metin=x"}, "açıkta gider"),
        ({"report": 'GET https://api.kuzeymesaj.example/rapor?paket=PK-881\n\n{"durum": 1}'}, "sorulması gerekiyor"),
        ({"report": "https://rapor.example/?usercode=a&password=b&bulkid=7"}, "sorulması gerekiyor"),
        ({"answer": "x" * 5001}, "En çok 5000"),
        ({"answer": unknown_vendor.CALL}, "gönderim örneğine benziyor"),
        ({"call": unknown_vendor.ANSWER}, "yanıt/rapor örneğine benziyor"),
        ({"call": f"Teslim\n```\n{unknown_vendor.REPORT}\n```"}, "yanıt/rapor örneğine benziyor"),
    ],
)
def test_samples_that_cannot_be_read_are_said_to(ayse, wrong, told):
    answer = ayse.posts(DESCRIBED, SAMPLES | wrong)

    assert answer.status_code == 422 and told in shown(answer)


def test_a_form_that_lacks_something_says_where(ayse, vendor, rows):
    page = ayse.posts(DESCRIBED, SAMPLES)
    roles = {name: at for name, at in corrected(page, vendor.url).items() if at == "text"}
    wrong = (
        (dict.fromkeys(roles, "-"), "hangi alanda durduğunu"), ({"report_to": "/olay"}, "satırda değil"),
        ({"url": "ftp://x"}, "https://"), ({"most_messages": "0"}, "1 ile"), ({"secret.token": ""}, "Bu alanı yazın"),
        ({"secret.username": ""}, "Bu alanı yazın"), ({"role_1": "secret.password"}, "Bu alanı yazın"),
        ({"state_1_meaning": ""}, "Anlamını seçin"), ({"url": "http://api.example.com/x"}, "https://"),
        ({"description": "{}"}, "Adım 1/2"),
    )  # fmt: skip

    for change, told in wrong:
        assert told in shown(ayse.posts(DESCRIBED, corrected(page, vendor.url) | change)), change
    assert rows.count(MessageGateway) == 0


def test_a_change_must_be_tried_before_anything_leaves_by_it(app, ayse, vendor, rows):
    path, proof = connect(ayse, vendor), prove(app)
    form = FilledIn(ayse.opens(f"{path}/change").text).fields

    def state_after(**changed: str) -> GatewayState:
        ayse.posts(f"{path}/test", {"address": proof})
        assert rows.one(MessageGateway).state == GatewayState.WORKING
        assert ayse.posts(f"{path}/change", form | changed).status_code == 303
        return rows.one(MessageGateway).state

    assert "Denenmedi" in shown(ayse.opens(f"{path}/change"))
    assert state_after(name="Kuzey", per_second="7") == GatewayState.WORKING
    assert "Kuzey" in shown(ayse.opens(PAGE)) and "Kuzey, DENEME" in shown(ayse.opens(PAGE))
    assert state_after(success_words="KABUL") == GatewayState.UNTESTED
    form["success_words"] = "ALINDI"
    ayse.posts(f"{path}/change", form)
    assert state_after(**{"secret.token": "yanlis"}) == GatewayState.UNTESTED


def test_a_test_that_may_have_gone_is_not_called_lost(app, ayse, vendor):
    form = corrected(ayse.posts(DESCRIBED, SAMPLES), vendor.url) | {"success_words": "TAMAM"}
    path = ayse.posts(DESCRIBED, form).location

    tried = ayse.posts(f"{path}/test", {"address": prove(app)})

    assert "Gitmiş olabilir" in shown(tried) and "Deneme iletisi gitmedi" not in shown(tried)


def test_a_limit_says_how_long_and_keeps_what_was_typed(app, ayse, vendor):
    form = corrected(ayse.posts(DESCRIBED, SAMPLES), vendor.url)
    limiter.enabled = True
    paths = [ayse.posts(DESCRIBED, form | {"name": "Kuzey"}).location for _ in range(20)]

    refused = ayse.posts(DESCRIBED, form | {"name": "Güney"})

    assert refused.status_code == 429 and "sonrasında yeniden deneyin" in shown(refused) and "Güney" in refused.text
    proof = {"address": prove(app)}
    tests = [ayse.posts(f"{paths[0]}/test", proof) for _ in range(21)]
    assert (tests[19].status_code, tests[20].status_code) == (200, 429) and "sonrasında" in shown(tests[20])


def test_sentences_around_samples_are_left_out_and_their_lists_read(ayse, vendor):
    page = ayse.posts(DESCRIBED, {
        "read": "1", "call": f"Gönderim: `GET {vendor.url}/send?user=U&pass=P&from=X&to=5321112233&msg=a` ile.",
        "answer": "Düz yazı döner:\n- `OK:8841` – alındı\n- `ERR:11` bakiye yok\n- `ERR:20` numara hatalı",
        "report": "We call your URL: ?id=8841&status=1&to=5321112233 (status 1 delivered, 2 failed, 3 expired).",
        "reply": "Gelen mesaj: `?from=905321112233&text=RET&number=2525` gibi.",
    })  # fmt: skip

    words, fields = shown(page), FilledIn(page.text).fields
    assert "ileti numarası 8841." in words and "OK:8841" in words and "yazdı: RET" in words and "Bakın" not in words
    assert [fields[f"error_{number}_words"] for number in range(2)] == ["ERR:11", "ERR:20"]
    assert [fields[f"state_{number}_meaning"] for number in range(4)] == [
        "delivered/",
        "failed/",
        "expired/",
        "accepted/",
    ]
    assert fields["state_2_words"] == "3" and fields["state_3_words"] == "" and fields["report_ref"] == "/id"


def test_corrections_outlive_a_look_at_the_samples(ayse, vendor):
    """Only a section whose samples changed is read anew, and that only if wished."""
    form = corrected(ayse.posts(DESCRIBED, SAMPLES), vendor.url) | {"success_words": "TAMAM"}
    back = ayse.posts(f"{DESCRIBED}&way=samples", form)
    samples = FilledIn(back.text).fields | {"rereads": ""}
    assert samples["answer"] == unknown_vendor.ANSWER and samples["call"] == "" and KEY not in back.text

    read = shown(ayse.posts(f"{DESCRIBED}&way=samples", samples | {"secret.username": ""}))
    assert "Adım 2/2" in read and not any(each in read for each in ("Aşağıda işaretli", "Bu alanı yazın"))

    def again(**changed: str) -> dict[str, str]:
        posted = {name: each for name, each in (samples | changed).items() if name != "rereads" or each}
        return FilledIn(ayse.posts(f"{DESCRIBED}&way=samples", posted).text).fields

    kept = again(error="", reply="", faults="YOGUN: çok sık")
    same = {name for name in form if not name.startswith("secret.") and name not in ("csrf_token", "description")}
    assert {name: kept[name] for name in same} == {name: form[name] for name in same}
    answer = again(rereads="y", answer=unknown_vendor.ANSWER.replace("ALINDI", "OLDU"))
    assert answer["success_words"] == "OLDU" and answer["report_ref"] == "/raporlar/*/paket"
    assert answer["url"] == form["url"] and answer["header"] == "DENEME"
    moved = again(call=unknown_vendor.CALL.replace("v3", "v4"), url="")
    assert moved["url"].endswith("/v4/gonder") and moved["success_words"] == "TAMAM"
    assert "https://" in shown(ayse.posts(f"{DESCRIBED}&way=samples", form | {"url": "ftp://x"}))


@pytest.mark.parametrize(
    ("wrong", "said", "field"),
    [
        ({"ref": "/yok"}, "Yer listede yoksa", "ref"),
        ({"success_words": "TAMAM"}, "başarı ya da hatalardan biri değil", "success_words"),
        ({"error_2_words": "BASKA", "header": "ORNEK"}, "isteği bu haliyle almadı", "role_0"),
    ],
)
def test_an_answer_of_no_known_meaning_says_what_to_correct(app, ayse, vendor, wrong, said, field):
    form = corrected(ayse.posts(DESCRIBED, SAMPLES), vendor.url)
    if "ref" in wrong:
        form["description"] = form["description"].replace('"/paket"', '"/yok"')
    with app.app_context():
        db.session.execute(db.update(Brand).values(header=wrong.get("header")))
        db.session.commit()
    path = ayse.posts(DESCRIBED, form | wrong).location

    tried = ayse.posts(f"{path}/test", {"address": prove(app)})

    assert tried.status_code == 422 and said in shown(tried) and f"/change#{field}" in tried.text
    assert KEY not in tried.text and '"sonuc"' in shown(tried)


def test_samples_that_do_not_fit_are_doubted(ayse):
    swapped = ayse.posts(DESCRIBED, SAMPLES | {"answer": unknown_vendor.ERROR, "error": unknown_vendor.ANSWER})
    stateless = ayse.posts(DESCRIBED, SAMPLES | {"report": '{"gsm": "905321234567"}'})

    listed = {"error": "30 x"}
    explained = shown(ayse.posts(DESCRIBED, SAMPLES | listed | {"answer": "00 441 Kabul, ikinci değer numara"}))

    assert "ileti numarası 441. Numara bu değilse" in explained
    assert explained.count("Bakın") == 2 and "2. sözcük: 441" in explained
    assert "yer değiştirmiş" in shown(swapped) and "durum bulunamadı" in shown(stateless)
    assert not any(each in shown(ayse.posts(DESCRIBED, SAMPLES)) for each in ("yer değiştirmiş", "durum bulunamadı"))


def test_who_practises_reaches_the_test_viewer_only(app, ayse, fake, vendor, rows):
    with app.app_context():
        db.session.execute(db.update(Provider).values(admitted_at=None))
        db.session.commit()

    path = connect(ayse, vendor)
    tried = ayse.posts(f"{path}/test", {"address": prove(app)})

    assert tried.status_code == 200 and "görüntüleyicisine gitti" in shown(tried) and vendor.calls == []
    assert requests.get(f"{fake}/", timeout=5).text.count("deneme") and arrived(fake) == []
    assert rows.one(MessageGateway).state == GatewayState.UNTESTED


def test_a_code_through_an_account_proves_the_account_and_not_the_number(app, ayse, fake, rows):
    """Without it a firm whose number nobody can send a code to could never try its account; but a vendor of one's own
    reads the code of anybody's number, which must not become one that trial texts go to."""
    path = stored(app)
    page = ayse.opens(path)
    assert "/dashboard/start/addresses?gateway=" in page.text
    gateway = rows.one(MessageGateway)
    asked = {"address": "0532 123 45 67", "gateway": str(gateway.id)}

    assert ayse.posts("/dashboard/start/addresses", asked | {"address": "a@ornek.com.tr"}).status_code == 422
    code_page = ayse.posts("/dashboard/start/addresses", asked).location
    assert rows.one(MessageGateway).state == GatewayState.UNTESTED
    (message,) = arrived(fake)
    digits = message["text"].partition("kodunuz ")[2][:6]
    done = ayse.posts(code_page, {"digits": digits})

    assert done.location == path and rows.one(MessageGateway).state == GatewayState.WORKING
    assert make.PHONE[-10:] not in page.text
    with app.app_context():
        assert address_proofs.list_proved(db.session, db.session.scalar(select(Provider.id))) == []


def test_a_code_that_the_account_does_not_take_proves_nothing(app, ayse, fake, rows):
    stored(app, username="908500000001", password="yanlış")
    asked = {"address": make.PHONE, "gateway": str(rows.one(MessageGateway).id)}

    refused = ayse.posts("/dashboard/start/addresses", asked)

    assert refused.status_code == 422 and "şifreyi kabul etmedi" in shown(refused)
    assert "kodunuz •••" in shown(refused) and "yanlış" not in refused.text
    assert rows.one(AddressProof).ended_at and rows.one(MessageGateway).state == GatewayState.UNTESTED


def test_a_known_vendor_is_asked_nothing_for_who_practises_outside_development(app, ayse, fake, rows):
    with app.app_context():
        db.session.execute(db.update(Provider).values(admitted_at=None))
        db.session.commit()
    app.config["DEVELOPMENT"] = False
    try:
        path = ayse.posts(NEW, VERIMOR | {"password": "gerçek-şifre"}).location
        assert "firmaya bir şey sorulmadı" in shown(ayse.posts(f"{path}/test", {"address": prove(app)}))
    finally:
        app.config["DEVELOPMENT"] = True
    assert rows.one(MessageGateway).state == GatewayState.UNTESTED
