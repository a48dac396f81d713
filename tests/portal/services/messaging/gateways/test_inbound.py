import json
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import pytest

from portal.services.messaging.gateways import row_rules, unread_rows
from portal.services.messaging.gateways.own_text import OwnText
from portal.services.messaging.gateways.protocol import GatewayError, InboundMessage
from portal.services.messaging.gateways.push_document import parse_push
from portal.services.messaging.gateways.unread_rows import unread_replies
from portal.services.messaging.gateways.vendor_push import VendorPush
from portal.services.messaging.gateways.vendors import VENDORS
from tests.portal.services.messaging.gateways.samples import LOGINS, coded, described

AT = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
VERIMOR = {
    "message_id": 7, "type": "inbound", "created_at": "2026-11-28 11:59:59", "network": "TURKCELL",
    "source_addr": "905320000001", "destination_addr": "4609", "keyword": "MAVI", "content": "MAVI İPTAL",
    "received_at": "2026-11-28 12:00:00",
}  # fmt: skip
NETGSM = {
    "messageId": "7", "subscriberNumber": "8501234567", "sourceNumber": "5320000001",
    "messageDateTime": "2026-11-28 12:00:00", "content": "İPTAL",
}  # fmt: skip
LISTED = {"message": "İPTAL", "sender": "5320000001", "receiver": "8501234567", "datetime": "2026-11-28 12:00:00"}


@pytest.mark.parametrize("open_gateway", [coded, described])
def test_verimor_pushes_replies_with_their_keyword(open_gateway):
    gateway = open_gateway("verimor", "https://sms.example.com")
    both = VendorPush(json.dumps([VERIMOR, {"type": "outbound", "status": "DELIVERED"}]).encode(), "application/json")

    assert gateway.read_push(both).replies == (InboundMessage("7", "+905320000001", "4609", "MAVI İPTAL", AT, "MAVI"),)
    assert len(gateway.read_push(both).reports) == 1


@pytest.mark.parametrize("open_gateway", [coded, described])
@pytest.mark.parametrize(
    "push",
    [
        VendorPush(json.dumps(NETGSM).encode(), "application/json"),
        VendorPush(json.dumps([NETGSM]).encode(), "application/json; charset=utf-8"),
        VendorPush(json.dumps({name.upper(): value for name, value in NETGSM.items()}).encode(), "text/plain"),
        VendorPush(urlencode(NETGSM).encode(), "application/x-www-form-urlencoded"),
        VendorPush(b"", query=NETGSM),
        VendorPush(b"", query={name.lower(): value for name, value in NETGSM.items()}),
    ],
    ids=["JSON", "array", "shouted", "form", "query", "whispered"],
)
def test_netgsm_pushes_a_reply_in_any_form(push, open_gateway):
    gateway = open_gateway("netgsm", "https://sms.example.com")

    assert gateway.read_push(push).replies == (InboundMessage("7", "+905320000001", "+908501234567", "İPTAL", AT),)
    assert gateway.read_push(push).reports == ()


@pytest.mark.parametrize("size", [100, 50])
@pytest.mark.parametrize("odd", [{}, {"message_id": None}, {"received_at": "2030-01-01 12:00:00"}], ids=str)
@pytest.mark.parametrize("is_wrapped", [False, True])
def test_verimors_replies_are_read_to_an_empty_page(vendor, size, odd, is_wrapped):
    """Also beside an odd row at the end of a page, or where a page has fewer rows than asked for."""
    rows = [
        {name: value for name, value in VERIMOR.items() if name != "type"}
        | {"message_id": number, "received_at": f"2026-11-28T12:{number // 60:02}:{number % 60:02}.000+03:00"}
        for number in range(1, 251)
    ]
    rows[99] |= odd

    def page(request):
        found = rows[int(request["query"].get("greater_than", 0)) :][:size]
        return 200, {"total": 250, "messages": found} if is_wrapped else found

    vendor.answers = [page]

    found = coded("verimor", vendor.url).inbound(AT, AT + timedelta(minutes=3))

    assert len({each.id for each in found}) == 250
    assert [each["query"].get("from_time") for each in vendor.requests[:2]] == ["2026-11-28T12:00:00+03:00", None]


