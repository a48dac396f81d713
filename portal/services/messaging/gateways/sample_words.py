"""What names and words of a vendor's samples usually mean: first guesses, which a person corrects."""

import re
from collections.abc import Mapping
from typing import TypeVar

from portal.core.transliteration import ascii_only
from portal.domain.replies import REFUSING, classify_reply
from portal.services.messaging.gateways.protocol import ErrorClass, Reason, ReportState

Meaning = TypeVar("Meaning")

PHONE = re.compile(r"(?P<begin>\+90|0090|90|0|)5[0-9Xx]{9}")  # Samples may have "5XXXXXXXXX".
SPELLINGS = {"+90": "+905", "0090": "00905", "90": "905", "0": "05", "": "5"}
OUR_ID = "clientid clientref clientreference clientmessageid customid referenceid refno externalid yourid takip takipno"
# Names without signs, in small letters. What stands in the call.
CALL_NAMES = {
    "to": "to gsm gsmno gsmnumber number numbers phone phoneno phonenumber phones msisdn dest destination da recipient "
    "recipients receiver receivers telefon tel numara numaralar no ceptel alici alicilar mobile",
    "text": "text message msg body content mesaj metin sms messagetext msgtext smstext icerik",
    "header": "from sender senderid sendername originator header source sourceaddr title baslik orig gonderen "
    "gonderici msgheader org",
    "secret.username": "user usr ka username usercode userid login kullanici kullaniciadi kullanicino kullanicikodu "
    "account accountid apiuser musteri musterino",
    "secret.password": "pass password passwd pwd sifre parola apipass secret apisecret",
    "secret.token": "token key apikey apitoken accesstoken authtoken xapikey xauthtoken authorization auth hash",
    "item_id": f"{OUR_ID} reference ref referans referansno",
    "batch_id": "idempotencykey xidempotencykey xrequestid xcorrelationid requestid batchid bulkid "
    "clientbatchid paketref packageref batchref bulkref requestref islemref gonderimref",
    "callback_url": "callbackurl callback webhookurl webhook notifyurl dlrurl statuscallback statuscallbackurl "
    "reporturl pushurl deliveryreporturl raporurl bildirimurl",
}
# Secrets, by what their headers are called somewhere in the name.
SECRET_HEADERS = {"secret.password": "password sifre parola secret", "secret.token": "key anahtar token auth"}
SENDERS = ("sender", "originator", "header", "baslik", "gonderen", "gonderici")  # Somewhere in a sender's name.
UNSPECIFIC = ("name", "groupname", "value")
# What stands in answers and pushes.
ANSWER_NAMES = {
    "id": "messageid msgid smsid messagesid sid id guid uuid jobid campaignid packetid paket packageid orderid batchid "
    "bulkid requestid transactionid islemid mesajid paketid paketno mesajno smsno islemno trackid trackingid reference "
    "ref no",
    "word": "status statuscode code errorcode resultcode result state durum durumkodu kod sonuc error success response",
}
FAULT_NAMES = "errorcode code kod hatakodu durumkodu resultcode error hata reason status state durum sonuc result"
REPORT_NAMES = {
    "item_id": OUR_ID,
    "ref": ANSWER_NAMES["id"].removesuffix(" no"),
    "to": CALL_NAMES["to"],
    "state": "status state deliverystatus messagestatus dlrstatus durum sonuc result stat dlr code",
    "at": "deliveredat deliverydate deliverytime donedate doneat date time timestamp tarih zaman at",
}
REPLY_NAMES = {
    "from": "from sender source sourceaddr msisdn gsm phone number mobile gonderen numara telefon no",
    "to": "to destination receiver recipient shortcode shortnumber alici kisanumara kisano service servis numara "
    "number",
    "text": "text message msg body content mesaj metin sms icerik",
    "id": "messageid msgid id moid inboxid mesajid kimlik no",
    "keyword": "keyword anahtar anahtarkelime prefix",
    "at": "receivedat receiveddate receivedate date time timestamp tarih zaman at",
}
# Words of a person who left, or of a list of refusals; of what else is blocked; and of whom that is said.
LEFT, LISTED, BLOCKED = "opted. unsubscrib", "blacklist karaliste kara.", "block bloke engel"
# The same in whatever a vendor says, in plain small letters with single blanks.
LEAVES = re.compile(
    r"\bopt(?:ed|s)? ?out|unsub|\bre[dt] liste|stop ?list|\bdnd\b(?! time)|do not (?:contact|disturb)|abonelikten|"
    r"almak isteme(?:yen|di)|almak istemiyor(?!s)|almayi reddet|(?:replied|sent|user) stop|stop message|\bret vermis|"
    r"\bret (?:mesaji )?alindi|alici ret\b|listeden cik|blocked by (?:end ?user|recipient)|"
    r"asked \w+ operator to block|revoked consent"
)
LISTS = re.compile(
    rf"{LEAVES.pattern}|black ?list|block ?list|\bblist|(?:deny|exclusion|barred|\bdnc) list|kara ?liste|"
    r"(?<!duplicate )suppress|(?:yasak|engel)li liste"
)
LIST_ALONE = re.compile(rf"(?:(?:rejected|failed|number|\w{{1,3}}) )*(?:{LISTS.pattern})\w{{0,3}}")
WHO = {
    "number phone gsm msisdn recipient receiver dest numara telefon alici abone": "person",
    "account hesap sender originator header gonderici basli ip. user kullanici firma bayi client company sirket "
    "content icerik text message mesaj metin key anahtar api domain url link template sablon entity telemarketer pe. "
    "imsi imei device hash campaign kampanya": "account",
}
# By beginnings of words, the first that fits; with a full stop at the end, the whole word.
ERROR_WORDS = {
    "iys.": (ErrorClass.PERMANENT, Reason.BLOCKED_BY_IYS),
    "credit balance bakiye kredi kontor fund quota": (ErrorClass.CONFIG, Reason.NO_CREDIT),
    "ip.": (ErrorClass.CONFIG, Reason.NETWORK_ADDRESS),
    "sender header originator title basli gonderici": (ErrorClass.CONFIG, Reason.HEADER),
    "auth user pass token key login credential unauthorized forbidden yetki anahtar sifre kullanici kimlik":
        (ErrorClass.CONFIG, Reason.CREDENTIALS),
    "duplicate repeat mukerrer": (ErrorClass.PERMANENT, Reason.DUPLICATE),
    "long. length uzun character karakter": (ErrorClass.PERMANENT, Reason.CONTENT),
    "rate throttl many. busy yogun sik. limit sinir": (ErrorClass.TEMPORARY, Reason.RATE),
    "number phone gsm msisdn recipient dest numara alici": (ErrorClass.PERMANENT, Reason.BAD_ADDRESS),
    "text message content body mesaj metin icerik": (ErrorClass.PERMANENT, Reason.CONTENT),
    "account hesap": (ErrorClass.CONFIG, Reason.CREDENTIALS),
    "system internal server unavailable maintenance timeout sistem bakim": (ErrorClass.TEMPORARY, Reason.UNAVAILABLE),
}  # fmt: skip
OF_ACCOUNT = {words: meaning for words, meaning in ERROR_WORDS.items() if words.startswith(("ip.", "sender"))}
STATE_WORDS = {
    "not undeliv fail reject error hata nok iletilmedi iletilemedi gonderilmedi gonderilemedi basarisiz ulasmadi"
    " ulasamadi": ReportState.FAILED,
    "expir timeout zaman suresi": ReportState.EXPIRED,
    "deliv ok. success iletildi ulasti basarili teslim": ReportState.DELIVERED,
    "wait pend queue accept enroute sending sent buffer submit schedul process bekl kuyruk sirada isleniyor gonderildi"
    " gonderiliyor iletiliyor alindi":
        ReportState.ACCEPTED,
}  # fmt: skip
UNKNOWN_STATE = f"{ReportState.ACCEPTED}/{Reason.UNKNOWN}"  # Raises an alarm.
FAILURES = "red reject hata err fail nok invalid denied unauth gecersiz yetersiz basarisiz yok"
SUCCESSES = "ok. success accept basari alindi kabul queue sent gonderildi true"
TAKEN = re.compile(r"\b(?:gonderildi|isleme alindi|siraya alindi|kabul edildi|was accepted|was queued)[^a-z0-9]*$")
NOT_TAKEN = re.compile(r"\b(?:not|daha once|mukerrer|zaten|already)\b")
EITHER = re.compile(r" (?:veya|ya da|or) |[/,;:()]")

