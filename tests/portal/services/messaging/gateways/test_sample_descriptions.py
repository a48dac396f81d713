"""What is made of samples that somebody pasted, and of the form that shows it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.services.messaging.gateways import description_fields, sample_calls, sample_codes, sample_texts, xml_values
from portal.services.messaging.gateways.call_trace import trace_call
from portal.services.messaging.gateways.description_checks import BadDescription, parse_description
from portal.services.messaging.gateways.description_fields import filled_description, form_data
from portal.services.messaging.gateways.generic_http import DESCRIPTIONS, GenericHttpGateway
from portal.services.messaging.gateways.protocol import ErrorClass, Reason, ReportState, SendResult
from portal.services.messaging.gateways.sample_calls import BadSample, parse_call
from portal.services.messaging.gateways.sample_descriptions import draft_description
from portal.services.messaging.gateways.vendor_push import VendorPush
from tests import unknown_vendor
from tests.portal.services.messaging.gateways.samples import batch, message
from tests.portal.services.messaging.gateways.test_vendors import MANY, UNKNOWN_VENDOR

URL = "https://api.example.com/v1/send"
FILLED = {"username": "{{secret.username}}", "password": "{{secret.password}}", "to": "{{to}}", "text": "{{text}}"}


def drafted(call: str, url: str = "", **samples) -> dict:
    """As it is checked before it is shown."""
    return parse_description(json.dumps(draft_description(parse_call(call, url), samples)))


@pytest.mark.parametrize(
    ("call", "send"),
    [
        (
            f"curl -X POST '{URL}' -H 'Authorization: Bearer abc' "
            """--data-raw '{"to":"+905321234567","text":"x","n":1}'""",
            {
                "method": "POST", "body_type": "json", "headers": {"Authorization": "Bearer {{secret.token}}"},
                "body": {"to": "{{to}}", "text": "{{text}}", "n": 1},
            },
        ),
        (
            f"curl {URL} \\\n -d username=a -d password=b -d to=905321234567 -d text=Merhaba+d%C3%BCnya",
            {"method": "POST", "body_type": "form", "body": FILLED},
        ),
        (
            f"{URL}?username=a&password=b&to=5321234567&text=x&turkce=1",
            {"method": "GET", "body_type": "json", "query": FILLED | {"turkce": "1"}},
        ),
        (
            "POST /v1/send HTTP/1.1\nHost: api.example.com\nContent-Type: text/xml\n\n"
            "<sms dil='tr'><kullanici>a</kullanici><mesaj><metin>x</metin><no>05321234567</no></mesaj></sms>",
            {
                "method": "POST", "body_type": "xml",
                "body": {
                    "sms": {
                        "@dil": "tr", "kullanici": "{{secret.username}}", "mesaj": {"metin": "{{text}}", "no": "{{to}}"}
                    }
                },
            },
        ),
        (
            '[{"gsm": 905321234567, "mesaj": "a", "baslik": "X"}, {"gsm": 905331234567, "mesaj": "b", "baslik": "X"}]',
            {
                "method": "POST", "body_type": "json",
                "body": {
                    "$each": "items", "$item": {"gsm": "{{to_number}}", "mesaj": "{{text}}", "baslik": "{{header}}"}
                },
            },
        ),
        (
            '{"message": "a", "recipients": ["905321234567", "905331234567"], "sender": "X"}',
            {
                "method": "POST", "body_type": "json",
                "body": {"message": "{{text}}", "recipients": ["{{to}}"], "sender": "{{header}}"},
            },
        ),
    ],
    ids=["curl-json", "curl-form", "query", "xml", "rows", "numbers"],
)  # fmt: skip
def test_a_sample_call_tells_where_what_stands(call, send):
    description = drafted(call, URL, answer='{"id": "x"}')

    assert {name: each for name, each in description["send"].items() if name != "url"} == send
    assert description_fields.whole_url(description) == URL
    assert description["most_messages"] == (100 if "$each" in str(send) else 1)


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        ('{"to": "x"}', sample_calls.NO_ADDRESS),
        ("/v1/send?to=1", sample_calls.NO_ADDRESS),
        (f"POST {URL}\n\n{{'to': 1}}", sample_calls.UNREADABLE),
        (f'POST {URL}\n\n<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', sample_calls.UNREADABLE),
        (f"POST {URL}\n\n{'<a>' * 5000}", sample_calls.UNREADABLE),
        (f"POST {URL}\n\n{'[' * 5000}", sample_calls.UNREADABLE),
        (f"curl '{URL}", sample_calls.UNREADABLE),
        (f"POST {URL}\n\nmerhaba", sample_calls.UNREADABLE),
        ("POST https://[::1/x\n\na=b", sample_calls.UNREADABLE),
    ],
)
def test_what_is_no_sample_call_is_refused(call, problem):
    with pytest.raises(BadSample) as bad:
        parse_call(call)
    assert bad.value.problem == problem


NAMES = st.sampled_from(["to", "text", "id", "status", "$each", "$item", "a/b", ""])
SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.just("{{phone}}")
JSON = st.recursive(SCALARS, lambda each: st.lists(each) | st.dictionaries(NAMES, each), max_leaves=8)
PASTED = st.text(max_size=60) | JSON.map(json.dumps) | st.sampled_from(
    ["<a><to>5321234567</to></a>", "to=5&text=x", "curl -d", "OK|1", "{{to}}", "a: b\n\nc=d", "<a>&lt;</a>", "1"]
)  # fmt: skip


@given(st.tuples(PASTED, PASTED), PASTED, PASTED)
@settings(max_examples=60)
def test_whatever_is_pasted_becomes_a_good_description_or_is_refused(calls, answer, push):
    for call in calls:
        try:
            description = drafted(call, URL, answer=answer, error=push, report=push, reply=answer)
        except (BadSample, BadDescription):
            continue
        again = parse_description(json.dumps(filled_description(description, form_data(description))))
        assert normal(again) == normal(description)
        GenericHttpGateway(again, {"username": "a", "password": "b", "token": "c"}).facts(batch(message(1)))


ANSWERS = {
    "json": ('{"durum": "OK", "id": 7}', '{"error": {"code": "NO_BALANCE"}}', "NO_BALANCE"),
    "words": ("00 7", "30 -", "30"),
    "explained": ("00 7   Mesaj kabul edildi, ikinci değer görev numarasıdır (bulkid)", "30 şifre hatalı", "30"),
    "number": ("7", "", None),
    "both numbers": ("7", "23", "23"),
    "one place": ('{"durum": "ok", "code": 200, "id": "7"}', '{"durum": "hata", "code": 31}', "31"),
    "xml": ("<cevap><durum>OK</durum><id>7</id></cevap>", "<cevap><durum>BAKIYE</durum></cevap>", "BAKIYE"),
    "rows": ('{"results": [{"id": 7, "status": "OK"}]}', '{"results": [{"status": "BAD_NUMBER"}]}', "BAD_NUMBER"),
}


@pytest.mark.parametrize(("good", "bad", "word"), ANSWERS.values(), ids=ANSWERS)
def test_sample_answers_are_read_as_the_vendor_gives_them(vendor, good, bad, word):
    call = '{"messages": [{"to": "5321234567", "text": "x"}]}' if "results" in good else "to=5321234567&text=x"
    gateway = GenericHttpGateway(drafted(call, URL, answer=good, error=bad), {}, base_url=vendor.url, is_trusted=True)
    vendor.answers = [(200, good), (200, bad), (401, "")]

    assert gateway.send(batch(message(1))) == [SendResult(1, "7")]
    trace = trace_call(gateway, batch(message(1)))
    assert (trace.status, trace.ref, trace.answer) == (200, "7", good)
    if word is None:
        return
    (refused,) = gateway.send(batch(message(1)))
    assert refused.error.code == word and refused.error.error_class is not ErrorClass.UNCERTAIN, refused
    assert trace_call(gateway, batch(message(1))).word == word
    (unknown,) = gateway.send(batch(message(1)))
    assert unknown.error.reason is Reason.CREDENTIALS


POSTAKUSU = {
    "call": """curl https://api.example.com/v3 -H 'X-Kusu-Key: kk_9f' -d '{"baslik": "X", "iletiler": [
        {"gsm": "905321112233", "icerik": "a", "ref": "a-1"},
        {"gsm": "905441112233", "icerik": "b", "ref": "a-2"}]}'""",
    "answer": '{"durum": "KABUL", "paket": 7710042, "iletiler": [{"ref": "a-1", "no": "pk-1", "durum": "KABUL"}, '
    '{"ref": "a-2", "no": null, "durum": "RED", "kod": "E21"}]}',
    "error": '{"durum": "RED", "kod": "E03", "aciklama": "Kredi yetersiz"}',
    "faults": "| kod | meaning |\n|---|---|\n| E03 | Kredi yetersiz |\n| E21 | Numara hatalı |\n"
    "| E22 | Kara listede (alıcı RET yazdı) |\n| E23 | İYS izni yok |\n| E40 | İçerik boş ya da çok uzun |",
}  # fmt: skip


