"""Each fault has its effect at its endpoint and at its rate."""

import json
from datetime import date

import pytest

from iys_sandbox.faults import CODE_KINDS
from portal.core import iys_protocol
from portal.core.iys_protocol import Channel, Operation, RecipientType
from tests.iys_sandbox.callers import GRANT, STATUS, codes

pytestmark = pytest.mark.slow

OF_BRAND, DAY = (700100, 700100), date(2026, 11, 23)
PATHS = {
    Operation.ADD: ("POST", iys_protocol.add_path(*OF_BRAND)),
    Operation.BULK_ADD: ("POST", iys_protocol.bulk_add_path(*OF_BRAND)),
    Operation.BULK_RESULT: ("GET", iys_protocol.bulk_result_path(*OF_BRAND, "1-a")),
    Operation.STATUS: ("POST", iys_protocol.single_status_path(*OF_BRAND)),
    Operation.MULTI_STATUS: ("POST", iys_protocol.multi_status_path(*OF_BRAND, RecipientType.INDIVIDUAL, Channel.SMS)),
    Operation.HISTORY: ("POST", iys_protocol.history_path(*OF_BRAND)),
    Operation.CHANGES: ("GET", iys_protocol.changes_path(*OF_BRAND, source="HS")),
    Operation.PUSH_REGISTER: ("POST", iys_protocol.push_registration_path(*OF_BRAND)),
    Operation.PUSH_LIST: ("GET", iys_protocol.push_registration_path(*OF_BRAND)),
    Operation.PUSH_REMOVE: ("POST", iys_protocol.push_removal_path(*OF_BRAND)),
    Operation.BRANDS: ("GET", iys_protocol.brands_path(700100)),
    Operation.PARTNER_BRANDS: ("GET", iys_protocol.partner_brands_path(900001)),
    Operation.SUBSCRIPTION: ("GET", iys_protocol.subscription_path(700100)),
    Operation.PARTNER_SUBSCRIPTION: ("GET", iys_protocol.partner_subscription_path(900001)),
    Operation.RETAILERS: ("GET", iys_protocol.retailers_path(*OF_BRAND)),
    Operation.RETAILER: ("GET", iys_protocol.retailer_path(*OF_BRAND, 10000001)),
    Operation.RETAILER_ADD: ("POST", iys_protocol.retailers_path(*OF_BRAND)),
    Operation.RETAILER_REMOVE: ("DELETE", iys_protocol.retailer_path(*OF_BRAND, 10000001)),
    Operation.ACCESS_LIST: ("POST", iys_protocol.retailer_access_list_path(*OF_BRAND)),
    Operation.ACCESS_ADD: ("POST", iys_protocol.retailer_access_path(*OF_BRAND)),
    Operation.ACCESS_REMOVE: ("POST", iys_protocol.retailer_access_path(*OF_BRAND, removes=True)),
    Operation.TOWNS: ("GET", iys_protocol.TOWNS_PATH),
    Operation.ACCESS_REPLACE: ("PUT", iys_protocol.retailer_access_path(*OF_BRAND)),
    Operation.ACCESS_CLEAR: ("POST", iys_protocol.retailer_access_path(*OF_BRAND, removes=True, of_all=True)),
    Operation.SUMMARY: ("GET", iys_protocol.summary_path(*OF_BRAND, DAY, RecipientType.INDIVIDUAL)),
    Operation.FILE: ("GET", iys_protocol.file_path(*OF_BRAND, DAY)),
    Operation.AGREEMENT: ("GET", iys_protocol.agreement_path(*OF_BRAND, DAY)),
    Operation.AGREE: ("PUT", iys_protocol.agreement_path(*OF_BRAND, DAY)),
    Operation.TIMESTAMP: ("GET", iys_protocol.timestamp_path(*OF_BRAND, DAY)),
}
QUERY = {"recipient": "+905321234567", "recipientType": "BIREYSEL", "type": "MESAJ"}


def test_every_code_can_be_asked_for_and_applies_nothing(provider):
    said = {}
    for code in CODE_KINDS:
        provider.client.delete("/faults")
        provider.asks_for_fault(endpoint="add", kind=code)
        answer = provider.adds(GRANT)
        said[code] = (answer.status_code, answer.json)

    known = {code: iys_protocol.CODES[code] for code in CODE_KINDS}
    assert said == {
        code: (each.http, {"errors": [{"code": code, "message": each.message}]}) for code, each in known.items()
    }
    assert provider.movements() == []


@pytest.mark.parametrize(("kind", "status", "code"), [("500", 500, "H470"), ("503", 503, "H192"), ("429", 429, "H124")])
def test_a_failure_before_applying_stores_nothing(provider, kind, status, code):
    provider.asks_for_fault(endpoint="add", kind=kind)

    answer = provider.adds(GRANT)

    assert (answer.status_code, codes(answer)) == (status, [code])
    assert provider.movements() == []


def test_too_many_tokens_is_a_flat_h084(provider):
    provider.asks_for_fault(endpoint="token", kind="429")

    answer = provider.signs_in()

    assert answer.status_code == 429
    assert answer.json["code"] == "H084"


def test_a_failure_after_applying_stores_and_the_same_request_then_gets_its_answer(provider):
    provider.asks_for_fault(endpoint="add", kind="500-after-apply", count=1)

    failed = provider.adds(GRANT)
    again = provider.adds(GRANT)

    assert (failed.status_code, codes(failed)) == (500, ["H101"])
    assert again.json["transactionId"] == provider.movements()[0]["transactionId"]
    assert len(provider.movements()) == 1


