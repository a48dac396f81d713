"""Link codes: a small id and a random nonce, encoded by hashids in letters that are hard to confuse.

Hashids is no encryption: the nonce in the row makes a code unguessable, so it must be compared after decoding.
"""

from functools import lru_cache

from hashids import Hashids

# Without 0Oo, 1Iil, 2Zz, 5Ss, 8B and q. Hashids encodes numbers with 32 of these 46, so a letter holds five bits.
ALPHABET = "34679abcdefghjkmnprtuvwxyACDEFGHJKLMNPQRTUVWXY"

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
        self._hashids = _hashids(salt)

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
        return str(self._hashids.encode(first, second))

    def _decode(self, code: str, longest: int, first_bits: int, second_bits: int) -> tuple[int, int] | None:
        if not SHORTEST <= len(code) <= longest:  # First: hashids takes seconds for 50,000 characters.
            return None
        numbers = self._hashids.decode(code)
        if len(numbers) != 2 or numbers[0] >> first_bits or numbers[1] >> second_bits:
            return None
        return numbers[0], numbers[1]


@lru_cache(maxsize=16)
def _hashids(salt: str) -> Hashids:
    if len(salt) < SHORTEST_SALT:
        raise ValueError(f"The salt of the links is too short: at least {SHORTEST_SALT} characters.")
    return Hashids(salt=salt, min_length=SHORTEST, alphabet=ALPHABET)