@pytest.mark.parametrize("is_told_outside", [True, False], ids=["word of all", "words in rows"])
def test_each_row_of_an_answer_is_its_own_message(vendor, is_told_outside):
    """Beside an accepted message a refused one stands with its code; a row without an id is never accepted."""
    page = (
        POSTAKUSU
        if is_told_outside
        else POSTAKUSU | {"answer": POSTAKUSU["answer"].replace('"durum": "KABUL", ', "", 1)}
    )
    description = drafted(**page)
    assert normal(filled_description(description, form_data(description))) == normal(description)
    gateway = GenericHttpGateway(description, {"token": "x"}, base_url=vendor.url, is_trusted=True)
    vendor.answers = [
        *((200, page["answer"].replace("E21", code)) for code in ("E21", "E22", "E23")),
        (200, page["error"]), (200, page["answer"].replace(', "kod": "E21"', "")),
    ]  # fmt: skip

    *several, refused, bare = (gateway.send(batch()) for _each in vendor.answers[:])

    assert [first for first, _second in [*several, bare]] == [SendResult(1, "pk-1")] * 4
    assert [(second.error.code, second.error.reason, second.ref) for _first, second in several] == [
        ("E21", Reason.BAD_ADDRESS, ""), ("E22", Reason.BLOCKED_BY_VENDOR, ""), ("E23", Reason.BLOCKED_BY_IYS, ""),
    ]  # fmt: skip
    assert {(each.error.code, each.error.reason) for each in refused} == {("E03", Reason.NO_CREDIT)}
    assert bare[1].error is not None and bare[1].ref == ""


