import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from portal.core.ids import LARGEST_ID
from portal.services.messaging.gateways.protocol import (
    BlockedAddress,
    ErrorClass,
    GatewayError,
    Lookup,
    LookupOutcome,
    Reason,
    Report,
    ReportState,
)
from portal.services.messaging.gateways.vendor_push import VendorPush
from tests.portal.services.messaging.gateways.samples import (
    LOGINS,
    batch,
    coded,
    described,
    iletimerkezi_status,
    message,
)

ACCEPTED, DELIVERED, FAILED, EXPIRED = ReportState
AT = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
STATES = {
    "verimor": {
        (ACCEPTED, None): "SENDING WAITING",
        (DELIVERED, None): "DELIVERED SENT",
        (EXPIRED, None): "EXPIRED",
        (FAILED, None): "NOT_DELIVERED REJECTED MISSING_TARIFF ROUTE_NOT_AVAILABLE NETWORK_NOTCOVERED SEND_ERROR "
        "INTERNATIONAL_DENIED",
        (FAILED, Reason.BAD_ADDRESS): "INVALID_DESTINATION_ADDRESS",
        (FAILED, Reason.DUPLICATE): "DOUBLE_SEND_ERROR",
        (FAILED, Reason.BLOCKED_BY_VENDOR): "BLACKLISTED_DESTINATION_ADDRESS",
        (FAILED, Reason.BLOCKED_BY_IYS): "NOT_ALLOWED_BY_IYS",
        (ACCEPTED, Reason.UNKNOWN): "ASKIDA",
    },
    "netgsm": {
        (ACCEPTED, None): "0",
        (DELIVERED, None): "1",
        (EXPIRED, None): "2",
        (FAILED, Reason.BAD_ADDRESS): "3",
        (FAILED, None): "4 11 12 103",
        (FAILED, Reason.DUPLICATE): "13",
        (FAILED, Reason.NO_CREDIT): "14",
        (FAILED, Reason.BLOCKED_BY_VENDOR): "15",
        (FAILED, Reason.BLOCKED_BY_IYS): "16",
        (FAILED, Reason.UNKNOWN): "17",
        (ACCEPTED, Reason.UNKNOWN): "77",
    },
    "iletimerkezi": {
        (ACCEPTED, None): "accepted 110 113",
        (DELIVERED, None): "delivered 111",
        (FAILED, None): "undelivered 112 115",
        (ACCEPTED, Reason.UNKNOWN): "suspended",
    },
}
DETAILS = {
    "verimor": {
        Reason.UNREACHABLE: "6 27 2048 4100 4101 13 256 31 32 34 500 502 1155",
        Reason.BAD_ADDRESS: "1 11 2049",
        Reason.CONTENT: "2050 2051",
        Reason.HEADER: "2053",
        Reason.RATE: "4103 4104",
    },
    "netgsm": {Reason.UNREACHABLE: "101 102 103 106 111 112 113 114 115 119", Reason.BAD_ADDRESS: "104 105 116 117"},
}


def row(name, status, detail="0"):
    return {
        "verimor": {
            "type": "outbound", "campaign_id": 20212, "campaign_custom_id": "77", "message_id": 13582302,
            "message_custom_id": "1", "dest": "905320000001", "size": 2, "credits": 2, "status": status,
            "gsm_error": detail, "sent_at": "2026-11-28 11:59:00", "done_at": "2026-11-28 12:00:00",
        },
        "netgsm": {
            "jobid": "20212", "number": "5320000001", "status": status, "operator": 30, "msglen": 2,
            "deliveredDate": "28.11.2026 12:00:00", "errorCode": detail, "referansID": None,
        },
        "iletimerkezi": {
            "report": {"id": 5, "packet_id": 20212, "status": status, "to": "+905320000001", "body": "https://…/k/abc"}
        },
    }[name]  # fmt: skip


def pushed(body, content_type="application/json"):
    return VendorPush(json.dumps(body).encode(), content_type)


@pytest.mark.parametrize("open_gateway", [coded, described])
@pytest.mark.parametrize("name", LOGINS)
def test_each_state_becomes_ours_with_adapter_and_description(name, open_gateway):
    gateway = open_gateway(name, "https://sms.example.com")
    for (state, reason), words in STATES[name].items():
        for word in words.split():
            (report,) = gateway.read_push(pushed(row(name, word))).reports

            assert (report.state, report.reason) == (state, reason), word
            assert (report.ref, report.to, report.code) == ("20212", "+905320000001", word)
    for reason, codes in DETAILS.get(name, {}).items():
        for code in codes.split():
            (report,) = gateway.read_push(
                pushed(row(name, "NOT_DELIVERED" if name == "verimor" else "11", code))
            ).reports

            assert report.reason == reason, code


