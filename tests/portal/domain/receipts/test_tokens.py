"""A signed receipt is ours to the last letter, or not at all."""

import base64
import hashlib
import hmac
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import OKPKey

from portal.core import clock
from portal.core.extensions import db, vault
from portal.domain.receipts import signing_keys, tokens
from portal.domain.receipts.tokens import NotGenuine, TokenProblem

pytestmark = [pytest.mark.slow, pytest.mark.alike]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
CLAIMS = {"receipt_id": "K7QM-01NX-H4V0-T2ZA", "brand": "Örnek Mağaza"}


@pytest.fixture
def token(app):
    """Within the app, so that keys are read where they are kept."""
    with app.app_context():
        key = signing_keys.get_or_create_signing_key(db.session, vault(), clock.now())
        yield tokens.sign_claims(CLAIMS, key)
        db.session.rollback()


def wrong(text: str) -> TokenProblem | None:
    try:
        tokens.verify_token(db.session, text)
    except NotGenuine as no:
        return no.wrong
    return None


def encoded(part) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def forged(header, key: OKPKey | None = None) -> str:
    """A token with a header of somebody's own, rightly signed all the same where a key is given."""
    body = f"{encoded(header)}.{encoded(CLAIMS)}"
    signature = key.private_key.sign(body.encode()) if key else b"0" * 64
    return f"{body}.{encoded(signature)}"


def test_it_says_what_was_signed_and_by_which_key(token):
    genuine = tokens.verify_token(db.session, token)

    assert genuine.claims == CLAIMS
    assert genuine.key.retired_at is None


def test_copying_may_break_it_into_lines(token):
    broken = "\n".join(token[start : start + 64] for start in range(0, len(token), 64))

    assert tokens.verify_token(db.session, f"  {broken}\r\n").claims == CLAIMS


def test_each_letter_counts(token):
    for place, letter in enumerate(token):
        for other in {LETTERS[(LETTERS.find(letter) + 1) % 64], LETTERS[LETTERS.find(letter) ^ 1], "A", "-", "."}:
            if other != letter:
                assert wrong(token[:place] + other + token[place + 1 :]), place
        assert wrong(token[:place] + token[place + 1 :]), place


def test_the_last_letter_counts_in_all_its_spellings(token):
    assert [each for each in LETTERS if wrong(token[:-1] + each) is None] == [token[-1]]


def test_it_verifies_after_the_key_was_turned_twice(token):
    for _ in range(2):
        signing_keys.rotate_signing_key(db.session, vault(), clock.now())

    genuine = tokens.verify_token(db.session, token)
    assert genuine.claims == CLAIMS and genuine.key.retired_at is not None


def test_another_key_is_not_ours(token):
    stranger = OKPKey.generate_key("Ed25519")

    assert wrong(tokens.sign_claims(CLAIMS, stranger)) == TokenProblem.OTHER_KEY


def test_our_keys_name_on_another_keys_signature_is_seen(token):
    stranger = OKPKey.generate_key("Ed25519")
    named = tokens.verify_token(db.session, token).key.name

    assert wrong(forged({"alg": "EdDSA", "kid": named, "typ": tokens.TYPE}, stranger)) == TokenProblem.CHANGED


@pytest.mark.parametrize(
    "other",
    [
        {"alg": "none"}, {"alg": "HS256"}, {"alg": "Ed25519"}, {"alg": ["EdDSA"]}, {"alg": None}, {"typ": "JWT"},
        {"crit": ["exp"], "exp": 1}, {"b64": False, "crit": ["b64"]}, {"jwk": {"kty": "OKP"}}, {"kid": 7},
        {"kid": ["x"]}, {"jku": "https://example.com/keys"}, {"x5u": "https://example.com/"}, {"cty": "JWT"},
    ],
    ids=str,
)  # fmt: skip
def test_a_header_that_we_do_not_write_is_refused_though_we_signed_it(token, other):
    key = signing_keys.find_signing_key(db.session, vault())
    header = {"alg": "EdDSA", "kid": key.thumbprint(), "typ": tokens.TYPE} | other

    assert wrong(forged(header, key)) == TokenProblem.NO_TOKEN


def test_a_key_is_not_looked_for_by_a_name_that_no_key_has(token):
    for name in ("\0" * 43, "\ud800" * 43, "a" * 42, "a" * 10_000, "'; DROP TABLE signing_key; --", ""):
        assert wrong(forged({"alg": "EdDSA", "kid": name, "typ": tokens.TYPE})) == TokenProblem.NO_TOKEN

    assert wrong(forged({"alg": "EdDSA", "kid": "a" * 43, "typ": tokens.TYPE})) == TokenProblem.OTHER_KEY


@pytest.mark.parametrize("header", [[], "EdDSA", 1, None, {}, {"kid": "x"}, ["alg"], "alg", {"a": {"b": [[[[]]]]}}])
def test_a_header_of_another_shape_is_refused(token, header):
    assert wrong(forged(header)) == TokenProblem.NO_TOKEN


def test_the_public_half_is_no_secret_of_an_hmac(token):
    key = tokens.verify_token(db.session, token).key
    body = f"{encoded({'alg': 'HS256', 'kid': key.name, 'typ': tokens.TYPE})}.{encoded(CLAIMS)}"
    signature = hmac.digest(base64.urlsafe_b64decode(key.jwk["x"] + "="), body.encode(), hashlib.sha256)

    assert wrong(f"{body}.{encoded(signature)}") == TokenProblem.NO_TOKEN


def test_an_endless_text_is_not_even_looked_at(token):
    assert wrong("a" * (2 * tokens.LONGEST + 1)) == TokenProblem.TOO_LONG
    assert wrong("a." * tokens.LONGEST) == TokenProblem.TOO_LONG
    assert wrong(token + "A" * tokens.LONGEST) == TokenProblem.TOO_LONG


@given(st.one_of(st.text(max_size=300), st.lists(st.binary(max_size=80), min_size=3, max_size=3)))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_else_is_a_receipt(token, anything):
    text = anything if isinstance(anything, str) else ".".join(encoded(part) for part in anything)

    assert wrong(text) in (TokenProblem.NO_TOKEN, TokenProblem.OTHER_KEY)


def test_a_receipt_of_a_hundred_brands_still_verifies(token):
    key = signing_keys.find_signing_key(db.session, vault())
    many = {"purposes": [{"brand": "Örnek Mağaza", "digest": "ab" * 32, "more": "x" * 700}] * 150}

    assert tokens.verify_token(db.session, tokens.sign_claims(many, key)).claims == many


def test_the_same_claims_and_key_give_the_same_letters(token):
    assert tokens.sign_claims(CLAIMS, signing_keys.find_signing_key(db.session, vault())) == token


def test_any_ed25519_program_agrees(token):
    body, _, signature = token.rpartition(".")
    x = tokens.verify_token(db.session, token).key.jwk["x"]
    key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x + "="))
    seal = base64.urlsafe_b64decode(signature + "==")

    assert key.verify(seal, body.encode()) is None
    with pytest.raises(InvalidSignature):
        key.verify(seal, body.encode() + b"x")
