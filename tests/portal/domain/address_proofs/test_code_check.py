"""A code comes back within its time and its tries, for what it was asked for, and is good once."""

import pytest
from sqlalchemy import event

import shortlinks
from portal.core import addresses
from portal.core.extensions import db, vault
from portal.core.models import AddressProof, Message, MessageKind, MessageState, Purpose
from portal.domain import address_proofs
from portal.domain.address_proofs import CodeResult
from tests import databases, make

pytestmark = pytest.mark.alike

SALT = "a salt that only tests know"


def test_the_right_code_proves_the_address(desk):
    proof = desk.ask()

    assert desk.answer(proof, desk.code_of(proof)) == CodeResult.PROVED
    assert proof.proved_at == desk.at
    assert address_proofs.read_address(vault(), proof) == addresses.parse(make.PHONE)


def test_a_code_is_good_once(desk):
    proof = desk.ask()
    code = desk.code_of(proof)

    assert [desk.answer(proof, code) for _ in range(2)] == [CodeResult.PROVED, CodeResult.OVER]


def test_the_fifth_wrong_code_is_the_last(desk):
    proof = desk.ask()
    wrong, right = desk.wrong_for(proof), desk.code_of(proof)

    said = [desk.answer(proof, wrong) for _ in range(6)]

    assert said == [CodeResult.WRONG] * 4 + [CodeResult.OVER] * 2
    assert desk.answer(proof, right) == CodeResult.OVER
    assert (proof.tries, proof.proved_at) == (5, None)


def test_a_code_is_good_for_ten_minutes(desk):
    in_time, late = desk.ask(), desk.ask("fatma@example.com")
    codes = [desk.code_of(in_time), desk.code_of(late)]

    desk.later(minutes=9, seconds=59)
    assert desk.answer(in_time, codes[0]) == CodeResult.PROVED
    desk.later(seconds=1)
    assert desk.answer(late, codes[1]) == CodeResult.OVER


def test_a_code_is_good_for_what_it_was_asked_for_alone(desk):
    proof = desk.ask(purpose=Purpose.POINT)

    code = address_proofs.page_code(SALT, proof)
    assert address_proofs.find_proof(db.session, SALT, code, Purpose.MINE) is None
    assert address_proofs.find_proof(db.session, SALT, code, Purpose.POINT) is proof


def test_a_code_of_another_purpose_does_not_fit(desk):
    mine, point = desk.ask(), desk.ask(purpose=Purpose.POINT)
    point.code_digest = mine.code_digest  # As if somebody had moved it there.
    db.session.commit()

    assert desk.answer(point, desk.code_of(mine)) == CodeResult.WRONG


def test_asking_again_ends_the_code_before(desk):
    first = desk.ask()
    code = desk.code_of(first)
    desk.later(minutes=1)
    second = desk.ask()

    assert desk.answer(first, code) == CodeResult.OVER
    assert desk.answer(second, desk.code_of(second)) == CodeResult.PROVED


def test_asking_for_another_purpose_leaves_the_code_be(desk):
    mine = desk.ask()
    code = desk.code_of(mine)
    desk.later(minutes=1)
    desk.ask(purpose=Purpose.POINT)

    assert desk.answer(mine, code) == CodeResult.PROVED


def test_an_unknown_address_is_proved_by_no_code(desk, monkeypatch):
    monkeypatch.setattr("secrets.randbelow", lambda below: 0)
    proof = desk.ask(sends=False)

    assert desk.answer(proof, "000000") == CodeResult.WRONG
    assert proof.proved_at is None


def test_a_wrong_number_or_nonce_finds_nothing(desk):
    proof = desk.ask()

    wrong = ((proof.id, proof.nonce ^ 1), (proof.id + 1, proof.nonce), (0, 0))
    for code in (*(shortlinks.Codes(SALT).encode_long(*each) for each in wrong), "no code", ""):
        assert address_proofs.find_proof(db.session, SALT, code, Purpose.MINE) is None


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("123456", "123456"),
        (" 123 456 ", "123456"),
        ("123-456", "123456"),
        ("１２３４５６", "123456"),
        ("12345678", "12345678"),
        ("Izinlink kodunuz: 123456. 10 dakika gecerlidir. B021", "123456"),
        ("Ornek: kodunuz 123456. Verileriniz: izinlink.com.tr/b/sube-202612", "123456"),
        ("Magaza 202612: kodunuz 123456. Yalniz numarayi dogrular.", "123456"),
        ("Store 202612: code 123456. It only proves the number.", "123456"),
        ("12345", None),
        ("123456789", None),
        ("123456 654321", None),
        ("", None),
        ("abc", None),
        ("9" * 10_000, None),
    ],
)
def test_a_code_is_read_as_people_type_or_paste_it(typed, read):
    assert address_proofs.read_code(typed) == read