def test_what_verimor_listed_before_a_page_that_leads_nowhere_is_told_as_a_part(vendor):
    rows = [{name: value for name, value in VERIMOR.items() if name not in ("type", "message_id")}] * 100
    vendor.answers = [(200, rows)]

    with pytest.raises(GatewayError) as failure:
        coded("verimor", vendor.url).inbound(AT, AT + HOUR)

    assert len(failure.value.found) == 100


def test_netgsm_is_never_asked_for_replies_without_dates(vendor):
    vendor.answers = [(200, {"code": "00", "messages": [LISTED, LISTED | {"message": "RET"}]}), (406, {"code": "40"})]
    gateway = coded("netgsm", vendor.url)

    found = gateway.inbound(AT - timedelta(days=90), AT)

    assert [each.text for each in found] == ["İPTAL", "RET"]
    assert (found[0].sender, found[0].to, found[0].received_at) == ("+905320000001", "+908501234567", AT)
    assert gateway.inbound(AT, AT + HOUR) == []
    assert [each["query"] for each in vendor.requests] == [
        {"startdate": "29102026120000", "stopdate": "28112026120000"},  # A month is the most.
        {"startdate": "28112026120000", "stopdate": "28112026130000"},
    ]


def test_netgsms_dates_have_the_format_of_the_account(vendor):
    vendor.answers = [(406, {"code": "40"})]
    login = LOGINS["netgsm"] | {"inbox_date_format": "%d%m%Y"}

    VENDORS["netgsm"].open(login, base_url=vendor.url, is_trusted=True).inbound(AT, AT + HOUR)

    assert vendor.requests[0]["query"] == {"startdate": "28112026", "stopdate": "28112026"}


def test_a_reply_without_an_id_is_the_same_reply_each_time(vendor):
    vendor.answers = [(200, {"messages": [LISTED]}), (200, {"messages": [{"MSG": "İPTAL"} | LISTED]})]
    gateway = coded("netgsm", vendor.url)

    assert gateway.inbound(AT - HOUR, AT) == gateway.inbound(AT - HOUR, AT)


@pytest.mark.parametrize(
    "rows",
    [
        {"message": [{"id": 7, "number": "+905320000001", "text": "İPTAL", "receivedAt": "2026-11-28 12:00:00"}]},
        [{"id": "7", "from": "5320000001", "message": "İPTAL", "date": "28/11/2026 12:00:00"}],
    ],
)
def test_iletimerkezis_inbox_is_read_however_it_names_its_fields(rows, vendor):
    vendor.answers = [(200, {"response": {"status": {"code": 200, "message": "İşlem başarılı"}, "inbox": rows}})]
    gateway = coded("iletimerkezi", vendor.url)

    assert gateway.inbound(AT - HOUR, AT) == [InboundMessage("7", "+905320000001", "", "İPTAL", AT)]
    assert gateway.inbound(AT + timedelta(days=2), AT + timedelta(days=2)) == []


@pytest.mark.parametrize(
    "told", ["29/11/26 22:59", "1796061731", "29 Kasım 2026 20:00", "29.11.2026 10:59:59 PM", None]
)
def test_a_reply_is_never_left_out_for_a_time_that_cannot_be_read(told, vendor):
    """Nor for one that is ahead of our clock, or in another zone than ours, or a row that says less than others."""
    verimor = {"message_id": 7, "source_addr": "905320000001", "content": "RET", "received_at": told}
    inbox = [{"id": 7, "number": "+905320000001", "text": "RET", "date": told}]
    inbox += [inbox[0] | {"number": "+905320000002"}, inbox[0] | {"date": "2026-11-28 09:00:00"}]
    for name, answer, count in (
        ("verimor", [verimor, verimor | {"received_at": "2030-01-01 12:00:00"}], 2),
        ("iletimerkezi", {"response": {"status": {"code": 200}, "inbox": {"message": inbox}}}, 3),
    ):
        vendor.answers = [(200, answer)]
        found = coded(name, vendor.url).inbound(AT, AT + HOUR)

        assert [each.text for each in found] == ["RET"] * count
        assert not found[0].is_dated


