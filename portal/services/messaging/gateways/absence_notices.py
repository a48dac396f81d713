"""Whether what a machine answered is an absence notice, or says that a mail was got: every sentence of it is known.

No list has all words by which people refuse, and known words in another order may do so. So whole sentences are
listed (absence_sentences), and all else waits.
"""

import re
from collections.abc import Iterable, Sequence

from portal.domain.replies import fold
from portal.domain.replies.refusing_words import MAY_REFUSE
from portal.services.messaging.gateways.absence_sentences import NAMED, POLITE, SAYS

LONGEST, MOST_LINES = 10_000, 200  # Of what is read; no notice is longer.
MOST_JOINED, LONGEST_SENTENCE = 4, 400  # Lines over which a sentence is wrapped, and its characters.
SENTENCE = re.compile(r"(?<![.!?;:])(?:(?<!\b\d)(?<!\b\d\d)\.|[!?;:])[.!?;:]*+(?=\s|$)")  # No "5. Dezember".
# An address, a link, a picture.
TARGET = re.compile(r"\b(?:https?://|www\.)\S+|[^\s<>@]{1,100}@[^\s<>]+|\[\+ image/[a-z+]{2,9}\]", re.IGNORECASE)
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
    """A sentence, or the clauses of it, each by itself."""
    read = _read_clause(fold(sentence), names)
    for separator in (",", " ve ", " and ", " und "):
        if read is not None:
            return read
        clauses = [each for each in sentence.split(separator) if fold(each)]
        parts = [_read_clause(fold(each), names) for each in clauses] if len(clauses) > 1 else [None]
        read = None if None in parts else any(parts)
    return read


def _read_clause(folded: str, names: frozenset[str]) -> bool | None:
    if len(folded) > LONGEST_SENTENCE:
        return None
    if POLITE.fullmatch(folded) or folded.replace(" ", "").isdigit() or names.issuperset(folded.split()):
        return False
    if SAYS.fullmatch(folded):
        return True
    named = NAMED.fullmatch(folded)
    return True if named and all(map(_may_name, filter(None, " ".join(filter(None, named.groups())).split()))) else None


def _may_name(word: str) -> bool:
    folded = fold(word)
    return len(word) > 1 and not MAY_REFUSE.search(folded.lower()) and not NO_NAME.search(folded)


def _is_signature(line: str, names: frozenset[str]) -> bool:
    """Whether a line has nothing but who wrote, what they are, their firm and their numbers."""
    words = [each for each in re.split(r"[\s,/:|]+", TARGET.sub(" ", line)) if fold(each)]
    folded = fold(line)
    is_street = STREET.search(folded) is not None
    is_named = is_street or FIRM.search(folded) is not None
    return all(
        all(each in names or POST.fullmatch(each) or FIRM.fullmatch(each) for each in fold(word).split())
        or (is_street and fold(word) in ("NO", "KAT"))
        or (is_named and word[0].isupper() and _may_name(word))
        for word in words
    )
