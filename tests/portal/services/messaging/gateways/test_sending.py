import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.iys_protocol import RecipientType
from portal.services.messaging.gateways.generic_http import GenericHttpGateway, vendor_description
from portal.services.messaging.gateways.protocol import LONGEST_TURN, ErrorClass, LookupOutcome, Reason, SendResult
from portal.services.messaging.gateways.vendor_push import VendorPush
from tests.portal.services.messaging.gateways.samples import (
    LOGINS,
    TAKEN,
    batch,
    coded,
    described,
    iletimerkezi_status,
    message,
)

PERMANENT, TEMPORARY, CONFIG, UNCERTAIN = ErrorClass
BAD_WORDS = {
    "verimor": {
        (PERMANENT, Reason.BAD_ADDRESS): "INVALID_DESTINATION_ADDRESS MISSING_DESTINATION_ADDRESS",
        (PERMANENT, Reason.CONTENT): "MISSING_MESSAGE MESSAGE_TOO_LONG INVALID_UTF8 FORBIDDEN_MESSAGE",
        (PERMANENT, Reason.UNKNOWN): "INVALID_DATACODING INVALID_PERIOD INVALID_DELIVERY_TIME INVALID_JSON "
        "MESSAGE_COUNT_LIMIT_EXCEEDED INVALID_IYS_RECIPIENT_TYPE A_NEW_WORD",
        (PERMANENT, Reason.DUPLICATE): "MUKERRER_RAPORLAMA",
        (CONFIG, Reason.HEADER): "INVALID_SOURCE_ADDRESS",
        (CONFIG, Reason.IYS_SETUP): "MISSING_IYS_BRAND_CODE AHS_AUTHORIZATION_ERROR NO_AHS_BRAND_ERROR",
        (CONFIG, Reason.NO_CREDIT): "INSUFFICIENT_CREDITS",
    },
    "netgsm": {
        (PERMANENT, Reason.CONTENT): "20",
        (CONFIG, Reason.CREDENTIALS): "30",
        (CONFIG, Reason.HEADER): "40 41",
        (CONFIG, Reason.IYS_SETUP): "50 51",
        (PERMANENT, Reason.BAD_ADDRESS): "52",
        (CONFIG, Reason.NO_CREDIT): "60",
        (PERMANENT, Reason.UNKNOWN): "70 999",
        (TEMPORARY, Reason.RATE): "80 85",
        (TEMPORARY, Reason.UNAVAILABLE): "100 101 110",
    },
    "iletimerkezi": {
        (PERMANENT, Reason.BAD_ADDRESS): "452 466",
        (PERMANENT, Reason.CONTENT): "453 454",
        (PERMANENT, Reason.DUPLICATE): "451",
        (PERMANENT, Reason.UNKNOWN): "400 422 455 457 458 464",
        (CONFIG, Reason.CREDENTIALS): "401",
        (CONFIG, Reason.NO_CREDIT): "402",
        (CONFIG, Reason.UNKNOWN): "404",
        (CONFIG, Reason.HEADER): "450 459 460 467",
        (CONFIG, Reason.IYS_SETUP): "468 469 470",
        (TEMPORARY, Reason.UNAVAILABLE): "456 503",
    },
}
ANSWERS = {
    "verimor": [lambda word: (400, word)],
    "netgsm": [lambda word: (406, {"code": word, "description": "…", "jobid": None})],
    "iletimerkezi": [
        lambda word: (int(word), iletimerkezi_status(int(word))),
        lambda word: (int(word), iletimerkezi_status(word)),
        lambda word: (200, iletimerkezi_status(word)),
    ],
}
BY_HTTP = {
    "verimor": {
        (401, "Hesabınızda izinli IP ayarları yapılmamış"): (CONFIG, Reason.NETWORK_ADDRESS),
        (401, "Geçersiz kullanıcı adı/şifre"): (CONFIG, Reason.CREDENTIALS),
        (413, "<html>"): (PERMANENT, Reason.UNKNOWN),
    },
    "netgsm": {(401, ""): (CONFIG, Reason.CREDENTIALS)},
    "iletimerkezi": {},
}
# Of every vendor, as proxies in front of them answer.
PROXIES = {
    429: (TEMPORARY, Reason.RATE),
    503: (TEMPORARY, Reason.UNAVAILABLE),
    500: (UNCERTAIN, Reason.UNKNOWN),
    504: (UNCERTAIN, Reason.UNKNOWN),
    302: (CONFIG, Reason.UNKNOWN),
    418: (PERMANENT, Reason.UNKNOWN),
    200: (UNCERTAIN, Reason.UNKNOWN),  # Whatever it was, it was no refusal.
}


