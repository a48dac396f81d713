import json
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.paths import ROOT
from portal.services.messaging.gateways import description_checks
from portal.services.messaging.gateways.description_checks import BadDescription, parse_description, secret_names
from portal.services.messaging.gateways.generic_http import DESCRIPTIONS, GenericHttpGateway
from portal.services.messaging.gateways.protocol import SendResult
from portal.services.messaging.gateways.vendor_push import VendorPush
from tests.portal.services.messaging.gateways.samples import LOGINS, batch, message
from tests.portal.services.messaging.gateways.test_vendors import MANY, UNKNOWN_VENDOR


@pytest.mark.parametrize("name", LOGINS)
def test_descriptions_of_known_vendors_pass_and_name_their_secrets(name):
    description = parse_description((DESCRIPTIONS / f"{name}.json").read_text(encoding="utf-8"))

    assert secret_names(description) == list(LOGINS[name])


@pytest.mark.parametrize("description", [UNKNOWN_VENDOR, MANY])
def test_descriptions_of_others_pass(description):
    assert parse_description(json.dumps(description)) == description


def test_the_example_of_the_documentation_passes():
    page = (ROOT / "docs" / "gateways.md").read_text(encoding="utf-8")

    assert secret_names(parse_description(page.partition("```json")[2].partition("```")[0])) == ["token"]


def changed(pointer, value):
    """A good description with something else at one place; None takes it away."""
    description = deepcopy(UNKNOWN_VENDOR)
    *path, last = pointer.split("/")[1:]
    inner = description
    for name in path:
        inner = inner[int(name) if isinstance(inner, list) else name]
    if value is None:
        del inner[last]
    else:
        inner[int(last) if isinstance(inner, list) else last] = value
    return json.dumps(description)


@pytest.mark.parametrize(
    ("pointer", "value", "problem"),
    [
        ("/send", None, description_checks.MISSING),
        ("/answer/id/pointer", None, description_checks.MISSING),
        ("/answer/errors/0/class", None, description_checks.MISSING),
        ("/webhook", 1, description_checks.UNKNOWN_NAME),
        ("/send/url", "messages", description_checks.BAD_VALUE),
        ("/base_url", "ftp://example.com", description_checks.BAD_VALUE),
        ("/most_messages", True, description_checks.BAD_VALUE),
        ("/most_messages", 0, description_checks.BAD_VALUE),
        ("/number_format", "90", description_checks.BAD_VALUE),
        ("/send/method", "DELETE", description_checks.BAD_VALUE),
        ("/send/timeout_s", 3600, description_checks.BAD_VALUE),
        ("/send/body", {"$each": "items"}, description_checks.BAD_VALUE),
        ("/send/body", [None], description_checks.BAD_VALUE),
        ("/send/headers", {"X": 1}, description_checks.BAD_VALUE),
        ("/answer/errors/0/class", "worse", description_checks.BAD_VALUE),
        ("/answer/errors/0/http", ["6xx"], description_checks.BAD_VALUE),
        ("/answer/errors", {}, description_checks.BAD_VALUE),
        ("/answer/id/pointer", "sid", description_checks.BAD_VALUE),
        ("/choices", {"x": {"gsm": 1}}, description_checks.BAD_VALUE),
        ("/report_push", {"to": "/to", "state": "/s", "states": [{"words": "x", "state": "delivered"}]}, None),
        ("/inbound_push", {"to": "/to", "from": "/from"}, description_checks.MISSING),
        ("/send/body/To", "{{too}}", description_checks.UNKNOWN_PLACEHOLDER),
        ("/basic", "{{text}}", description_checks.UNKNOWN_PLACEHOLDER),
    ],
)
def test_a_bad_description_is_refused_where_it_is_bad(pointer, value, problem):
    with pytest.raises(BadDescription) as refused:
        parse_description(changed(pointer, value))

    assert refused.value.pointer.startswith(pointer)
    assert problem is None or refused.value.problem == problem


def test_a_text_of_one_message_stands_in_no_call_of_many():
    with pytest.raises(BadDescription) as refused:
        parse_description(changed("/most_messages", 2))

    assert refused.value.problem == description_checks.UNKNOWN_PLACEHOLDER


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 5000, '{"a":' * 30 + "1" + "}" * 30, " " * 100_000])
def test_what_is_no_description_is_refused(text):
    with pytest.raises(BadDescription):
        parse_description(text)


def test_a_vendor_may_answer_with_words_between_signs(vendor):
    old = UNKNOWN_VENDOR | {
        "send": {"method": "GET", "url": "/send", "query": {"no": "{{to}}", "msg": "{{text}}"}},
        "answer": {
            "split": " ", "code": "/0", "success": {"codes": ["00"]}, "id": {"pointer": "/1"},
            "errors": [{"codes": ["30"], "class": "config", "reason": "credentials"}],
        },
    }  # fmt: skip
    vendor.answers = [(200, "00 123456"), (200, "30")]
    gateway = GenericHttpGateway(parse_description(json.dumps(old)), {}, base_url=vendor.url, is_trusted=True)

    assert gateway.send(batch(message())) == [SendResult(1, "123456")]
    assert gateway.send(batch(message()))[0].error.reason.value == "credentials"
    assert vendor.requests[0]["query"]["msg"] == "Onayınız?"


GOOD = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(DESCRIPTIONS.glob("*.json"))]
SAMPLES = [*GOOD, UNKNOWN_VENDOR, MANY]
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.sampled_from(["{{to}}", "{{secret.x}}", "/a", "5xx", "\ud800"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text() | st.sampled_from(["$each", "$item"]), inner),
    max_leaves=4,
)


def places(value, path=()):
    """Every path within a value."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield from places(each, (*path, name))


@pytest.mark.slow
@settings(max_examples=200)
@given(st.data(), st.sampled_from(SAMPLES), ANYTHING)
def test_what_passes_never_fails_while_messages_are_sent(data, sample, value):
    description = deepcopy(sample)
    *path, last = data.draw(st.sampled_from(list(places(description))[1:]))
    inner = description
    for name in path:
        inner = inner[name]
    inner[last] = value
    try:
        checked = parse_description(json.dumps(description))
    except BadDescription:
        return
    gateway = GenericHttpGateway(checked, dict.fromkeys(secret_names(checked), "x"), base_url="https://127.0.0.1")

    assert len(gateway.send(batch())) == 2  # Refused before it goes anywhere.
    row = {"type": "outbound", "jobid": 1, "packet_id": 1, "status": "SENT", "message": 1}
    gateway.read_push(VendorPush(json.dumps(row).encode(), "application/json"))
