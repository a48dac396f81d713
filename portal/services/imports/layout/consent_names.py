"""Consent in a column's name: the channels that it names, whether it speaks of consent, and whether its yes refuses.

Offices write it in many ways ("SMS (E/H)", "Aransın mı?", "E-bülten istiyor"): a channel's word beside a word of
consent, a wish or a question.
"""

import re
from collections.abc import Mapping

from portal.core.iys_protocol import Channel
from portal.services.imports.layout.layout import STATUS_FIELDS, Field
from portal.services.imports.layout.normalization import name_of

LONGEST_NAME = 300  # A form's whole question may be a column's name.

CONSENT = r"(?:izin\w*|izni\w*|onay\w*|riza\w*|consent\w*|permission\w*|opt ?(?:in|out)\w*|opted|opt|kabul\w*)"
SMS = r"(?:sms\w*|mesaj\w*|message|msj)"
EMAIL = r"(?:eposta|email|mail|elektronik posta)"
_CALLS = r"(?:arama\w*|aran\w+|araya\w+|cagri|telefon\w*|tel|sesli|voice|phone|calls?|calling|donotcall)"
_BULLETIN = r"(?:(?:e ?)?bulten\w*|(?:e ?)?newsletter\w*|mailing)"
_WISH = (
    r"(?:iste(?:r|mez|mek)|ist(?:iy|emiy)or\w*|al(?:sin|masin|inmasin|mak|abilir|iyor)\w*|gonder\w*|gelsin|gelmesin|"
    r"at(?:ilsin|alim)|yapilsin|ilet(?:il|sin|elim)\w*|ulas\w+|aran?(?:sin|masin|abilir|yabilir)\w*|araya\w+|"
    r"tercih\w*|abone\w*|subscri\w*)"
)
_CHOICE = (
    r"(?:e h|h e|evet hayir|hayir evet|1 0|0 1|y n|yes no|true false|(?:onay|izin) (?:ret|red)|var yok|acik kapali|"
    r"izinli izinsiz|onayli onaysiz)"
)
_QUESTION = r"m[iu](?:yiz|siniz|sunuz|yim)?"
_TOPIC = r"(?:marketing|pazarlama|kampanya\w*|reklam\w*|tanitim|ileti\w*|duyuru\w*)"
_STATE = r"(?:durum\w*|status|allow\w*|accept\w*|agree\w*|enabled|ok)"
# Whose yes is a refusal, and whose no is no consent.
_REFUSAL = (
    r"(?:opt(?:ed)? ?out\w*|has ?opted ?out\w*|unsub\w*|do ?not ?\w*|dont|no (?:call|sms|email)s?|istemez|"
    r"ist(?:emiyor|enmiyor)\w*|\w+m[ae]sin(?:lar|ler)?|ret|red|reddi|reddet\w*|reddedil\w*|iptal\w*|itiraz\w*|"
    r"bloke\w*|block\w*|blacklist\w*|kara liste\w*|cikis\w*|cikti|izinsiz|onaysiz|vazgec\w*|suppress\w*)"
)
# Of a name that offers both ("Onay/Ret", "İstiyor/İstemiyor") yes is yes.
_BOTH = re.compile(
    rf"\b(?:{CONSENT} (?:(?:ve|veya|ya da) )?(?:ret|red)|(?:ret|red) {CONSENT}|opt ?in|ist(?:er|iyor)\w*|aransin|alsin|"
    r"gonderilsin|izinli|onayli)\b"
)
# A column about the consent, not the consent.
_ABOUT = re.compile(
    r"\b(?:adres\w*|address|numara\w*|no|nosu|id|kod\w*|neden\w*|sebeb\w*|reason|aciklama\w*|(?<!do )not|notu|notes?|"
    r"sayi\w*|ade[dt]\w*|count|"
    r"metni|metin|text|sablon\w*|ip|belge\w*|kanit\w*|dayanak|dayanagi|proof|version\w*|versiyon\w*)\b"
)
_CHANNELS = {
    Channel.SMS: re.compile(rf"\b{SMS}\b"),
    Channel.CALL: re.compile(rf"\b{_CALLS}\b"),
    Channel.EMAIL: re.compile(rf"\b(?:{EMAIL}\w*|hasoptedoutofemail|{_BULLETIN})\b"),
}
_CONSENT, _ASKS = re.compile(rf"\b(?:{CONSENT}|{_WISH}|{_BULLETIN})\b"), re.compile(rf"\b(?:{_CHOICE}|{_QUESTION})\b")
_REFUSES, _STATES = re.compile(rf"\b{_REFUSAL}\b"), re.compile(rf"\b{_STATE}\b")
_TOPICS, _NEVER_AN_ADDRESS = re.compile(rf"\b{_TOPIC}\b"), re.compile(rf"\b(?:{SMS}|arama\w*|cagri)\b")
_WISHES = re.compile(rf"\b{_WISH}\b")


def channels_named(name: str) -> frozenset[Channel]:
    """The channels of which a column's name speaks."""
    words = name_of(name[:LONGEST_NAME])
    return frozenset(channel for channel, pattern in _CHANNELS.items() if pattern.search(words))


def yes_refuses(name: str) -> bool:
    """Whether yes under this name is a refusal: "SMS istemiyor", "Do not call", "E-posta reddi"."""
    words = name_of(name[:LONGEST_NAME])
    return _REFUSES.search(words) is not None and _BOTH.search(words) is None


def consent_announced(name: str) -> Mapping[Field, float] | None:
    """The status fields that a name announces, with weights; None where it does not speak of consent."""
    words, channels = name_of(name[:LONGEST_NAME]), channels_named(name)
    if _ABOUT.search(words):
        return None
    consents, asks, refuses = _CONSENT.search(words), _ASKS.search(words), _REFUSES.search(words)
    states = _STATES.search(words)
    if len(channels) > 1 and (consents or asks or refuses or Channel.SMS in channels):
        return {Field.STATUS: 0.9 if consents or asks else 0.5, Field.CHANNEL: 0.4}
    if channels and (consents or asks or refuses or states):
        channel = next(iter(channels))
        return {STATUS_FIELDS[channel]: 1, Field.EMAIL if channel == Channel.EMAIL else Field.PHONE: 0.2}
    if channels and _NEVER_AN_ADDRESS.search(words):
        return {STATUS_FIELDS[next(iter(channels))]: 0.5}
    if (consents or _TOPICS.search(words)) and (asks or states):
        return {Field.STATUS: 1, Field.CHANNEL: 0.3}
    return {Field.STATUS: 0.5} if refuses or _WISHES.search(words) else None