def errors_of(name):
    """(answer, class and reason) of every error."""
    for expected, words in BAD_WORDS[name].items():
        yield from ((answer(word), expected) for word in words.split() for answer in ANSWERS[name])
    yield from BY_HTTP[name].items()
    yield from (((status, "<html>"), expected) for status, expected in PROXIES.items())


@pytest.mark.parametrize("open_gateway", [coded, described])
@pytest.mark.parametrize("name", LOGINS)
def test_each_error_ends_in_its_class_with_adapter_and_description(name, open_gateway, vendor):
    gateway = open_gateway(name, vendor.url)
    for answer, (error_class, reason) in errors_of(name):
        vendor.answers = [answer]

        (result,) = gateway.send(batch(message()))

        if reason is Reason.DUPLICATE and open_gateway is coded:
            error_class = UNCERTAIN  # It asks the vendor for what it sent, which fails here.
        assert (result.error.error_class, result.error.reason) == (error_class, reason), answer
        assert len(result.error.code) <= 40 and "…" not in result.error.code


@pytest.mark.parametrize(
    ("body", "code", "base_url"),
    [
        ({"code": 21610, "status": 403}, "21610", ""),
        ({"errors": [{"code": "40300"}]}, "40300", "https://api.telnyx.com"),
    ],
)
def test_a_documented_code_of_who_left_counts_unless_a_description_names_it(body, code, base_url, vendor):
    def send(**rule):
        gateway = described("verimor", vendor.url)
        answer = gateway.description["answer"] | {"code": "/code", "errors": [{"class": "config"} | rule]}
        gateway.description = {**gateway.description, "answer": answer, "base_url": base_url}
        vendor.answers = [(403, json.dumps(body))]
        (result,) = gateway.send(batch(message()))
        return result.error.error_class, result.error.reason

    assert send(http=[403]) == send(codes=["7"]) == (PERMANENT, Reason.BLOCKED_BY_VENDOR)
    assert send(**{"class": "permanent"}, codes=[code, "7"]) == (PERMANENT, Reason.BLOCKED_BY_VENDOR)
    assert send(codes=[code], http=[403], reason="credentials") == (CONFIG, Reason.CREDENTIALS)
    assert send(codes=[code])[0] == CONFIG


def test_a_documented_code_in_a_report_means_what_a_description_says_of_it_and_nothing_in_other_fields():
    def reason(*words, name="gsm_error"):
        description = vendor_description("verimor")
        details = [{"words": list(words), "reason": "content"}]
        description = {**description, "report_push": description["report_push"] | {"details": details}}
        row = {"type": "outbound", "campaign_id": "7", "dest": "905320000001", "status": "NOT_DELIVERED"}
        gateway = GenericHttpGateway(description, LOGINS["verimor"])
        (report,) = gateway.read_push(VendorPush(json.dumps(row | {name: "21610"}).encode())).reports
        return report.reason

    assert (reason("6"), reason("21610")) == (Reason.BLOCKED_BY_VENDOR, Reason.CONTENT)
    assert {reason(name=each) for each in ("code", "statusCode", "hata-kodu")} == {Reason.BLOCKED_BY_VENDOR}
    for other in ("postal_code", "campaignCode", "barkod", "referrer", "muhatap", "cost"):
        assert reason(name=other) is None


def test_a_code_that_means_a_refusal_at_one_vendor_alone_is_an_error_of_any_other(vendor):
    vendor.answers = [(403, json.dumps({"code": 40300, "message": "IP address not allowed"}))]
    (result,) = described("verimor", vendor.url).send(batch(message()))

    assert result.error.error_class == CONFIG


@pytest.mark.parametrize("open_gateway", [coded, described])
@pytest.mark.parametrize("name", LOGINS)
def test_what_is_taken_has_the_vendors_id(name, open_gateway, vendor):
    vendor.answers = [TAKEN[name]]

    results = open_gateway(name, vendor.url).send(batch())

    assert results == [SendResult(1, "20212"), SendResult(2, "20212")]
    assert len(vendor.requests) == 1


