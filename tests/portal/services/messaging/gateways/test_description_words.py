"""A firm's own vendor gets our text and the account's sender, and no words of the firm's beside them."""

import json
from copy import deepcopy

import pytest

from portal.core.paths import ROOT
from portal.services.messaging.gateways import description_words
from portal.services.messaging.gateways.description_checks import (
    BAD_VALUE,
    BadDescription,
    parse_description,
    secret_names,
)
from portal.services.messaging.gateways.description_words import (
    ONLY_ALONE,
    ONLY_HEADER,
    ONLY_TEXT,
    ONLY_WORD,
    BadSecret,
)
from portal.services.messaging.gateways.generic_http import DESCRIPTIONS
from portal.services.messaging.gateways.sample_calls import parse_call
from portal.services.messaging.gateways.sample_descriptions import draft_description
from tests import unknown_vendor
from tests.portal.services.messaging.gateways.test_vendors import MANY, UNKNOWN_VENDOR

DOCUMENTED = (ROOT / "docs" / "gateways.md").read_text(encoding="utf-8").partition("```json")[2].partition("```")[0]
KNOWN = [path.read_text(encoding="utf-8") for path in sorted(DESCRIPTIONS.glob("*.json"))]
PASTED = json.dumps(draft_description(parse_call(unknown_vendor.CALL), {"answer": unknown_vendor.ANSWER}))
TECHNICAL = {"tur": "bilgilendirme", "kod": "UTF-8", "dil": "tr", "n": 1, "acil": True, "surum": "2024-06-01", "x": ""}
ALPHABETS = ("gsm", "turkish", "unicode")
WORDS = "PTT: gonderiniz bekletiliyor, 0850 999 99 99"


def check(description) -> None:
    description_words.check_words(parse_description(json.dumps(description)))


def described(**send):
    """A good description with some parts of the call replaced."""
    return UNKNOWN_VENDOR | {"send": deepcopy(UNKNOWN_VENDOR["send"]) | send}


def with_body(**body):
    return described(body=UNKNOWN_VENDOR["send"]["body"] | body)


@pytest.mark.parametrize("text", [DOCUMENTED, *KNOWN, PASTED, json.dumps(UNKNOWN_VENDOR), json.dumps(MANY)])
def test_descriptions_of_the_documentation_and_of_known_vendors_add_no_words(text):
    check(json.loads(text))


def test_flags_and_log_ins_of_a_vendor_stand_beside_the_text():
    headers = {"Authorization": "Bearer {{secret.token}}", "Content-Type": "application/json;charset=utf-8"}

    check(
        described(body_type="json", headers=headers, body={**TECHNICAL, "msg": "{{text}}", "user": "{{secret.user}}"})
    )


