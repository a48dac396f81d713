"""The operator's decisions on what people see of a firm: texts, hosts, fields of brands. The last of a hash counts."""

import hashlib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal.core.models.onboarding import Review, ReviewAct
from portal.core.transliteration import ascii_only

WORDS = ("name", "header", "contact", "notice_url", "keyword", "reply_number")
FIELDS = (*WORDS, "logo_digest")  # Of brands.

NO_WORD = re.compile(r"\W+")


def digest_of(kind: str, *words: str) -> bytes:
    """SHA-256 of a campaign's kind and its text, "domain" and a host, or a field of brands and its words."""
    return hashlib.sha256("\0".join((kind, *words)).encode()).digest()


def last_decisions(session: Session, *conditions: ColumnElement[bool]) -> dict[tuple[int, bytes], Review]:
    """By provider and hash."""
    return {(each.provider_id, each.digest): each for each in _list_decisions(session, *conditions) if each.digest}


def _list_decisions(session: Session, *conditions: ColumnElement[bool]) -> Sequence[Review]:
    made = select(Review).where(Review.digest.is_not(None), *conditions).order_by(Review.made_at, Review.id)
    return session.scalars(made).all()


@dataclass(frozen=True)
class TakenBack:
    """Names, lines and numbers of a firm's brands that were declined. Only what people may have seen before, whose
    approval was taken back, is among `words`: no message of ours holds the rest, but in another sense."""

    digests: frozenset[bytes] = frozenset()
    words: tuple[str, ...] = ()

    def holds(self, field: str, words: str) -> bool:
        return digest_of(field, words) in self.digests

    def is_in(self, text: str, known: Iterable[str]) -> bool:
        """Whether a message says any of these words, other than within what is `known` of its senders now."""
        said, current = _fold(text), sorted(map(_fold, known), key=len, reverse=True)
        return any(
            _is_said(_fold(each), said, [name for name in current if _fold(each) in name]) for each in self.words
        )


def find_taken_back(session: Session, provider_id: int) -> TakenBack:
    its = Review.provider_id == provider_id, Review.digest.is_not(None)
    declined = select(Review.digest).where(*its, Review.act == ReviewAct.TEXT_DECLINED)
    made = _list_decisions(session, *its, Review.digest.in_(declined))
    last = {each.digest: each.act for each in made if each.digest}
    found = frozenset(digest for digest, act in last.items() if act == ReviewAct.TEXT_DECLINED)
    words = dict.fromkeys(each.note.rpartition("\n")[0] for each in made if each.act == ReviewAct.TEXT_DECLINED)
    return TakenBack(found, tuple(each for each in words if _is_of_field(each, found)))


def note_of(words: str, reason: str) -> str:
    """The note of a field that was taken back: find_taken_back reads the words in it."""
    return f"{words}\n{' '.join(reason.split())}"


def _is_of_field(words: str, digests: Collection[bytes]) -> bool:
    return any(digest_of(field, words) in digests for field in FIELDS)


def _is_said(words: str, text: str, holders: Iterable[str]) -> bool:
    for each in holders:
        text = text.replace(each, " \0 ")
    return words in text


def _fold(text: str) -> str:
    """In small letters, between blanks and with one between words, so that whole words are found."""
    return f" {NO_WORD.sub(' ', ascii_only(text).lower()).strip()} "