def test_what_was_chosen_before_is_kept_sealed_until_the_answer(desk):
    proof = desk.ask(purpose=Purpose.POINT, facts={"MESAJ": "ONAY"})

    assert address_proofs.read_facts(vault(), proof) == {"MESAJ": "ONAY"}
    assert b"ONAY" not in proof.facts
    assert address_proofs.read_facts(vault(), desk.ask("fatma@example.com")) == {}


def test_the_code_stands_nowhere_but_in_the_message(desk):
    proof = desk.ask()
    code = desk.code_of(proof).encode()
    (message,) = db.session.query(Message)

    kept = [value for row in (proof, message) for value in vars(row).values() if isinstance(value, bytes)]
    assert not any(code in value for value in kept)
    assert (message.kind, message.rank, message.expires_at) == (MessageKind.CODE, 0, proof.expires_at)


def test_an_unknown_address_gets_no_message(desk):
    desk.ask(sends=False)
    (message,) = db.session.query(Message)

    assert (message.state, message.due_at, message.facts) == (MessageState.NOT_NEEDED, None, None)


def test_forgetting_leaves_what_limits_and_evidence_need(desk):
    old = desk.ask()
    decided = desk.ask("fatma@example.com", Purpose.POINT)
    desk.answer(decided, desk.code_of(decided))
    unanswered = desk.ask("cem@example.com", Purpose.POINT)
    unknown = desk.ask("+905551112233", sends=False)
    gone = {old.id, unanswered.id, unknown.id}
    desk.later(days=6)
    assert address_proofs.delete_old_proofs(db.session, desk.at) == 0
    desk.later(days=1, minutes=1)
    assert address_proofs.delete_old_proofs(db.session, desk.at) == 1  # With its message: it was not sent.
    desk.later(days=22)
    new = desk.ask()
    assert address_proofs.delete_old_proofs(db.session, desk.at) == 0
    desk.later(days=1)

    assert address_proofs.delete_old_proofs(db.session, desk.at) == 2
    db.session.commit()
    left = {each.id for each in db.session.query(AddressProof)}
    assert left == {decided.id, new.id} and not left & gone
    assert db.session.query(Message).count() == 1
    desk.later(days=31)
    address_proofs.delete_old_proofs(db.session, desk.at)
    assert db.session.query(Message).count() == 0


@pytest.mark.skipif(bool(databases.SERVER), reason="asks SQLite for its plan")
def test_forgetting_reads_no_messages_but_those_of_codes(desk):
    """All others wait for the write lock meanwhile."""
    asked = []

    def note(_connection, _cursor, statement, parameters, *_):
        asked.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    address_proofs.delete_old_proofs(db.session, desk.at)
    event.remove(db.engine, "before_cursor_execute", note)

    [(text, given)] = [each for each in asked if each[0].startswith("DELETE FROM message")]
    plan = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given).all()
    assert [row.detail.partition(" (")[0] for row in plan] == ["SEARCH message USING INDEX ix_message_of_campaign"]


def test_an_overview_is_open_for_a_quarter_of_an_hour_to_who_has_the_token(desk):
    proof = desk.ask()
    desk.answer(proof, desk.code_of(proof))
    token = address_proofs.open_session(proof, desk.at)
    db.session.commit()

    assert address_proofs.find_session(db.session, token, desk.at) is proof
    assert address_proofs.find_session(db.session, token + "x", desk.at) is None
    desk.later(minutes=15)
    assert address_proofs.find_session(db.session, token, desk.at) is None


def test_going_out_ends_every_copy_of_the_token(desk):
    proof = desk.ask()
    token = address_proofs.open_session(proof, desk.at)
    address_proofs.close_session(proof, desk.at)
    db.session.commit()

    assert address_proofs.find_session(db.session, token, desk.at) is None


def test_a_proof_at_a_point_opens_no_overview(desk):
    proof = desk.ask(purpose=Purpose.POINT)
    token = address_proofs.open_session(proof, desk.at)
    db.session.commit()

    assert address_proofs.find_session(db.session, token, desk.at) is None
