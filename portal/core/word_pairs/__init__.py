"""Two words for each link, shown in the message and on its page, so that people see that they belong together."""

import hmac
from pathlib import Path

# 256 common Turkish nouns in plain ASCII, hard to confuse.
WORDS = tuple(Path(__file__).with_name("words.txt").read_text(encoding="ascii").split())
PURPOSE = b"two words|"


def word_pair(salt: str, link_id: int, nonce: int) -> str:
    """The two words of a link, such as "elma nehir": one of 65,280 pairs, keyed by the salt."""
    first, second, *_ = hmac.digest(salt.encode(), PURPOSE + b"%d|%d" % (link_id, nonce), "sha256")
    if first == second:  # The same word twice looks like a mistake.
        second = (second + 1) % len(WORDS)
    return f"{WORDS[first]} {WORDS[second]}"
