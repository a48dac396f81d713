"""Accounts and faults are added; a wrong one is refused with what is possible."""

import pytest

from iys_sandbox import create_sandbox, create_sandbox_from_environment
from tests.iys_sandbox.callers import GRANT, Provider

pytestmark = pytest.mark.slow


def test_a_running_sandbox_is_healthy(provider):
    assert provider.client.get("/health").json == {"status": "ok"}


@pytest.mark.parametrize("brands", [[5, 6], "5,6"])
def test_a_registered_account_may_write(provider, brands):
    account = {"username": "burak", "password": "p", "iysCode": 5, "brands": brands}

    answer = provider.client.post("/accounts", json=account)
    provider.signs_in(username="burak", password="p")

    assert answer.status_code == 201
    assert provider.adds(GRANT, "/v2/sps/5/brands/6/consents").status_code == 200


def test_a_form_registers_an_account_too(provider):
    account = {"username": "burak", "password": "p", "iysCode": "5", "brands": "5"}

    assert provider.client.post("/accounts", data=account).status_code == 201


def test_registering_again_changes_the_password(provider):
    account = {"username": "ayse", "password": "yeni", "iysCode": 700100, "brands": [700100]}

    provider.client.post("/accounts", json=account)

    assert provider.signs_in().status_code == 400
    assert provider.signs_in(password="yeni").status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"username": ""},
        {"password": None},
        {"iysCode": "x"},
        {"brands": "a,b"},
        {"brands": 5},
        {"brands": []},
        {"iysCode": 10**30},
        {"iysCode": float("inf")},
    ],
)
def test_half_an_account_is_refused_with_what_is_needed(provider, change):
    account = {"username": "burak", "password": "p", "iysCode": 5, "brands": [5]} | change

    answer = provider.client.post("/accounts", json=account)

    assert answer.status_code == 400
    assert "username, password, iysCode" in answer.json["error"]


def test_the_environment_describes_a_sandbox(tmp_path, monkeypatch):
    monkeypatch.setenv("DEVELOPMENT", "1")
    monkeypatch.setenv("SANDBOX_FILE", str(tmp_path / "instance" / "sandbox.sqlite"))
    monkeypatch.setenv("SANDBOX_ACCOUNT", "ayse:çok:gizli:700100:700100,700101")
    monkeypatch.setenv("SANDBOX_REQUESTS_PER_SECOND", "0")
    app = create_sandbox_from_environment()

    provider = Provider(app)
    answer = provider.signs_in(password="çok:gizli")

    assert answer.status_code == 200
    assert {provider.signs_in(password="x").status_code for _ in range(15)} == {400}


def test_outside_of_development_no_sandbox_is_served_without_a_key(tmp_path, monkeypatch):
    monkeypatch.delenv("DEVELOPMENT", raising=False)
    monkeypatch.setenv("SANDBOX_FILE", str(tmp_path / "sandbox.sqlite"))
    with pytest.raises(RuntimeError, match="SANDBOX_KEY"):
        create_sandbox_from_environment()

    monkeypatch.setenv("SANDBOX_KEY", "tqgiZklhVlIvOnaUvr4BxL")
    assert create_sandbox_from_environment().test_client().get("/ledger.json").status_code == 401


def test_faults_are_listed_and_cleared(provider):
    asked = provider.asks_for_fault(endpoint="add", kind="H123", rate=0.5, seed=7, count=3)

    assert asked.status_code == 201
    assert provider.client.get("/faults").json["faults"] == [
        {"endpoint": "add", "kind": "H123", "rate": 0.5, "seed": 7, "count": 3, "seconds": 12.0, "struck": 0}
    ]
    assert provider.client.delete("/faults").status_code == 204
    assert provider.client.get("/faults").json["faults"] == []


def test_a_form_asks_for_a_fault_too(provider):
    answer = provider.client.post("/faults", data={"endpoint": "*", "kind": "html", "rate": "0.25"})

    assert (answer.status_code, answer.json["rate"]) == (201, 0.25)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"endpoint": "bulk"}, "endpoints are token, add, bulk_add, bulk_result, status, multi_status, history"),
        ({"endpoint": None}, "endpoints are token"),
        (
            {"kind": "H999"},
            "kinds are 500, 500-after-apply, 503, 429, reset, reset-after-apply, slow, empty, html, cut",
        ),
        ({"kind": "invalid_grant"}, "kinds are"),
        ({"rate": 1.5}, "rate must be 0 to 1, not 1.5"),
        ({"rate": "often"}, "rate is not a number: 'often'"),
        ({"rate": float("nan")}, "rate must be 0 to 1"),
        ({"seed": []}, "seed is not a number"),
        ({"count": -1}, "count must be 0"),
        ({"count": float("inf")}, "count is not a number"),
        ({"seconds": 1e9}, "seconds must be 0 to 600"),
        ({"colour": "red"}, "unknown keys ['colour']"),
    ],
)
def test_a_fault_that_cannot_be_had_is_refused_with_what_can(provider, change, says):
    answer = provider.asks_for_fault(**{"endpoint": "add", "kind": "500"} | change)

    assert answer.status_code == 400
    assert says in answer.json["error"]
    assert provider.client.get("/faults").json["faults"] == []


@pytest.fixture
def locked(tmp_path):
    return create_sandbox(tmp_path / "locked.db", key="a-key-of-sixteen-letters").test_client()


@pytest.mark.parametrize("path", ["/", "/ledger.json", "/faults", "/clock", "/push"])
def test_a_sandbox_with_a_key_shows_nothing_without_it(locked, path):
    assert locked.get(path).status_code == 401
    assert locked.get(path, auth=("tester", "another key")).status_code == 401
    assert locked.get(path, auth=("tester", "a-key-of-sixteen-letters")).status_code == 200


def test_accounts_are_made_with_the_key_only(locked):
    account = {"username": "burak", "password": "p", "iysCode": 5, "brands": [5]}

    without = locked.post("/accounts", json=account)
    again = [
        locked.post("/accounts", json=account, headers={"Authorization": "Bearer a-key-of-sixteen-letters"})
        for _ in range(2)
    ]

    assert without.status_code == 401
    assert [each.status_code for each in again] == [201, 201]


def test_iyss_own_questions_need_no_key(locked):
    login = {"username": "burak", "password": "p", "grant_type": "password"}

    assert locked.get("/health").status_code == 200
    assert locked.post("/oauth2/token", json=login).status_code == 400
