"""Link codes: a small id and a random nonce, encoded by hashids in letters that are hard to confuse.

Hashids is no encryption: the nonce in the row makes a code unguessable, so it must be compared after decoding.
"""

import contextlib
from functools import lru_cache
from itertools import product

from hashids import Hashids

# Without 0Oo, 1Iil, 2Zz, 5Ss, 8B and q. Hashids encodes numbers with 32 of these 46, so a letter holds five bits.
ALPHABET = "34679abcdefghjkmnprtuvwxyACDEFGHJKLMNPQRTUVWXY"

BASE, SEPARATORS = 32, 11  # How many of them are digits of numbers, and stand between two numbers.
BASE_32 = "0123456789abcdefghijklmnopqrstuv"  # As int() reads it.

NONCE_BITS = 40
ID_BITS = 30
LONG_BITS = 63  # Of a BIGINT.

SHORTEST_SALT = 16
SHORTEST = 6
LONGEST = 16
LONGEST_LONG = 32


class Codes:
    """Encodes and decodes with one salt. Raises ValueError for a salt under 16 characters."""

    def __init__(self, salt: str):
        self._pairs = _pairs(salt)

    def encode(self, link_id: int, nonce: int) -> str:
        """The code of a link, 6 to 16 characters. Raises ValueError beyond 30 bits of id or 40 bits of nonce."""
        return self._encode(link_id, nonce, ID_BITS, NONCE_BITS)

    def decode(self, code: str) -> tuple[int, int] | None:
        """The (link id, nonce) of a code, or None for anything that encode would not return."""
        return self._decode(code, LONGEST, ID_BITS, NONCE_BITS)

    def encode_long(self, first: int, second: int) -> str:
        """The code of two numbers of up to 63 bits each, 6 to 32 characters. Raises ValueError beyond that."""
        return self._encode(first, second, LONG_BITS, LONG_BITS)

    def decode_long(self, code: str) -> tuple[int, int] | None:
        """The two numbers of a long code, or None for anything that encode_long would not return."""
        return self._decode(code, LONGEST_LONG, LONG_BITS, LONG_BITS)

    def _encode(self, first: int, second: int, first_bits: int, second_bits: int) -> str:
        if first >> first_bits or second >> second_bits:  # True for negative numbers, too.
            raise ValueError(f"No code has room for these numbers: {first_bits} and {second_bits} bits at most.")
        return self._pairs.encode(first, second)

    def _decode(self, code: str, longest: int, first_bits: int, second_bits: int) -> tuple[int, int] | None:
        if not SHORTEST <= len(code) <= longest:  # First: hashids takes seconds for 50,000 characters.
            return None
        numbers = self._pairs.decode(code)
        if len(numbers) != 2 or numbers[0] >> first_bits or numbers[1] >> second_bits:
            return None
        return numbers[0], numbers[1]


class _Pairs:
    """Hashids of two numbers. The library shuffles its alphabet twice for each code; but the first letter of a code
    alone decides how, so the 32 pairs of alphabets are read here, once, from codes that the library writes."""

    def __init__(self, salt: str):
        if len(salt) < SHORTEST_SALT:
            raise ValueError(f"The salt of the links is too short: at least {SHORTEST_SALT} characters.")
        self._library = Hashids(salt=salt, min_length=SHORTEST, alphabet=ALPHABET)
        unpadded = Hashids(salt=salt, alphabet=ALPHABET)
        self._first_letters, self._separators = [""] * BASE, [""] * SEPARATORS
        self._alphabets: dict[str, tuple[list[str], list[str]]] = {}
        for which, number in product(range(BASE), repeat=2):
            other = (which - number) % BASE
            letter, one, separator, two = unpadded.encode(number, other)
            self._first_letters[which], self._separators[number % SEPARATORS] = letter, separator
            alphabets = self._alphabets.setdefault(letter, ([""] * BASE, [""] * BASE))
            alphabets[0][number], alphabets[1][other] = one, two
        self._digits = {
            letter: tuple(str.maketrans(dict(zip(alphabet, BASE_32, strict=True))) for alphabet in alphabets)
            for letter, alphabets in self._alphabets.items()
        }
        self._spaces = str.maketrans(dict.fromkeys(self._separators, " "))

    def encode(self, first: int, second: int) -> str:
        letter = self._first_letters[(first % 100 + second % 101) % BASE]
        one, two = (
            _write(number, alphabet) for number, alphabet in zip((first, second), self._alphabets[letter], strict=True)
        )
        code = f"{letter}{one}{self._separators[first % ord(one[0]) % SEPARATORS]}{two}"
        return code if len(code) >= SHORTEST else str(self._library.encode(first, second))

    def decode(self, code: str) -> tuple[int, ...]:
        """The numbers of a code, if it is exactly what they are written as; none where it is none of two numbers."""
        tables, parts = self._digits.get(code[0]), code[1:].translate(self._spaces).split(" ")
        if tables and len(parts) == 2:
            with contextlib.suppress(ValueError):
                first, second = (int(part.translate(table), BASE) for part, table in zip(parts, tables, strict=True))
                if self.encode(first, second) == code:
                    return first, second
        return tuple(self._library.decode(code)) if len(code) == SHORTEST else ()  # Only these may be padded.


def _write(number: int, alphabet: list[str]) -> str:
    text = alphabet[number % BASE]
    while number := number // BASE:
        text = alphabet[number % BASE] + text
    return text


_pairs = lru_cache(maxsize=16)(_Pairs)
