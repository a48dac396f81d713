"""Reports and replies that the fake vendors push, and how often they try."""

import pytest

RETRIES = {"verimor": 4, "netgsm": 1, "iletimerkezi": 1}


def test_verimor_pushes_an_array_of_reports(vendors, receiver):
    sent = vendors.verimor_send("5321230001", "5321230002", custom_id="77")
    vendors.control("clock", forward=0)

    (rows,) = receiver.bodies
    assert [(each["type"], each["status"], each["message_custom_id"]) for each in rows] == [
        ("outbound", "DELIVERED", "1"),
        ("outbound", "EXPIRED", "2"),
    ]
    assert {each["campaign_id"] for each in rows} == {int(sent.text)}
    assert {name: value for name, value in rows[0].items() if name != "type"} == vendors.verimor(
        "status", id=sent.text
    ).json[0]


def test_the_others_push_one_by_one(vendors, receiver):
    job = vendors.netgsm_send("5321230001", "5321230003").json["jobid"]
    order = vendors.iletimerkezi_send("5321230002", text="gizli").json["response"]["order"]["id"]
    vendors.control("clock", forward=0)

    *jobs, report = receiver.bodies
    assert [(each["jobid"], each["status"]) for each in jobs] == [(job, 1), (job, 3)]
    assert report["report"] | {"id": 0} == {
        "id": 0,
        "packet_id": order,
        "status": "undelivered",
        "to": "+905321230002",
        "body": "gizli",
    }


@pytest.mark.parametrize("vendor", RETRIES)
def test_a_push_is_tried_as_often_as_the_vendor_does_and_then_dropped(vendors, receiver, vendor):
    receiver.statuses = [500] * 9
    vendors.send(vendor, "5321230001")
    vendors.control("clock", forward=0)
    vendors.control("clock", forward=299)

    assert len(receiver.requests) == 1
    vendors.control("clock", forward=1)
    assert len(receiver.requests) == min(2, RETRIES[vendor])
    vendors.control("clock", forward=24 * 3600)
    assert len(receiver.requests) == RETRIES[vendor]


def test_a_push_that_was_answered_is_not_repeated(vendors, receiver):
    receiver.statuses = [500, 200]
    vendors.verimor_send("5321230001")
    vendors.control("clock", forward=24 * 3600)

    assert len(receiver.requests) == 2


def test_a_report_comes_twice_or_before_the_answer(vendors, receiver):
    vendors.control("settings", report_delay=3600)
    vendors.verimor_send("5321230008")
    before = len(receiver.requests)
    vendors.verimor_send("5321230007")
    vendors.control("clock", forward=3600)

    assert before == 1
    assert [rows[0]["dest"] for rows in receiver.bodies] == ["905321230008"] + ["905321230007"] * 2


def test_pushes_come_several_times_and_out_of_order_on_demand(vendors, receiver):
    vendors.control("settings", copies=3, newest_first=1)
    vendors.netgsm_send("5321230001", "5321230002")
    vendors.control("clock", forward=0)

    assert [each["status"] for each in receiver.bodies] == [2, 1, 2, 1, 2, 1]


def test_verimor_pushes_replies_to_the_same_url(vendors, receiver):
    vendors.browser.post("/replies", json={"sender": "+905321234567", "to": "8500000001", "text": "RET"})

    ((reply,),) = receiver.bodies
    assert (reply["type"], reply["source_addr"], reply["destination_addr"]) == (
        "inbound",
        "905321234567",
        "908500000001",
    )
    assert (reply["keyword"], reply["content"]) == ("", "RET")


def test_a_shared_short_code_names_the_keyword_and_keeps_it_in_the_text(vendors, receiver):
    vendors.control("accounts", vendor="verimor", number="4609", keyword="MAVI")
    for text in ("Mavi RET", "RET"):
        vendors.browser.post("/replies", json={"sender": "+905321234567", "to": "4609", "text": text})

    ((reply,),) = receiver.bodies
    assert (reply["keyword"], reply["content"], reply["destination_addr"]) == ("Mavi", "Mavi RET", "4609")


@pytest.mark.parametrize(("how", "place"), [("query", 1), ("form", 2), ("json", 3)])
def test_netgsm_pushes_replies_in_each_form(vendors, receiver, how, place):
    vendors.control("accounts", vendor="netgsm", push_format=how)
    vendors.browser.post("/replies", json={"sender": "+905321234567", "to": "8500000002", "text": "çık"})

    (request,) = receiver.requests
    assert request[place]["content"] == "çık"
    assert (request[place]["subscriberNumber"], request[place]["sourceNumber"]) == ("8500000002", "5321234567")


def test_a_reply_is_damaged_cut_or_repeated_on_its_way(vendors):
    damaged = {"": ["çık"], "question_marks": ["??k"], "replacement": ["��k"], "two_parts": ["ç", "ık"],
               "twice": ["çık", "çık"]}  # fmt: skip
    for fault, texts in damaged.items():
        vendors.control("reset")
        reply = {"sender": "0532 123 45 67", "to": "8500000001", "text": "çık", "fault": fault}
        vendors.browser.post("/replies", json=reply)
        assert [each["content"] for each in vendors.verimor("inbound_messages").json] == texts


def test_replies_are_pulled_by_time_and_by_id_in_pages(vendors):
    for number in range(101):
        vendors.browser.post("/replies", json={"sender": "+905321234567", "to": "8500000001", "text": str(number)})

    first = vendors.verimor("inbound_messages", from_time="2026-01-01 00:00:00").json
    rest = vendors.verimor("inbound_messages", greater_than=first[-1]["message_id"]).json
    assert [each["content"] for each in first + rest] == [str(number) for number in range(101)]
    assert first[0]["received_at"].endswith("+03:00") and "type" not in first[0]
    assert vendors.verimor("inbound_messages", to_time="2026-01-01 00:00:00").json == []
