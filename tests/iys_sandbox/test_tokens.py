"""Tokens are issued, refreshed and refused as İYS does."""

import pytest

from iys_sandbox import create_sandbox
from tests.iys_sandbox.callers import ACCOUNT, GRANT, Provider, codes

pytestmark = pytest.mark.slow


def test_a_password_gives_a_pair_of_tokens(provider):
    answer = provider.signs_in()

    assert answer.status_code == 200
    assert set(answer.json) == {"access_token", "refresh_token", "expires_in", "refresh_expires_in", "token_type"}
    assert (answer.json["expires_in"], answer.json["refresh_expires_in"]) == (7200, 14400)
    assert answer.json["token_type"] == "bearer"


def test_a_form_is_as_good_as_json(provider):
    fields = {"username": ACCOUNT["username"], "password": ACCOUNT["password"], "grant_type": "password"}

    assert provider.client.post("/oauth2/token", data=fields).status_code == 200


@pytest.mark.parametrize(
    ("fields", "error", "description"),
    [
        ({}, "invalid_request", "Giriş yöntemi belirtilmemiş."),
        ({"grant_type": "magic"}, "invalid_request", "Bilinmeyen giriş yöntemi."),
        ({"grant_type": ""}, "invalid_grant", "Giriş yöntemi boş olamaz."),
        ({"grant_type": 5}, "invalid_grant", "Desteklenmeyen giriş yöntemi."),
        ({"grant_type": "refresh_token"}, "invalid_request", "Yenileme jetonu verilmemiş."),
        (
            {"grant_type": "refresh_token", "refresh_token": 5},
            "invalid_request",
            "Desteklenmeyen yenileme jetonu türü.",
        ),
        ({"grant_type": "refresh_token", "refresh_token": ""}, "invalid_grant", "Yenileme jetonu boş olamaz."),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant", "Yenileme jetonu geçersiz."),
        ({"grant_type": "password"}, "invalid_request", "Kullanıcı adı verilmemiş."),
        ({"grant_type": "password", "username": 5}, "invalid_request", "Desteklenmeyen kullanıcı adı türü."),
        ({"grant_type": "password", "username": ""}, "invalid_grant", "Kullanıcı adı boş bırakılamaz."),
        ({"grant_type": "password", "username": "ayse"}, "invalid_request", "Şifre verilmemiş."),
        (
            {"grant_type": "password", "username": "ayse", "password": None},
            "invalid_request",
            "Desteklenmeyen şifre türü.",
        ),
        ({"grant_type": "password", "username": "ayse", "password": ""}, "invalid_grant", "Şifre boş bırakılamaz."),
        (
            {"grant_type": "password", "username": "ayse", "password": "yanlış"},
            "invalid_request",
            "Kullanıcı kimlik bilgileri geçersiz.",
        ),
        (
            {"grant_type": "password", "username": "kimse", "password": "çok gizli"},
            "invalid_request",
            "Kullanıcı kimlik bilgileri geçersiz.",
        ),
    ],
)
def test_a_bad_token_request_is_told_why(provider, fields, error, description):
    answer = provider.client.post("/oauth2/token", json=fields)

    assert answer.status_code == 400
    assert answer.json == {"error": error, "error_description": description}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null"])
def test_a_token_request_that_is_no_object_has_no_grant_type(provider, body):
    answer = provider.client.post("/oauth2/token", data=body, content_type="application/json")

    assert answer.json["error_description"] == "Giriş yöntemi belirtilmemiş."


def renew(provider, refresh_token):
    fields = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return provider.client.post("/oauth2/token", json=fields)


def test_a_refresh_token_is_spent_by_its_use(provider):
    first = provider.signs_in().json["refresh_token"]

    second = renew(provider, first)

    assert second.status_code == 200
    assert renew(provider, first).status_code == 400
    assert renew(provider, second.json["refresh_token"]).status_code == 200


def test_a_refresh_token_lives_four_hours(provider, clock):
    tokens = [provider.signs_in().json["refresh_token"] for _ in range(2)]

    clock.forward(seconds=14399)
    assert renew(provider, tokens[0]).status_code == 200
    clock.forward(seconds=1)
    assert renew(provider, tokens[1]).status_code == 400


def test_an_access_token_lives_two_hours(provider, clock):
    clock.forward(seconds=7199)
    assert provider.adds(GRANT).status_code == 200

    clock.forward(seconds=1)
    answer = provider.adds(GRANT)

    assert answer.status_code == 401
    assert answer.json == {"errors": [{"code": "H351", "message": "Eksik veya geçersiz jeton!"}]}


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Bearer x", "Basic YTpi"])
def test_without_a_live_token_nothing_is_answered(provider, header):
    headers = {} if header is None else {"Authorization": header}

    answer = provider.client.post("/v2/sps/700100/brands/700100/consents", json=GRANT, headers=headers)

    assert (answer.status_code, codes(answer)) == (401, ["H351"])


def test_a_refresh_token_is_no_access_token(provider):
    provider.token = provider.signs_in().json["refresh_token"]

    assert provider.adds(GRANT).status_code == 401


def test_the_hundred_and_first_token_of_an_hour_is_refused(provider, clock):
    statuses = [provider.signs_in().status_code for _ in range(100)]

    assert statuses == [200] * 99 + [429]  # The fixture signed in once.
    assert provider.signs_in().json["code"] == "H084"

    clock.forward(minutes=59)
    assert provider.signs_in().status_code == 429
    clock.forward(minutes=59)  # The call before began the hour anew.
    assert provider.signs_in().status_code == 429
    clock.forward(minutes=60)
    assert provider.signs_in().status_code == 200


def test_tokens_and_their_limit_survive_a_restart(app, file, clock):
    provider = Provider(app)
    for _ in range(99):
        provider.signs_in()
    token = Provider.__new__(Provider)
    again = create_sandbox(file, clock=clock)
    token.client, token.token = again.test_client(), provider.token

    assert token.adds(GRANT).status_code == 200
    assert provider.signs_in().status_code == 429
    assert token.signs_in().status_code == 429