def test_a_failure_after_applying_leaves_a_refusal_as_it_is(provider):
    provider.asks_for_fault(endpoint="add", kind="500-after-apply")

    assert codes(provider.adds(GRANT | {"status": "RET"})) == ["H175"]


def test_an_empty_answer_applies_nothing(provider):
    provider.asks_for_fault(endpoint="add", kind="empty")

    answer = provider.adds(GRANT)

    assert (answer.status_code, answer.data) == (200, b"")
    assert provider.movements() == []


def test_a_page_of_a_proxy_applies_nothing(provider):
    provider.asks_for_fault(endpoint="add", kind="html")

    answer = provider.adds(GRANT)

    assert (answer.status_code, answer.content_type) == (502, "text/html")
    assert codes(answer) == []
    assert provider.movements() == []


def test_a_cut_answer_comes_after_applying(provider):
    provider.asks_for_fault(endpoint="add", kind="cut")

    answer = provider.adds(GRANT)

    assert answer.status_code == 200
    with pytest.raises(ValueError):
        json.loads(answer.data)
    assert len(provider.movements()) == 1


def test_a_slow_answer_is_the_true_one(provider):
    provider.asks_for_fault(endpoint="add", kind="slow", seconds=0.01)

    assert provider.adds(GRANT).status_code == 200
    assert provider.client.get("/ledger.json").json["failures"] == 0


@pytest.mark.parametrize(("kind", "stored"), [("reset", 0), ("reset-after-apply", 1)])
def test_a_reset_comes_before_or_after_applying(provider, kind, stored):
    provider.asks_for_fault(endpoint="add", kind=kind)

    with pytest.raises(ConnectionResetError):
        provider.adds(GRANT)

    assert len(provider.movements()) == stored


def test_a_fault_strikes_only_its_endpoint(provider):
    provider.asks_for_fault(endpoint="status", kind="500")

    assert provider.adds(GRANT).status_code == 200
    assert provider.signs_in().status_code == 200
    assert provider.posts(STATUS, QUERY).status_code == 500


def test_a_star_strikes_everywhere_but_the_desk(provider):
    provider.asks_for_fault(endpoint="*", kind="500")

    assert provider.adds(GRANT).status_code == 500
    assert provider.posts(STATUS, QUERY).status_code == 500
    assert provider.client.post("/oauth2/token").status_code == 500
    assert provider.client.get("/health").status_code == 200


def statuses(provider, n=40):
    return [provider.posts(STATUS, QUERY).status_code for _ in range(n)]


def test_a_rate_strikes_some_requests_and_the_same_ones_for_the_same_seed(provider):
    def run(seed):
        provider.client.delete("/faults")
        provider.asks_for_fault(endpoint="status", kind="500", rate=0.5, seed=seed)
        return statuses(provider)

    first = run(seed=1)

    assert set(first) == {200, 500}
    assert run(seed=1) == first
    assert run(seed=2) != first


def test_a_rate_of_zero_never_strikes(provider):
    provider.asks_for_fault(endpoint="status", kind="500", rate=0)

    assert set(statuses(provider)) == {200}


def test_a_count_ends_a_fault(provider):
    provider.asks_for_fault(endpoint="status", kind="500", count=2)

    assert statuses(provider, 4) == [500, 500, 200, 200]
    assert provider.client.get("/faults").json["faults"][0]["struck"] == 2


def test_the_first_of_two_faults_wins(provider):
    provider.asks_for_fault(endpoint="*", kind="H101", count=1)
    provider.asks_for_fault(endpoint="status", kind="H103")

    assert [codes(provider.posts(STATUS, QUERY)) for _ in range(2)] == [["H101"], ["H103"]]


def test_cleared_faults_strike_no_more(provider):
    provider.asks_for_fault(endpoint="*", kind="500")
    provider.client.delete("/faults")

    assert set(statuses(provider)) == {200}


def test_a_struck_request_counts_as_a_failure(provider):
    for kind in ("500", "empty", "html", "cut", "500-after-apply"):
        provider.asks_for_fault(endpoint="add", kind=kind, count=1)

    for _ in range(6):
        provider.adds(GRANT)

    assert provider.client.get("/ledger.json").json["failures"] == 5


def test_a_dripping_answer_is_the_true_one_bit_by_bit(provider):
    provider.asks_for_fault(endpoint="add", kind="drip", seconds=0.01)

    answer = provider.adds(GRANT)

    assert answer.json["transactionId"] == provider.movements()[0]["transactionId"]
    assert "Content-Length" not in answer.headers


def test_the_states_of_a_hash_are_faults_of_the_agreement_alone(provider):
    answer = provider.asks_for_fault(endpoint="add", kind="queued")

    assert (answer.status_code, answer.json) == (400, {"error": "'queued' is a fault of agreement alone"})


def test_each_endpoint_has_faults_of_its_own(provider):
    questions = [question for question in Operation if question != Operation.TOKEN]
    said = {}
    for question in questions:
        method, path = PATHS[question]
        provider.asks_for_fault(endpoint=question, kind="503", count=1)
        said[question] = codes(provider.client.open(path, method=method, json={}))

    assert said == {question: ["H192"] for question in questions}
    counted = provider.client.get("/ledger.json").json["requests"]
    assert {question: counted[question] for question in questions} == dict.fromkeys(questions, 1)
