import time

import pytest
from hashids import Hashids
from hypothesis import example, given
from hypothesis import strategies as st

from shortlinks import Codes
from shortlinks.codes import ALPHABET

pytestmark = pytest.mark.alike

SALT = "a salt for the tests alone"
CODES = Codes(SALT)

ids = st.integers(0, 2**30 - 1)
nonces = st.integers(0, 2**40 - 1)
longs = st.integers(0, 2**63 - 1)


@given(ids, nonces)
def test_a_code_says_its_id_and_nonce(link_id, nonce):
    code = CODES.encode(link_id, nonce)

    assert CODES.decode(code) == (link_id, nonce)
    assert 6 <= len(code) <= 16


@given(longs, longs)
def test_a_long_code_says_its_two_numbers(first, second):
    code = CODES.encode_long(first, second)

    assert CODES.decode_long(code) == (first, second)
    assert 6 <= len(code) <= 32


@pytest.mark.slow
@given(st.text(max_size=40) | st.text(ALPHABET, min_size=4, max_size=34))
def test_whatever_decodes_is_what_would_have_been_written(text):
    short, long = CODES.decode(text), CODES.decode_long(text)

    assert short is None or CODES.encode(*short) == text
    assert long is None or CODES.encode_long(*long) == text


@given(longs, longs, st.text(ALPHABET, min_size=6, max_size=34))
@example(0, 0, "7" * 6)
def test_codes_are_those_of_hashids(first, second, text):
    library = Hashids(salt=SALT, min_length=6, alphabet=ALPHABET)

    assert CODES.encode_long(first, second) == library.encode(first, second)
    assert CODES.encode_long(first % 40, second % 40) == library.encode(first % 40, second % 40)
    told = library.decode(text)
    assert CODES._pairs.decode(text) == (told if len(told) == 2 or len(text) == 6 else ())


def test_up_to_ten_million_links_a_code_has_at_most_fifteen_characters():
    assert len(CODES.encode(10_000_000, 2**40 - 1)) == 15


def test_the_alphabet_has_46_letters_and_none_that_look_alike():
    assert len(set(ALPHABET)) == len(ALPHABET) == 46
    assert not set(ALPHABET) & set("0Oo1Iil2Zz5Ss8B")


def test_another_salt_writes_other_codes():
    other = Codes("another salt for the tests")

    assert other.encode(7, 12345) != CODES.encode(7, 12345)


@pytest.mark.parametrize("salt", ["", "fifteen letters"])
def test_a_short_salt_is_refused(salt):
    with pytest.raises(ValueError, match="too short"):
        Codes(salt)


@pytest.mark.parametrize("link_id, nonce", [(2**30, 1), (1, 2**40), (-1, 1), (1, -1)])
def test_a_number_without_room_gets_no_code(link_id, nonce):
    with pytest.raises(ValueError, match="No code has room"):
        CODES.encode(link_id, nonce)


def test_a_short_code_that_says_more_than_a_row_can_hold_is_not_read():
    code = CODES.encode_long(1, 2**62)

    assert len(code) <= 16
    assert CODES.decode(code) is None


@pytest.mark.parametrize("letter", ["a", "ş", "\0", "😀", "٣"])
def test_50_000_characters_cost_nothing(letter):
    begun = time.perf_counter()
    for _ in range(100):
        assert CODES.decode(letter * 50_000) is None
        assert CODES.decode_long(letter * 50_000) is None

    assert time.perf_counter() - begun < 0.5  # Without the guard one alone takes seconds.