@pytest.mark.parametrize(
    ("name", "answer", "count"),
    [
        ("verimor", {"records": [{"phone": "905320000001"}, {"phone": "905320000002", "x": 1}]}, 2),
        ("verimor", {"records": [{"number": "05320000001"}, {"phone": ["905320000002", "905320000003"]}]}, 3),
        ("verimor", [{"phone": 905320000001}], 1),
        ("verimor", {"data": ["905320000001"]}, 1),
        ("verimor", {"list": [{"phone": "905320000001"}]}, 1),
        ("verimor", {"records": []}, 0),
        ("iletimerkezi", {"blacklist": {"number": [{"number": "905320000001"}, "5320000002"]}}, 2),
        ("iletimerkezi", {"blacklist": {"number": "905320000001"}}, 1),
        ("iletimerkezi", {"numbers": ["905320000001"]}, 1),
        ("iletimerkezi", {"blacklist": {"count": 0, "number": []}}, 0),
    ],
)
def test_every_number_on_a_list_has_refused_whatever_the_list_looks_like(name, answer, count, vendor):
    vendor.answers = [(200, {"response": {"status": {"code": 200}} | answer} if name == "iletimerkezi" else answer)]

    found = [each.address for each in coded(name, vendor.url).blocked(AT)]
    assert found == [f"+90532000000{number}" for number in range(1, count + 1)]


def test_a_row_of_a_list_that_names_no_number_hides_no_other(vendor):
    odd = {"created_at": "2026-11-28T12:00:00+03:00"}
    masked = {"id": 12345678901, "phone": "0532***4567"}
    vendor.answers = [(200, {"records": [odd, masked, {"phone": "905320000002", "x": 1}]})]

    found = [each.address for each in coded("verimor", vendor.url).blocked(AT)]
    assert found == [json.dumps(odd), "+12345678901", json.dumps(masked), "+905320000002"]


def test_numbers_abroad_are_on_a_list_and_end_no_reading_of_it(vendor):
    numbers = [f"+90532{number:07}" for number in range(1100)]
    pages = ["+4917012345678", *numbers[:999]], numbers[999:]
    vendor.answers = [(200, {"response": {"status": {"code": 200}, "blacklist": {"number": page}}}) for page in pages]

    found = [each.address for each in coded("iletimerkezi", vendor.url).blocked(AT)]
    assert found == ["+4917012345678", *numbers]


@pytest.mark.parametrize(
    ("row", "people"),
    [
        ({"phone": "905320000001", "created_by": "5329998877"}, ["+905320000001", "+905329998877"]),
        ({"phone": "905320000001", "note": "Oğlu aradı: 0532 999 88 77"}, ["+905320000001", "+905329998877"]),
        ({"phone": "4917012345678", "user": "5329998877"}, ["+4917012345678", "+905329998877"]),
        ({"phone": "49 170 1234567", "user": "5329998877"}, ["+491701234567", "+905329998877"]),
    ],
)
def test_a_row_of_a_list_with_several_peoples_numbers_refuses_for_none_and_waits_for_each(row, people, vendor):
    vendor.answers = [(200, {"records": [row, {"phone": "4917012345678", "source": "902121234567"}]})]
    told, *others = [each.address for each in coded("verimor", vendor.url).blocked(AT)]

    assert sorted(each.sender for each in unread_rows.unread_refusals(told, unread_rows.MOBILE)) == people
    assert "+4917012345678" in others


