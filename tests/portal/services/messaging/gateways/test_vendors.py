import json

import pytest

from portal.services.messaging.gateways.generic_http import DESCRIPTIONS, GenericHttpGateway
from portal.services.messaging.gateways.json_values import fill, read
from portal.services.messaging.gateways.protocol import SendResult
from portal.services.messaging.gateways.vendors import VENDORS
from tests.portal.services.messaging.gateways.samples import LOGINS, batch, message


@pytest.mark.parametrize("name", LOGINS)
def test_a_vendor_says_what_to_ask_for_and_what_it_has(name):
    vendor = VENDORS[name]

    assert LOGINS[name].keys() <= {each.name for each in vendor.fields}
    assert sum(each.is_secret for each in vendor.fields) == 1
    assert vendor.promise.endswith(".")
    assert vendor.gateway.features.pulls_reports
    secret = next(each.name for each in vendor.fields if each.is_secret)
    assert "hidden" not in repr(vendor.open(LOGINS[name] | {secret: "hidden"}))


@pytest.mark.parametrize("path", sorted(DESCRIPTIONS.glob("*.json")), ids=lambda path: path.stem)
def test_descriptions_hold_no_secret_and_lead_to_the_vendor(path):
    description = json.loads(path.read_text(encoding="utf-8"))

    assert description["base_url"].startswith("https://")
    assert VENDORS[path.stem].gateway.features.most_messages == description["most_messages"]


UNKNOWN_VENDOR = {
    "base_url": "https://api.example.com",
    "most_messages": 1,
    "number_format": "+905",
    "send": {
        "url": "/messages", "headers": {"X-Key": "{{secret.key}}"}, "body_type": "form",
        "body": {"To": "{{to}}", "From": "{{header}}", "Body": "{{text}}"},
    },
    "answer": {
        "success": {"http": [201]}, "id": {"pointer": "/sid"}, "code": "/error",
        "errors": [{"http": ["4xx"], "codes": ["BAD_*"], "class": "permanent", "reason": "bad_address"}],
    },
}  # fmt: skip
MANY = UNKNOWN_VENDOR | {
    "most_messages": 100,
    "send": {
        "method": "PUT", "url": "/m", "query": {"from": "{{header}}"}, "body": {"$each": "items", "$item": "{{to}}"},
    },
    "answer": {
        "success": {"http": [200]},
        "id": {
            "scope": "item", "items": "/results", "pointer": "/id", "code": "/why", "success": {"codes": [""]},
        },
        "errors": [{"codes": ["NO"], "class": "permanent", "reason": "content"}],
    },
}  # fmt: skip


def test_a_vendor_that_nobody_knows_is_described(vendor):
    vendor.answers = [(201, {"sid": "SM1"}), (400, {"error": "BAD_TO"})]
    gateway = GenericHttpGateway(UNKNOWN_VENDOR, {"key": "demo"}, base_url=vendor.url, is_trusted=True)

    assert gateway.send(batch(message(1, text="a&b=c {{to}}"))) == [SendResult(1, "SM1")]
    (bad,) = gateway.send(batch(message(2)))
    assert (bad.error.reason.value, bad.error.code) == ("bad_address", "BAD_TO")
    assert b"To=%2B905320000001" in vendor.requests[0]["body"]
    assert b"a%26b%3Dc+%7B%7Bto%7D%7D" in vendor.requests[0]["body"]


def test_a_vendor_answers_for_each_message(vendor):
    vendor.answers = [(200, {"results": [{"id": 1}, {"why": "NO"}]}), (200, {"results": []})]
    gateway = GenericHttpGateway(MANY, {}, base_url=vendor.url, is_trusted=True)

    first, second = gateway.send(batch())

    assert (first.ref, first.error) == ("1", None)
    assert second.error.reason.value == "content"
    assert vendor.requests[0]["json"] == ["+905320000001", "+905320000002"]
    assert vendor.requests[0]["query"] == {"from": "DENEME"}
    assert {each.error.code for each in gateway.send(batch())} == {"not_understood"}


def test_pointers_are_those_of_rfc_6901():
    document = {"a/b": [{"m~n": 1}, None], "": 2}

    lead = {"/a~1b/0/m~0n": 1, "/": 2, "": document, "/a~1b/7": None, f"/a~1b/{'9' * 5000}": None, "/a~1b/x/y": None}
    assert {each: read(document, each) for each in lead} == lead
    assert read(document, ["/x", "/"]) == 2


def test_what_is_filled_in_keeps_its_type_and_is_left_out_without_one():
    template = {"a": "{{one}}", "b": "x{{one}}y", "c": "{{none}}", "d": ["{{text}}"]}

    assert fill(template, {"one": 1, "none": None, "text": "{{one}}"}) == {"a": 1, "b": "x1y", "d": ["{{one}}"]}
    with pytest.raises(KeyError):
        fill("{{other}}", {})