def test_a_vendor_with_xml_is_called_answered_and_heard(vendor):
    call = "<sms><user>a</user><pass>b</pass><mesaj><metin>x</metin><no>5321234567</no></mesaj></sms>"
    report = "<raporlar><rapor><id>7</id><no>905320000001</no><durum>DELIVERED</durum></rapor></raporlar>"
    description = drafted(call, URL, answer="<c><id>7</id></c>", report=report)
    secrets = {"username": "ayşe", "password": "<gizli>"}
    gateway = GenericHttpGateway(description, secrets, base_url=vendor.url, is_trusted=True)
    vendor.answers = [(200, "<c><id>7</id></c>")]

    assert gateway.send(batch(message(1, text="a < b & c"))) == [SendResult(1, "7")]
    sent = xml_values.parse(vendor.requests[0]["body"].decode())
    assert sent["sms"]["mesaj"] == {"metin": "a < b & c", "no": "5320000001"} and sent["sms"]["pass"] == "<gizli>"
    two = report.replace("</raporlar>", "<rapor><id>8</id><no>905320000002</no><durum>x</durum></rapor></raporlar>")
    told = [gateway.read_push(VendorPush(each.encode(), "text/xml")).reports for each in (report, two)]
    assert [[(each.ref, each.state) for each in reports] for reports in told] == [
        [("7", ReportState.DELIVERED)],
        [("7", ReportState.DELIVERED), ("8", ReportState.ACCEPTED)],
    ]
    shown = trace_call(gateway, batch(message(1))).call
    assert "gizli" not in shown and "•••" in shown