@pytest.mark.parametrize("name", LOGINS)
def test_adapter_and_description_send_the_same(name, vendor):
    vendor.answers = [TAKEN[name]]
    kinds = [{}, {"is_commercial": True}, {"is_commercial": True, "recipient_type": RecipientType.MERCHANT}]
    for more in kinds:
        for open_gateway in (coded, described):
            open_gateway(name, vendor.url).send(batch(message(1, text="{{secret.password}} {{text}}", **more)))

    first, second = vendor.requests[::2], vendor.requests[1::2]
    assert first == second
    assert b"{{secret.password}} {{text}}" in first[0]["body"]  # A recipient's text is no template.


SENT = {
    "verimor": {
        "username": "908501234567", "password": "demo", "source_addr": "DENEME", "custom_id": "77", "datacoding": "0",
        "is_commercial": False, "messages": [{"msg": "Tamam", "dest": "905320000001", "id": "1"}],
    },
    "netgsm": {
        "msgheader": "DENEME", "iysfilter": "0", "messages": [{"msg": "Tamam", "no": "5320000001"}],
    },
    "iletimerkezi": {
        "request": {
            "authentication": {"key": "demo", "hash": "demo"},
            "order": {
                "sender": "DENEME", "sendDateTime": [], "iys": "0", "iysList": "BIREYSEL",
                "message": [{"text": "Tamam", "receipents": {"number": ["5320000001"]}}],
            },
        }
    },
}  # fmt: skip


@pytest.mark.parametrize("name", LOGINS)
def test_a_plain_message_on_the_wire(name, vendor):
    vendor.answers = [TAKEN[name]]

    coded(name, vendor.url).send(batch(message(text="Tamam")))

    assert vendor.requests[0]["json"] == SENT[name]
    assert bool(vendor.requests[0]["login"]) == (name == "netgsm")


@time_machine.travel(datetime(2026, 11, 28, 9, 0, tzinfo=UTC), tick=False)
def test_kind_alphabet_and_life_on_the_wire(vendor):
    hours = {"expires_at": datetime(2026, 11, 28, 10, 30, tzinfo=UTC)}
    kind = {"is_commercial": True, "recipient_type": RecipientType.MERCHANT}
    one = batch(message(1, text="Tamam 👍", **hours, **kind), message(2, text="Çağrı", **kind))
    vendor.answers = [TAKEN["verimor"]]
    coded("verimor", vendor.url).send(one)
    vendor.answers = [TAKEN["netgsm"]]
    coded("netgsm", vendor.url).send(one)
    vendor.answers = [TAKEN["iletimerkezi"]]
    coded("iletimerkezi", vendor.url).send(one)

    verimor, netgsm, iletimerkezi = (each["json"] for each in vendor.requests)
    assert (verimor["datacoding"], verimor["valid_for"]) == ("2", "01:30")
    assert (verimor["is_commercial"], verimor["iys_recipient_type"]) == (True, "TACIR")
    assert (netgsm["encoding"], netgsm["iysfilter"]) == ("TR", "12")
    assert (netgsm["startdate"], netgsm["stopdate"]) == ("281120261200", "281120261330")  # Istanbul's.
    order = iletimerkezi["request"]["order"]
    assert (order["iys"], order["iysList"]) == ("1", "TACIR")


@pytest.mark.parametrize("name", LOGINS)
def test_no_call_holds_what_is_no_number_or_one_number_twice(name, vendor):
    vendor.answers = [TAKEN[name]]
    twice = batch(message(1), message(2, to="+905320000001"), message(3, to="kisi@example.com"), message(4))

    first, second, third, fourth = coded(name, vendor.url).send(twice)

    assert first.ref == fourth.ref == "20212"
    assert second.error.error_class is TEMPORARY
    assert (third.error.error_class, third.error.reason) == (PERMANENT, Reason.BAD_ADDRESS)
    assert vendor.requests[0]["body"].count(b"5320000001") == 1


def fail_for(name, bad, word):
    """An answer that refuses a whole call for one number."""
    return lambda request: ANSWERS[name][0](word) if bad in request["body"] else TAKEN[name]


