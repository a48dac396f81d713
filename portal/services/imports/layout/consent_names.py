"""What a column's name says of its yes: a consent, a refusal, or neither clearly; and of which channels it speaks.

The rule: a name says consent only if each word of it is known (vocabulary) and one is a channel, a consent or a wish
("SMS (E/H)", "Aransın mı?", "E-bülten istiyor"). A negation or a word of ending makes it a refusal ("SMS istemiyor").
Any other name is unclear ("SMS off", "Ret yok"): a person explains each word of its column. So is one of business or a
wish for anything ("Ürün alıyor", "Abonelik"), and of a request for a consent, or a message about it ("Onay mesajı").
Under the name of a state ("Telefon durumu") only words are read that speak of a consent themselves.
"""

import re
import unicodedata
from collections.abc import Mapping

from portal.core.iys_protocol import Channel
from portal.domain.replies.refusing_words import CUT_NOT
from portal.services.imports.layout import vocabulary
from portal.services.imports.layout.business_names import is_of_business, is_of_goods, requests_consent
from portal.services.imports.layout.cell_words import ADDRESS_STATE, ANY_STATE, STATE_OF_ACCOUNT, STATUSES
from portal.services.imports.layout.layout import STATUS_FIELDS, Field
from portal.services.imports.layout.normalization import LONGEST_NAME, folded, name_of
from portal.services.imports.layout.refusals import EITHER_IN_NAMES, ENDING_IN_NAMES, IN_NAMES
from portal.services.imports.layout.vocabulary import Words

# Names that offer both answers ("Onay/Ret", "SMS E/H") are cleared of them: yes is yes.
_BETWEEN = re.compile(r"[/|\\]|(?<!\be)(?<!\bopt)(?<=\w)-(?=\w)|\s(?:ve|veya|ya da)\s", re.I)
_LETTERS = "e/h 1/0 y/n true/false"
_LEGEND = re.compile(r"(?<![/\w])(\w+)\s*[=:]\s*(\w+)(?![/\w])")
_PAIRS = r"""
    evet/hayir yes/no var/yok acik/kapali aktif/pasif active/inactive active/passive izinli/izinsiz onayli/onaysiz
    onay/ret onay/red izin/ret izin/red kabul/ret kabul/red consent/ret ister/istemez istiyor/istemiyor
    aransin/aranmasin alsin/almasin gonderilsin/gonderilmesin opt\s?in/opt\s?out
"""
_AGREES = r"opt(?:ed)? ?in|ist(?:er|iyor)\w*|aransin|alsin|gonderilsin|izinli|onayli"

_JOINS = re.compile(r"[,;&+/|\\]|\s(?:ve|veya|ya da|and|or)\s", re.I)  # Of what a name speaks of.

# A column about the consent, not the consent.
_ABOUT = Words(r"""
    adres\w* address numara\w* no nosu id kod\w* neden\w* sebeb\w* reason aciklama\w* (?<!do\s)not notu notes?
    sayi\w* ade[dt]\w* count metni metin text sablon\w* ip belge\w* kanit\w* dayanak dayanagi proof version\w*
    versiyon\w*
""")


