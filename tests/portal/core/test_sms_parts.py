"""Units and parts of SMS texts: tables, boundaries, and a library's tables as a second opinion."""

import pytest
from gsmcodecs import Codec
from hypothesis import given
from hypothesis import strategies as st

from portal.core.sms_parts import (
    OPERATOR_CODE,
    Alphabet,
    cheapest,
    count,
    dear_letters,
    excess,
    letter_units,
    lost_letters,
    suggest_ascii,
)
from portal.core.transliteration import ascii_only

GSM, LOCKING, SINGLE, UCS2 = Alphabet
CODECS = {GSM: Codec(), SINGLE: Codec(shiftId=1), LOCKING: Codec(lockId=1)}
CAPACITY = {GSM: (160, 153), SINGLE: (155, 149), LOCKING: (155, 149), UCS2: (70, 67)}
EVERY_LETTER = "ABCÇDEFGĞHIİJKLMNOÖPRSŞTUÜVYZ" + "abcçdefgğhıijklmnoöprsştuüvyz"
RECEIPT = (
    "Sayın Ayşe Yılmaz, Örnek Mağaza için SMS ile kampanya bildirimi onayınız 05.03.2027 14:22 tarihinde alındı."
    " Vazgeçmek için: https://ornk.tr/r/7Kq2Xb Mersis 0123456789012345"
)
# Parts/units in GSM, single shift, locking shift, UCS-2; parts of the same with the operator's code.
VECTORS = {
    "a" * 155: ("1/155 1/155 1/155 3/155", "1 2 2 3"),
    "a" * 156: ("1/156 2/156 2/156 3/156", "2 2 2 3"),
    "a" * 161: ("2/161 2/161 2/161 3/161", "2 2 2 3"),
    "Çağrı": ("- 1/7 1/5 1/5", "- 1 1 1"),
    EVERY_LETTER: ("- 1/65 1/58 1/58", "- 1 1 1"),
    "[50€]": ("1/8 1/8 1/7 1/5", "1 1 1 1"),
    "a" * 152 + "€": ("1/154 1/154 1/153 3/153", "1 2 2 3"),
    "ğ" * 77 + "a": ("- 1/155 1/78 2/78", "- 2 1 2"),
    "ğ" * 155: ("- 3/310 1/155 3/155", "- 3 2 3"),
    "Fiyat 50₺": ("- - - 1/9", "- - - 1"),
    "Tamam 👍": ("- - - 1/8", "- - - 1"),
    RECEIPT: ("- 2/183 2/172 3/172", "- 2 2 3"),
    ascii_only(RECEIPT): ("2/172 2/172 2/172 3/172", "2 2 2 3"),
}
LETTERS = {  # Units in the same order.
    **dict.fromkeys("AZaz09ÇÖöÜü@_£§\n", "1 1 1 1"),
    **dict.fromkeys("çĞğİıŞş", "- 2 1 1"),
    "€": "2 2 1 1",
    **dict.fromkeys("[]{}~^|\\", "2 2 2 1"),
    **dict.fromkeys("âîû₺’“”–…`\t", "- - - 1"),
    **dict.fromkeys("èìØøÆæ¡¿", "1 1 - 1"),
    "👍": "- - - 2",
}
FULL = {  # Characters of one unit that 1, 2, 3 and 4 parts hold beside the operator's code.
    GSM: (155, 301, 454, 607),
    SINGLE: (150, 293, 442, 591),
    LOCKING: (150, 293, 442, 591),
    UCS2: (65, 129, 196, 263),
}
TEXTS = st.text(st.sampled_from(f"{EVERY_LETTER}[]{{}}€^~|\\ 1?₺’👍è"), max_size=700)


def units_by_library(text: str, alphabet: Alphabet) -> int | None:
    try:
        return len(CODECS[alphabet].encode(text)[0]) if alphabet in CODECS else len(text.encode("utf-16-be")) // 2
    except UnicodeEncodeError:
        return None


@pytest.mark.parametrize("text", VECTORS)
def test_units_and_parts_are_those_of_the_standard(text):
    alone, with_code = ([found.replace("-", "") for found in row.split(" ")] for row in VECTORS[text])

    for alphabet, parts_and_units, parts in zip((GSM, SINGLE, LOCKING, UCS2), alone, with_code, strict=True):
        without, with_it = count(text, alphabet, with_operator_code=False), count(text, alphabet)
        assert (f"{without.parts}/{without.units}" if without else "") == parts_and_units
        assert (str(with_it.parts) if with_it else "") == parts
        assert not with_it or with_it.units == without.units + 5


