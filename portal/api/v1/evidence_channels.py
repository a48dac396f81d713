"""Whether a grant's evidence speaks of consents by other channels alone: "kanallar: e-posta" of a grant of MESAJ.

How a consent was given is named by channels, too ("telefonla onay", "SMS onayı", "e-posta formu", "kanal: telefon"):
only what says by which channels messages may come counts.
"""

import re

from portal.api.v1.evidence_fields import find_fields
from portal.core.iys_protocol import Channel, Status
from portal.services.imports.layout.cell_words import STATUSES
from portal.services.imports.layout.normalization import folded
from portal.services.imports.layout.vocabulary import BULLETIN, CALL, CHANNEL, EMAIL, SMS, Words

NAMES = {
    Channel.SMS: Words(f"{SMS} text texts"),
    Channel.CALL: Words(f"{CALL} aranma aranmak"),
    Channel.EMAIL: Words(f"{EMAIL} {BULLETIN}"),
}
OTHER_WAYS = Words("whatsapp telegram viber push faks fax instagram facebook")  # No channels of İYS.
JOINTS = Words("ve veya and or ya da sadece yalniz yalnizca only kisa e")
ALL = re.compile(
    r"\b(?:tum|tumu|butun|hepsi|all|(?:her|every|any) (?:turlu|kanal\w*|yol\w*|sekil\w*|channels?|way|means)|"
    r"ticari ileti\w*|iletisim izn?i\w*)\b"
)
# Fields of what was chosen. A "kanal" alone may be that of the sale, or of the asking.
NAME_OF_LIST = re.compile(
    r"\b(?:kanallar\w{0,4}|channels|tercih\w{0,6}|preferences?|secim\w{0,4}|izin|izinler\w{0,2}|izni|permissions?|izinli|"
    r"(?:izin|onay|consent|permission) (?:tur|tip|type)\w{0,3}|"
    r"(?:izin|izinli|edilen|preferred) (?:kanal\w{0,4}|channel))$"
)
NAME_OF_CHANNEL = re.compile(rf"(?:{SMS}|arama|calls?|{BULLETIN}|{EMAIL})")
END_OF_LIST = re.compile(r"[}\])]|\.(?:\s|$)|\w{2,40}[\"']?\s?[:=]")
BETWEEN_ITEMS = re.compile(r"[,/+;|&\n]")
LONGEST_LIST = 80
_CONSENT = r"(?:izin|izni|izinler\w{0,2}|izinli|muvafakat\w{0,3}|permissions?|consents?|opt ?in)"
OF_CONSENT = re.compile(  # Not "SMS izin linki", by which any consent may be given.
    rf"\b(?:{SMS}|arama|aranma|calls?|{BULLETIN}|{EMAIL}) (?:ticari |elektronik |pazarlama |marketing )?{_CONSENT}\b"
    r"(?! (?:link|sayfa|mesaj|mail|kod|talep|kampanya)\w{0,8}\b)"
)
# "Sadece e-posta", "email only"; not "yalnız telefonla", "sadece e-posta ile".
ALONE = re.compile(
    rf"\b(?:sadece|yalniz\w{{0,3}}|only|just) (?:\w{{1,20}} ){{0,2}}?{CHANNEL}(?<!l[ae])\b"
    r"(?! (?:ile|uzerinden|yoluyla)\b)|"
    rf"\b{CHANNEL} only\b"
)
# "SMS hariç", "all channels but SMS".
LEFT_OUT = {
    channel: re.compile(rf"\b{names} (?:haric|disinda)\w*|\b(?:except|excluding|other than|all but|but not) {names}\b")
    for channel, names in NAMES.items()
}


def is_of_others_only(evidence: str, channel: Channel) -> bool:
    """Whether it says by which channels messages may come, and the granted one is none of them."""
    words = folded(evidence)
    listed = _listed(evidence)
    if LEFT_OUT[channel].search(words) or (listed and channel not in listed):
        return True
    if any(word in NAMES[channel] for word in words.split()) or ALL.search(words):
        return False
    return OF_CONSENT.search(words) is not None or ALONE.search(words) is not None or _says_yes(evidence)


def _listed(evidence: str) -> set[Channel | None]:
    """The channels in its fields of what was chosen; None stands for ways of which İYS knows nothing."""
    found: set[Channel | None] = set()
    for name, field in find_fields(evidence):
        if NAME_OF_LIST.search(name):
            start = field.start("value")
            text = END_OF_LIST.split(evidence[start : start + LONGEST_LIST], maxsplit=1)[0]
            for item in BETWEEN_ITEMS.split(text):
                channels = _channels_of(folded(item))
                if not channels:
                    break
                found |= channels
    return found


def _channels_of(item: str) -> set[Channel | None]:
    """The channels that an item of a list names; none where it says anything else."""
    found: set[Channel | None] = set()
    for word in item.replace("elektronik posta", "eposta").split():
        named = {channel for channel, names in NAMES.items() if word in names}
        if not named and word not in OTHER_WAYS and word not in JOINTS:
            return set()
        found |= named or ({None} if word in OTHER_WAYS else set())
    return found


def _says_yes(evidence: str) -> bool:
    """Whether a field of a channel alone says yes: "email: true", not "verified email: true"."""
    return any(
        NAME_OF_CHANNEL.fullmatch(name) and STATUSES.get(folded(field["value"])) == Status.GRANTED
        for name, field in find_fields(evidence)
    )