def test_a_report_tells_parts_cost_and_time_of_istanbul():
    verimor, netgsm = (
        coded(name, "https://sms.example.com").read_push(pushed(row(name, state))).reports
        for name, state in (("verimor", "DELIVERED"), ("netgsm", 1))
    )

    assert verimor == (Report(DELIVERED, "20212", 1, "+905320000001", None, "DELIVERED", AT, 2, "2"),)
    assert netgsm == (Report(DELIVERED, "20212", None, "+905320000001", None, "1", AT, 2),)


def test_a_report_names_a_message_by_any_id_that_a_row_can_have():
    rows = [row("verimor", "DELIVERED") | {"message_custom_id": str(LARGEST_ID + more)} for more in (0, 1)]
    reports = coded("verimor", "https://sms.example.com").read_push(pushed(rows)).reports

    assert [each.message_id for each in reports] == [LARGEST_ID, None]


@pytest.mark.parametrize("open_gateway", [coded, described])
def test_a_push_comes_single_or_many_in_any_form_and_casing(open_gateway):
    netgsm, verimor = (open_gateway(name, "https://sms.example.com") for name in ("netgsm", "verimor"))
    shouted = {name.upper(): value for name, value in row("netgsm", "1").items()} | {"telno": "5320000001"}
    del shouted["NUMBER"]
    pushes = [
        pushed(row("netgsm", 1)),
        pushed([row("netgsm", 1)]),
        pushed({"jobs": [row("netgsm", "1")]}),
        pushed(shouted, content_type=""),
        VendorPush(b"jobid=20212&number=5320000001&status=1", "application/x-www-form-urlencoded"),
        VendorPush(b"", query={"jobid": "20212", "number": "905320000001", "status": "1"}),
    ]

    for push in pushes:
        (report,) = netgsm.read_push(push).reports
        assert (report.state, report.ref, report.to) == (DELIVERED, "20212", "+905320000001")
        assert netgsm.read_push(push).replies == ()
    assert len(verimor.read_push(pushed([row("verimor", "EXPIRED"), row("verimor", "SENT")])).reports) == 2
    older = row("verimor", "EXPIRED") | {"direction": "outbound"}
    del older["type"]
    assert len(verimor.read_push(pushed(older)).reports) == 1


@pytest.mark.parametrize("name", LOGINS)
@pytest.mark.parametrize("body", [b"{", b"[1]", b"\xff", b"[" * 100_000, b'"text"', b'{"report":[1],"jobs":[1]}'])
def test_a_push_that_nobody_can_read_is_refused_or_for_a_person(name, body):
    gateway = coded(name, "https://sms.example.com")
    with suppress(ValueError):
        told = gateway.read_push(VendorPush(body, "application/json"))
        assert not told.reports and not any(each.is_whole for each in told.replies)


def test_odd_values_in_a_report_lose_only_themselves():
    odd = row("verimor", "DELIVERED") | {"message_custom_id": "x", "size": "9" * 5000, "credits": [], "done_at": 7}

    (report,) = coded("verimor", "https://sms.example.com").read_push(pushed(odd | {"sent_at": None})).reports

    assert report == Report(DELIVERED, "20212", None, "+905320000001", None, "DELIVERED", None)


def test_verimor_lists_a_hundred_reports_at_a_time(vendor):
    rows = [row("verimor", "DELIVERED") | {"message_id": str(number), "type": None} for number in range(1, 251)]

    def page(request):
        after = int(request["query"].get("greater_than", 0))
        return 200, [each for each in rows if int(each["message_id"]) > after][:100]

    vendor.answers = [page]

    assert len(coded("verimor", vendor.url).reports(["20212"], AT)) == 250
    assert [each["query"]["id"] for each in vendor.requests] == ["20212"] * 3


def test_netgsm_lists_a_hundred_reports_at_a_time_of_fifty_jobs(vendor):
    def page(request):
        first = request["json"]["pagenumber"] * 100
        jobs = [row("netgsm", 1) | {"jobid": request["json"]["jobids"][0]}] * (150 - first if first < 150 else 0)
        return 200, {"code": "00", "jobs": jobs[:100]}

    vendor.answers = [page]
    refs = [str(number) for number in range(10, 70)] + ["1,2"]

    found = coded("netgsm", vendor.url).reports(refs, AT)

    assert len(found) == 300
    assert {len(each["json"]["jobids"]) for each in vendor.requests} == {50, 12}
    assert vendor.requests[0]["json"]["startdate"] == "28.11.2026 12:00:00"
    assert {each["json"]["pagesize"] for each in vendor.requests} == {100}


