"""What the last four digits of a number bring about, at each vendor."""

import pytest

OUTCOMES = [
    ("0001", {"verimor": "DELIVERED", "netgsm": 1, "iletimerkezi": 111}),
    ("0002", {"verimor": "EXPIRED", "netgsm": 2, "iletimerkezi": 112}),
    ("0003", {"verimor": "NOT_DELIVERED", "netgsm": 3, "iletimerkezi": 112}),
    ("0005", {"verimor": "BLACKLISTED_DESTINATION_ADDRESS", "netgsm": 15, "iletimerkezi": 112}),
    ("0006", {"verimor": "WAITING", "netgsm": 0, "iletimerkezi": 110}),
    ("0011", {"verimor": "ASKIDA", "netgsm": 77, "iletimerkezi": 118}),
    ("4567", {"verimor": "DELIVERED", "netgsm": 1, "iletimerkezi": 111}),
]
VENDORS = ("verimor", "netgsm", "iletimerkezi")
COMMERCIAL = {
    "verimor": {"is_commercial": True, "iys_recipient_type": "BIREYSEL"},
    "netgsm": {"iysfilter": "11"},
    "iletimerkezi": {"iys": "1", "iysList": "BIREYSEL"},
}


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_last_digits_decide_what_a_report_says(vendors, vendor):
    sent = {end: vendors.send(vendor, f"532123{end}") for end, _ in OUTCOMES}

    assert {end: vendors.states(vendor, answer) for end, answer in sent.items()} == {
        end: [words[vendor]] for end, words in OUTCOMES
    }


@pytest.mark.parametrize(
    ("vendor", "blocked", "arrived"),
    [("verimor", "NOT_ALLOWED_BY_IYS", "DELIVERED"), ("netgsm", 16, 1), ("iletimerkezi", 112, 111)],
)
def test_only_a_commercial_message_is_blocked_by_iys(vendors, vendor, blocked, arrived):
    commercial = vendors.send(vendor, "5321230004", text="a", **COMMERCIAL[vendor])
    informing = vendors.send(vendor, "5321230004", text="b")

    assert vendors.states(vendor, commercial) == [blocked]
    assert vendors.states(vendor, informing) == [arrived]


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_answer_is_lost_after_the_message_was_accepted(vendors, vendor):
    answer = vendors.send(vendor, "5321230009")

    assert answer.status_code == 504
    assert [each["to"] for each in vendors.accepted()] == ["+905321230009"]


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_busy_vendor_takes_the_third_call(vendors, vendor):
    answers = [vendors.send(vendor, "5321230010").status_code for _ in range(3)]

    assert answers == [503, 503, 200]
    assert len(vendors.accepted()) == 1


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_result_is_known_only_after_its_delay(vendors, vendor):
    vendors.control("settings", report_delay=60)
    sent = vendors.send(vendor, "5321230001")

    waiting = vendors.states(vendor, sent)
    vendors.control("clock", forward=61)
    assert (waiting, vendors.states(vendor, sent)) == {
        "verimor": (["WAITING"], ["DELIVERED"]),
        "netgsm": ([0], [1]),
        "iletimerkezi": ([110], [111]),
    }[vendor]


@pytest.mark.parametrize(("end", "word"), [("0012", "RET"), ("0013", "ONAY")])
def test_a_phone_answers_by_itself(vendors, end, word):
    for vendor in VENDORS:
        vendors.send(vendor, f"532123{end}")
    vendors.control("clock", forward=1)

    assert [each["content"] for each in vendors.verimor("inbound_messages").json] == [word]
    assert [each["message"] for each in vendors.netgsm_inbox().json["messages"]] == [word]
    inbox = vendors.iletimerkezi("get-inbox").json["response"]["inbox"]["message"]
    assert [each["text"] for each in inbox] == [f"DENEME {word}"]


def test_what_does_not_arrive_is_not_on_the_phone(vendors):
    for end in ("0001", "0002", "0003", "0005", "0006"):
        vendors.verimor_send(f"532123{end}", text=f"ileti {end}")

    assert [end for end in ("0001", "0002", "0003", "0005", "0006") if f"ileti {end}" in vendors.shown()] == ["0001"]
