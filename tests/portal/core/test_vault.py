"""What is sealed opens in its own place with its own key; an address is found again by an index that tells nothing."""

import hashlib
import os

import pytest

from portal.core import compression
from portal.core.vault import CannotOpen, KeyMissing, Vault
from portal.services import key_rotation

OLD, NEW = os.urandom(32), os.urandom(32)
ADDRESS = "+905321234567"
HERE = ("recipient.address", 11, 111)
DEFLATED = ("attempt.answer", 11, 111)
ANSWER = (
    b'{"transactionId":"e52ee30512adfcd2a41fb3b4682f5bd61eee5b1c92bda665fc0b7e56644d429d",'
    b'"creationDate":"2026-11-30 10:00:01"}'
)
PAYLOAD = (
    b'{"recipient":"+905321234567","type":"MESAJ","source":"HS_WEB","status":"ONAY",'
    b'"consentDate":"2026-11-30 10:00:01","recipientType":"BIREYSEL"}'
)
MANY = {"attempt.answer", "push.body", "receipt.request_metadata", "submission.payload"}  # Nothing secret.


@pytest.fixture
def vault():
    return Vault({1: OLD})


@pytest.fixture
def rotating():
    return Vault({2: NEW, 1: OLD})


@pytest.mark.parametrize("plain", [ADDRESS, "fatma@example.com", "Şükrü'nün notu", "", "x" * 20_000])
def test_text_that_was_sealed_is_read_again(vault, plain):
    assert vault.read(vault.seal(plain, *HERE), *HERE) == plain


def test_bytes_that_were_sealed_are_opened_byte_for_byte(vault):
    every = bytes(range(256))

    assert vault.open(vault.seal(every, *HERE), *HERE) == every


@pytest.mark.parametrize("plain", [ANSWER, b"", b"<html>Bad Gateway</html>", bytes(range(256)), os.urandom(20_000)])
def test_what_is_deflated_is_opened_byte_for_byte(vault, plain):
    assert vault.open(vault.seal(plain, *DEFLATED), *DEFLATED) == plain


def test_what_was_sealed_before_values_were_deflated_is_opened():
    sealed = bytes.fromhex(
        "010148bbc26963e990be0eaa68e3925296c4a014a314feabde05e9f03a598045634bdef2ab13dd4e547739ed04"
    )  # By version 0.2.0.

    assert Vault({1: bytes(32)}).open(sealed, *DEFLATED) == b'{"code":"H174"}'


def test_an_answer_of_iys_takes_no_more_sealed_than_open(vault):
    """Of a transactionId's 64 digits, and a seal's 30 bytes, nothing can be saved."""
    assert (len(ANSWER), len(vault.seal(ANSWER, *HERE))) == (121, 151)
    assert len(vault.seal(ANSWER, *DEFLATED)) < 121


def test_a_payload_takes_half_of_its_bytes_sealed(vault):
    sealed = vault.seal(PAYLOAD, "submission.payload", 11, 111)

    assert len(sealed) < len(PAYLOAD) / 2
    assert vault.open(sealed, "submission.payload", 11, 111) == PAYLOAD


def test_a_secrets_seal_is_as_long_whatever_it_repeats(vault):
    """Else its length would tell of what it holds, to whoever may write beside it."""
    places = {place for _, _, place in key_rotation.SEALED} | {"held_form", "journal.record"}
    lengths = {place: len(vault.seal(b"x" * 200, place, 11, 111)) for place in places}

    assert {place for place, length in lengths.items() if length != 230} == MANY


def test_a_seal_does_not_pass_for_one_of_the_other_version(vault):
    for where in (HERE, DEFLATED):
        sealed = bytearray(vault.seal(ANSWER, *where))
        sealed[0] ^= 3
        with pytest.raises(CannotOpen):
            vault.open(bytes(sealed), *where)


def test_the_dictionary_of_what_is_stored_stays_as_it_is():
    """Without it nothing that was deflated is read again: another one needs a version of its own."""
    kept = "11efb0efc2fbfa76241a896db8d7e2a4ce5c949fe1c35d5c276f43eb1bdcea6c"

    assert hashlib.sha256(compression.DICTIONARY).hexdigest() == kept


def test_a_seal_shows_nothing_of_what_it_holds(vault):
    assert ADDRESS.encode() not in vault.seal(ADDRESS, *HERE)


def test_sealing_twice_never_gives_the_same(vault):
    assert len({vault.seal(ADDRESS, *HERE) for _ in range(100)}) == 100


