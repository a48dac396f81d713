"""The rate limit: ten requests a second from one caller, over all endpoints."""

from iys_sandbox import create_sandbox
from tests.iys_sandbox.callers import ACCOUNT, GRANT, STATUS, Provider, codes


def limited(file, clock, **limit):
    app = create_sandbox(file, clock=clock, **limit)
    app.extensions["sandbox"].store.add_account(**ACCOUNT)
    return Provider(app)


def test_the_eleventh_request_of_a_second_is_h124(file, clock):
    provider = limited(file, clock)
    statuses = [provider.adds(GRANT).status_code for _ in range(9)]

    answer = provider.posts(STATUS, {})

    assert statuses == [200] * 9  # Signing in was the first of the ten.
    assert (answer.status_code, codes(answer)) == (429, ["H124"])
    assert codes(provider.signs_in()) == ["H124"]


def test_a_second_later_requests_pass_again(file, clock):
    provider = limited(file, clock, requests_per_second=2)
    provider.adds(GRANT)

    clock.forward(milliseconds=999)
    assert provider.adds(GRANT).status_code == 429
    clock.forward(milliseconds=1)
    assert provider.adds(GRANT).status_code == 200


def test_another_caller_has_a_pace_of_its_own(file, clock):
    provider = limited(file, clock, requests_per_second=1)
    headers = {"Authorization": f"Bearer {provider.token}"}
    elsewhere = {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}, "headers": headers, "json": GRANT}

    assert provider.adds(GRANT).status_code == 429
    assert provider.client.post("/v2/sps/700100/brands/700100/consents", **elsewhere).status_code == 200


def test_the_ledger_and_the_desk_have_no_limit(file, clock):
    provider = limited(file, clock, requests_per_second=1)

    assert {provider.client.get("/ledger.json").status_code for _ in range(20)} == {200}


def test_a_limit_of_zero_is_no_limit(file, clock):
    provider = limited(file, clock, requests_per_second=0)

    assert {provider.adds(GRANT).status_code for _ in range(50)} == {200}
