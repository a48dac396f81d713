"""What names a message of ours: the addresses where its bounces go and where a mail refuses further ones, and its
Message-ID.

The token is the message's id and a keyed digest, so nobody who has not seen the mail can refuse or fail it for others.
It says nothing of the code in the page's link, and each purpose has tokens of its own. Letters of one case only: mail
systems change it.
"""

import base64
import hmac
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum

ID_BYTES, DIGEST_BYTES = 8, 12
# Some programs lose the plus, have something else than an @ after it, or think that a capital i is İ.
NAMED = re.compile(
    r"\b(?:(bounce|unsubscribe)[+ ]?|m[0-9]{1,19}\.)([a-z2-7]{32})(?![a-z2-7])", re.IGNORECASE | re.ASCII
)
# A Message-ID without a look at its token; those of an older release have none.
MAIL_ID = re.compile(r"(?<![\w.+-])m([0-9]{1,19})(?:\.[a-z2-7]{32})?@", re.IGNORECASE | re.ASCII)

OWN_ID = re.compile(r"m[0-9]{1,19}\.[a-z2-7]{32}@", re.IGNORECASE)  # Nobody's mailbox looks like one with a token.


class TokenPurpose(StrEnum):
    BOUNCE = "bounce"  # The envelope's sender (VERP).
    UNSUBSCRIBE = "unsubscribe"  # List-Unsubscribe by mail.
    MESSAGE_ID = "m"  # Of what somebody answers. What comes back may be about that answer.


def token_address(key: bytes, purpose: TokenPurpose, message_id: int, domain: str) -> str:
    """Our address for a message; `key` is the gateway's own secret of at least 16 bytes."""
    return f"{purpose}+{_token(key, purpose, message_id)}@{domain}"


def mail_id(key: bytes, message_id: int, host: str) -> str:
    """The Message-ID of a message: an answer to it names it, wherever that goes."""
    return f"<{TokenPurpose.MESSAGE_ID}{message_id}.{_token(key, TokenPurpose.MESSAGE_ID, message_id)}@{host}>"


def find_messages(keys: Sequence[bytes], text: str) -> Iterator[tuple[TokenPurpose, int]]:
    """The messages that true addresses and ids of ours in a text name, and each one's purpose."""
    for found in NAMED.finditer(text.translate({ord("İ"): "i", ord("ı"): "i"})):
        purpose = TokenPurpose(found[1].lower()) if found[1] else TokenPurpose.MESSAGE_ID
        token = base64.b32decode(found[2].upper())
        message_id = int.from_bytes(token[:ID_BYTES], "big")
        if any(hmac.compare_digest(token[ID_BYTES:], _digest(key, purpose, message_id)) for key in keys):
            yield purpose, message_id


def _token(key: bytes, purpose: TokenPurpose, message_id: int) -> str:
    token = message_id.to_bytes(ID_BYTES, "big") + _digest(key, purpose, message_id)
    return base64.b32encode(token).decode().lower()


def _digest(key: bytes, purpose: TokenPurpose, message_id: int) -> bytes:
    return hmac.digest(key, f"{purpose}|{message_id}".encode(), "sha256")[:DIGEST_BYTES]
