"""Sentences in which somebody speaks of themselves, and may want no more messages: no list of words holds all that
people let their mail programs answer. A person reads them; an absence notice is none.

Patterns are of folded text.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

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
ELSE = re.compile(
    r"\b(?:YANITLA|CEVAP|DONUS|DONECE|HESITATE|URGENT|ACIL|NO LONGER (?:WITH|AT|IN|USE|USING|WORK)|"
    r"OFF (?:UNTIL|TODAY|SICK)|OFFICE|OFIS|(?:ON|ANNUAL|MATERNITY|SICK|PARENTAL) LEAVE|IZIN(?:DE|LI)|TATIL|TOPLANTI|"
    r"VACATION|HOLIDAY|AVAILAB|TRAVEL|YENI (?:\w+ )?ADRES|LAST DAY|ALICISI|INTENDED|GIZLI|CONFIDENTIAL|DISCLOS|SORUMLU|"
    r"DEGIS|KAPA[LNT]|KULLANIL|EMEKLI|AYRILDI|UNUTMA|ARAYIN|TALEB|SIKAYET|REZERVASYON|SIPARIS|NOTIFY|BILGILENDIR|"
    r"HABERDAR|EXPIRED|REPLY TO|NOT MONITORED|RCPTHOSTS|QUEUE|RELAY|QUOTA|SPF|DMARC|DKIM|DELIVER|TRY AGAIN|"
    r"ESKI (?:E ?POSTA |MAIL )?ADRES|OTOMATIK|LIKE SPAM|SPAM KLAS|YONLENDIR|FORWARD|MISTAKE|ABSENCE|UNTIL|TEAM|UNIT|"
    r"EKIB|DEPARTMAN|SONA ER|SILIN(?:ECEK|MEKTE)|BLOCKED|REJECTED|NOT (?:ACCEPTED|ALLOWED)|ENGELLEN(?:DI|MEKTE))"
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
    for sentence in SENTENCE.split(text[:LONGEST]):
        said = fold(ADDRESS.sub(" ", sentence))
        is_writers = WRITER.search(said) or (is_mail and WRITER_OF_MAIL.search(said))
        may = is_writers and MESSAGES.search(said) and not ELSE.search(said) and MAY_REFUSE.search(said.lower())
        if may and not is_to_reader(said):
            return sentence.strip()
    return ""


def is_to_reader(folded: str) -> bool:
    """Whether a line is a sentence of ours, and no "istemiyorum, beni çıkarabilirsiniz"."""
    return TO_READER.search(folded) is not None and BY_WRITER.search(folded) is None


def paragraphs(lines: Iterable[str]) -> Iterator[str]:
    """Lines that follow one another as one: programs wrap them."""
    for is_blank, some in groupby(lines, lambda line: not line.strip()):
        if not is_blank:
            yield " ".join(each.strip() for each in some)
