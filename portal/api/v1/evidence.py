"""What counts as evidence of a grant: where and how the consent was given, and nothing that may tell of a refusal."""

import re

from portal.api.v1.row_problems import ApiRowProblem
from portal.core.iys_protocol import Status
from portal.services.imports.layout.cell_words import STATUSES
from portal.services.imports.layout.dates import MONTHS
from portal.services.imports.layout.normalization import folded, name_of, says_nothing
from portal.services.imports.layout.refusals import REFUSING_SIGNS, may_refuse, refuses
from portal.services.imports.layout.vocabulary import AGREES, CHANNEL, CONSENT, GIVING, QUESTION, STATE, TOPIC

# What says that there is no evidence, or only that there is some.
NO_EVIDENCE = {
    "yok", "var", "evet", "hayir", "onay", "onayli", "izin", "no", "yes", "true", "false", "x", "test", "0", "1", "e",
    "h",
}  # fmt: skip
DOCUMENT_WORDS = re.compile(r"\b(?:form|belge|dilekce|talep|talebi|kayit|kaydi|kisi|musteri|uye|dedi|diyor)\w{0,6}\b")
# Folded words that refuse wherever they stand in it. A verb's "-madı" or "-medi" goes by the vowel before: no "Ahmedi".
REFUSING_WORDS = re.compile(
    r"\b(?:ret|red|hayir|robinson|degil|itiraz\w*|(?:izin|onay|riza)siz\w*|ayril(?!m[ai]y|m[ai]z)\w*|"
    r"sil(?:me|in)\w*|cayma|"
    r"(?!komedi|mehmed)\w*(?:a[^\Waeiou]{0,4}ma|e[^\Waeiou]{0,4}me|[iou][^\Waeiou]{0,4}m[ae])(?:di|mis)"
    r"(?:l[ae]r|tir|ti|[mnk]\w?)?|"
    r"(?:isaret|secim)siz\w*|(?:isaret|sec|onay|ver)\w{0,8}m[ae]y[ae]n\w*|(?:declin|refus|un(?:check|tick|select|subscri))\w*|"
    r"(?:not|never|\w{2,5}n t|without) (?:opt(?:ed)? ?in|(?:accept|agree|allow|approv|check|confirm|consent|give|grant|"
    r"select|subscri|tick)\w*))\b"
)
# "sms_ok: no", "consent=false", "SMS izni (web): no".
NO_AS_VALUE = re.compile(r"(?i)\w{2,40}[\"')\]]?\s{0,2}[:=]\s{0,2}[\"']?(?P<value>no|false|off|hay[ıi]r|[hn])\b")
# "Sözleşme: No 4711", "Mağaza: H blok"; not "form: no, 12 kez", "form: no 12.03.2026" or "form: no 14:05".
NUMBERED = re.compile(
    r"(?i)(?:no[ .:]{0,2}|[hn][ .-]{0,2})\d+\b(?![-./:]\d)\s?(?P<month>[^\W\d]*)|[hn]\b[ .-]{0,2}[^\W\d]"
)
# The name of a choice and its value: "checked=0", "{"izin": null}"; not "onay: 0 532 …".
CHOICE = re.compile(
    r"(?<![\w-])(opt[ _-]?(?:ed[ _-]?)?in|[\w-]{2,40})[\"']?\s{0,3}[:=]\s{0,3}+[\"']?+([^\s,;&\"'}]{0,20}+)(?!\s?\d)",
    re.I,
)
NAME_OF_CHOICE = re.compile(
    r"\b(?:opt(?:ed)? ?in|consent|permission|(?:accept|agre|allow|check|grant|subscrib|tick)ed|checkbox|ok|izin|izni|"
    r"onay[ilm]*|riza\w*|kutu\w*|isaretl\w+)$"
)
# A field of a consent, a choice or a channel, where no number makes a no the sign of one: "SMS izni", "İzin Durumu".
NAME_OF_CONSENT = re.compile(
    rf"{NAME_OF_CHOICE.pattern}|\b(?:{CHANNEL}|{CONSENT}(?: {GIVING})?|{TOPIC}|{AGREES}|{STATE}|{QUESTION})$"
)
IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^][]*\]")
LONGEST_FIELD = 60  # Characters before a value that its field's name stands in.


def find_problem(evidence: str) -> ApiRowProblem | None:
    """What keeps a grant from counting by this evidence. Nobody is there to ask whether a word of refusing is only a
    document's name, so that it is a problem in doubt."""
    if says_nothing(evidence) or folded(evidence) in NO_EVIDENCE:
        return ApiRowProblem.EVIDENCE_MISSING
    return ApiRowProblem.EVIDENCE_REFUSES if _may_refuse(evidence) else None


def _may_refuse(evidence: str) -> bool:
    """Whether it tells of a refusal ("web formu: hayır"), or is a form or a saying of one word that may ("çıkış
    formu")."""
    words = folded(evidence)
    if refuses(evidence) or REFUSING_WORDS.search(words) or REFUSING_SIGNS.search(evidence) or _is_valued_no(evidence):
        return True
    if any(NAME_OF_CHOICE.search(name_of(name)) and _is_no(value) for name, value in CHOICE.findall(evidence)):
        return True
    left = DOCUMENT_WORDS.sub(" ", words).split()
    return len(left) == 1 and may_refuse(left[0])


def _is_valued_no(evidence: str) -> bool:
    """Whether the value of some field is a no, which only in a field of anything else is the sign of a number."""
    for found in NO_AS_VALUE.finditer(evidence):
        start = found.start("value")
        numbered = NUMBERED.match(evidence, start)
        if numbered is None or folded(numbered["month"] or "") in MONTHS:
            return True
        field = IN_BRACKETS.sub(" ", evidence[max(0, start - LONGEST_FIELD) : start])
        if NAME_OF_CONSENT.search(name_of(field)):
            return True
    return False


def _is_no(value: str) -> bool:
    return says_nothing(value) or STATUSES.get(folded(value)) == Status.REFUSED