def test_a_refusal_of_a_day_without_a_time_counts_to_its_end(vendor):
    vendor.answers = [(200, {"records": [{"created_at": str(AT.date()), "phone": "905320000001"}]})]

    vendor.answers *= 2
    first, second = (coded("verimor", vendor.url).blocked(since) for since in (AT, AT + timedelta(minutes=1)))
    assert [each.address for each in first] == ["+905320000001"] and first == second


def test_no_row_of_a_list_is_left_out_for_a_number_that_is_hidden(vendor):
    listed = ["0532***4567", "905320000001"]
    vendor.answers = [(200, {"response": {"status": {"code": 200}, "blacklist": {"number": listed}}})]

    assert ["532***4567" in each.address for each in coded("iletimerkezi", vendor.url).blocked(AT)] == [True, False]


@pytest.mark.parametrize(
    "fields",
    [
        {"source_addr": "+90 532 000 00 01 (Ali)"},
        {"source_addr": "905320000001-1"},
        {"source_addr": "+905320000001;ext=1"},
        {"source_addr": "TR905320000001"},
        {"source_addr": "905320000001@s.whatsapp.net"},
    ],
)
def test_a_reply_is_by_the_one_mobile_number_in_its_sender(fields):
    push = VendorPush(json.dumps([VERIMOR | fields]).encode(), "application/json")

    assert [each.sender for each in coded("verimor", "https://sms.example.com").read_push(push).replies] == [
        "+905320000001"
    ]


def test_of_a_long_push_that_is_cut_off_each_number_has_all_its_words():
    rows = [VERIMOR | {"source_addr": f"90532000000{n}", "content": "x " * 700 + f"RET{n}"} for n in range(5)]

    found = unread_replies(json.dumps(rows)[:-1])
    assert all(f"RET{n}" in each.text for n, each in enumerate(found)) and len(found) == 5


def test_no_words_of_a_person_name_the_charset_of_a_push():
    said = [("encoding=cp037", "905320000001"), ("charset=utf-32", "905320000002"), ("RET", "905320000003")]
    rows = [{"content": text} | VERIMOR | {"source_addr": sender, "content": text} for text, sender in said]
    news = coded("verimor", "https://sms.example.com").read_push(
        VendorPush(json.dumps(rows).encode(), "application/json")
    )

    assert [(each.text, each.sender) for each in news.replies] == [(text, f"+{sender}") for text, sender in said]


def test_a_text_with_odd_characters_is_kept_without_them():
    odd = json.dumps([VERIMOR | {"content": "RET\x00 \ud800"}]).encode()

    (found,) = coded("verimor", "https://sms.example.com").read_push(VendorPush(odd, "application/json")).replies

    assert found.text == "RET ?"


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("verimor", [{"message_id": 7, "from": "905320000001", "text": "RET"}]),
        ("netgsm", [{"no": "5320000001", "mesaj": "RET"}]),
        ("netgsm", {"code": "00", "inbox": [{"message": "RET", "sender": "5320000001"}, {"kind": "y"}]}),
        ("iletimerkezi", {"message": [{"msisdn": "905320000001", "sms": "RET", "tarih": "2026-11-28 12:00:00"}]}),
        ("iletimerkezi", {"message": {"from_number": "+905320000001", "msg": "kargom nerede"}}),
        ("iletimerkezi", [["905320000001", "RET", "2026-11-28"]]),
        ("iletimerkezi", ["905320000001;RET"]),
        ("iletimerkezi", [{"number": "905320000001", "message": ["RET"]}]),
        ("iletimerkezi", [{"sender": {"number": "905320000001"}, "message": {"text": "RET"}}]),
    ],
)
def test_a_row_of_an_inbox_that_nobody_can_read_is_for_a_person(name, answer, vendor):
    status = {"status": {"code": 200, "message": "İşlem başarılı"}}
    vendor.answers = [(200, {"response": status | {"inbox": answer}} if name == "iletimerkezi" else answer)]

    found = coded(name, vendor.url).inbound(AT - HOUR, AT)
    assert [(each.sender, each.is_whole) for each in found] == [("+905320000001", False)]
    assert "RET" in found[0].text or "kargom nerede" in found[0].text