KNOWN = [json.loads(path.read_text()) for path in sorted(DESCRIPTIONS.glob("*.json"))]


def normal(description: dict) -> dict:
    """Without what two spellings of the same differ in."""
    copy = json.loads(json.dumps(description))
    copy["whole"] = description_fields.whole_url(copy)
    del copy["base_url"], copy["send"]["url"]
    copy.pop("name", None)
    copy["send"].setdefault("method", "POST")
    copy.setdefault("number_format", "905")
    for row in copy["answer"]["errors"]:
        row.setdefault("reason", "unknown")
    for push in ("report_push", "inbound_push"):
        copy.get(push, {}).pop("where", None)
    if copy["answer"]["id"].get("scope") == "batch":
        del copy["answer"]["id"]["scope"]
    return copy


ALTERNATIVES = MANY | {"answer": MANY["answer"] | {"id": MANY["answer"]["id"] | {"items": ["/results", "/rows"]}}}


@pytest.mark.parametrize(
    "description", [*KNOWN, UNKNOWN_VENDOR, MANY, ALTERNATIVES], ids=lambda each: each.get("name", "other")
)
def test_a_form_that_nobody_changes_changes_nothing(description):
    filled = filled_description(description, form_data(description))

    assert normal(parse_description(json.dumps(filled))) == normal(description)


def test_pushes_to_one_address_are_told_apart():
    samples = {"answer": unknown_vendor.ANSWER, "report": unknown_vendor.REPORT, "reply": unknown_vendor.REPLY}
    gateway = GenericHttpGateway(drafted(unknown_vendor.CALL, **samples), {})
    report, reply = (VendorPush(samples[name].encode(), "application/json") for name in ("report", "reply"))

    assert [each.to for each in gateway.read_push(report).reports] == ["+905321234567"]
    assert [(each.text, each.sender) for each in gateway.read_push(reply).replies] == [("RET", "+905321234567")]
    assert gateway.read_push(reply).reports == gateway.read_push(report).replies == ()


def test_secrets_and_our_own_id_are_known_in_a_sample():
    description = drafted(unknown_vendor.CALL, answer=unknown_vendor.ANSWER, report=unknown_vendor.REPORT)

    (item,) = (each["$item"] for each in [description["send"]["body"]["iletiler"]])
    assert description["send"]["headers"] == {"X-Kuzey-Anahtar": "{{secret.token}}"}
    assert item["takip"] == "{{item_id}}" and description["report_push"]["item_id"] == "/takip"
    assert description["send"]["body"]["tur"] == "bilgilendirme"
    assert form_data(description)["report_item_id"] == "/raporlar/*/takip"
    several = drafted(
        "curl 'https://u:gizli1@api.example.com/x?api_token=gizli2' -H 'X-Secret: gizli3' -H 'Idempotency-Key: 1-2' "
        """-d '{"token": "gizli4", "key": "gizli5", "to": "5XXXXXXXXX", "text": "x"}'""",
        answer='{"id": "x"}',
    )
    assert "gizli" not in json.dumps(several) and several["basic"] and several["number_format"] == "5"
    assert several["send"]["headers"]["Idempotency-Key"] == "{{batch_id}}"


