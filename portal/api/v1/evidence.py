"""What counts as evidence of a grant: where and how the consent was given, and nothing that may tell of a refusal."""

import re

from portal.api.v1.evidence_channels import is_of_others_only
from portal.api.v1.evidence_fields import has_refused_choice, speaks_of_choice
from portal.api.v1.row_problems import ApiRowProblem
from portal.core.iys_protocol import Channel
from portal.services.imports.layout.normalization import folded, says_nothing
from portal.services.imports.layout.refusals import REFUSING_SIGNS, may_refuse, refuses

# What says that there is no evidence, or only that there is some.
NO_EVIDENCE = {
    "yok", "var", "evet", "hayir", "onay", "onayli", "izin", "no", "yes", "true", "false", "x", "test", "0", "1", "e",
    "h",
}  # fmt: skip
DOCUMENT_WORDS = re.compile(
    r"\b(?:form|belge|dilekce|talep|talebi|kayit|kaydi|kisi|musteri|uye|list|dedi|diyor)\w{0,6}\b"
)
# Folded words that refuse wherever they stand in it. A verb's "-madı" or "-medi" goes by the vowel before: no "Ahmedi".
REFUSING_WORDS = re.compile(
    r"\b(?:ret|red|hayir|robinson|degil|itiraz\w*|(?:izin|onay|riza|imza)siz\w*|ayril(?!m[ai]y|m[ai]z)\w*|"
    r"sil(?:me|in)\w*|cayma|"
    r"(?!komedi|mehmed)\w*(?:a[^\Waeiou]{0,4}ma|e[^\Waeiou]{0,4}me|[iou][^\Waeiou]{0,4}m[ae])(?:di|mis)"
    r"(?:l[ae]r|tir|ti|[mnk]\w?)?|"
    r"(?:isaret|secim)siz\w*|(?:isaret|sec|onay|ver)\w{0,8}m[ae]y[ae]n\w*|"
    r"(?:declin|refus|suppress|un(?:check|tick|select|sign|subscri))\w*|"
    r"(?:not|never|\w{2,5}n t|without) (?:opt(?:ed)? ?in|(?:accept|agree|allow|approv|check|confirm|consent|give|grant|"
    r"select|sign|subscri|tick)\w*))\b"
)
# A consent that waits for its person, and a form without a mark. "Bekleme listesi", a waiting list, is an ordinary one.
WAITING_WORDS = re.compile(
    r"\b(?:bekl(?:iyor|eniyor|emede|emekte)\w*(?! onayland)|henuz|(?<!from )pending|"
    r"await\w*|waiting for|not yet|un(?:confirm|verif)\w*|"
    r"(?:onay|izin|izni|riza|imza)\w* (?:alin?|ver(?:il)?|isten?|sorul?)[ae]c[ae][kg]\w*(?! sekilde)|"
    r"(?:onayla|imzala)(?:n[ae]|y[ae])c[ae][kg]\w*|"
    r"bos (?:birak\w*|form\w*|kutu\w*(?! isaretl))|(?:form|kutu|imza)\w* bos|(?:tik|isaret|imza|kutu)\w* yok|"
    r"(?:left|is|was|form|box) (?:blank|empty)|(?:blank|empty) (?:form|box|field))\b"
)
# Boxes that nobody ticked: "( ) SMS", "SMS []", "(-) arama", "[0] SMS"; not "kanallar[]=sms" and "{"tags": []}".
EMPTY_BOX = re.compile(
    r"[\[(][\s_]{1,5}[\])]|(?<!\w)[\[(][–—-]{1,3}[\])]|(?<![\w:=)\]}])(?<![:=]\s)(?:\[\]|\(\))|"
    r"\w\[\](?!\s?[=:.\[])|(?:^|[\n,;|/•])\s{0,3}[\[(]\s?0\s?[\])]\s{0,2}(?=[^\W\d])|[○◯⚪]|&#(?:9744|x2610)\b"
)
BESIDE_BOX = 30  # Characters.


def find_problem(evidence: str, channel: Channel) -> ApiRowProblem | None:
    """What keeps a grant of a channel from counting by this evidence. Nobody is there to ask whether a word of refusing
    is only a document's name, so that it is a problem in doubt."""
    if says_no_evidence(evidence):
        return ApiRowProblem.EVIDENCE_MISSING
    if may_tell_of_refusal(evidence, channel) or is_of_others_only(evidence, channel):
        return ApiRowProblem.EVIDENCE_REFUSES
    return None


def says_no_evidence(evidence: str) -> bool:
    """Whether it is empty, or says only that there is evidence, or none."""
    return says_nothing(evidence) or folded(evidence) in NO_EVIDENCE


def may_tell_of_refusal(evidence: str, channel: Channel | None) -> bool:
    """Whether it tells of a refusal, or of no consent yet, or is a form or a saying of one word that may ("çıkış
    formu"). `channel`: the granted one, where it is known."""
    words = folded(evidence)
    if refuses(evidence) or REFUSING_WORDS.search(words) or WAITING_WORDS.search(words):
        return True
    if REFUSING_SIGNS.search(evidence) or _has_empty_box(evidence) or has_refused_choice(evidence, channel):
        return True
    left = DOCUMENT_WORDS.sub(" ", words).split()
    return len(left) == 1 and may_refuse(left[0])


def _has_empty_box(evidence: str) -> bool:
    """Whether a box beside a word of a choice is empty; "Web formu ()" is a template whose value is missing."""
    return any(
        speaks_of_choice(evidence[max(0, found.start() - BESIDE_BOX) : found.end() + BESIDE_BOX])
        for found in EMPTY_BOX.finditer(evidence)
    )