def _word(pattern: Words | str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b")


def _answers(pairs: str, between: str, step: int = 1) -> str:
    """Both answers of each pair, yes first; with a step of -1 no first."""
    return "|".join(between.join(pair.split("/")[::step]) for pair in pairs.split())


def _either_of(pairs: str, between: str) -> str:
    """Both answers of a pair, in either order."""
    return f"{_answers(pairs, between)}|{_answers(pairs, between, -1)}"


_CHANNELS = {
    Channel.SMS: _word(r"sms\w*|(?<!elektronik )(?<!pazarlama )mesaj\w*|message|msj"),
    Channel.CALL: _word(
        r"arama\w*|aran\w+|araya\w+|arayin\w*|arasin(?:lar)?|cagri|telefon\w*|tel|sesli|voice|phone|calls?|calling|"
        r"donotcall"
    ),
    Channel.EMAIL: _word(
        r"(?:eposta|email|mail|elektronik posta|hasoptedoutofemail|(?:e ?)?bulten|(?:e ?)?newsletter)\w*"
    ),
}
_ONE_CHANNEL = "|".join(pattern.pattern for pattern in _CHANNELS.values())
_ANY_CHANNEL = re.compile(_ONE_CHANNEL)
_BEGINS_WITH_CHANNEL = re.compile(rf"(?:{vocabulary.FILLER} )*(?:{_ONE_CHANNEL})")
_MORE_TOPICS, _ENDS_IN_TOPIC = _word(vocabulary.MORE_TOPICS), re.compile(rf"\b{vocabulary.MORE_TOPICS}$")
_OF_OTHERS = re.compile(
    rf"\b(?:{vocabulary.AND_OTHERS}|{vocabulary.ALL_BUT}|{vocabulary.ALL}(?! (?:\w+ ){{0,5}}?(?:{_ONE_CHANNEL}))|"
    rf"(?:{vocabulary.ALL}|her|baska) (?:\w+ )?{vocabulary.WAYS}|(?:{_ONE_CHANNEL}) (?:diger|others?)|"
    r"(?<!sms )marketing messages?)\b"
)
_AT_ALL, _APART = _word(vocabulary.CONTACT), re.compile(r"[(\[:]|\s[–—-]\s")
_ALL_BUT = _word(vocabulary.ALL_BUT)
_OFFERED = _either_of(_PAIRS, r" \| ") + "|" + _either_of(_LETTERS, r" (?:\| )?") + "|eh|yn"
_LOOSE = f"{_either_of(_PAIRS, ' ')}|{_either_of(_LETTERS, ' ')}|eh|yn"  # With any sign between, or none.
EITHER_ANSWER = _word(_LOOSE)  # Of a folded text that offers both: "Onay ret".
_PARTED = r" (?:\| )?"
_PAIR = _word(_either_of(f"{_PAIRS} {_LETTERS}", _PARTED))
_NO_FIRST, _NO_WORD_FIRST = (_word(_answers(pairs, _PARTED, -1)) for pairs in (f"{_PAIRS} {_LETTERS}", _PAIRS))
_OF_CALLS = re.compile(r"\bara|cagri|sesli|call|voice")
_NEVER_AN_ADDRESS = _word(r"(?:sms|mesaj|arama)\w*|message|msj|cagri")
_CONSENTS = _word(f"{vocabulary.CONSENT}|{vocabulary.WISH}|{vocabulary.BULLETIN}")
_WISHES, _TOPICS = _word(vocabulary.WISH), _word(vocabulary.TOPIC)
_STATES, _ASKS = _word(f"{vocabulary.STATE}|{vocabulary.AGREES}"), _word(f"{_LOOSE}|{vocabulary.QUESTION}")
_OFFERS_YES, _CHOICE = _word(f"{_LOOSE}|{_AGREES}"), _word(_OFFERED)
_REFUSES, _IS_EITHER = _word(IN_NAMES), _word(EITHER_IN_NAMES)
_ENDS = _word(f"{IN_NAMES}|{ENDING_IN_NAMES}|{EITHER_IN_NAMES}")
_ENDINGS = _word(f"{IN_NAMES}|{ENDING_IN_NAMES}")
_IS_ABOUT = _word(_ABOUT)
_BESIDE = [(_word(first), others) for first, others in vocabulary.BESIDE]
_ACTS = _word(rf"{vocabulary.ACT}(?= {vocabulary.CONSENT_NOUN}\b)")
_SAYS = _word(f"{vocabulary.CHANNEL}|{vocabulary.CONSENT}|{vocabulary.WISH}|{vocabulary.AGREES}")
_BULLETINS = _word(vocabulary.BULLETIN)
_ADDRESSED = _word(f"{vocabulary.SMS}|{vocabulary.CALL}|{vocabulary.EMAIL}")
_OF_ALL = _word(f"{vocabulary.BULLETIN}|(?:elektronik|pazarlama) mesaj[a-z]*")
_BARE_STATES = _word(vocabulary.BARE_STATE)
_SAYS_MORE = _word(
    f"{vocabulary.CONSENT}|{vocabulary.WISH}|{vocabulary.AGREES}|{vocabulary.QUESTION}|"
    r"tercih\w*|preferences?|enabled|iys"
)
# "SMS 🚫", "SMS izni (-)", "-SMS", "SMS -": a dash that parts no two words.
_CUT_NOT = _word(CUT_NOT.replace("_", " "))
_SIGN = re.compile(r"[^\w\s/|\\(),;:.?'’\"“”…&*+\[\]–—-]|(?<!\S)[–—-](?=\w)|^\W*[–—-]|[–—-](?!\s*[\w(\[])")


def channels_named(name: str) -> frozenset[Channel]:
    """The channels of which a column's name speaks; none of a bulletin beside other topics ("kampanya ve bülten"), nor
    of a refusal of others as well ("SMS ve diğer iletileri istemiyor")."""
    words = name_of(name[:LONGEST_NAME])
    found = frozenset(channel for channel, pattern in _CHANNELS.items() if pattern.search(words))
    is_bulletin = _BULLETINS.search(words) is not None and _ADDRESSED.search(words) is None
    is_general = len(found) == 1 and (is_bulletin or _REFUSES.search(words) is not None) and speaks_of_more(name)
    return frozenset() if is_general else found


def speaks_of_more(name: str) -> bool:
    """Whether the name of a channel's column speaks of more than its channels, so that a no under it may be one to all:
    "Kampanya ve bülten izni", "SMS vb. istemiyor", "Do not email or contact", "E-posta dışında istemiyorum"."""
    if _OF_OTHERS.search(name_of(name[:LONGEST_NAME])):
        return True
    first, *others = (name_of(part) for part in _JOINS.split(name[:LONGEST_NAME]))
    for part in others:
        if _ANY_CHANNEL.search(first):
            is_joined = not _ANY_CHANNEL.search(part) and not _ENDS_IN_TOPIC.search(first) and _speaks_beyond(part)
        else:
            is_joined = _MORE_TOPICS.search(first) is not None and _BEGINS_WITH_CHANNEL.match(part) is not None
        if is_joined:
            return True
        first = f"{first} {part}"
    return False


def _speaks_beyond(part: str) -> bool:
    """Whether a part of a name has a topic, or a word that nobody knows."""
    words = _ENDS.sub("", part).split()
    is_known = all(len(word) < 3 or word in STATUSES or word in vocabulary.EVERYWHERE for word in words)
    return _MORE_TOPICS.search(part) is not None or not is_known


def refuses_contact(name: str) -> bool:
    """Whether a name refuses all contact before it comes to a channel: "Do not contact (email)"."""
    first, *others = _APART.split(name[:LONGEST_NAME], maxsplit=1)
    return (
        bool(others) and _AT_ALL.search(name_of(first)) is not None and yes_refuses(first) and not channels_named(first)
    )


def is_of_states(name: str) -> bool:
    """Whether a name speaks of states without a word of what: "Durum"."""
    return folded(name) in ("durum", "durumu", "status")


def words_of_state(name: str) -> frozenset[str]:
    """The words of cells that may tell any state under a name: of a line, a mailbox, a delivery or a call by a bare
    word of state ("Telefon durumu", "SMS status"), or of a request ("SMS onay isteği"). Where nothing says of what
    ("Durum") those of an account, a membership, a switch; none under other names."""
    if is_of_states(name):
        return STATE_OF_ACCOUNT
    words = name_of(name[:LONGEST_NAME])
    is_bare = _BARE_STATES.search(words) and not _SAYS_MORE.search(words)
    if not (is_bare or requests_consent(name)) or refusal_named(name):
        return frozenset()
    return ANY_STATE if _NEVER_AN_ADDRESS.search(words) else ADDRESS_STATE


def is_no_status(name: str) -> bool:
    """Whether a name without a channel is of business, a subscription, a wish for anything, or a request for a consent,
    so that its column is no general status: "Ürün alıyor", "Teklif durumu", "Abonelik", "İstek", "Onay bildirimi"."""
    words = name_of(name[:LONGEST_NAME])
    is_general = not (_ANY_CHANNEL.search(words) or _OF_ALL.search(words)) and refusal_named(name) is None
    return is_general and (is_of_business(words) or requests_consent(name))


def may_mean_messages(name: str) -> bool:
    """Whether the name of a column about calls speaks of the number only, to which messages go as well: "GSM izni"."""
    return bool(name.strip()) and _OF_CALLS.search(name_of(name[:LONGEST_NAME])) is None


def refusal_named(name: str) -> bool | None:
    """Whether a name speaks of refusing or of an end: True where its yes is a refusal ("SMS istemiyor", "Do not call"),
    False where nobody can tell ("Ret yok", "SMS iptal edilmedi"), None where it does not speak of it."""
    words = _without_choices(name)
    against, is_strong = _ENDS.findall(words), _REFUSES.search(words) is not None
    is_of_consent = any(each.search(words) for each in (_CONSENTS, _TOPICS, _NEVER_AN_ADDRESS))
    if not against or not (is_strong or is_of_consent or channels_named(name)):
        return None
    is_either = any(each.search(words) for each in (_OFFERS_YES, _IS_EITHER, _ALL_BUT))
    is_single = len(against) == 1 and not is_either
    is_of_messages = _ANY_CHANNEL.search(words) is not None or not is_of_goods(words)
    return is_single and (is_strong or is_of_consent) and is_of_messages


def speaks_of_ending(name: str) -> bool:
    """Whether a name speaks of a refusal or an end, alone or beside a consent ("Onay/Ret tarihi")."""
    return _ENDINGS.search(name_of(name[:LONGEST_NAME])) is not None


def yes_refuses(name: str) -> bool:
    """Whether yes under this name is a refusal, and no says nothing: who has not refused has not consented by it."""
    return refusal_named(name) is True


def is_unclear(name: str) -> bool:
    """Whether nobody can tell from a name what its yes means, so that no word under it is read unexplained.

    A column without a name is not unclear: whoever chooses it has its cells only to go by.
    """
    refuses, words = refusal_named(name), _parted(name)
    if are_out_of_order(words) or (_NO_WORD_FIRST.search(words) and len(_PAIR.findall(words)) == 1):
        return True  # "SMS ret/onay (1/0)", "SMS ret/onay": 1 may be either.
    return bool(name.strip()) and (refuses is False or (refuses is None and not _is_understood(name)))


def are_out_of_order(words: str) -> bool:
    """Whether the pairs of answers in a folded text do not agree which comes first: "onay ret 0 1"."""
    return len({_NO_FIRST.fullmatch(pair[0]) is None for pair in _PAIR.finditer(words)}) > 1


def consent_announced(name: str) -> Mapping[Field, float] | None:
    """The status fields that a name announces, with weights; None where it does not speak of consent.

    None of them ({}) for a name of which nobody can tell whether its yes is a refusal.
    """
    words, channels, refuses = name_of(name[:LONGEST_NAME]), channels_named(name), refusal_named(name)
    consents, asks, states = (each.search(words) for each in (_CONSENTS, _ASKS, _STATES))
    is_address = not (consents or asks or states or _NEVER_AN_ADDRESS.search(words))  # "Telefon (diğer)"
    is_of_others = _ALL_BUT.search(words) or (_OF_OTHERS.search(words) and is_unclear(name) and not is_address)
    if refuses is False or (is_of_others and (refuses or len(channels) == 1)):
        return {}
    if _IS_ABOUT.search(words):
        return None
    if len(channels) > 1 and (consents or asks or refuses or states or Channel.SMS in channels):
        return {Field.STATUS: 0.9 if consents or asks else 0.5, Field.CHANNEL: 0.4}
    if channels and (consents or asks or refuses or states):
        (channel,) = channels
        return {STATUS_FIELDS[channel]: 1, Field.EMAIL if channel == Channel.EMAIL else Field.PHONE: 0.2}
    if channels and _NEVER_AN_ADDRESS.search(words):
        return {STATUS_FIELDS[min(channels)]: 0.5}
    if is_no_status(name):
        return None
    if not channels and _OF_ALL.search(words) and consents:
        return {Field.STATUS: 0.9, Field.CHANNEL: 0.3}
    if (consents or _TOPICS.search(words)) and (asks or states):
        return {Field.STATUS: 1, Field.CHANNEL: 0.3}
    return {Field.STATUS: 0.5} if refuses or _WISHES.search(words) else None


def without_legend(text: str) -> str:
    """Without what explains an answer by itself: "1 = evet"."""
    return _LEGEND.sub(lambda pair: "" if _are_alike(*pair.groups()) else pair[0], text)


def _are_alike(word: str, meaning: str) -> bool:
    return min(len(word), len(meaning)) == 1 and STATUSES.get(folded(word), word) == STATUSES.get(folded(meaning))


def _without_choices(name: str) -> str:
    """The folded words of a name, without the answers that it offers."""
    return " ".join(_CHOICE.sub("", _parted(name)).replace("|", "").split())


def _parted(name: str) -> str:
    """The folded words of a name, "|" between what it parts."""
    return " | ".join(name_of(part) for part in _BETWEEN.split(without_legend(name[:LONGEST_NAME])))


def _is_understood(name: str) -> bool:
    """Whether each word of a name is known, and any says that it is of consents."""
    whole, written = name_of(name[:LONGEST_NAME]), unicodedata.normalize("NFKC", without_legend(name[:LONGEST_NAME]))
    if len(name) > LONGEST_NAME or _CUT_NOT.search(whole) or _SIGN.search(written):
        return False
    if is_no_status(name) or requests_consent(name):
        return False
    words = _ACTS.sub("", _without_choices(name)).split()
    known = [vocabulary.EVERYWHERE, *(others for first, others in _BESIDE if first.search(whole))]
    is_of_consent = _SAYS.search(whole) is not None or (bool(words) and all(word in vocabulary.STATE for word in words))
    return is_of_consent and all(any(word in each for each in known) for word in words)