def test_a_typed_address_counts_more_than_the_samples():
    call = parse_call("https://old.example.com/v1?to=5321234567&text=x", "https://api.example.com/v2?kind=1")

    assert call.url == "https://api.example.com/v2"
    assert call.query == {"to": "5321234567", "text": "x", "kind": "1"}


@pytest.mark.parametrize(
    ("pasted", "clean"),
    [
        (
            "## Mesaj gönderme\r\n\r\n```http\r\nPOST /x\r\nA: b\r\n\r\na=b\r\n```\r\nBir çağrıda",
            "POST /x\nA: b\n\na=b",
        ),
        ('Başarılı yanıt (HTTP 202):\n{"a": 1}', '{"a": 1}'),
        ("{“a”: “b”}", '{"a": "b"}'),
        ('{"a": "“b”"}', '{"a": "“b”"}'),
        ('[{"a": 1}, {"a": 2},\n  ...\n]', '[{"a": 1}, {"a": 2}]'),
        ('{"a": "http://x", // or "b"\n "c": "// d", }', '{"a": "http://x",\n "c": "// d"}'),
        ("Content-Type: text/xml\n\n<a/>", "Content-Type: text/xml\n\n<a/>"),
        ("URL: https://x.example/send?to=1", "https://x.example/send?to=1"),
        ('Endpoint: POST https://x.example/send\n{"a": 1}', 'POST https://x.example/send\n\n{"a": 1}'),
        (
            'Adres POST https://x.example/send. Gövde JSON olmalı:\n\n{"a": "}",\n "b": [1]}\n\nEn çok 5 {kişiye}.',
            'POST https://x.example/send\n\n{"a": "}",\n "b": [1]}',
        ),
        (
            "Gönder\n\ncurl https://x.example \\\n -d 'a=b' \\\n --json '{\n}'\n\nYanıt: {\"a\": 1}",
            "curl https://x.example \\\n -d 'a=b' \\\n --json '{\n}'",
        ),
        (
            'To https://x.example/a.\n\nPOST https://x.example/b\nA: "c"\n\n<d/>',
            'POST https://x.example/b\nA: "c"\n\n<d/>',
        ),
        ("- `GET http://x.example/send?to=1&msg=2` ile", "GET http://x.example/send?to=1&msg=2"),
        ('https://x.example/send?key=1\n{"a": 1}', 'https://x.example/send?key=1\n\n{"a": 1}'),
        ("We call ?id=1&status=2 (status 1 ok).", "?id=1&status=2"),
        ("POST, form: no=1&ref=2+3.\n`ref` is yours.", "no=1&ref=2+3"),
        ("Answer is <?xml version='1.0'?><a><b>1</b></a>, where b counts.", "<?xml version='1.0'?><a><b>1</b></a>"),
        ("OK 7", "OK 7"),
        ("", ""),
    ],
)
def test_what_stands_around_a_sample_is_left_out(pasted, clean):
    assert sample_texts.clean_sample(pasted) == clean


@pytest.mark.parametrize(
    ("pasted", "clean"),
    [
        ('HTTP/1.1 201 Created\nContent-Type: application/json\n\n{"id": 7}', '{"id": 7}'),
        ("Content-Type: text/xml\n\n<a/>", "<a/>"),
        ("OK: 7", "OK: 7"),
        ("OK:7 – taken, the number is the id\nERR:1 – not", "OK:7"),
        ('POST /dlr HTTP/1.1\nHost: x\n\n{"id": 7}', '{"id": 7}'),
        ("GET https://firma.example/dlr?id=7&durum=1", "id=7&durum=1"),
        ("curl -d 'id=7' https://firma.example/dlr", "id=7"),
        ("curl '", "curl '"),
    ],
)
def test_answers_and_pushes_come_without_the_lines_of_http(pasted, clean):
    assert sample_texts.clean_push(pasted) == clean