PERSON = {"sender": "+905320000002", "message": "bırak peşimi"}
MO = "<MO><sender>+905320000002</sender><message>bırak peşimi</message></MO>"
DEEP = {
    "an envelope": {"result": PERSON},
    "two envelopes": {"messages": {"message": PERSON}},
    "SOAP": f"<Envelope><Body>{MO}</Body></Envelope>",
    "XML in a string": {"body": MO},
    "fields in a string": {"body": urlencode(PERSON)},
    "JSON in a string": {"payload": json.dumps(PERSON)},
    "beside a reply": [LISTED, {"mo": PERSON}],
    "other names beside a reply": [LISTED, {"type": "mo", "from": "+905320000002", "sms": "bırak peşimi"}],
    "as a form's name": f"{quote(json.dumps(PERSON))}=",
    "escaped": json.dumps(PERSON | {"face": "😀"}).replace('"', "\\u0022"),
    "dots": "0532.000.00.02;bırak peşimi",
}


@pytest.mark.parametrize("name", DEEP)
def test_what_a_person_wrote_is_read_however_deep_it_stands(name):
    body = DEEP[name] if isinstance(DEEP[name], str) else json.dumps(DEEP[name])
    gateway = coded("netgsm", "https://sms.example.com")
    try:
        told = gateway.read_push(VendorPush(body.encode())).replies
    except ValueError:  # The whole waits.
        told = unread_rows.unread_replies(body)

    (reply,) = [each for each in told if each.sender == "+905320000002"]
    assert not reply.is_whole and "bırak peşimi" in reply.text


@pytest.mark.parametrize("again", ['"message": "?"', '"Message": "?"', '"message": "?", "message": "?"'])
@pytest.mark.parametrize("comes_first", [True, False])
def test_no_name_that_stands_twice_hides_a_refusal(again, comes_first):
    both = ['"message": "RET"', again] if comes_first else [again, '"message": "RET"']
    pushed = VendorPush(f'{{"sender": "+905320000002", {", ".join(both)}}}'.encode(), "application/json")

    told = coded("netgsm", "https://sms.example.com").read_push(pushed).replies
    assert any("RET" in each.text for each in told)


def test_reports_in_an_envelope_that_names_a_mobile_number_are_no_replies():
    told = {"jobid": "7", "number": "905320000001", "sender": "MODAEVI", "status": "1"}
    pushed = VendorPush(json.dumps({"phone": "905320000009", "jobs": [told]}).encode())

    feedback = coded("netgsm", "https://sms.example.com").read_push(pushed)
    assert len(feedback.reports) == 1 and feedback.replies == ()


A, B, C = (f"90532000000{each}" for each in range(3))


@pytest.mark.parametrize(
    "form",
    [
        f"sender={A}&message=&sender={B}&message=RET&sender={C}&message=kargom",
        f"sender={A}&sender={B}&message=RET&sender={C}&message=kargom",
        f"sender={B}&message=RET&message=merhaba&sender={C}&message=kargom",
        f"Gelen SMS no={B} mesaj=RET, no={C} mesaj=kargom",
    ],
    ids=["an empty field", "a field that lacks", "a field more", "no form"],
)
def test_no_form_gives_one_persons_refusal_to_another(form):
    gateway = coded("netgsm", "https://sms.example.com")
    try:
        told = gateway.read_push(VendorPush(form.encode())).replies
    except ValueError:  # The whole waits.
        told = unread_rows.unread_replies(form)

    assert {each.sender for each in told if "RET" in each.text} >= {f"+{B}"}
    assert all(each.sender == f"+{B}" for each in told if "RET" in each.text and each.is_whole)