def test_a_letter_costs_what_its_alphabets_say():
    for letter, row in LETTERS.items():
        units = zip((GSM, SINGLE, LOCKING, UCS2), row.split(), strict=True)

        assert letter_units(letter) == {alphabet: int(each) for alphabet, each in units if each != "-"}, letter


@pytest.mark.parametrize("alphabet", Alphabet)
def test_one_character_more_than_fits_takes_another_part(alphabet):
    for parts, longest in enumerate(FULL[alphabet], 1):
        assert count("a" * longest, alphabet).parts == parts
        assert count("a" * (longest + 1), alphabet).parts == parts + 1
    one, several = CAPACITY[alphabet]
    for parts, longest in enumerate((one, *(several * each for each in (2, 3, 4))), 1):
        assert count("a" * longest, alphabet, with_operator_code=False).parts == parts
        assert count("a" * (longest + 1), alphabet, with_operator_code=False).parts == parts + 1


def test_a_pair_is_not_cut():
    for alphabet, pair in ((GSM, "["), (SINGLE, "ğ"), (LOCKING, "["), (UCS2, "👍")):
        several = CAPACITY[alphabet][1]
        shifted = count("a" * (several - 1) + pair + "a" * (several - 2), alphabet, with_operator_code=False)

        assert shifted.part_units == (several - 1, several), alphabet
        assert count("a" * (several - 1) + pair + "a" * (several - 1), alphabet, with_operator_code=False).parts == 3


def test_every_character_has_the_units_of_the_library():
    for alphabet in CODECS:
        for letter in map(chr, range(0x2500)):
            assert letter_units(letter).get(alphabet) == units_by_library(letter, alphabet), (alphabet, letter)


@given(TEXTS)
def test_parts_hold_all_units_and_none_overflows(text):
    for alphabet in Alphabet:
        cost = count(text, alphabet)
        one, several = CAPACITY[alphabet]
        assert (cost.units if cost else None) == units_by_library(text + OPERATOR_CODE, alphabet)
        if cost is None:
            continue
        assert cost.units <= one if cost.parts == 1 else max(cost.part_units) <= several
        assert min(cost.part_units[:-1], default=several) >= several - 1  # Only for a pair a part is left open.


@given(TEXTS)
def test_the_cheapest_is_no_dearer_than_any(text):
    costs = [cost for alphabet in Alphabet if (cost := count(text, alphabet))]

    assert cheapest(text) in costs
    assert cheapest(text).parts == min(cost.parts for cost in costs)


def test_the_plainest_of_equally_cheap_alphabets_is_taken():
    for text, alphabet in {
        "Sayin Ayse": GSM, "Sayın Ayşe": LOCKING, "¿Ayşe?": SINGLE, "Fiyat 50₺": UCS2, "€" * 100: LOCKING,
    }.items():  # fmt: skip
        assert cheapest(text).alphabet == alphabet, text


def test_dear_letters_say_how_often_they_stand_and_what_they_force():
    found = [
        (each.letter, each.times, each.alphabet, each.units[UCS2]) for each in dear_letters("Değişken’ [ç] değer 👍")
    ]

    assert found == [
        ("ğ", 2, LOCKING, 1), ("ş", 1, LOCKING, 1), ("’", 1, UCS2, 1), ("[", 1, GSM, 1), ("ç", 1, LOCKING, 1),
        ("]", 1, GSM, 1), ("👍", 1, UCS2, 2),
    ]  # fmt: skip
    assert dear_letters("ÇÖÜ öü é plain\n") == []


def test_ascii_is_suggested_where_it_saves_parts():
    saving = suggest_ascii("Kampanya’mız başladı: 50₺ indirim 👍 " + "x" * 60)

    assert saving.text == "Kampanya'miz basladi: 50 TL indirim ? " + "x" * 60
    assert (saving.parts_saved, saving.lost) == (1, "👍")
    assert suggest_ascii("Sayın Ayşe") is None  # One part as it stands.
    assert suggest_ascii(RECEIPT) is None
    assert suggest_ascii("ğ" * 151).parts_saved == 1
    assert suggest_ascii("ğ" * 151, with_operator_code=False) is None


@pytest.mark.parametrize(
    ("text", "characters"),
    [("a" * 155, 0), ("a" * 156, 1), ("a" * 310, 9), ("ğ" * 151, 1), ("[" * 80, 3), ("👍" * 33, 1), ("", 0)],
)
def test_how_much_shorter_saves_a_part(text, characters):
    assert excess(text) == characters


def test_letters_that_ascii_loses_are_told_once():
    assert lost_letters("Değer? 👍👍 50₺ ✓") == "👍✓"