@pytest.mark.parametrize(
    ("pasted", "codes"),
    [
        ("| kod | anlamı |\n|---|---|\n| `YOK` | hesap yok (401) |", {"YOK": "hesap yok (401)"}),
        ("`durum`: `ULASTI`, `ULASMADI` ve `BEKLIYOR`.", {"ULASTI": "", "ULASMADI": "", "BEKLIYOR": ""}),
        ("Kod\tAnlam\n-3\tkredi yok\n0\tbaşarılı", {"-3": "kredi yok", "0": "başarılı"}),
        ("HTTP\tCode\tMeaning\n401\tBAD_KEY\tkey\n429\tslow down", {"BAD_KEY": "key", "429": "slow down"}),
        ("* DELIVRD – it arrived\n1 = sent\n105 Insufficient balance", {
            "DELIVRD": "it arrived", "1": "sent", "105": "Insufficient balance",
        }),
        ("Aşağıdaki kodlar dönebilir.\n\n", {}),
        ("1 delivered, 2 failed, 0 pending", {"1": "delivered", "2": "failed", "0": "pending"}),
        ("(status 1 delivered, 2=failed, 0: pending).", {"1": "delivered", "2": "failed", "0": "pending"}),
        ("Her çağrıda bir.\n`sonuc` is ILETILDI, SURESI_DOLDU, BEKLIYOR. Answer with HTTP 200.", {
            "ILETILDI": "", "SURESI_DOLDU": "", "BEKLIYOR": "",
        }),
        ("Call: `?id=1&status=2` (status 1 delivered, 2 failed).", {"1": "delivered", "2": "failed"}),
        ("The status field will be DELIVRD or EXPIRED. We try 3 times, code 7.", {"DELIVRD": "", "EXPIRED": ""}),
        ("Durum 1 ise iletildi, 2 ise iletilemedi.", {"1": "ise iletildi", "2": "ise iletilemedi"}),
        ("10 – bad number, 3 tries\n11 – no credit", {"10": "bad number, 3 tries", "11": "no credit"}),
    ],
)  # fmt: skip
def test_lists_of_codes_are_read_as_they_are_pasted(pasted, codes):
    assert sample_codes.read_codes(pasted) == codes


def test_a_list_beside_a_sample_is_known_by_its_words():
    states = "We call `?id=8&status=1` (status 1 delivered, 2 failed)."
    answers = "Plain text:\n- `OK:8841` – taken\n- `ERR:10` wrong password"

    assert sample_codes.read_codes(sample_texts.list_around(states, "id=8&status=1")).keys() == {"1", "2"}
    assert sample_codes.read_codes(sample_texts.list_around(answers, "OK:8841")).keys() == {"OK:8841", "ERR:10"}
    assert sample_texts.list_around(states.replace("status=1", "status=7"), "id=8&status=7") == ""
    assert sample_texts.list_around('At most 500 a call, 120 a minute. {"a": 1}', '{"a": 1}') == ""


TELGRAF = (
    "`ERR:10` wrong user or password", "`ERR:11` no credit", "`ERR:12` sender not allowed", "`ERR:20` bad number",
    "`ERR:21` blacklisted number", "`ERR:30` message too long", "`ERR:99` system busy, try again",
)  # fmt: skip