@pytest.mark.parametrize("length", [0, 1])
def test_utf_8_that_says_it_is_utf_16_is_utf_8(length):
    """As .NET's StringWriter makes it."""
    said = f"<MO><sender>{B}</sender><message>birak pesimi{'!' * length}</message></MO>"
    body = f'<?xml version="1.0" encoding="utf-16"?>{said}'
    (reply,) = coded("netgsm", "https://sms.example.com").read_push(VendorPush(body.encode())).replies

    assert (reply.sender, "birak pesimi" in reply.text) == (f"+{B}", True)


@pytest.mark.parametrize(
    ("fields", "numbers"),
    [
        ({"msisdn": B}, [B]), ({"abone": 5320000001}, [B]), ({"user": A, "no": f"{B} (Ali)"}, [A, B]),
        ({"user": A, "contact": {"number": B}}, [A, B]), ({"msisdn": "+491701234567"}, ["491701234567"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("header", ["ORNEK", "3530", "8501234567", "902121234567"])
@pytest.mark.parametrize("known", [{}, {"campaign_id": "77"}])
def test_where_our_header_stands_as_the_sender_each_number_beside_it_waits(fields, numbers, header, known):
    """It may be the sender's, or that of the firm's login."""
    row = VERIMOR | {"source_addr": header, "content": "birak pesimi"} | fields | known
    pushed = VendorPush(json.dumps([row]).encode(), "application/json")
    told = coded("verimor", "https://sms.example.com").read_push(pushed).replies

    assert {f"+{each}" for each in numbers} <= {each.sender for each in told if not each.is_whole}
    assert not any(each.is_whole for each in told)


def test_beside_a_login_that_is_a_number_what_stands_in_a_string_is_read():
    rows = json.dumps([{"sender": B, "message": "iptl"}])
    told = coded("netgsm", "https://sms.example.com").read_push(
        VendorPush(urlencode({"username": A, "data": rows}).encode())
    )

    assert f"+{B}" in {each.sender for each in told.replies}


def test_nothing_is_opened_beside_a_reply_that_stands_deeper():
    text = f'{{"a":"{B} RET"}}'
    inbound = {"from": "/sms/from", "text": "/sms/text", "to": "/to"}
    pushed = VendorPush(json.dumps({"sms": {"from": A, "text": text, "clean": text}}).encode(), "application/json")

    told = row_rules.read_rows(parse_push(pushed, inbound), {}, inbound).replies
    assert {each.sender for each in told} == {f"+{A}"}


@pytest.mark.parametrize("sender", [A, f"+{A}", int(A), "+491701234567", "908500000009"])
@pytest.mark.parametrize("text", [f'{{"a":"{B} RET"}}', f"<a>{B} RET</a>", f"a=1&b={B}&c=RET"])
def test_what_somebody_writes_lays_nothing_at_another_persons_door(text, sender):
    """Nor where it waits for a person, since a number that is neither mobile nor abroad may be ours."""
    pushed = VendorPush(json.dumps([VERIMOR | {"source_addr": sender, "content": text}]).encode(), "application/json")
    told = coded("verimor", "https://sms.example.com").read_push(pushed).replies

    assert [each.sender for each in told] == [f"+{str(sender).lstrip('+')}"]
    assert told[0].text == text or (sender == "908500000009" and not told[0].is_whole)


@pytest.mark.parametrize(
    "beside", [[], [{"type": "outbound", "message_custom_id": "3", "dest": A, "status": "DELIVERED"}]]
)
@pytest.mark.parametrize("said", ["birak pesimi", "iptl edn artik"])
def test_a_row_of_no_known_kind_waits_where_its_words_may_refuse(beside, said):
    rows = [*beside, {"type": "mo", "msisdn": B, "sms": said}]
    told = coded("verimor", "https://sms.example.com").read_push(
        VendorPush(json.dumps(rows).encode(), "application/json")
    )

    assert [(each.sender, each.is_whole) for each in told.replies] == [(f"+{B}", False)]


MORE = {
    "deeper": {"more": [{"source_addr": B, "content": "RET"}]},
    "by other names": {"replyto": {"gsm": B, "msg": "RET"}},
    "in a string": {"data": json.dumps([{"source_addr": B, "content": "RET"}])},
    "a number": {"contact": {"number": B}},
    "abroad": {"no": "+4791234567"},
    "abroad with blanks": {"no": "+49 170 1234567"},
}


@pytest.mark.parametrize("name", MORE)
@pytest.mark.parametrize("sender", [A, "8501234567"])
def test_a_reply_beside_another_persons_number_waits_for_both(name, sender):
    """Nobody knows which of them wrote, also where both say the same."""
    rows = [VERIMOR | {"source_addr": sender, "content": "RET"} | MORE[name]]
    told = coded("verimor", "https://sms.example.com").read_push(
        VendorPush(json.dumps(rows).encode(), "application/json")
    )

    held = {each.sender for each in told.replies if not each.is_whole}
    other = {"abroad": "+4791234567", "abroad with blanks": "+491701234567"}.get(name, f"+{B}")
    assert held >= {other, f"+{A}"} if sender == A else held == {other}
    assert not any(each.is_whole for each in told.replies)


def test_what_somebody_writes_is_opened_nowhere_also_where_nobody_knows_who_it_was():
    row = {"type": "inbound", "msisdn": A, "content": f'{{"a": "{B} RET"}}'}
    told = coded("verimor", "https://sms.example.com").read_push(
        VendorPush(json.dumps([row]).encode(), "application/json")
    )

    assert [(each.sender, each.is_whole) for each in told.replies] == [(f"+{A}", False)]


def test_a_text_beside_our_header_waits_also_where_the_row_has_a_known_state():
    states = [{"words": ["OK"], "state": "delivered"}]
    row = {"from": "ORNEK", "no": B, "id": "77", "text": "birak pesimi", "status": "OK"}
    told = row_rules.read_rows(
        row, {"ref": "/id", "state": "/status", "states": states}, {"from": "/from", "text": "/text"}
    )

    assert [(each.sender, each.is_whole) for each in told.replies] == [(f"+{B}", False)]


@pytest.mark.parametrize(
    ("fields", "held"),
    [
        ({"no": B, "text": "RET"}, {B}), ({"no": B, "text": "birak pesimi"}, {B}),
        ({"text": "RET", "mo": {"no": B, "text": "RET"}}, {B}), ({"text": "RET"}, {A}),
        ({"text": "Ornek: Reklam gonderelim mi? Ret: x.example/k/ab"}, set()), ({"text": "Telefon kapali"}, set()),
    ],
)  # fmt: skip
def test_a_report_that_tells_more_than_our_own_text_waits(fields, held):
    states = [{"words": ["OK"], "state": "delivered"}]
    reports = {"ref": "/id", "to": "/to", "state": "/status", "states": states}
    row = {"id": "77", "to": A, "status": "OK"} | fields
    own = OwnText(lambda code: ["Ornek: Reklam gonderelim mi? Ret: x.example/k/ab"] if code == "ab" else [])
    told = row_rules.read_rows(row, reports, {"from": "/from", "text": "/text"}, own)

    assert {each.sender.lstrip("+") for each in told.replies} - ({A} if B in held else set()) == held
    assert len(told.reports) == 1 and not any(each.is_whole for each in told.replies)


def test_replies_in_an_envelope_that_may_be_a_report_are_whole():
    states = [{"words": ["OK"], "state": "delivered"}]
    reports, replies = {"item_id": "/id", "state": "/status", "states": states}, {"from": "/from", "text": "/text"}
    document = {"id": 5, "status": "new", "rows": [{"from": A, "text": "RET"}, {"from": B, "text": "kargom nerede"}]}
    told = row_rules.read_rows(document, reports, replies | {"items": "/rows"})

    assert [(each.sender, each.is_whole) for each in told.replies] == [(f"+{A}", True), (f"+{B}", True)]
