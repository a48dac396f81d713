"""Whether words of a mail refuse: those of whoever wrote it, beside ours that it repeats, and those by which a mail
system says why it took none."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice, takewhile, zip_longest

from portal.domain.replies import REFUSING, classify_reply, fold
from portal.services.messaging.gateways import mail_text, refusing_sentences
from portal.services.messaging.gateways.mail_status import CODE
from portal.services.messaging.gateways.refusing_sentences import find_refusing, is_to_reader, paragraphs

MOST_LINES, LONGEST_LINE = 200, 1000
# Before a subject: by the program of who replies, or of a machine.
REPLY = re.compile(r" {0,3}(?:(?:re|r|aw|sv|fwd?|ynt|ilt|yan[ıi]t) {0,3}: {0,3}){1,9}", re.IGNORECASE)
AUTOMATIC = re.compile(
    r" {0,3}(?:otomatik (?:yan[ıi]t|cevap)|auto(?:matic)?[ -]?re(?:ply|sponse)|out of (?:the )?office|"
    r"ofis d[ıi][şs][ıi]nda|automatische antwort|abwesenheits\w{1,9}) {0,3}:",
    re.IGNORECASE,
)
# Where a quotation begins that has no marks; where it does if a mail's head follows; or that may have some.
QUOTATION = re.compile(r"[-_*]{2,20} {0,3}(?:original|özgün|orijinal|iletilen|forwarded)", re.IGNORECASE)
SENDER = re.compile(r"_{10}|(?:from|kimden|gönderen) {0,3}: {0,3}\S", re.IGNORECASE)
HEAD = re.compile(
    r"(?:sent|date|to|cc|subject|gönderildi|gönderme tarihi|tarih|kime|alıcı|bilgi|konu) {0,3}:", re.IGNORECASE
)
HEAD_LINES = 4
WROTE = re.compile(r"on .{6,120} wrote: {0,3}$|.{6,160} (?:şunları )?yazdı:? {0,3}$", re.IGNORECASE)
SUBJECT = re.compile(r" {0,3}(?:subject|konu) {0,3}:", re.IGNORECASE)
LETTER = re.compile(r"[^\W\d_]")
FAILED = re.compile(r"\b5(?:[0-9]{2}|\.[0-9]{1,3}\.[0-9]{1,3})\b")
COPY = re.compile(
    r"--+ ?(?:below|this is|included|original|the head)|(?:return-path|received|message-id) ?:", re.IGNORECASE
)
OF_SMTP = re.compile(r"^ {0,3}(?:smtp|x-?[\w-]{1,20}) {0,3};", re.IGNORECASE)  # Before a diagnostic.
LEFT = re.compile(  # Folded. No "List-Unsubscribe" that a mail system misses, no list of senders.
    r"UNSUBSCRIBED|\bOPT(?:ED|S)? ?OUT\b|SUPPRESSION LIST|MARKED (?:\w+ ){1,3}AS (?:SPAM|JUNK)|"
    r"\b(?:BLOCKED|REFUSED|REJECTED) BY (?:THE )?(?:RECIPIENT|END ?USER)\b"
    r"(?! (?:S|DOMAIN|SERVER|MAIL|SYSTEM|POLICY|HOST)\b)|"
    r"\b(?:RECIPIENT|ADDRESS|USER) (?:IS |HAS BEEN )?SUPPRESSED|"
    r"\bRECIPIENT (?:\w+ ){0,3}(?:BLACK|BLOCK|DENY) ?LIST|ISTEM(?:IYOR|EM|EZ|EY|EDI)|GONDERMEYIN|YAZMAYIN|ATMAYIN|"
    r"RAHATSIZ|\bBENI (?:\w+ ){0,3}CIKAR|LISTE(?:N[IU]Z)?DEN (?:CIK|SIL|DUS|KALDIR|AYIR)|ABONELIKTEN|REDDEDIYOR|"
    r"\b(?:REKLAM|MESAJ|E?MAIL|POSTA|ILETI)\w* \w{2,20}M[AE](?:S|Y)IN\b|"
    r"\b(?:REMOVE|UNSUBSCRIBE) ME\b|\bTAKE ME OFF|\bDO NOT (?:SEND|MAIL|CONTACT|WRITE)|"
    r"\bSTOP (?:SENDING|MAILING|WRITING)|^(?:RET|IPTAL|HAYIR|STOP|UNSUBSCRIBE|REMOVE)$"
)


def may_refuse(subjects: Iterable[str], text: str) -> bool:
    """Whether a mail's own words may refuse, beside the subject and the text of ours that it repeats."""
    return any(
        classify_reply(each) in REFUSING and not is_to_reader(fold(each))
        for each in [*map(_own_subject, subjects), *_own_lines(text)]
    )