MOVED = {
    "another row": ("recipient.address", 11, 112),
    "another provider": ("recipient.address", 12, 111),
    "another column": ("recipient.note", 11, 111),
    "another table": ("user_account.address", 11, 111),
    "digits that changed sides": ("recipient.address", 111, 11),
}


@pytest.mark.parametrize("where", MOVED)
def test_a_seal_that_was_moved_cannot_be_opened(vault, where):
    sealed = vault.seal(ADDRESS, *HERE)

    with pytest.raises(CannotOpen):
        vault.open(sealed, *MOVED[where])


def test_a_seal_that_was_damaged_anywhere_cannot_be_opened(vault):
    sealed = vault.seal(ADDRESS, *HERE)

    for position in range(len(sealed)):
        damaged = bytearray(sealed)
        damaged[position] ^= 1
        with pytest.raises(KeyMissing if position == 1 else CannotOpen):
            vault.open(bytes(damaged), *HERE)


def test_a_seal_that_was_cut_cannot_be_opened(vault):
    sealed = vault.seal(ADDRESS, *HERE)

    for length in range(len(sealed)):
        with pytest.raises(CannotOpen):
            vault.open(sealed[:length], *HERE)


def test_what_cannot_be_opened_says_where_and_not_what(vault):
    with pytest.raises(CannotOpen) as failure:
        vault.open(vault.seal(ADDRESS, *HERE)[:-1], *HERE)

    assert str(failure.value) == "recipient.address"


def test_another_key_of_the_same_generation_opens_nothing(vault):
    with pytest.raises(CannotOpen):
        Vault({1: NEW}).open(vault.seal(ADDRESS, *HERE), *HERE)


def test_a_generation_that_is_not_known_is_said_so(vault):
    with pytest.raises(KeyMissing, match="generation 1"):
        Vault({2: OLD}).open(vault.seal(ADDRESS, *HERE), *HERE)


def test_a_key_that_is_known_but_not_first_does_not_seal(vault):
    knows = Vault({1: OLD, 2: NEW})

    assert vault.read(knows.seal(ADDRESS, *HERE), *HERE) == ADDRESS
    assert knows.read(Vault({2: NEW}).seal(ADDRESS, *HERE), *HERE) == ADDRESS


def test_while_rotating_the_first_key_seals_and_both_open(vault, rotating):
    assert rotating.read(vault.seal(ADDRESS, *HERE), *HERE) == ADDRESS
    assert Vault({2: NEW}).read(rotating.seal(ADDRESS, *HERE), *HERE) == ADDRESS
    with pytest.raises(KeyMissing):
        vault.open(rotating.seal(ADDRESS, *HERE), *HERE)


def test_only_what_the_first_key_sealed_is_current(vault, rotating):
    assert vault.is_current(vault.seal(ADDRESS, *HERE))
    assert not rotating.is_current(vault.seal(ADDRESS, *HERE))
    assert rotating.is_current(rotating.seal(ADDRESS, *HERE))


def test_one_address_has_one_index_at_a_provider(vault):
    assert vault.indexes(11, ADDRESS) == Vault({1: OLD}).indexes(11, ADDRESS)
    assert vault.indexes(11, ADDRESS) != vault.indexes(11, "+905321234568")


def test_an_address_has_another_index_at_each_provider(vault):
    indexes = {vault.indexes(provider_id, ADDRESS)["index_odd"] for provider_id in range(1, 100)}

    assert len(indexes) == 99


def test_an_index_shows_nothing_of_its_address_without_the_key(vault):
    index = vault.indexes(11, ADDRESS)["index_odd"]

    assert len(index) == 32
    assert index != Vault({1: NEW}).indexes(11, ADDRESS)["index_odd"]


def test_each_generation_writes_the_column_of_its_parity(vault, rotating):
    both = rotating.indexes(11, ADDRESS)

    assert both["index_odd"] == vault.indexes(11, ADDRESS)["index_odd"]
    assert both["index_even"] == Vault({2: NEW}).indexes(11, ADDRESS)["index_even"]
    assert both["index_odd"] != both["index_even"]


def test_sealing_and_indexing_do_not_share_a_key(vault):
    """Or whoever learns one of the two derived keys would have the other."""
    from portal.core.vault import _derive_key, _index_key

    assert len({_derive_key(OLD, b"seal"), _index_key(OLD, 0), _index_key(OLD, 1), OLD}) == 4


def test_a_vault_does_not_show_its_keys(rotating):
    assert OLD.hex() not in repr(rotating) and repr(OLD) not in repr(rotating)
