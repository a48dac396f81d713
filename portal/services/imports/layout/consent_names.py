"""Consent in a column's name: the channels that it names, whether it speaks of consent, and whether its yes refuses.

Offices write it in many ways ("SMS (E/H)", "Aransın mı?", "E-bülten istiyor"): a channel's word beside a word of
consent, a wish or a question. A name with a negation or a word of ending is never guessed to hold grants.
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
    r"aktif pasif|active (?:inactive|passive)|izinli izinsiz|onayli onaysiz)"
)
_QUESTION = r"m[iu](?:yiz|siniz|sunuz|yim)?"
_TOPIC = r"(?:marketing|pazarlama|kampanya\w*|reklam\w*|tanitim|ileti\w*|duyuru\w*)"
_STATE = r"(?:durum\w*|status|allow\w*|accept\w*|agree\w*|enabled|ok)"
_NOT = r"m(?:[ae](?:d[iu]\w*|z(?:lar|ler)?|mis\w*|sin(?:lar|ler)?|y[ae][cnlry]\w*|y[iu]n(?:iz)?)|[iu]yor\w*)"
# Whose yes is a refusal, and whose no is no consent.
_REFUSAL = (
    r"(?:opt(?:ed)? ?out\w*|has ?opted ?out\w*|unsub\w*|do ?not ?\w*|don ?t|dnc|no (?:call|sms|email)s?|no marketing|"
    rf"(?:isten?|al(?:in)?|gonder(?:il)?|at(?:il)?|ar|aran|onayla\w?|ilet(?:il)?)[ae]?(?:{_NOT}|m[ae]m\w*)|"
    r"ret|red|redd\w+|reded\w+|iptal\w*|itiraz\w*|bloke\w*|block\w*|blacklist\w*|kara liste\w*|cikis\w*|cikti|"
    r"cika[nr]\w*|(?:izin|onay|riza)siz\w*|vazgec\w*|rahatsiz \w+|suppress\w*|withdr\w+|revok\w+|refus\w+|declin\w+|"
    r"objected|objections?)"
)
# These too beside a word of consent; beside a channel alone they may speak of the address: "E-posta yok".
_ENDING = (
    rf"(?:(?!tamam)\w\w+{_NOT}|verm[ae]m\w*|yok|degil|hayir|olumsuz|geri (?:al|cek)\w*|kaldir\w+|silin\w+|"
    r"bit(?:ti|mis)|sona \w+|dur(?:dur\w*)?|kapa(?:li|t\w*)|engel\w*|yasa[kg]\w*|haric|pasif|passive|inactive|stop\w*|"
    r"end(?:ed)?|expired|cancel\w*|den(?:y|ied)|reject\w*|exclud\w*|disabl\w*|remov\w*|delet\w*|forbid\w*|without)"
)
_UNCLEAR = (  # The address, or an act: "SMS gönderme" is the sending, and "do not send".
    r"(?:bounc\w+|hatali|gecersiz|invalid|yanlis|wrong|(?:gonder|yap|at|ver|al|ilet|et|iste)m[ae]$)"
)
# A name that offers both ("Onay/Ret", "İstiyor / istemiyor") is cleared of them: yes is yes.
_OFFERED = re.compile(
    rf"\b(?:{_CHOICE}|(?:onay|izin|kabul|consent) (?:(?:ve|veya|ya da) )?(?:ret|red|iptal)|"
    r"(?:ret|red|iptal) (?:(?:ve|veya|ya da) )?(?:onay|izin|kabul)|(?:ister|istiyor) (?:istemez|istemiyor)|"
    r"aransin aranmasin|alsin almasin|gonderilsin gonderilmesin|opt ?in opt ?out)\b"
)
_BETWEEN = re.compile(r"[/|\\(,;-]|\s(?:ve|veya|ya da)\s", re.I)
_AGREES = re.compile(rf"\b(?:{_CHOICE}|opt(?:ed)? ?in|ist(?:er|iyor)\w*|aransin|alsin|gonderilsin|izinli|onayli)\b")
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
_REFUSES, _ENDS = re.compile(rf"\b{_REFUSAL}\b"), re.compile(rf"\b(?:{_REFUSAL}|{_ENDING}|{_UNCLEAR})\b")
_STATES, _IS_UNCLEAR = re.compile(rf"\b{_STATE}\b"), re.compile(rf"\b{_UNCLEAR}\b")
_TOPICS, _NEVER_AN_ADDRESS = re.compile(rf"\b{_TOPIC}\b"), re.compile(rf"\b(?:{SMS}|arama\w*|cagri)\b")
_WISHES = re.compile(rf"\b{_WISH}\b")


def channels_named(name: str) -> frozenset[Channel]:
    """The channels of which a column's name speaks."""
    words = name_of(name[:LONGEST_NAME])
    return frozenset(channel for channel, pattern in _CHANNELS.items() if pattern.search(words))


def refusal_named(name: str) -> bool | None:
    """Whether a name speaks of refusing or of an end: True where its yes is a refusal ("SMS istemiyor", "Do not call"),
    False where nobody can tell ("Ret yok", "SMS iptal edilmedi"), None where it does not speak of it."""
    words = name_of(name[:LONGEST_NAME])
    if _BETWEEN.search(name):
        words = _OFFERED.sub("", words)
    against, is_strong = _ENDS.findall(words), _REFUSES.search(words) is not None
    is_of_consent = any(each.search(words) for each in (_CONSENT, _TOPICS, _NEVER_AN_ADDRESS))
    if not against or not (is_strong or is_of_consent or channels_named(name)):
        return None
    return (
        (is_strong or is_of_consent) and len(against) == 1 and not (_AGREES.search(words) or _IS_UNCLEAR.search(words))
    )


def yes_refuses(name: str) -> bool:
    """Whether yes under this name is a refusal, and no says nothing: who has not refused has not consented by it."""
    return refusal_named(name) is True


def consent_announced(name: str) -> Mapping[Field, float] | None:
    """The status fields that a name announces, with weights; None where it does not speak of consent.

    None of them ({}) for a name of which nobody can tell whether its yes is a refusal.
    """
    words, channels, refuses = name_of(name[:LONGEST_NAME]), channels_named(name), refusal_named(name)
    if refuses is False:
        return {}
    if _ABOUT.search(words):
        return None
    consents, asks, states = (each.search(words) for each in (_CONSENT, _ASKS, _STATES))
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
