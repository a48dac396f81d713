"""İleti Merkezi's API v1: every code of its documents, as numbers and as text, and the short code that blocks."""

import pytest

COMMERCIAL = {"iys": "1", "iysList": "BIREYSEL"}


def texts(*texts, number="5321234567"):
    return {"message": [{"text": each, "receipents": {"number": [number]}} for each in texts]}


REFUSED = {
    "400": [{"message": "a"}],
    "422": [{"iys": None}, {"iys": "1"}],
    "450": [{"sender": "deneme"}],
    "452": [texts("a", number="532"), {"message": {"text": "a", "receipents": {"number": []}}}],
    "453": [texts("a" * 1072)],
    "454": [texts(" ")],
    "457": [{"sendDateTime": ["2026-05-01"]}],
}
ACCOUNTS = {
    "401": [{"may_use_api": False}, {"allowed_addresses": ["192.0.2.1"]}],
    "402": [{"credits": 0}],
    "470": [{"has_brand": False}],
}


def cases(table):
    return [(code, fields) for code, all_of in table.items() for fields in all_of]


@pytest.mark.parametrize("as_text", [False, True])
def test_a_faulty_order_is_refused_with_its_code(vendors, as_text):
    vendors.control("accounts", vendor="iletimerkezi", codes_as_text=as_text)
    for code, fields in cases(REFUSED):
        answer = vendors.iletimerkezi_send("5321234567", **fields)
        assert answer.status_code == int(code)
        assert answer.json["response"]["status"]["code"] == (code if as_text else int(code))

    assert vendors.accepted() == []


def test_an_account_that_may_not_is_refused_with_its_code(vendors):
    for code, fields in cases(ACCOUNTS):
        vendors.control("reset")
        vendors.control("accounts", vendor="iletimerkezi", **fields)
        assert vendors.code(vendors.iletimerkezi_send("5321234567", **COMMERCIAL)) == code


def test_whatever_else_comes_on_demand(vendors):
    for code in ("459", "460", "467", "468", "469", "503"):
        vendors.control("faults", vendor="iletimerkezi", code=code, times=1)
        answer = vendors.iletimerkezi_send("5321234567")
        assert (answer.status_code, vendors.code(answer)) == (int(code), code)


def test_another_path_is_404_in_the_same_form(vendors):
    for path in ("/send-sms/xml", "/send-sms", "/nothing/json"):
        assert vendors.code(vendors.browser.post(f"/iletimerkezi/v1{path}", json={})) == "404"


def test_ids_and_states_are_text_where_codes_are(vendors):
    vendors.control("accounts", vendor="iletimerkezi", codes_as_text=True)
    number = vendors.iletimerkezi_send("+90 532 123 00 01").json["response"]["order"]["id"]

    order = vendors.iletimerkezi("get-report", order={"id": number}).json["response"]["order"]
    assert order == {"id": number, "status": "114", "message": [{"number": "5321230001", "status": "111"}]}


def test_an_order_is_going_until_all_is_known(vendors):
    sent = vendors.iletimerkezi_send("5321230001", "5321230006")

    order = vendors.iletimerkezi("get-report", order={"id": sent.json["response"]["order"]["id"]}).json["response"]
    assert order["order"]["status"] == 113


def test_the_same_order_is_refused_for_ten_minutes(vendors):
    vendors.iletimerkezi_send("5321230001", "5321230007")

    again = vendors.code(vendors.iletimerkezi_send("5321230001", "5321230007"))
    wider = vendors.code(vendors.iletimerkezi_send("5321230001", "5321230008"))
    vendors.control("clock", forward=600)
    assert (again, wider) == ("451", "200")
    assert vendors.code(vendors.iletimerkezi_send("5321230001")) == "200"


def test_a_blocked_number_fails_the_order(vendors):
    vendors.control("blocked", vendor="iletimerkezi", number="+905321234567")

    assert vendors.code(vendors.iletimerkezi_send("5321234567", "5321234568")) == "452"
    assert vendors.code(vendors.iletimerkezi_send("5321234568")) == "200"


def test_a_query_that_asks_wrongly_is_refused(vendors):
    for path, asked, code in (
        ("get-report", {"order": {"id": 1}}, "455"),
        ("get-report", {"order": {"id": 1, "page": 0}}, "464"),
        ("get-reports", {"filter": {"start": "2026-01-01", "end": "2026-01-12"}}, "458"),
        ("get-reports", {"filter": {"start": "01.01.2026", "end": "2026-01-12"}}, "457"),
    ):
        assert vendors.code(vendors.iletimerkezi(path, **asked)) == code


def test_a_scheduled_order_is_not_due_yet_but_one_with_seconds_goes_at_once(vendors):
    later = vendors.iletimerkezi_send("5321230001", text="a", sendDateTime=["01/01/2100 10:00"])
    at_once = vendors.iletimerkezi_send("5321230001", text="b", sendDateTime=["01/01/2100 10:00:00"])

    order = {"id": later.json["response"]["order"]["id"]}
    assert vendors.code(vendors.iletimerkezi("get-report", order=order)) == "456"
    assert vendors.states("iletimerkezi", at_once) == [111]


def test_totals_of_orders(vendors):
    vendors.iletimerkezi_send("5321230001", "5321230003", "5321230006")
    days = {"start": "2026-01-01", "end": "2026-01-02"}

    assert vendors.iletimerkezi("get-reports", filter=days).json["response"]["count"] == 0
    days = {"start": "2026-05-18", "end": "2026-05-18"}
    (order,) = vendors.iletimerkezi("get-reports", filter=days).json["response"]["orders"]
    assert order["submitAt"] == "2026-05-18 10:37:20"
    assert [order[name] for name in ("total", "delivered", "undelivered", "waiting")] == [3, 1, 1, 1]


def test_a_word_that_is_not_recorded_blocks_whoever_sends_it(vendors):
    words = {"DENEME RET": True, "deneme onay": False, "ONAY DENEME": False, "DENEME PEKİ": True}
    for text, blocks in words.items():
        vendors.control("reset")
        vendors.browser.post("/replies", json={"sender": "+905321234567", "to": "7889", "text": text})

        listed = vendors.iletimerkezi("get-blacklist", blacklist={}).json["response"]["blacklist"]
        assert listed == {"count": str(int(blocks)), "number": ["+905321234567"] if blocks else []}
        assert ("engellenmiştir" in vendors.shown()) is blocks


def test_headers_cost_nothing(vendors):
    assert vendors.iletimerkezi("get-sender").json["response"]["senders"]["sender"] == ["DENEME"]
