"""Whether what a mail system says may hold a person's refusal. No list has all words by which people refuse. So any
sentence may, in which somebody speaks of themselves and of messages, beside a word that may refuse.

Patterns are of folded text.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, groupby

from portal.domain.replies import fold
from portal.domain.replies.refusing_words import MAY_REFUSE

LONGEST = 50_000  # Characters that are read.
SENTENCE = re.compile(r"[.!?;:](?=\s|$)")
ADDRESS = re.compile(r"[^\s<>@]{0,100}@[^\s<>]+")
WRITER = re.compile(
    r"\b(?:BEN(?:I|IM)?|BANA|BIZ[IE]|TARAFI?MA|BU (?:ADRES|HESA[BP]|NUMARA)\w*|(?:NUMARA|RIZA)M\w*|ADRESIM\w*|"
    r"(?:IZN|ONAY|ABONELIG|UYELIG|KAYD)IM\w*|LISTEN[IU]ZDEN|(?<!TALK TO )ME|MY)\b"
)
# Of a mail alone: mail systems say I, too, and refuse advertising for its content.
WRITER_OF_MAIL = re.compile(r"\b(?:I|(?:YOUR|MAILING) LIST|MARKETING|(?:REKLAM|KAMPANYA|BULTEN|TICARI|ADVERTIS)\w*)\b")
MESSAGES = re.compile(
    r"\b(?:E ?POSTA|E ?MAIL|ILE(?:TI|TME|TIL)|MESAJ|SMS|REKLAM|KAMPANYA|BULTEN|TICARI|TANITIM|LIST|ABONE|UYELIG|KAYD|"
    r"IZNIM|ONAYIM|RIZA|RAHAT|GONDER|YOLLA|YAZ(?:MA|IL)|MESSAG|SEND|SUBSCRI|CONTACT|NEWSLETTER|MARKETING|ADVERTIS|"
    r"INTERESTED|ALONE|OPT)"
)
# Absences, lost mailboxes, confidential texts, and what servers say.
NO_REFUSAL = re.compile(
    r"\b(?:YANITLA|CEVAP|DONUS|DONECE|HESITATE|URGENT|ACIL|NO LONGER (?:WITH|AT|IN|USE|USING|WORK)|"
    r"OFF (?:UNTIL|TODAY|SICK)|OFFICE|OFIS|(?:ON|ANNUAL|MATERNITY|SICK|PARENTAL) LEAVE|IZIN(?:DE|LI)|VACATION|"
    r"HOLIDAY|AVAILAB|TRAVEL|(?:YENI|ESKI) (?:\w+ )?ADRES|LAST DAY|ALICISI|INTENDED|CONFIDENTIAL|DISCLOS|SORUMLU|"
    r"KAPA[LNT]|KULLANIL|EMEKLI|UNUTMA|SIPARIS|REZERVASYON|EXPIRED|REPLY TO|NOT MONITORED|RCPTHOSTS|QUEUE|RELAY|QUOTA|"
    r"SPF|DMARC|DKIM|DELIVER|TRY AGAIN|LIKE SPAM|SPAM KLAS|YONLENDIR|SILIN(?:ECEK|MEKTE)|NOT (?:ACCEPTED|ALLOWED))"
)
# What is said to whoever reads it is our sentence.
TO_READER = re.compile(
    r"[AE]BILIRSIN|(?:YOR|M[AE]Z)SAN|YOU (?:CAN|MAY) (?:REFUSE|UNSUBSCRIBE|OPT|DECLINE|REJECT|SAY)|"
    r"IF YOU (?:DO NOT|DON T|NO LONGER) (?:WANT|WISH)|\bREDDINIZ KAYDEDILDI|\bYOUR REFUSAL IS RECORDED"
)
BY_WRITER = re.compile(r"\bISTEMIYORUM\b|\b(?:BENI|ADRESIMI|NUMARAMI)\b|\b(?:ME|MY)\b")


def find_refusing(text: str, *, is_mail: bool) -> str:
    """The first sentence of a mail, or of what a mail system says, that has its writer, messages and a word that may
    refuse; empty where none has."""
    sentences: list[str] = SENTENCE.split(text[:LONGEST])
    clauses = chain.from_iterable(each.split(",") for each in sentences if "," in each)
    for sentence in (*sentences, *clauses):
        said = fold(ADDRESS.sub(" ", sentence))
        is_writers = WRITER.search(said) or (is_mail and WRITER_OF_MAIL.search(said))
        may = is_writers and MESSAGES.search(said) and not NO_REFUSAL.search(said) and MAY_REFUSE.search(said.lower())
        if may and not is_to_reader(said):
            return sentence.strip()
    return ""


def has_refusing_word(text: str) -> bool:
    """Whether a sentence of it has a word that may refuse, and none of an absence."""
    said = (fold(each) for each in SENTENCE.split(text[:LONGEST]))
    return any(MAY_REFUSE.search(each.lower()) and not NO_REFUSAL.search(each) for each in said)


def is_to_reader(folded: str) -> bool:
    """Whether a line is a sentence of ours, and no "istemiyorum, beni çıkarabilirsiniz"."""
    return TO_READER.search(folded) is not None and BY_WRITER.search(folded) is None


def paragraphs(lines: Iterable[str]) -> Iterator[str]:
    """Lines that follow one another as one: programs wrap them."""
    for is_blank, some in groupby(lines, lambda line: not line.strip()):
        if not is_blank:
            yield " ".join(each.strip() for each in some)