@pytest.mark.parametrize(
    ("name", "word"), [("verimor", "FORBIDDEN_MESSAGE"), ("netgsm", "20"), ("netgsm", "70"), ("iletimerkezi", "452")]
)
def test_one_bad_message_does_not_take_the_others_with_it(name, word, vendor):
    vendor.answers = [fail_for(name, b"5320000005", word)]

    results = coded(name, vendor.url).send(batch(*(message(number) for number in range(1, 9))))

    assert [each.message_id for each in results if each.error] == [5]
    assert all(each.is_alone for each in results if each.error)
    assert len(results) == 8
    assert len(vendor.requests) == 7


def test_after_an_uncertain_call_nothing_more_is_sent(vendor):
    vendor.answers = [(400, "MESSAGE_TOO_LONG"), (500, ""), (200, "1")]

    first, second = coded("verimor", vendor.url).send(batch(*(message(number) for number in range(1, 5))))

    assert first.error.error_class is second.error.error_class is UNCERTAIN
    assert len(vendor.requests) == 2


@pytest.mark.parametrize(
    ("bad", "each_call", "settled", "calls"),
    [(8, 1, 1, 2), (1, 1, 1, 2), (7, 0.4, 5, 4), (7, 0.1, 8, 7)],
    ids=["one of the rest", "the first", "of the second half", "in time"],
)
def test_once_a_turn_is_over_the_first_of_a_half_that_fails_is_sent_alone(vendor, bad, each_call, settled, calls):
    """The rest is looked at anew: its people may have refused since the turn began. `each_call` lasts so many turns."""
    with time_machine.travel(clock.now(), tick=False) as at:
        fails = fail_for("verimor", f"532000000{bad}".encode(), "MESSAGE_TOO_LONG")

        def slowly(request):
            at.shift(LONGEST_TURN * each_call)
            return fails(request)

        vendor.answers = [slowly]
        messages = [message(number) for number in range(1, 9)]
        results = coded("verimor", vendor.url).send(batch(*messages, attempted_at=clock.now()))

    assert [(each.message_id, each.error is None) for each in results] == [(n, n != bad) for n in range(1, settled + 1)]
    assert len(vendor.requests) == calls


def test_a_text_that_is_bad_for_all_does_not_flood_the_vendor(vendor):
    vendor.answers = [(400, "FORBIDDEN_MESSAGE")]

    results = coded("verimor", vendor.url).send(batch(*(message(number) for number in range(1, 200))))

    assert len(vendor.requests) == 40
    assert {each.error.error_class for each in results} == {PERMANENT, TEMPORARY}


def test_a_repeat_that_the_vendor_refuses_was_ours_or_not(vendor):
    rows = [{"campaign_id": 9, "message_id": 1, "message_custom_id": "1", "dest": "905320000001", "status": "SENDING"}]
    ours = {"/send.json": (400, "MUKERRER_RAPORLAMA"), "/status": (200, rows)}
    vendor.answers = [lambda request: ours[request["path"]]]
    gateway = coded("verimor", vendor.url)

    assert gateway.send(batch(message(1))) == [SendResult(1, "9")]

    (others,) = gateway.send(batch(message(2)))
    assert (others.error.error_class, others.error.reason) == (PERMANENT, Reason.DUPLICATE)


def test_a_repeat_of_some_leaves_nobody_without_a_message(vendor):
    """Of two messages the vendor has the first since an earlier call."""
    rows = [{"campaign_id": 9, "dest": "905320000001", "status": "SENDING"}]

    def answer(request):
        if request["path"] == "/status":
            return 200, rows
        return (400, "MUKERRER_RAPORLAMA") if b"905320000001" in request["body"] else (200, "10")

    vendor.answers = [answer]

    assert coded("verimor", vendor.url).send(batch()) == [SendResult(1, "9"), SendResult(2, "10")]


def test_where_nothing_is_known_nothing_is_told(vendor):
    gateway = described("verimor", vendor.url)
    at = datetime(2026, 11, 28, tzinfo=UTC)

    assert gateway.lookup(batch()).outcome is LookupOutcome.CANNOT_TELL
    assert gateway.reports(["1"], at) == gateway.inbound(at, at + timedelta(days=1)) == gateway.blocked(at) == []