@pytest.mark.parametrize(
    "faults",
    [
        "\n".join(f"- {each}" for each in TELGRAF),
        "\n".join(TELGRAF).replace("`", ""),
        "\n".join(f"| {each} |" for each in TELGRAF).replace("` ", "` | "),
        ", ".join(TELGRAF),
    ],
    ids=["bullets", "lines", "table", "one line"],
)
@pytest.mark.parametrize("error", ["ERR:10 wrong user or password", ""])
def test_codes_with_a_prefix_are_told_apart(vendor, faults, error):
    call = "POST https://gw.example/send\n\nuser=U&pass=P&from=X&to=5321112233&msg=a"
    gateway = GenericHttpGateway(
        drafted(call, answer="OK:8841277", error=error, faults=faults), dict.fromkeys(("username", "password"), "x"),
        base_url=vendor.url, is_trusted=True,
    )  # fmt: skip
    vendor.answers = [(200, f"ERR:{number}") for number in (10, 11, 12, 20, 21, 30, 99)]
    vendor.answers += [(200, error), (200, "OK:17")] if error else [(200, "OK:17")]

    *refused, (taken,) = (gateway.send(batch(message(1))) for _each in vendor.answers[:])

    reasons = [Reason.CREDENTIALS, Reason.NO_CREDIT, Reason.HEADER, Reason.BAD_ADDRESS, Reason.BLOCKED_BY_VENDOR]
    reasons += [Reason.CONTENT, Reason.RATE] + [Reason.CREDENTIALS] * bool(error)
    assert [each.error.reason for (each,) in refused] == reasons and taken == SendResult(1, "17")


def test_a_list_tells_other_successes_and_what_may_be_a_refusal():
    """Where it may be something else, too: a person reads it."""
    listed = (
        "00 Mesaj kabul edildi\n01 Tarih hatalı, sistem tarihiyle gönderildi\n40 aynı mesaj daha önce gönderildi\n"
        "50 Alıcı numarası hatalı veya kara listede\n51 Alıcı kara listede\n60 Mesaj metni kabul edilmedi"
    )
    call = f"{URL}?usercode=a&password=b&gsm=5321234567&message=x&paket_ref=A-17"
    draft = drafted(call, answer="00 7", error="30 -", faults=listed)
    data = form_data(draft)

    assert data["success_words"] == "00, 01" and draft["send"]["query"]["paket_ref"] == "{{batch_id}}"
    meanings = {
        data[f"error_{row}_words"]: data[f"error_{row}_meaning"] for row in range(len(draft["answer"]["errors"]))
    }
    assert meanings.keys() == {"30", "40", "50", "51", "60"}
    assert meanings["50"] == meanings["51"] == "permanent/blocked_by_vendor"


PAGES = {
    "nested": {
        "call": """curl -u "$U:$P" https://api.example.com/v1 --json '{"messages": [{"from": "X", "text": "a",
            "notifyUrl": "https://you.example", "destinations": [{"to": "905321112233", "messageId": "10017"}]}]}'""",
        "answer": '{"messages": [{"messageId": "10017", "status": {"groupName": "PENDING"}}]}',
        "error": '{"requestError": {"messageId": "UNAUTHORIZED", "text": "Invalid login details"}}',
        "faults": "* UNAUTHORIZED – wrong login\n* TOO_MANY – slow down, rate limit\n* NO_FUNDS – balance",
        "report": '{"results": [{"messageId": "10017", "to": "905321112233", "status": {"name": "DELIVERED_OK"}}]}',
        "states": "DELIVERED_OK, EXPIRED, REJECTED",
        "reply": '{"results": [{"id": "1", "from": "905321112233", "to": "8509", "text": "RET"}]}',
    },
    "fields": {
        "call": "POST https://api.example.com/send\n\nkullanici=a&sifre=b&gonderen=X&numara=5321112233&mesaj=y&takip=4211",
        "answer": "OK:998877",
        "error": "HATA:105",
        "faults": "100: Kullanıcı adı ya da şifre hatalı\n101: Gönderim sınırı aşıldı\n105: Bakiye yetersiz",
        "report": "https://siz.example/rapor?id=998877&numara=905321112233&durum=1&takip=4211",
        "states": "1 = İletildi\n2 = Zaman aşımı\n3 = İletilemedi",
        "reply": "https://siz.example/gelen?gonderen=905321112233&alici=8509&mesaj=RET&mesajid=1",
    },
}  # fmt: skip


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_whole_page_is_understood_without_corrections(vendor, page):
    samples = {name: text for name, text in page.items() if name != "call"}
    pushes = {name: sample_texts.clean_push(samples[name]) for name in ("report", "reply")}
    description = drafted(page["call"], **samples | pushes)
    where = {"base_url": vendor.url, "callback_url": "https://here", "is_trusted": True}
    gateway = GenericHttpGateway(description, dict.fromkeys(("username", "password"), "x"), **where)
    vendor.answers = [(200, page["answer"]), (400, page["error"])]

    taken, refused = (gateway.send(batch(message(1)))[0] for _ in range(2))
    (report,) = gateway.read_push(VendorPush(pushes["report"].encode())).reports
    (reply,) = gateway.read_push(VendorPush(pushes["reply"].encode())).replies
    errors = {f"{each['class']}/{each['reason']}" for each in description["answer"]["errors"]}
    states = [each["state"] for each in description["report_push"]["states"]]

    assert taken.ref and (refused.error.error_class, refused.error.reason) in [
        (ErrorClass.CONFIG, Reason.CREDENTIALS), (ErrorClass.CONFIG, Reason.NO_CREDIT),
    ]  # fmt: skip
    assert errors == {"config/credentials", "temporary/rate", "config/no_credit"}
    assert states == ["delivered", "expired", "failed"]
    assert (report.state, report.to) == (ReportState.DELIVERED, "+905321112233")
    assert report.message_id in (10017, 4211)
    assert (reply.text, reply.sender, reply.to, reply.id) == ("RET", "+905321112233", "8509", "1")
    assert ("https://here" in str(vendor.requests[0])) == ("notifyUrl" in page["call"])