def test_a_ref_of_several_jobs_is_answered_by_that_ref(vendor):
    vendor.answers = [(200, {"code": "00", "jobs": [row("netgsm", 1) | {"jobid": "2"}]})]

    assert [each.ref for each in coded("netgsm", vendor.url).reports(["1,2"], AT)] == ["1,2"]


@pytest.mark.parametrize("order_status", [114, "115"])
def test_iletimerkezi_lists_an_orders_numbers(order_status, vendor):
    rows = [{"number": "5320000001", "status": "111"}, {"number": 5320000002, "status": 110}]
    vendor.answers = [
        (200, {"response": {"status": {"code": "200"}, "order": {
            "id": 20212, "status": order_status, "message": rows}}}),
    ]  # fmt: skip

    found = coded("iletimerkezi", vendor.url).reports(["20212"], AT)

    assert [each.state for each in found] == ([DELIVERED, ACCEPTED] if order_status == 114 else [FAILED, FAILED])
    assert [(each.ref, each.to) for each in found] == [("20212", "+905320000001"), ("20212", "+905320000002")]
    assert vendor.requests[0]["json"]["request"]["order"] == {"id": "20212", "page": 1, "rowCount": 1000}


LIMITS = {"verimor": (429, ""), "netgsm": (406, {"code": "80"}), "iletimerkezi": (503, "")}
NOT_THERE = {
    "verimor": (404, "Bu idye sahip kampanya bulunamadı"),
    "netgsm": (406, {"code": "60"}),
    "iletimerkezi": (455, iletimerkezi_status(455)),
}


@pytest.mark.parametrize("name", LOGINS)
def test_what_the_vendor_does_not_know_is_no_error_but_its_limit_is(name, vendor):
    gateway = coded(name, vendor.url)
    vendor.answers = [NOT_THERE[name]]
    assert gateway.reports(["20212"], AT) == []

    vendor.answers = [LIMITS[name]]
    with pytest.raises(GatewayError) as failure:
        gateway.reports(["20212"], AT)
    assert failure.value.error.error_class is ErrorClass.TEMPORARY


def test_what_was_told_before_a_limit_is_kept(vendor):
    vendor.answers = [(200, [row("verimor", "DELIVERED")]), (429, "")]

    assert len(coded("verimor", vendor.url).reports(["1", "2", "3"], AT)) == 1
    assert len(vendor.requests) == 2


@pytest.mark.parametrize(
    ("there", "found"),
    [
        ({1: "8", 2: "8"}, Lookup(LookupOutcome.FOUND, "8")),
        ({3: "8"}, Lookup(LookupOutcome.ABSENT)),  # The other half of that batch.
        ({}, Lookup(LookupOutcome.ABSENT)),
        ({1: "8"}, Lookup(LookupOutcome.CANNOT_TELL)),
        ({1: "8", 2: "9"}, Lookup(LookupOutcome.CANNOT_TELL)),
    ],
)
def test_verimor_finds_a_lost_batch_by_our_id(there, found, vendor):
    rows = [row("verimor", "SENDING") | {"campaign_id": ref, "dest": f"90532000{n:04}"} for n, ref in there.items()]
    vendor.answers = [(200, rows) if rows else NOT_THERE["verimor"]]

    assert coded("verimor", vendor.url).lookup(batch(message(1), message(2))) == found
    assert vendor.requests[0]["query"]["custom_id"] == "77"


def job(number, *numbers):
    return [row("netgsm", 0) | {"jobid": number, "number": f"532000{each:04}"} for each in numbers]


