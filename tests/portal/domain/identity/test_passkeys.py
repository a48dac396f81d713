"""A passkey opens with its device, its owner, on our host, for a challenge that opens once; and nothing else does."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from portal.core.extensions import db
from portal.core.models import Factor, FactorKind
from portal.domain.identity import passkeys
from portal.domain.identity.passkeys import InvalidAnswer, RelyingParty
from tests import make
from tests.authenticator import Authenticator

pytestmark = [pytest.mark.slow, pytest.mark.alike]

AT = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
HERE = RelyingParty("localhost", "http://localhost")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ayse(app):
    with app.app_context():
        yield make.person(make.provider(email="owner@example.com"), make.AYSE)
        db.session.rollback()


def register(user, device) -> Factor:
    challenge = passkeys.new_challenge(AT)
    answer = device.makes(passkeys.registration_options(db.session, user, make.AYSE, HERE, challenge))
    return passkeys.register_passkey(db.session, user.id, answer, HERE, challenge, name="Telefon", at=AT)


def show(user, device, *, at=AT + MINUTE, made=AT + MINUTE) -> Factor:
    challenge = passkeys.new_challenge(made)
    answer = device.shows(passkeys.authentication_options(db.session, user.id, HERE, challenge))
    return passkeys.verify_passkey(db.session, user.id, answer, HERE, challenge, at)


def test_a_device_that_made_a_key_shows_it_again_and_again(ayse):
    device = Authenticator()
    made = register(ayse, device)

    assert (made.kind, made.name, made.confirmed_at) == (FactorKind.PASSKEY, "Telefon", AT)
    assert passkeys.list_passkeys(db.session, ayse.id) == [made]
    for minutes in (1, 2, 3):
        assert show(ayse, device, at=AT + minutes * MINUTE, made=AT + minutes * MINUTE) == made
    db.session.refresh(made)
    assert (made.sign_count, made.used_at) == (3, AT + 3 * MINUTE)


def test_one_that_does_not_count_is_as_good(ayse):
    device = Authenticator(counts=False)
    register(ayse, device)

    assert show(ayse, device)
    assert show(ayse, device, made=AT + 2 * MINUTE, at=AT + 2 * MINUTE)


def test_the_device_is_asked_to_verify_its_owner_and_never_to_say_what_it_is(ayse):
    options = json.loads(passkeys.registration_options(db.session, ayse, make.AYSE, HERE, passkeys.new_challenge(AT)))

    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["attestation"] == "none"
    assert options["rp"] == {"name": "İzinlink", "id": "localhost"}


def test_a_device_that_has_a_key_is_asked_to_make_no_second_one(ayse):
    register(ayse, Authenticator())

    options = json.loads(passkeys.registration_options(db.session, ayse, make.AYSE, HERE, passkeys.new_challenge(AT)))

    assert len(options["excludeCredentials"]) == 1


@pytest.mark.parametrize(
    "wrong",
    [Authenticator(verifies=False), Authenticator(origin="https://localhost.example")],
    ids=["nobody verified", "a look-alike page"],
)
def test_a_key_is_neither_made_nor_shown_wrongly(ayse, wrong):
    with pytest.raises(InvalidAnswer):
        register(ayse, wrong)
    register(ayse, Authenticator(key=wrong.key))
    with pytest.raises(InvalidAnswer):
        show(ayse, wrong)


def test_a_key_of_another_host_opens_nothing(ayse):
    device, challenge = Authenticator(), passkeys.new_challenge(AT + MINUTE)
    register(ayse, device)
    answer = device.shows(
        passkeys.authentication_options(
            db.session, ayse.id, RelyingParty("evil.example", "http://localhost"), challenge
        )
    )

    with pytest.raises(InvalidAnswer):
        passkeys.verify_passkey(db.session, ayse.id, answer, HERE, challenge, AT + MINUTE)


def test_a_strangers_key_opens_nothing(app, ayse):
    cem, device = make.person(make.provider(700009, 700009, "owner9@example.com"), "cem@example.com"), Authenticator()
    register(cem, device)
    register(ayse, Authenticator(name=b"another"))

    with pytest.raises(InvalidAnswer):
        show(ayse, device)
    with pytest.raises(InvalidAnswer):
        show(ayse, Authenticator(name=b"another"))  # The right name, another key.


def test_a_key_belongs_to_one_person(ayse):
    cem, device = make.person(make.provider(700009, 700009, "owner9@example.com"), "cem@example.com"), Authenticator()
    register(cem, device)

    with pytest.raises(passkeys.AlreadyRegistered):
        register(ayse, device)


def test_an_answer_opens_once(ayse):
    device, challenge = Authenticator(counts=False), passkeys.new_challenge(AT + MINUTE)
    register(ayse, device)
    answer = device.shows(passkeys.authentication_options(db.session, ayse.id, HERE, challenge))
    passkeys.verify_passkey(db.session, ayse.id, answer, HERE, challenge, AT + MINUTE)

    with pytest.raises(InvalidAnswer):
        passkeys.verify_passkey(db.session, ayse.id, answer, HERE, challenge, AT + MINUTE)


@pytest.mark.parametrize("late", [passkeys.LIFETIME + timedelta(seconds=1), timedelta(seconds=-1)])
def test_a_challenge_lives_a_few_minutes(ayse, late):
    device = Authenticator()
    register(ayse, device)

    with pytest.raises(InvalidAnswer):
        show(ayse, device, made=AT + MINUTE, at=AT + MINUTE + late)


def test_an_answer_to_another_challenge_opens_nothing(ayse):
    device, challenge = Authenticator(), passkeys.new_challenge(AT + MINUTE)
    register(ayse, device)
    answer = device.shows(
        passkeys.authentication_options(db.session, ayse.id, HERE, passkeys.new_challenge(AT + MINUTE))
    )

    with pytest.raises(InvalidAnswer):
        passkeys.verify_passkey(db.session, ayse.id, answer, HERE, challenge, AT + MINUTE)


def test_a_copy_of_a_device_is_noticed(ayse):
    device = Authenticator()
    register(ayse, device)
    copy = Authenticator(key=device.key)
    for minutes in (1, 2):
        show(ayse, device, made=AT + minutes * MINUTE, at=AT + minutes * MINUTE)

    with pytest.raises(passkeys.ClonedPasskey):
        show(ayse, copy, made=AT + 3 * MINUTE, at=AT + 3 * MINUTE)


NONSENSE = ["", "{}", "[]", "null", "1", '"text"', "{", '{"id": 1}', "x" * 20_000]
SHAPED = {
    "id": "YQ", "rawId": "YQ", "type": "public-key",
    "response": {"clientDataJSON": "!", "attestationObject": "YQ", "authenticatorData": "YQ", "signature": "YQ"},
}  # fmt: skip


def twisted(answer: str) -> list[str]:
    """An answer with each of its parts replaced in turn."""
    made = []
    for place in ("id", "rawId", "type"):
        made += [json.dumps(json.loads(answer) | {place: value}) for value in (None, 7, "", "!", "YQ", [])]
    for place in json.loads(answer)["response"]:
        for value in (None, 7, "", "!", "YQ", "oA", "AAAA" * 50, []):
            other = json.loads(answer)
            other["response"][place] = value
            made.append(json.dumps(other))
    return [*NONSENSE, json.dumps(SHAPED), json.dumps(SHAPED | {"response": {"userHandle": "!"}}), *made]


def test_nonsense_is_no_answer(ayse):
    device, challenge = Authenticator(), passkeys.new_challenge(AT)
    asked = device.makes(passkeys.registration_options(db.session, ayse, make.AYSE, HERE, challenge))

    for answer in twisted(asked):
        with pytest.raises(InvalidAnswer):
            passkeys.register_passkey(db.session, ayse.id, answer, HERE, challenge, name="x", at=AT)
    register(ayse, device)
    later = passkeys.new_challenge(AT + MINUTE)
    for answer in twisted(device.shows(passkeys.authentication_options(db.session, ayse.id, HERE, later))):
        with pytest.raises(InvalidAnswer):
            passkeys.verify_passkey(db.session, ayse.id, answer, HERE, later, AT + MINUTE)
