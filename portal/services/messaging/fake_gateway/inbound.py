"""Replies of people: to a number of an account, or with its keyword to a shared short code."""

from collections.abc import Callable
from datetime import datetime

from portal.core import addresses
from portal.services.messaging.fake_gateway.accounts import FakeAccount
from portal.services.messaging.fake_gateway.phone import ShownMessage
from portal.services.messaging.fake_gateway.state import Reply, SentMessage, State

NETWORKS = ("TURKCELL", "TTMOBIL", "VODAFONE")
TURKISH_LETTERS = "çÇğĞıİöÖşŞüÜ"
# What may happen to a text on its way; two texts are two replies.
FAULTS: dict[str, Callable[[str], list[str]]] = {
    "": lambda text: [text],
    "question_marks": lambda text: [_without_turkish(text, "?")],
    "replacement": lambda text: [_without_turkish(text, "\N{REPLACEMENT CHARACTER}")],
    "two_parts": lambda text: [text[: len(text) // 2], text[len(text) // 2 :]],
    "twice": lambda text: [text, text],
}
CONFIRMATION = "Mesaj gönderimi engellenmiştir."


def receive(here: State, sender: str, number: str, text: str, fault: str = "") -> list[Reply]:
    """Take what `sender` (canonical) wrote to `number`; the replies of the accounts that it reached."""
    with here.lock:
        reached = [each for each in here.accounts if each.number == number and _is_named(each, text)]
        replies = [
            Reply(next(here.ids), account, sender, each, here.now(), NETWORKS[int(sender[-1:] or 0) % len(NETWORKS)])
            for account in reached
            for each in FAULTS[fault](text)
        ]
        here.replies += replies
        for reply in replies:
            if reply.account.vendor == "iletimerkezi":
                _apply_command(here, reply)
        return replies


def answer(here: State, message: SentMessage, word: str) -> list[Reply]:
    """The reply of a phone that answers a message by itself."""
    account = message.account
    return receive(here, message.to, account.number, f"{account.keyword} {word}".strip())


def keyword_in(account: FakeAccount, text: str) -> str:
    """The account's keyword as the text has it; empty where it has none."""
    return next((word for word in text.split() if word.upper() == account.keyword.upper()), "")


def _is_named(account: FakeAccount, text: str) -> bool:
    return not account.keyword or bool(keyword_in(account, text))


def _apply_command(here: State, reply: Reply) -> None:
    """İleti Merkezi: a word that the panel does not record only puts the sender on the block list, and says so."""
    rest = " ".join(word for word in reply.text.split() if word.upper() != reply.account.keyword.upper())
    if rest.upper() not in reply.account.recorded_words:
        here.block(reply.account, reply.sender, "keyword")
        here.phone.add([_confirmation(reply, here.now())])


def _confirmation(reply: Reply, at: datetime) -> ShownMessage:
    return ShownMessage(
        id=f"confirmation-{reply.id}-{at.timestamp()}",
        masked_address=addresses.mask(reply.sender),
        text=f"{reply.account.keyword}: {CONFIRMATION}",
        received_at=at.isoformat(),
        header=reply.account.number,
        parts=1,
    )


def _without_turkish(text: str, instead: str) -> str:
    return text.translate(dict.fromkeys(map(ord, TURKISH_LETTERS), instead))
