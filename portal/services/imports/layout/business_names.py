"""Names of columns that have words of consents and are of none: of business, of a wish for anything, of a request for a
consent, or of the message that confirms one."""

import re

from portal.services.imports.layout import vocabulary
from portal.services.imports.layout.normalization import LONGEST_NAME, name_of


def _word(words: object) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words})\b")


_OF_MESSAGES = _word(
    rf"{vocabulary.TOPIC}|{vocabulary.NEWS}|{vocabulary.CONTACTING}|bilgi(?:ler)?(?:den|yi|i)?|information|iys|etk"
)
_GOODS = _word(vocabulary.GOODS)
_OF_BUSINESS = _word(f"{vocabulary.GOODS}|{vocabulary.SUBSCRIPTION}")
_WISHES = _word(vocabulary.WISH)
_IS_CONSENT = _word(rf"{vocabulary.CONSENT}|onayl\w+")
_IS_PERMISSION = _word(vocabulary.PERMISSION_NOUN)
_PERMITTED = _word(vocabulary.PERMITTED)
_IS_QUESTION = _word(vocabulary.QUESTION)
# A topic of goods is none of messages: "Kampanya ürünü alan".
_KIND_OF_GOODS = re.compile(
    rf"\b{vocabulary.TOPIC} (?=(?:(?:urun|hizmet|teklif|firsat|indirim)(?:l[ae]r)?[iu]|products|services)\b)"
)
_BARE_CONSENT = r"(?:izin|onay|riza|kabul|muvafakat)"  # "Onay mesajı"; "onayı mesajı" is nothing.
_REQUESTS = re.compile(
    rf"\b(?:{vocabulary.CONSENT_NOUN} (?:icin|{vocabulary.WANTING}|{vocabulary.CONTACTING})|"
    rf"{_BARE_CONSENT} (?:sms ?(?:i|ini|leri\w*)|mesaj(?:i|lari)\w*|(?:mail|eposta)(?:i|si|leri|lari)\w*|"
    r"(?:elektronik )?posta(?:si|lari)\w*|arama(?:si|lari)\w*|cagri(?:si|lari)\w*|telefonu\w*|"
    r"ileti(?:si|leri)(?!m)\w*|bildirim\w*|bilgilendirme\w*|duyuru\w*)|"
    rf"{_BARE_CONSENT} {vocabulary.CHANNEL} (?:gonder|atil|iletil)\w*)\b"
)
_CLAUSES = re.compile(r"[^\w\s'’.-]+|\s[–—-]\s")


def is_of_business(words: str) -> bool:
    """Whether the folded words of a name without a channel are of goods, a subscription or a wish for anything, and of
    no messages: "Ürün alıyor", "Abonelik", "İstek", "Hizmet onayı". "Alsın mı?" asks for a consent, and so do "Fırsat
    izni" and "Reklam hizmeti onayı"."""
    if speaks_of_messages(words) or _IS_PERMISSION.search(words):
        return False
    if _IS_CONSENT.search(words) and _OF_MESSAGES.search(words):
        return False
    if _OF_BUSINESS.search(words):
        return True
    is_permitted = _PERMITTED.search(words) is not None and _IS_QUESTION.search(words) is not None
    return _WISHES.search(words) is not None and not (_IS_CONSENT.search(words) or is_permitted)


def is_of_goods(words: str) -> bool:
    """Whether the folded words of a name are of goods, and of no messages: "Ürün istemiyor"."""
    return _GOODS.search(words) is not None and not speaks_of_messages(words)


def speaks_of_messages(words: str) -> bool:
    """Whether folded words speak of what messages tell, or of being called or told."""
    return _OF_MESSAGES.search(_KIND_OF_GOODS.sub("", words)) is not None


def requests_consent(name: str) -> bool:
    """Whether a name is of a request for a consent, or of the message that confirms one: "SMS onay isteği", "SMS onayı
    için arama", "Onay mesajı", "Onay SMS gönderimi". "SMS gönderim izni" and "Onay SMS" are consents."""
    return any(_REQUESTS.search(name_of(part)) for part in _CLAUSES.split(name[:LONGEST_NAME]))
