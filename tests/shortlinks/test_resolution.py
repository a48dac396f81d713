from datetime import timedelta

import pytest

from shortlinks import Codes, LinkState, Resolution, code_of, create, resolve, revoke

DAY = timedelta(days=1)


def nowhere(salt, code):
    """Codes that lead nowhere, each for another reason."""
    link_id, nonce = Codes(salt).decode(code)
    return {
        "empty": "",
        "too short": code[:3],
        "damaged": code[:-1],
        "another case": code.swapcase(),
        "too long": code * 2,
        "far too long": "a" * 50_000,
        "a zero byte": "abc\0defg",
        "Turkish letters": "şğüöçıİŞĞ",
        "emoji": "😀" * 8,
        "half a character": "\ud800" * 8,
        "other digits": "٣٤٥٦٧٨٩",
        "a statement": "' OR 1=1 --",
        "an unknown id": Codes(salt).encode(link_id + 1, nonce),
        "id zero": Codes(salt).encode(0, 0),
        "a wrong nonce": Codes(salt).encode(link_id, nonce ^ 1),
        "a number too large": Codes(salt).encode_long(link_id, 2**62),
        "another salt": Codes("another salt for the tests").encode(link_id, nonce),
    }


def test_a_live_link_is_found_with_its_owner(session, salt, at):
    link_id, code = create(session, salt, 7, at, at + DAY)

    assert resolve(session, salt, code, at) == Resolution(LinkState.LIVE, link_id, 7, at + DAY, None)


def test_a_connection_will_do(engine, session, salt, at):
    link_id, code = create(session, salt, 7, at)
    session.commit()

    with engine.connect() as connection:
        assert resolve(connection, salt, code, at) == Resolution(LinkState.LIVE, link_id, 7)


@pytest.mark.parametrize("later, state", [(DAY - timedelta(microseconds=1), "live"), (DAY, "expired")])
def test_a_link_expires_to_the_moment(session, salt, at, later, state):
    _, code = create(session, salt, 7, at, at + DAY)

    assert resolve(session, salt, code, at + later).state == state


def test_a_link_without_an_end_never_expires(session, salt, at):
    _, code = create(session, salt, 7, at)

    assert resolve(session, salt, code, at + 10_000 * DAY).state == LinkState.LIVE


def test_a_revoked_link_stays_revoked_after_it_expires(session, salt, at):
    link_id, code = create(session, salt, 7, at, at + DAY)

    revoke(session, [link_id], at)

    found = resolve(session, salt, code, at + 2 * DAY)
    assert found == Resolution(LinkState.REVOKED, link_id, 7, at + DAY, at)


def test_what_leads_nowhere_is_unknown_and_says_nothing_else(session, salt, at):
    _, code = create(session, salt, 7, at)

    for why, wrong in nowhere(salt, code).items():
        assert resolve(session, salt, wrong, at) == Resolution(LinkState.UNKNOWN), why


def test_every_code_is_answered_by_the_same_single_statement(session, statements, salt, at):
    _, code = create(session, salt, 7, at)
    asked = {}

    for why, each in {"good": code, **nowhere(salt, code)}.items():
        statements.clear()
        resolve(session, salt, each, at)
        asked[why] = tuple(statements)

    assert set(asked.values()) == {asked["good"]}
    assert [statement.split()[0] for statement in asked["good"]] == ["SELECT"]


def test_the_nonce_is_in_the_resolution_but_not_in_its_repr(session, salt, at):
    link_id, code = create(session, salt, 7, at)

    found = resolve(session, salt, code, at)

    assert code_of(salt, link_id, found.nonce) == code
    assert str(found.nonce) not in repr(found)
