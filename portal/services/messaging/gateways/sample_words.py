"""What names and words of a vendor's samples usually mean: first guesses, which a person corrects."""

import re
from collections.abc import Mapping
from typing import TypeVar

from portal.core.transliteration import ascii_only
from portal.domain.replies import REFUSING as REPLY_REFUSES
from portal.domain.replies import classify_reply
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
# How names of what belongs to a log-in end: "apiUserName", "Abone No", "client_id". A signature may be a text's.
LOGINS = re.compile(
    "(?:ka|uid|api|app|.*(?:user|username|usr|usrname|uname|kullanici|kullaniciadi|login|loginname|account|accountname|hesap|"
    "musteri|customer|client|abone|subscriber|bayi|merchant|email|eposta|pass|password|passwd|pswd|pwd|psw|sifre|sifresi|"
    "parola|secret|token|key|anahtar|auth|authorization|hash|credential|credentials))(?:i|id|sid|no|number|code|kod|kodu)?|"
    ".*(?:company|firma|sirket|partner|dealer|tenant|session)(?:id|no|code|kod|kodu)"
)
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
    "state": "msgstatus messagestatus deliverystatus dlrstatus status state durum sonuc result stat dlr code",
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
# What a vendor says of somebody who left, and of lists that hold who did, or something else; in plain small letters
# with single blanks. Such a meaning waits for a person (feedback.take_blocked), so more counts than is certain.
WHO_LEFT = r"(?:end ?user|user|recipient|subscriber|customer|owner)"
LEAVES = re.compile(
    rf"\bopt(?:ed|s)? ?out|unsub|\bstop(?: ?list| message| request)|(?:sent|replied|texted) stop\b|requested not to|"
    r"\b(?:dnd|do not (?:contact|disturb|call))\b(?! (?:time|hour|period|window))|"
    r"revok\w* (?:\w+ )?consent|consent (?:\w+ )?(?:revok|withdr)|"
    rf"\b{WHO_LEFT} (?:has |have )?(?:asked|refused|declined)|\b{WHO_LEFT} (?:has|have) blocked|"
    rf"(?:blocked|request\w*) by (?:the |an? )?{WHO_LEFT}|(?:alici|abone\w*|kisi|musteri|m[ae]di) ret\b|"
    r"\bret (?:liste|mesaji alin|alin|ver(?:di|mis|en)|et(?:ti|mis)|yaz(?:di|mis|an))|"
    r"listeden (?:cik(?:mis|ti|an\b|aril)|silin(?:di|mis))|"
    r"abonelikten (?!\w+m[ae]k icin)|almak istem(?:iyor(?!s)|eyen(?!l)|edi)|almayi reddet|"
    r"\b(?:alici|abone|musteri|kisi)\w* (?!operator)(?:\w+ )?redde[dt]"
)
LISTS = re.compile(
    r"(?:black|block|deny|exclusion|barr(?:ed|ing)|\bdnc|\b[bd]) ?list|kara ?liste|suppress|"
    r"(?:yasakli|engelli|red|istenmeyen|izinsiz) (?:liste|numara|alici|abone)"
)
BLOCKED = "block bloke engel"
WHO = {
    "number phone gsm msisdn recipient receiver dest numara telefon alici abone": "person",
    "account hesap sender originator header gonderici basli ip. user kullanici firma bayi client company sirket "
    "content icerik key anahtar api domain url link template sablon entity telemarketer campaign kampanya imsi imei "
    "device cihaz hash duplicate mukerrer": "account",
    "text message mesaj metin": "message",  # Of nobody else who is named beside it.
}
PARTS = re.compile(r"[,;:/()\[\]]|\.(?:\s|$)")
EITHER = re.compile(r" (?:veya|ya da|or) ")
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
    "not undeliv fail reject refus redde error hata nok iletilmedi iletilemedi gonderilmedi gonderilemedi basarisiz"
    " ulasmadi ulasamadi": ReportState.FAILED,
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
# No success and not on its way, whatever else stands there: "teslim edilmedi", "no route for delivery".
DENIES = re.compile(
    r"\b(?:no|cannot|degil|before)\b|\b(?:block|restrict|cancel|engel|iptal|bloke)|[a-z]m[ae](?:di|mis|z|y[ae]n)\b"
)
STILL = re.compile(r"\b(?:yet|henuz|hala|still)\b")