def test_a_word_among_states_whose_meaning_nobody_knows_is_no_known_state():
    description = drafted(
        PAGES["fields"]["call"], report="?id=998877&durum=MAVI", states="MAVI – Mor", answer="OK:998877"
    )
    gateway = GenericHttpGateway(description, {}, base_url="https://x", is_trusted=True)

    (report,) = gateway.read_push(VendorPush(b"id=998877&durum=MAVI")).reports
    assert not report.is_known


def test_a_persons_number_is_guessed_where_one_stands_and_beside_the_state_or_the_text():
    vonage = {"to": "AcmeInc", "msisdn": "447700900000", "messageId": "a-1", "status": "failed", "err-code": "9"}
    in_list = {"from": {"phone_number": "+18501234567"}, "to": [{"phone_number": "+905321234567", "status": "sent"}]}
    reply = json.dumps({"sender": "Ali", "msisdn": "905321234567", "to": "3530", "text": "RET"})
    call, samples = "https://api.example.com/v1?to=5321234567&text=x&key=a", {"answer": '{"id": "7"}', "reply": reply}
    first, second = (drafted(call, report=json.dumps(each), **samples) for each in (vonage, in_list))

    assert (first["report_push"]["to"], first["inbound_push"]["from"]) == ("/msisdn", "/msisdn")
    assert (second["report_push"]["items"], second["report_push"]["to"]) == ("/to", "/phone_number")


def test_what_a_report_repeats_of_the_calls_text_is_known_as_sent_and_what_a_state_explains_is_not():
    call, samples = "https://api.example.com/v1?to=5321234567&text=Merhaba&key=a", {"answer": '{"id": "7"}'}
    for sample, place in (({"body": "Merhaba"}, "/body"), ({"message": "Delivered"}, None)):
        report = json.dumps({"id": "7", "to": "905321234567", "status": "DELIVERED"} | sample)
        description = drafted(call, report=report, states="DELIVERED, FAILED", **samples)
        assert description["report_push"].get("text") == place
        said = json.dumps({"id": "7", "to": "905321234567", "status": "DELIVERED", "body": "RET yazip 3530a gonderin"})
        told = GenericHttpGateway(description, {}).read_push(VendorPush(said.encode())).replies
        assert [each.sender for each in told] == ([] if place else ["+905321234567"])
