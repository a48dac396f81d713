"""The fake gateway as a whole: who may call it, what its file and its journal hold, and its controls."""

import json

import pytest

from portal.services.messaging.fake_gateway import accounts, create_gateway
from portal.services.messaging.fake_gateway.accounts import BadAccount, FakeAccount


@pytest.mark.parametrize(
    ("environ", "status"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, 200),
        ({"SERVER_NAME": "0.0.0.0"}, 403),
        ({"SERVER_NAME": "192.0.2.1"}, 403),
        ({"REMOTE_ADDR": "192.0.2.1"}, 403),
    ],
)
def test_it_serves_its_own_machine_only(vendors, environ, status):
    for path in ("/", "/health", "/verimor/v2/headers?username=908500000001&password=demo"):
        assert vendors.browser.get(path, environ_overrides=environ).status_code == status


def test_pushes_never_leave_this_machine(vendors):
    for url in ("https://elsewhere.example/x", "http://192.0.2.1/x", "file:///x"):
        answer = vendors.browser.post("/control/accounts", json={"vendor": "verimor", "push_url": url})
        assert answer.status_code == 400


def test_no_address_in_clear_is_in_the_file(vendors, tmp_path):
    for vendor in ("verimor", "netgsm", "iletimerkezi"):
        vendors.send(vendor, "5321234567")
    vendors.browser.post("/replies", json={"sender": "+905321234567", "to": "7889", "text": "DENEME RET"})

    kept = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    assert b"532123456" not in kept
    assert vendors.shown().count("+90 5•• ••• •• 67") == 4


def test_the_journal_shows_calls_without_secrets_and_addresses(vendors):
    vendors.control("accounts", vendor="verimor", password="s3cret")
    vendors.browser.post("/verimor/v2/send.json", json={"username": "908500000001", "password": "s3cret"})
    vendors.browser.get("/verimor/v2/headers?username=908500000001&password=s3cret")
    vendors.netgsm_send("5321234567", text="sana özel")
    vendors.iletimerkezi_send("5321234567")

    page = vendors.browser.get("/journal").text
    assert "POST /verimor/v2/send.json" in page and "MISSING_MESSAGE" in page and "sana özel" in page
    assert [each for each in ("s3cret", "5321234567", "ODUwMDAwMDAwMjpkZW1v") if each in page] == []


def test_a_reset_forgets_everything(vendors):
    vendors.verimor_send("5321230005")
    vendors.control("accounts", vendor="verimor", headers=["BASKA"])
    vendors.control("clock", forward=10**6)
    vendors.control("reset")

    assert (vendors.accepted(), vendors.verimor("headers").json) == ([], ["DENEME"])
    assert vendors.verimor("blacklists").json["total"] == 0
    assert "<li>" not in vendors.shown()
    assert "send.json" not in vendors.browser.get("/journal").text
    assert vendors.verimor_send("5321230005").status_code == 200


def test_a_fault_strikes_by_its_rate_and_repeats_by_its_seed(vendors):
    runs = []
    for _ in range(2):
        vendors.control("reset")
        vendors.control("faults", vendor="netgsm", code="100", times=1000, rate=0.5, seed=7)
        runs.append([vendors.netgsm_send(f"53212345{n:02}").status_code for n in range(20)])

    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 406}


def test_a_hanging_call_accepts_nothing_and_a_lost_one_does(vendors):
    vendors.control("settings", hang_seconds=0)
    answers = []
    for code in ("hang", "lost"):
        vendors.control("faults", vendor="verimor", code=code)
        answers.append((vendors.verimor_send("5321230001").status_code, len(vendors.accepted())))

    assert answers == [(504, 0), (504, 1)]


@pytest.mark.parametrize(
    ("control", "fields"),
    [
        ("clock", {"forward": -1}),
        ("clock", {}),
        ("settings", {"nothing": 1}),
        ("accounts", {"vendor": "none"}),
        ("accounts", {"vendor": "verimor", "nothing": 1}),
        ("accounts", {"vendor": "verimor", "headers": "DENEME"}),
        ("faults", {"vendor": "netgsm", "code": "nothing"}),
        ("faults", {"vendor": "netgsm", "nothing": 1}),
        ("results", {"number": "0532", "status": "x"}),
    ],
)
def test_a_control_that_makes_no_sense_is_refused(vendors, control, fields):
    answer = vendors.browser.post(f"/control/{control}", json=fields)

    assert (answer.status_code, bool(answer.json["error"])) == (400, True)


def test_accounts_come_from_a_file(tmp_path):
    path = tmp_path / "accounts.json"
    needed = {"vendor": "netgsm", "username": "a", "password": "b", "headers": ["X"], "number": "8501112233"}
    path.write_text(json.dumps([needed | {"has_brand": False}]))

    (account,) = accounts.read_accounts(path)
    assert (account.username, account.has_brand) == ("a", False)
    browser = create_gateway(tmp_path / "messages.db", [account]).test_client()
    assert browser.get("/netgsm/sms/rest/v2/msgheader", auth=("a", "b")).json["msgheaders"] == ["X"]
    for wrong in ({"vendor": "none"}, {"nothing": 1}, {"headers": "X"}):
        path.write_text(json.dumps([needed | wrong]))
        with pytest.raises(BadAccount):
            accounts.read_accounts(path)


def test_two_accounts_of_a_vendor_know_nothing_of_each_other(vendors, tmp_path):
    both = [FakeAccount("verimor", f"90850000000{n}", "demo", ["DENEME"], str(n), allowed_addresses=["127.0.0.1"])
            for n in (1, 2)]  # fmt: skip
    other = {"username": "908500000002", "password": "demo"}
    browser = create_gateway(tmp_path / "two.db", both).test_client()
    body = {"messages": [{"msg": "a", "dest": "905321230001"}]}
    first = browser.post("/verimor/v2/send.json", json=body | other | {"username": "908500000001"}).text

    assert browser.get("/verimor/v2/status", query_string=other | {"id": first}).status_code == 401
    assert browser.post("/verimor/v2/send.json", json=body | other).status_code == 200


def test_a_person_answers_on_the_phone(vendors):
    form = {"sender": "0532 123 45 67", "to": "8500000001", "text": "İptal", "fault": ""}
    answer = vendors.browser.post("/replies", data=form)

    assert answer.status_code == 303
    assert "Yanıt ulaştı." in vendors.browser.get(answer.location).text
    assert vendors.verimor("inbound_messages").json[0]["content"] == "İptal"
    nobody = vendors.browser.post("/replies", data=form | {"to": "1111"})
    assert "ulaşan bir hesap yok" in vendors.browser.get(nobody.location).text
    for wrong in ({"sender": "5"}, {"sender": "ayse@example.com"}, {"fault": "nothing"}):
        assert vendors.browser.post("/replies", data=form | wrong).status_code == 400


@pytest.mark.parametrize("vendor", ["verimor", "netgsm", "iletimerkezi"])
def test_any_state_word_can_be_had_by_pull_and_by_push(vendors, receiver, vendor):
    vendors.control("results", number="+905321234567", status="TUHAF", error="x")
    sent = vendors.send(vendor, "5321234567")
    vendors.control("clock", forward=0)

    assert vendors.states(vendor, sent) == ["TUHAF"]
    assert len(receiver.requests) == 1


def test_the_phone_counts_parts_with_the_operators_code(vendors):
    vendors.verimor_send("5321230001", text="a" * 156)

    (sent,) = vendors.accepted()
    assert sent["parts"] == 1
    assert "2 SMS" in vendors.shown()
    assert f"{'a' * 156} B038" in vendors.shown()
