"""What comes back to the envelope's sender of our mails: bounces (RFC 3464), complaints (ARF, RFC 5965), refusals by
mail, and replies of machines and people.

A mail of a stranger: at most MAX_BYTES of it are read, and nothing that the parsers would take long over. Only an
address with a token of ours says which message it is about, so nobody can fail or refuse somebody else's. Whom an
answer speaks for a Message-ID or a quoted link says as well.
"""

import re
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from email import message_from_bytes
from email.message import Message
from itertools import islice

from portal.core import clock
from portal.core.ids import LARGEST_ID
from portal.services.messaging.gateways import mail_reading, mail_text, own_words, push_text
from portal.services.messaging.gateways.mail_reports import read_odd_bounce, read_report
from portal.services.messaging.gateways.mail_tokens import MAIL_ID, TokenPurpose, find_messages
from portal.services.messaging.gateways.protocol import BlockedAddress, Feedback, InboundMessage, MailClue, Reason
from portal.services.messaging.gateways.returned_mail import (
    MOST_READ,
    STATUS,
    ReturnedMail,
    is_answer_of_machine,
    is_by_mail_system,
    is_mail_systems,
    is_marked,
    says_it_answers,
    unread_mail,
)
from portal.services.messaging.gateways.unread_rows import MAILBOX

MAX_BYTES = 256 * 1024
OURS = r"\bunsubscribe ?[^\s<>@%]{{0,80}}\s?[@%]\s?{0}|{0}=unsubscribe"  # At a domain, also as SRS and relays write it.
MOST_NAMED = 50
SENDERS = ("reply-to", "sender", "x-original-from")
Named = Sequence[tuple[TokenPurpose, int]]


def parse_returned_mail(
    raw: bytes, to: str, keys: Sequence[bytes], domains: Collection[str] = (),
    is_code: Callable[[str], bool] = lambda _: False,
) -> Feedback:  # fmt: skip
    """Read a mail that came for `to`, the envelope's recipient where it is known; `keys` are of tokens, and `is_code`
    tells what may be the code of a link of ours. What names an address of ours, at one of `domains` where its token is
    of nobody, and says nothing that we understand waits to be read; so does what may name a message or a link of ours,
    if it does (MailClue.is_ours). Never raises."""
    raw = mail_reading.with_head(raw[:MAX_BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\0", b""))
    for mail in (raw, mail_reading.as_plain_text(raw))[0 if mail_reading.is_harmless(raw) else 1 :]:
        with suppress(Exception):  # Whatever the parser, or a codec that a header names, raises.
            return _parse(mail, to, keys, domains, is_code)
    said = f"{push_text.decode(raw[:MOST_READ])}…"
    return Feedback(replies=(InboundMessage("", "", to, said, clock.now(), is_dated=False, is_whole=False),))


def _parse(
    raw: bytes, to: str, keys: Sequence[bytes], domains: Collection[str], is_code: Callable[[str], bool]
) -> Feedback:  # fmt: skip
    mail = message_from_bytes(raw)
    returned = ReturnedMail(mail, raw + b"".join(map(mail_reading.open_encoded, mail.walk())), to, is_code)
    addressed = list(dict.fromkeys(find_messages(keys, returned.addresses)))
    refused = [each for purpose, each in addressed if purpose == TokenPurpose.UNSUBSCRIBE]
    if refused:  # Nothing but what refuses comes there.
        told_by = unread_mail(returned)
        return Feedback(
            blocked=tuple(BlockedAddress("", returned.at, "mailto", each, mail=told_by) for each in refused)
        )
    quoted = list(islice(find_messages(keys, returned.spelled), MOST_NAMED))
    named = addressed or quoted
    # An id alone may be of an answer that came back.
    told_of = [each for purpose, each in named if purpose != TokenPurpose.MESSAGE_ID]
    told = read_report(returned, told_of, keys)
    if told is not None and returned.is_report:
        return told
    told = told or read_odd_bounce(returned, told_of, is_ours=bool(addressed))
    is_known = told is not None and not any(each.reason == Reason.UNKNOWN for each in told.reports)
    is_reported = is_known and is_mail_systems(mail) and (STATUS in returned.parts or is_by_mail_system(mail))
    answer = _find_answer(returned, named, quoted, domains, is_reported=is_reported)
    return replace(told or Feedback(), replies=answer)


def _find_answer(
    returned: ReturnedMail, named: Named, quoted: Named, domains: Collection[str], *, is_reported: bool
) -> tuple[InboundMessage, ...]:
    """What a person has to read: all but a mail system's report that is understood, and in which no words may refuse.
    Also what a machine answered by itself, such as an absence notice, since its words are somebody's."""
    mail, named_domains = returned.mail, "|".join(map(re.escape, domains))
    ours = re.compile(OURS.format(f"(?:{named_domains})") if domains else "(?!)", re.IGNORECASE)
    is_to_refuse = not is_reported and (
        any(purpose == TokenPurpose.UNSUBSCRIBE for purpose, _ in named) or ours.search(returned.addresses) is not None
    )
    own = mail_reading.subjects(mail), mail_text.read(mail)
    may_refuse = own_words.may_refuse(*own)  # Mails of people, too, are marked as automatic, such as by Exchange.
    clue = MailClue(
        message_ids=tuple(islice(dict.fromkeys(each for _, each in (*named, *quoted)), MOST_NAMED)),
        replied_id=_replied_id(mail),
        codes=returned.codes,
        says_it_answers=says_it_answers(mail) or own_words.is_answer(own[0]),
        senders=tuple(MAILBOX.findall(" ".join(each for name in SENDERS for each in mail_reading.texts(mail, name)))),
        is_ours=is_to_refuse or bool(named) or ours.search(returned.spelled) is not None,
        needs_proof=is_marked(mail) and not (named or may_refuse or is_to_refuse),
    )
    if is_reported:
        waits = may_refuse or own_words.has_refusing_sentence(*own)
    else:
        waits = not returned.is_report or any(purpose != TokenPurpose.MESSAGE_ID for purpose, _ in named)
    may_be_ours = clue.is_ours or clue.replied_id is not None or bool(clue.codes)
    if not is_to_refuse and not (waits and may_be_ours):
        return ()
    answer = unread_mail(returned)
    is_harmless = not may_refuse and not own_words.has_refusing_word(*own) and len(answer.text) <= MOST_READ
    return (replace(answer, clue=clue, is_automatic=is_harmless and is_answer_of_machine(mail)),)


def _replied_id(mail: Message) -> int | None:
    """The id of ours to which a mail says it is the reply."""
    told = [*mail_reading.texts(mail, "in-reply-to"), *mail_reading.texts(mail, "references")]
    found = next(filter(None, map(MAIL_ID.search, told)), None)
    return min(int(found[1]), LARGEST_ID) if found else None