@pytest.mark.parametrize(
    ("description", "pointer", "problem"),
    [
        (with_body(From="PTTKARGO"), "/send/body/From", ONLY_HEADER),
        (with_body(From="PTT {{header}}"), "/send/body/From", ONLY_HEADER),
        (with_body(From="{{secret.sender}}"), "/send/body/From", ONLY_HEADER),
        (with_body(orig="{{header}}-{{secret.x}}"), "/send/body/orig", ONLY_HEADER),
        (described(headers={"X-Sender-Id": "PTTKARGO"}), "/send/headers/X-Sender-Id", ONLY_HEADER),
        (described(query={"baslik": "PTTKARGO"}), "/send/query/baslik", ONLY_HEADER),
        (described(url="/messages?from=PTTKARGO"), "/send/url", ONLY_HEADER),
        (described(url="/messages?a=1;from=PTTKARGO"), "/send/url", ONLY_HEADER),
        (UNKNOWN_VENDOR | {"base_url": "https://api.example.com/?from=PTT&x="}, "/send/url", ONLY_HEADER),
        (UNKNOWN_VENDOR | {"base_url": "https://[::1"}, "/base_url", BAD_VALUE),
        (described(body_type="json", body={"sender": {"name": "PTTKARGO"}}), "/send/body/sender/name", ONLY_HEADER),
        (
            described(body_type="xml", body={"sms": {"baslik": {"@tip": "1", "#text": "PTTKARGO"}}}),
            "/send/body/sms/baslik/#text", ONLY_HEADER,
        ),
        (described(body_type="json", body={"from": 4440444}), "/send/body/from", ONLY_HEADER),
        (with_body(Body=f"{WORDS} {{{{text}}}}"), "/send/body/Body", ONLY_TEXT),
        (with_body(Body="{{text}}{{secret.rest}}"), "/send/body/Body", ONLY_TEXT),
        (with_body(Body="{{secret.all}}"), "/send/body/Body", ONLY_TEXT),
        (with_body(govde="Iptal {{text}}"), "/send/body/govde", ONLY_TEXT),
        (
            MANY | {"send": MANY["send"] | {"body": {"m": {"$each": "items", "$item": {"msg": ["{{text}}", "PTT"]}}}}},
            "/send/body/m/$item/msg/1", ONLY_TEXT,
        ),
        (with_body(ek=WORDS), "/send/body/ek", ONLY_WORD),
        (with_body(ek="0850-999-99-99"), "/send/body/ek", ONLY_WORD),
        (with_body(ek="08509999999"), "/send/body/ek", ONLY_WORD),
        (with_body(ek="https://ptt.example"), "/send/body/ek", ONLY_WORD),
        (with_body(ek="kargonuz_bekliyor:ptt-ode.com/k"), "/send/body/ek", ONLY_WORD),
        (with_body(ek="444.03.33"), "/send/body/ek", ONLY_WORD),
        (with_body(ek="{{secret.a}} kart numaranız"), "/send/body/ek", ONLY_WORD),
        (
            with_body(ek="{{a}}.{{b}}/k") | {"choices": {name: dict.fromkeys(ALPHABETS, name) for name in "ab"}},
            "/send/body/ek", ONLY_ALONE,
        ),
        (with_body(ek="ptt-ode{{starts_at}}com/k"), "/send/body/ek", ONLY_ALONE),
        (described(query={"ek": WORDS}), "/send/query/ek", ONLY_WORD),
        (described(headers={"X-Footer": WORDS}), "/send/headers/X-Footer", ONLY_WORD),
        (
            described(body_type="xml", body={"sms": {'@b="">PTT ptt-ode.com</sms><sms c': "", "metin": "{{text}}"}}),
            "/send/body", BAD_VALUE,
        ),
        (described(url="/messages?ek=PTT%20gonderiniz"), "/send/url", ONLY_WORD),
        (described(url="/PTT%20gonderiniz/send"), "/send/url", ONLY_WORD),
        (UNKNOWN_VENDOR | {"choices": {"header": dict.fromkeys(ALPHABETS, "PTT")}}, "/choices/header", BAD_VALUE),
        (UNKNOWN_VENDOR | {"choices": {"secret.x": dict.fromkeys(ALPHABETS, "PTT")}}, "/choices/secret.x", BAD_VALUE),
        (UNKNOWN_VENDOR | {"choices": {"ek": dict.fromkeys(ALPHABETS, WORDS)}}, "/choices/ek", ONLY_WORD),
        (
            with_body(From="{{ek}}") | {"choices": {"ek": dict.fromkeys(ALPHABETS, "PTT")}},
            "/send/body/From", ONLY_HEADER,
        ),
        (
            UNKNOWN_VENDOR | {"life": {"least_minutes": 1, "most_minutes": 9, "date_format": "PTT %Y"}},
            "/life/date_format", BAD_VALUE,
        ),
    ],
)  # fmt: skip
def test_no_description_brings_a_sender_or_words_of_its_own(description, pointer, problem):
    with pytest.raises(BadDescription) as refused:
        check(description)

    assert (refused.value.pointer, refused.value.problem) == (pointer, problem)


LOGINS = ("08509999999", "ayse@example.com", "Uzun bir parola, bitti.", "eyJhbGciOiJI.eyJzdWIi.c2ln/+==")


@pytest.mark.parametrize("value", LOGINS)
@pytest.mark.parametrize("text", [DOCUMENTED, *KNOWN, PASTED, json.dumps(UNKNOWN_VENDOR)])
def test_a_log_in_may_be_any_text_where_vendors_ask_for_it(text, value):
    description = json.loads(text)

    description_words.check_secrets(description, {f"secret.{name}": value for name in secret_names(description)})


@pytest.mark.parametrize("value", LOGINS)
def test_a_field_named_as_one_of_a_log_in_takes_any_secret(value):
    names = ("apiUserName", "kullanici_adi", "KullaniciKodu", "clientId", "Abone No", "accountSid", "ka", "smsSifre")
    login = dict.fromkeys((*names, "api-key", "appId", "access_token", "loginName", "CompanyCode"), "{{secret.x}}")

    for place in ({"query": login}, {"body": login, "body_type": "json"}, {"headers": {"X-Any": "Tok {{secret.x}}"}}):
        description_words.check_secrets(described(**place), {"secret.x": value})


@pytest.mark.parametrize(
    "value", [WORDS, "08509999999", "ptt-ode.com/k", "kargonuz bekliyor", "a" * 41, "444.03.33", "{{ode.com}}"]
)
@pytest.mark.parametrize("field", ["{{secret.ek}}", "x{{secret.ek}}", "{{secret.bos}}{{secret.ek}}"])
@pytest.mark.parametrize("name", ["altlik", "keyword", "usertext", "customerMessage", "cc", "signature", "musteriAdi"])
def test_a_secret_elsewhere_is_one_technical_word(name, field, value):
    description = with_body(**{name: field})
    check(description)
    description_words.check_secrets(description, {"secret.ek": "AC-1042", "secret.bos": ""})

    with pytest.raises(BadSecret) as refused:
        description_words.check_secrets(description, {"secret.ek": value, "secret.bos": ""})

    assert refused.value.pointer == f"/send/body/{name}" and refused.value.name.startswith("secret.")


def test_two_secrets_of_one_field_are_read_together():
    with pytest.raises(BadSecret):
        description_words.check_secrets(
            with_body(ek="{{secret.a}}{{secret.b}}"), {"secret.a": "ptt-ode.", "secret.b": "com/k"}
        )