def plain_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", ascii_only(name).lower())


def secret_of(place: str) -> str:
    """The secret that stands at a place of a call by its name, or nothing. A user name is none."""
    name, is_header = _last_name(place), place.startswith("/headers/")
    for secret, parts in SECRET_HEADERS.items():
        if name in CALL_NAMES[secret].split() or (is_header and any(each in name for each in parts.split())):
            return secret
    return ""


def is_logins(place: str) -> bool:
    """Whether a log-in may stand at a place of a call: in any header, else by its name."""
    return place.startswith("/headers/") or LOGINS.fullmatch(_last_name(place)) is not None


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
    """The meaning of a word, or else of what is said of it, as the form has it: "class/reason", a refusal first."""
    if _may_have_left(word, said):
        return f"{ErrorClass.PERMANENT}/{Reason.BLOCKED_BY_VENDOR}"
    error_class, reason = _error_meaning(word) or _error_meaning(said) or (ErrorClass.PERMANENT, Reason.UNKNOWN)
    return f"{error_class}/{reason}"


def names_list(*said: str) -> bool:
    """Whether a word, or what is said of it, names a list of refusals that a person may be on, also as one of several
    causes, or says that somebody left: no list of senders, contents or devices."""
    if any(LEAVES.search(_plain(each)) for each in said):
        return True
    parts = [part for each in said for part in PARTS.split(each) if LISTS.search(_plain(part))]
    whose = {_named(part) for part in parts}
    return "person" in whose or ("" in whose and "account" not in whose)


def guess_state(word: str, said: str = "") -> str:
    """The same of a state, as "state/reason". A delivery is one whatever is said of it. An unknown word means
    UNKNOWN_STATE."""
    state = _state(word)
    if _may_have_left(word) or (state != ReportState.DELIVERED and names_list(word, said)):
        return f"{ReportState.FAILED}/{Reason.BLOCKED_BY_VENDOR}"
    if state is None:
        state = ReportState.FAILED if LISTS.search(_plain(f"{word} {said}")) else _state(said)
    is_doubtful = state == ReportState.ACCEPTED and classify_reply(said) in REPLY_REFUSES
    state = None if is_doubtful else state
    return f"{state}/" if state else UNKNOWN_STATE


def may_refuse(word: str, said: str = "") -> bool:
    """Whether a state names a list of refusals to which a person gave another meaning: not where it is one of several
    causes, which they may know."""
    has_causes = EITHER.search(_plain(said)) is not None or len(PARTS.split(said)) > 1
    return _may_have_left(word) or (not has_causes and names_list(word, said))


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


def _may_have_left(word: str, said: str = "") -> bool:
    return _plain(word).strip() == "ret" or names_list(word, said)


def _error_meaning(said: str) -> tuple[ErrorClass, Reason] | None:
    """What is on a list is none of a person's."""
    if LISTS.search(_plain(said)):
        return _by_beginning(said, OF_ACCOUNT)
    is_blocked = _by_beginning(said, {BLOCKED: True}) is True
    return None if is_blocked and _named(said) == "person" else _by_beginning(said, ERROR_WORDS)


def _state(said: str) -> ReportState | None:
    state, plain = _by_beginning(said, STATE_WORDS), _plain(said)
    is_denied = state in (ReportState.DELIVERED, ReportState.ACCEPTED) and DENIES.search(plain) is not None
    if STILL.search(plain) and (is_denied or state == ReportState.FAILED):
        return ReportState.ACCEPTED
    return ReportState.FAILED if is_denied else state


def _named(said: str) -> str:
    """Of whom something is said: of whoever is named first, or of a person among several."""
    named = []
    for either in EITHER.split(_plain(said)):
        found = [who for word in either.split() if (who := _by_beginning(word, WHO))]
        named.append(min(found, key=lambda who: who == "message", default=""))
    return "person" if "person" in named else next(filter(None, named), "")


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