def has_refusing_word(subjects: Iterable[str], text: str) -> bool:
    """Whether any word of a mail's own may refuse, in whichever sentence but those of absences."""
    return any(map(refusing_sentences.has_refusing_word, (*map(_own_subject, subjects), *_own_lines(text))))


def has_refusing_sentence(subjects: Iterable[str], text: str) -> bool:
    """Whether a sentence of what a machine wrote may be a person's refusal, also one that is wrapped."""
    lines = list(_own_lines(text))
    return any(find_refusing(each, is_mail=True) for each in (*map(_own_subject, subjects), *lines, *paragraphs(lines)))


def is_answer(subjects: Iterable[str]) -> bool:
    """Whether a mail's subject says that it answers another one, or passes it on."""
    return any(map(REPLY.match, subjects))


def refusing_diagnostic(lines: Iterable[str]) -> str:
    """The first line by which a mail system says that the recipient left, or with the recipient's own words; empty
    where none does."""
    for line in islice(lines, MOST_LINES):
        folded = fold(CODE.sub(" ", OF_SMTP.sub("", line[:LONGEST_LINE])))
        if (LEFT.search(folded) and not is_to_reader(folded)) or find_refusing(line, is_mail=False):
            return line[:LONGEST_LINE]  # All that was looked through, since a person decides by it.
    return ""


def refusing_sentence(text: str) -> str:
    """The first sentence of a mail system's text in which somebody speaks of themselves and may refuse; empty where
    none does."""
    own = [each for each in _own_lines(text) if not SUBJECT.match(each)]
    found = (find_refusing(each, is_mail=False) for each in (*own, *paragraphs(own)))
    return next(filter(None, found), "")[:LONGEST_LINE]


def with_codes(text: str) -> Iterator[str]:
    """The lines of a text in which a mail system's code stands; none of a mail that it quotes."""
    return (each for each in text.splitlines() if CODE.search(each) and not each.startswith(mail_text.QUOTED))


def answers(text: str) -> Iterator[str]:
    """What servers answered in a mail system's text, above a mail that it returns: its lines with a code of a failure,
    and what is below one that ends with it."""
    lines = [*takewhile(lambda each: not COPY.match(each), text.splitlines()[:MOST_LINES])]
    lines = [each for each in lines if not each.startswith(mail_text.QUOTED)]
    for line, below in zip_longest(lines, lines[1:], fillvalue=""):
        found = deque(FAILED.finditer(line), 1)
        if found:
            yield line if LETTER.search(line, found[0].end()) else f"{line} {below}"


def _own_subject(subject: str) -> str:
    """What its writer put there; empty where a machine repeats ours."""
    reply = REPLY.match(subject)
    rest = subject[reply.end() :] if reply else subject
    return "" if AUTOMATIC.match(rest) else rest


def _own_lines(text: str) -> Iterator[str]:
    """Those of the writer, of what mail_text.read made: above a quotation, or also below one whose lines are marked."""
    lines = list(islice(text.splitlines(), MOST_LINES))
    is_marked = any(line.startswith(mail_text.QUOTED) for line in lines)
    for place, line in enumerate(lines):
        wrote = WROTE.match(line[:LONGEST_LINE])
        has_head = any(map(HEAD.match, lines[place + 1 : place + HEAD_LINES]))
        is_quotation = QUOTATION.match(line[:LONGEST_LINE]) or (has_head and SENDER.match(line[:LONGEST_LINE]))
        if is_quotation or (wrote and not is_marked):
            return
        if not (wrote or line.startswith(mail_text.QUOTED)):
            yield line