SAYS_NO_CAUSE = re.compile(
    r"(?:(?:mesaj|message) )?(?:failed|rejected|undelivered|not (?:sent|delivered)|(?:gonderil|iletil)e?medi|)"
)


def plain_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", ascii_only(name).lower())


def secret_of(place: str) -> str:
    """The secret that stands at a place of a call by its name, or nothing. A user name is none."""
    name, is_header = _last_name(place), place.startswith("/headers/")
    for secret, parts in SECRET_HEADERS.items():
        if name in CALL_NAMES[secret].split() or (is_header and any(each in name for each in parts.split())):
            return secret
    return ""


def is_senders(place: str) -> bool:
    """Whether the sender stands at a place of a call by its name."""
    name = _last_name(place)
    return name in CALL_NAMES["header"].split() or any(each in name for each in SENDERS)


def is_texts(place: str) -> bool:
    """The same of the message's text."""
    return _last_name(place) in CALL_NAMES["text"].split()


def guess_names(places: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    """The place of each fact by the last part of it: the one whose name stands first in the list of names; no place
    twice."""
    found: dict[str, str] = {}
    for fact, text in names.items():
        known = text.split()
        ranked = [(known.index(name), place) for place in places if (name := _last_name(place)) in known]
        free = [each for each in ranked if each[1] not in found.values()]
        if free:
            found[fact] = min(free, key=lambda each: each[0])[1]
    return found


def guess_error(word: str, said: str) -> str:
    """The meaning of a word, or else of what is said of it, as the form has it: "class/reason". A sentence that may
    name a refusal or something else means nothing."""
    known = _error_meaning(word) or _error_meaning("" if may_be_refusal(said) else said)
    error_class, reason = known or (ErrorClass.PERMANENT, Reason.UNKNOWN)
    return f"{error_class}/{reason}"


def may_be_refusal(said: str) -> bool:
    """Whether a sentence names a refusal and something else: "bad number or on the blacklist"."""
    parts = [each for each in EITHER.split(said) if not SAYS_NO_CAUSE.fullmatch(_plain(each).strip())]
    return any(map(_is_listed, parts)) and len(set(map(_error_meaning, parts))) > 1


def names_list(said: str) -> bool:
    """Whether words name a list of refusals, or say that somebody left."""
    return LISTS.search(_plain(said)) is not None


def may_name_refusal(said: str) -> bool:
    """The same, unless it is a list of accounts or the like, or one of several causes."""
    is_account = _named(said) == "account" and not LEAVES.search(_plain(said))
    return names_list(said) and not is_account and not may_be_refusal(said)


def names_refusal(word: str, said: str = "") -> bool:
    """Whether a state says by itself, or what is said of it, that a person left, or is on a list of refusals."""
    plain = _plain(word).strip()
    if not names_list(word):
        return _named(word) != "account" and may_name_refusal(said)
    is_alone = LIST_ALONE.fullmatch(plain) is not None and _named(said) != "account"
    return LEAVES.search(plain) is not None or _named(word) == "person" or is_alone


def may_refuse(word: str, said: str = "") -> bool:
    """Whether a state does, or may."""
    return names_refusal(word, said) or may_name_refusal(word)


def guess_state(word: str, said: str = "") -> str:
    """The same of a state, as "state/reason": a refusal first. An unknown word means UNKNOWN_STATE."""
    if names_list(word) or names_list(said):
        return f"{ReportState.FAILED}/{Reason.BLOCKED_BY_VENDOR if names_refusal(word, said) else ''}"
    if state := _by_beginning(word, STATE_WORDS):
        return f"{state}/"
    state = _by_beginning(said, STATE_WORDS)
    is_doubtful = state == ReportState.ACCEPTED and classify_reply(said) in REFUSING
    return UNKNOWN_STATE if state is None or is_doubtful else f"{state}/"


def is_failure(words: str) -> bool:
    """Whether an answer's word looks like one of a failure: by its name, or a number below zero."""
    return _by_beginning(words, {FAILURES: True}) is True or re.match(r"\s*-[0-9]", words) is not None


def is_success(word: str) -> bool:
    """The same of a success: zeros and 2xx are one, too."""
    return not is_failure(word) and (
        _by_beginning(word, {SUCCESSES: True}) is True or re.fullmatch(r"0+|2[0-9]{2}", word.strip()) is not None
    )


def is_taken(said: str) -> bool:
    """Whether what a list says of a word ends with that the message was taken, if with some correction."""
    plain = ascii_only(said).lower()
    return TAKEN.search(plain) is not None and NOT_TAKEN.search(plain) is None


def _error_meaning(said: str) -> tuple[ErrorClass, Reason] | None:
    """A refusal of a person who left, or is on a list; an account may be on one as well: whoever is named first is."""
    has_left, is_blocked = (_by_beginning(said, {words: True}) for words in (LEFT, BLOCKED))
    named, is_listed = _named(said), _is_listed(said)
    if has_left or LEAVES.search(_plain(said)) or (is_listed and named != "account"):
        return ErrorClass.PERMANENT, Reason.BLOCKED_BY_VENDOR
    if is_listed or (is_blocked and named == "person"):
        return _by_beginning(said, OF_ACCOUNT) if is_listed else None
    return _by_beginning(said, ERROR_WORDS)


def _is_listed(said: str) -> bool:
    return names_list(said) or _by_beginning(said, {f"{LEFT} {LISTED}": True}) is True


def _named(said: str) -> str:
    return next((who for word in _plain(said).split() if (who := _by_beginning(word, WHO))), "")


def _plain(said: str) -> str:
    return re.sub("[^a-z0-9]+", " ", ascii_only(said).lower())


def _by_beginning(word: str, meanings: Mapping[str, Meaning]) -> Meaning | None:
    parts = re.findall(r"[a-z]+", ascii_only(word).lower())
    for beginnings, meaning in meanings.items():
        if any(f"{part}.".startswith(tuple(beginnings.split())) for part in parts):
            return meaning
    return None


def _last_name(place: str) -> str:
    """Of a number in a list, the name of the list; of "status/name" that of what has the name."""
    names = [plain_name(each) for each in place.split("/") if each and not each.isdecimal()]
    return names[-2] if len(names) > 1 and names[-1] in UNSPECIFIC and names[-2] else "".join(names[-1:])
