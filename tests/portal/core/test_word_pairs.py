"""Each link has two words that people can compare by eye and by ear."""

from itertools import combinations

from portal.core.word_pairs import WORDS, word_pair

SALT = "a salt that only tests know"


def test_there_is_a_word_for_each_byte():
    assert len(set(WORDS)) == 256


def test_words_are_short_and_fit_a_message_of_plain_letters():
    assert all(word.isascii() and word.isalpha() and word.islower() and 4 <= len(word) <= 11 for word in WORDS)


def test_no_two_words_differ_by_one_letter_only():
    alike = [(one, other) for one, other in combinations(WORDS, 2) if differ_by_one(one, other)]

    assert alike == []


def test_a_link_keeps_its_pair():
    assert word_pair(SALT, 7, 123) == word_pair(SALT, 7, 123)


def test_pairs_depend_on_nonce_link_and_salt():
    pairs = {word_pair(SALT, 7, 123), word_pair(SALT, 7, 124), word_pair(SALT, 8, 123), word_pair(f"{SALT}!", 7, 123)}

    assert len(pairs) == 4


def test_pairs_are_spread():
    pairs = [word_pair(SALT, link_id, 1) for link_id in range(20_000)]

    assert len(set(pairs)) > 16_000
    assert all(len(set(pair.split())) == 2 for pair in pairs)
    assert {word for pair in pairs for word in pair.split()} == set(WORDS)


def differ_by_one(one: str, other: str) -> bool:
    if len(one) == len(other):
        return sum(a != b for a, b in zip(one, other, strict=True)) < 2
    short, long = sorted((one, other), key=len)
    return len(long) - len(short) == 1 and any(long[:at] + long[at + 1 :] == short for at in range(len(long)))