@pytest.mark.parametrize(
    ("jobs", "found"),
    [
        (job("8", 1, 2), Lookup(LookupOutcome.FOUND, "8")),
        (job("8", 1, 2) + job("9", 3), Lookup(LookupOutcome.FOUND, "8")),
        (job("9", 3), Lookup(LookupOutcome.ABSENT)),
        ([], Lookup(LookupOutcome.ABSENT)),
        (job("9", 1), Lookup(LookupOutcome.CANNOT_TELL)),
        (job("8", 1, 2) + job("9", 1, 2), Lookup(LookupOutcome.CANNOT_TELL)),
    ],
)
def test_netgsm_finds_a_lost_batch_by_time_and_numbers(jobs, found, vendor):
    vendor.answers = [(200, {"code": "00", "jobs": jobs}) if jobs else NOT_THERE["netgsm"]]

    assert coded("netgsm", vendor.url).lookup(batch(attempted_at=AT)) == found
    asked = vendor.requests[0]["json"]
    assert (asked["startdate"], asked["stopdate"]) == ("28.11.2026 11:59:00", "28.11.2026 12:05:00")
    assert "jobids" not in asked


def order(number, *numbers, submitted="2026-11-28 12:00:05"):
    totals = {"id": number, "status": 114, "total": len(numbers), "submitAt": submitted}
    return totals, [{"number": f"532000{each:04}", "status": 110} for each in numbers]


@pytest.mark.parametrize(
    ("orders", "found"),
    [
        ([order(8, 1, 2), order(9, 3, 4), order(10, 1)], Lookup(LookupOutcome.FOUND, "8")),
        ([order(9, 3, 4)], Lookup(LookupOutcome.ABSENT)),
        ([order(8, 1, 2, submitted="2026-11-28 11:30:00")], Lookup(LookupOutcome.ABSENT)),
        ([order(8, 1, 2), order(9, 2, 1)], Lookup(LookupOutcome.CANNOT_TELL)),
    ],
)
def test_iletimerkezi_finds_a_lost_batch_among_its_orders(orders, found, vendor):
    def answer(request):
        asked = request["json"]["request"]
        status = {"status": {"code": "200"}}
        if "filter" in asked:
            shown = [totals for totals, _ in orders] if asked["filter"]["page"] == 1 else []
            return 200, {"response": status | {"orders": shown}}
        (rows,) = (rows for totals, rows in orders if str(totals["id"]) == asked["order"]["id"])
        return 200, {"response": status | {"order": {"status": 113, "message": rows}}}

    vendor.answers = [answer]

    assert coded("iletimerkezi", vendor.url).lookup(batch(attempted_at=AT)) == found


@pytest.mark.parametrize("size", [100, 50])
def test_verimors_block_list_is_read_to_its_end(vendor, size):
    records = [
        {"created_at": "2026-11-28T12:00:00.000+03:00", "phone": f"90532000{number:04}", "source": "ret_web"}
        for number in range(1, 131)
    ]

    def page(request):
        offset, limit = int(request["query"]["offset"]), int(request["query"]["limit"])
        return 200, {"total": 130, "records": records[offset : offset + min(limit, size)]}

    vendor.answers = [page]
    gateway = coded("verimor", vendor.url)

    assert len(gateway.blocked(AT)) == 130
    assert gateway.blocked(AT)[0] == BlockedAddress("+905320000001", AT, "ret_web")
    assert gateway.blocked(AT + timedelta(seconds=1)) == []


def test_iletimerkezis_block_list_names_numbers_only(vendor):
    vendor.answers = [
        (200, {"response": {"status": {"code": 200}, "blacklist": {"count": "1", "number": ["+905320000001"]}}})
    ]

    assert coded("iletimerkezi", vendor.url).blocked(AT) == [BlockedAddress("+905320000001", None)]
    assert vendor.requests[0]["json"]["request"]["blacklist"]["filter"]["start"] == "2026-11-28 12:00:00"


HEADERS = {
    "verimor": ["DENEME", "OTHER"],
    "netgsm": {"code": "00", "msgheaders": ["DENEME"]},
    "iletimerkezi": {"response": {"status": {"code": "200"}, "senders": {"sender": ["DENEME"]}}},
}
UNAUTHORIZED = {
    "verimor": (401, "Geçersiz kullanıcı adı/şifre"),
    "netgsm": (406, {"code": "30"}),
    "iletimerkezi": (401, iletimerkezi_status("401")),
}


@pytest.mark.parametrize("name", LOGINS)
def test_a_check_tells_of_credentials_and_of_the_header(name, vendor):
    vendor.answers = [(200, HEADERS[name])]
    assert coded(name, vendor.url).check() is None
    assert coded(name, vendor.url, header="DENEME").check() is None
    assert coded(name, vendor.url, header="BASKA").check().reason is Reason.HEADER

    vendor.answers = [UNAUTHORIZED[name]]
    assert coded(name, vendor.url).check().reason is Reason.CREDENTIALS
    assert "send" not in {each["path"] for each in vendor.requests}
