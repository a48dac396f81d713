"""Bulk adds: accepted as a whole, judged later, with a result for each item."""

import pytest

from iys_sandbox import create_sandbox
from portal.core import iys_protocol
from tests.iys_sandbox.callers import ACCOUNT, ADD, GRANT, REFUSAL, Provider, codes

BULK = iys_protocol.bulk_add_path(700100, 700100)


def sends(provider, body, path=BULK):
    return provider.posts(path, body)


def result(provider, request_id, path=BULK):
    return provider.gets(f"{path}/{request_id}")


def grant(number, **changes):
    return GRANT | {"recipient": f"+90532123{number:04}"} | changes


def test_a_list_is_taken_in_at_once_and_stored_later(provider, clock):
    answer = sends(provider, [grant(1), grant(2)])

    assert answer.status_code == 202
    assert [item["recipient"] for item in answer.json["subRequests"]] == ["+905321230001", "+905321230002"]
    assert len(answer.json["requestId"]) == 36
    assert provider.movements() == []
    clock.forward(seconds=60)
    assert [movement["creationDate"] for movement in provider.movements()] == ["2026-11-24 12:01:00"] * 2


def test_the_result_is_empty_for_five_minutes_and_after_sixty_days(provider, clock):
    request_id = sends(provider, [grant(1)]).json["requestId"]

    clock.forward(seconds=299)
    assert result(provider, request_id).json == []
    clock.forward(seconds=1)
    assert [item["status"] for item in result(provider, request_id).json] == ["success"]
    clock.forward(days=60)
    provider.signs_in()
    assert result(provider, request_id).json == []


def test_each_item_meets_the_rules_by_itself(provider, clock):
    provider.adds(grant(1))
    provider.adds(grant(1) | {"status": "RET", "consentDate": "2026-11-24 11:10:00"})
    body = [grant(1, status="RET", consentDate="2026-11-24 11:20:00"), grant(2, status="RET"), grant(3)]
    answer = sends(provider, body).json
    clock.forward(seconds=300)

    items = result(provider, answer["requestId"]).json

    assert [item["status"] for item in items] == ["failure", "failure", "success"]
    assert [item["error"]["code"] for item in items[:2]] == ["H174", "H175"]
    assert items[2]["transactionId"] == provider.movements()[-1]["transactionId"]
    told = [item.get("subRequestId") or item.get("subrequestId") for item in items]
    assert told == [item["subRequestId"] for item in answer["subRequests"]]


def test_laggards_are_still_in_the_queue_when_the_rest_is_done(provider, clock):
    provider.client.post("/lists", json={"laggards": 0.5})
    request_id = sends(provider, [grant(number) for number in range(10)]).json["requestId"]

    clock.forward(seconds=300)
    first = [item["status"] for item in result(provider, request_id).json]
    clock.forward(seconds=600)
    then = [item["status"] for item in result(provider, request_id).json]

    assert set(first) == {"success", "enqueue"}
    assert set(then) == {"success"}


def test_the_same_list_again_tells_what_the_first_request_did(provider, clock):
    first = sends(provider, [grant(1)]).json
    again = sends(provider, [grant(1)]).json
    clock.forward(seconds=300)

    (item,) = result(provider, again["requestId"]).json

    assert again["requestId"] != first["requestId"]
    assert item["status"] == "success"
    original = {"requestId": first["requestId"], "subRequestId": first["subRequests"][0]["subRequestId"]}
    assert item["originalRequestInformation"] == original
    assert len(provider.movements()) == 1


def test_a_first_version_list_again_meets_the_rules(provider, clock):
    path = BULK.removeprefix("/v2")
    sends(provider, [grant(1)], path)
    again = sends(provider, [grant(1)], path).json["requestId"]
    clock.forward(seconds=300)

    (item,) = result(provider, again, path).json

    assert item["error"]["code"] == "H178"
    assert "isAddConsentV2Service" not in item


def test_one_bad_item_refuses_the_whole_list_by_its_position(provider, clock):
    answer = sends(provider, [grant(1), grant(2, status="EVET"), grant(3, consentDate="dün")])

    assert answer.status_code == 422
    assert [(error["code"], error["index"]) for error in answer.json["errors"]] == [("H115", 1), ("H158", 2)]
    clock.forward(hours=1)
    assert provider.movements() == []


def test_a_key_may_stand_once_in_a_list(provider):
    answer = sends(provider, [grant(1), grant(2), grant(1, status="RET")])

    assert [(error["code"], error["index"]) for error in answer.json["errors"]] == [("H194", 2)]


@pytest.mark.parametrize(
    ("body", "code"), [({"list": []}, "H092"), ([], "H092"), (["a"], "H092"), (b"[", "H014"), ([GRANT] * 1001, "H091")]
)
def test_what_is_no_list_of_a_thousand_is_refused(provider, body, code):
    assert codes(sends(provider, body)) == [code]


def test_a_list_of_a_thousand_is_taken_in(provider, clock):
    request_id = sends(provider, [grant(number) for number in range(1000)]).json["requestId"]
    clock.forward(seconds=300)

    assert [item["status"] for item in result(provider, request_id).json] == ["success"] * 1000


@pytest.mark.parametrize(("request_id", "code"), [("1" * 37, "H198"), ("abc", "H199"), ("123", "H400")])
def test_a_request_id_of_another_form_is_refused(provider, request_id, code):
    assert code in codes(result(provider, request_id))


def test_an_unknown_request_has_an_empty_result(provider):
    assert result(provider, "0f0f-unknown").json == []


def test_a_refusal_overtakes_a_list_that_is_still_waiting(provider, clock):
    sends(provider, [GRANT])

    assert codes(provider.adds(REFUSAL, ADD)) == ["H175"]
    clock.forward(seconds=60)
    assert provider.adds(REFUSAL).status_code == 200


def test_a_failure_after_the_list_was_taken_in_leaves_it_taken_in(provider, clock):
    provider.asks_for_fault(endpoint="bulk_add", kind="500-after-apply", count=1)

    assert codes(sends(provider, [GRANT])) == ["H101"]
    clock.forward(seconds=60)
    assert len(provider.movements()) == 1


def test_too_late_can_be_the_items_own_failure(file, clock):
    app = create_sandbox(file, clock=clock, requests_per_second=0, expiry_status=400)
    app.extensions["sandbox"].store.add_account(**ACCOUNT)
    provider = Provider(app)
    request_id = sends(provider, [grant(1, consentDate="2026-11-02 10:00:00"), grant(2)]).json["requestId"]
    clock.forward(seconds=300)

    late, in_time = result(provider, request_id).json

    assert late["error"]["code"] == "H467"
    assert in_time["status"] == "success"


def test_too_late_refuses_the_list_otherwise(provider):
    answer = sends(provider, [grant(1), grant(2, consentDate="2026-11-02 10:00:00")])

    assert [(error["code"], error["index"]) for error in answer.json["errors"]] == [("H467", 1)]
