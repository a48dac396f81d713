"""Whether what a machine answered is an absence notice, or says that a mail was got: every word of it is known.

No list has all words by which people refuse, and a polite word beside these excuses none of them. So each sentence is
asked by itself: without the phrases by which machines say that somebody is away, all its words say nothing, or are
names where one may stand.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from portal.domain.replies import fold
from portal.domain.replies.refusing_words import MAY_REFUSE
from portal.services.messaging.gateways.absence_words import (
    CONFIDENTIAL,
    GOT,
    GREETS,
    POLITE,
    READERS,
    SAYS,
    TAKES_NAMES,
    THEN,
    WORD,
)

LONGEST, MOST_LINES = 10_000, 200  # Of what is read; no notice is longer.
MOST_JOINED, MOST_NAMES = 4, 4  # Lines over which a sentence is wrapped, and words of names in it.
SENTENCE = re.compile(r"[.!?;:]+(?=\s|$)")
# An address, a link, a picture.
TARGET = re.compile(r"\b(?:https?://|www\.)\S+|[^\s<>@]{1,100}@[^\s<>]+|\[\+ image/[a-z+]{2,9}\]", re.IGNORECASE)
TITLE = re.compile(r"(?:BEY|HANIM|HERRN?|FRAU|MRS?|MS|DR)\b")
FIRM = re.compile(r"\b(?:A ?S|LTD|STI|TIC|SAN|GMBH|INC|LLC|HOLDING|CORP)\b")
# Lines of a signature: of what somebody is, and where.
POST = re.compile(
    r"\d+|VE|AND|SATIS|MUDUR(?:U|LUGU)?|DEPARTMANI|UZMANI|YONETICISI|SORUMLUSU|GENEL|MALI|ISLER|KOORDINATORU|ASISTANI|"
    r"MUHASEBE|IK|EKIBI|YONETIM|DESTEK|MUSTERI|HIZMETLERI|INSAN|KAYNAKLARI|MERKEZI|SALES|MANAGER|DIRECTOR|DEPARTMENT|"
    r"ASSISTANT|SERVICES?|SUPPORT|TEAM|ENGINEER|DR|PROF|AV|TEL(?:EFON)?|CEP|GSM|FAX|FAKS|OFIS|OFFICE|PHONE|"
    r"MOBILE|WEB|ADRES|DAHILI|EXT"
)
STREET = re.compile(
    r"\b(?:MAH(?:ALLESI)?|CAD(?:DESI)?|CD|SOK(?:AK|AGI)?|SK|BULVARI|BLV|PLAZA|STREET|ROAD|STR)\b.{0,99}\d"
)
# Beside a known phrase: who is closed to one sender, or reads another way.
TO_SENDER = re.compile(
    r"\b(?:TO|FROM|BY|WITH|OF) YOU(?:RS?)?\b|\bINSTEAD\b|\bFROM THIS (?:COMPANY|SENDER|FIRM)\b|\bSIZDEN\b"
)
NO_NAME = re.compile(  # Topics, pronouns, verbs, and what begins a sentence.
    r"\b(?:(?:SMS|MESAJ|MAIL|POSTA|ILETI|LISTE|REKLAM|KAMPANYA|BULTEN|SPAM|NEWSLETTER|WERBUNG|VERTEILER|ABONE|UYELI|"
    r"IZN?I|ONAY|RIZA|KVKK|VERI(?:M|L)|CONSENT|EINWILLIGUNG|ADRES|AVUKAT|LAWYER|SIZ|BEN|BIZ|LUTFEN|UNSUB|NEVER)\w*|"
    r"LISTS?|DATA|ME|MY|US|BANA|MICH|MIR|YOU|YOUR|SIE|ENOUGH|ONLY|LOST|HELL|YETER|PLEASE|BITTE|REFRAIN|CEASE|AWAY|"
    r"EVER|ANY|MORE|AGAIN|OUT|(?:NO|SOME)(?:BODY|ONE)|ELSE|OTHERS?|ASLA|HIC|KIMSE|ARTIK|\w+UNG)\b|"
    r"(?:Y[IU]N|Y[IU]N[IU]Z|S[IU]N|YOR(?:UM|UZ)?|[DT][IU]M|C[AE]G[IU]M|M[AE]L[IU]|"
    r"(?<!\bFAT)(?<!\bSEL)(?<!\bEM)M[AE]K?|[IU]N[IU]Z)\b"
)


def is_notice(subjects: Iterable[str], lines: Sequence[str], sender: str = "") -> bool:
    """Whether each sentence of a mail's own lines and of its subjects is known, and one says something. Its sender's
    name may stand below it."""
    names = frozenset(each for each in fold(sender).split() if _may_name(each))
    if len(lines) > MOST_LINES or sum(map(len, lines)) > LONGEST:
        return False
    said = _read(lines, names)
    return said is True and all(_read([each], names) is not None for each in subjects)


def _read(lines: Sequence[str], names: frozenset[str]) -> bool | None:
    """Whether lines say something that is known, each sentence of them; None where one is not. A sentence may be
    wrapped over several lines."""
    said: list[bool | None] = [False]  # Of the first lines, by their number.
    for end in range(1, len(lines) + 1):
        found = None
        for start in range(max(0, end - MOST_JOINED), end):
            if said[start] is None:
                continue
            joined = _read_text(" ".join(lines[start:end]), names, is_line=end - start == 1)
            if joined is not None:
                found = bool(found or said[start] or joined)
        said.append(found)
    return said[-1]


def _read_text(text: str, names: frozenset[str], *, is_line: bool) -> bool | None:
    sentences = [each for each in SENTENCE.split(TARGET.sub(" 0 ", text)) if fold(each)]
    read = [_read_sentence(each, names) for each in sentences]
    if None not in read:
        return any(read)
    return False if is_line and _is_signature(text, names) else None


def _read_sentence(sentence: str, names: frozenset[str]) -> bool | None:
    folded = fold(sentence).replace("?", " ")
    rest, found = SAYS.subn(" ", folded)
    if TO_SENDER.search(POLITE.sub(" ", rest)):
        return None
    if READERS.search(folded):
        rest, got = GOT.subn(" ", rest)
        rest, found = READERS.sub(" ", rest), found + got
    if CONFIDENTIAL.search(folded) and "ADRES" not in folded:
        rest = THEN.sub(" ", rest)
    rest, has_polite = POLITE.subn(" ", rest)
    unknown = [each for each in rest.split() if not WORD.fullmatch(each) and each not in names]
    if unknown:
        named = _names_in(sentence)
        unknown = [each for each in unknown if each not in named]
    if unknown or not (found or has_polite or any(map(str.isdigit, sentence)) or names.intersection(folded.split())):
        return None
    return bool(found)


def _names_in(sentence: str) -> set[str]:
    """Words that may be names: with a capital, behind a greeting to the end of its clause, or several, or with a title,
    in a clause that says whom to ask or who left; and nothing that refuses."""
    named: set[str] = set()
    for clause in [] if sentence.isupper() else sentence.split(","):
        takes_names, before = TAKES_NAMES.search(fold(clause)) is not None, ""
        runs = [(is_name, list(some)) for is_name, some in groupby(clause.split(), _looks_named)]
        for place, (is_name, run) in enumerate(runs):
            is_greeted = place + 1 == len(runs) and GREETS.search(before)
            has_title = any(TITLE.match(each) for each in (before, *map(fold, run)))
            if is_name and len(run) <= MOST_NAMES and (is_greeted or (takes_names and (has_title or len(run) > 1))):
                named.update(part for each in run for part in fold(each).split())
            before = fold(run[-1])
    return named


def _looks_named(word: str) -> bool:
    return word[:1].isupper() and _may_name(word)


def _may_name(word: str) -> bool:
    folded = fold(word)
    return len(word) > 1 and not MAY_REFUSE.search(folded.lower()) and not NO_NAME.search(folded)


def _is_signature(line: str, names: frozenset[str]) -> bool:
    """Whether a line has nothing but who wrote, what they are, their firm and their numbers."""
    words = [each for each in re.split(r"[\s,/:|]+", TARGET.sub(" ", line)) if fold(each)]
    folded = fold(line)
    is_street = STREET.search(folded) is not None
    is_named = is_street or FIRM.search(folded) is not None or not names.isdisjoint(folded.split())
    return all(
        all(each in names or POST.fullmatch(each) or FIRM.fullmatch(each) for each in fold(word).split())
        or (is_street and fold(word) in ("NO", "KAT"))
        or (is_named and word[0].isupper() and _may_name(word))
        for word in words
    )
