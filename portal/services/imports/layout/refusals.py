"""The words that refuse, and their three readings: what may refuse is named to a file's author (may_refuse), what does
for certain holds a line back (refuses), and in a column's name it turns its yes round (IN_NAMES; consent_names).

What is named errs on the side of refusing, since a false alarm costs one tick; what holds back, where no tick helps, is
narrower. Words are folded to ASCII.
"""

import re
from functools import lru_cache

from portal.core.iys_protocol import Status
from portal.domain.replies.refusing_words import ANYWHERE, MAY_REFUSE, NOT, ROOTS
from portal.services.imports.layout.cell_words import STATUSES, WEAK
from portal.services.imports.layout.normalization import folded, readings
from portal.services.imports.layout.vocabulary import CHANNEL, CONSENT_NOUN, TOPIC, Words
from portal.services.imports.reading.workbook_chunker.chunks import LONGEST_LINE

KNOWN_TEXTS = 16384
SHORTEST = 3  # Letters of a word that refuses by itself.
LONGEST_ADDRESS = 400
LONGEST = 65_536  # Characters that are looked at.

_IN_ADDRESS = re.compile(
    rf"{ANYWHERE}|\b(?:ret|red|yok|hyr|hayr|cikti|pasif|kapali|(?:no|do ?not ?)(?:sms|e?mail|call))\b"
)

# In names of columns.
_NOT_IN_NAME = (
    r"m(?:[ae](?:d[iu]\w*|z(?:lar|ler)?|mis\w*|m[ae]kt[ae]\w*|sin(?:lar|ler)?|y[ae][cnlry]\w*|y[iu]n(?:iz)?)"
    r"|[iu]yor\w*)"
)
IN_NAMES = Words(rf"""
    opt(?:ed)?\s?out\w* has\s?opted\s?out\w* unsub\w* do\s?not\s?\w* don\st dnc no\s(?:call|sms|email)s? no\smarketing
    (?:isten?|al(?:in)?|gonder(?:il)?|at(?:il)?|ar|aran|onayla\w?|ilet(?:il)?)[ae]?(?:{_NOT_IN_NAME}|m[ae]m\w*)
    ret(?:ler\w*)? red(?:ler\w*)? redd\w+ reded\w+ iptal\w* itiraz\w* bloke\w* block\w* blacklist\w* kara\sliste\w*
    cikis\w* cikti hayir\sdiyen\w* cika[nr]\w* (?:izin|onay|riza)siz\w* vazgec\w* rahatsiz\s\w+(?:\sistem\w+)?
    suppress\w* withdr\w+ revok\w+ refus\w+ declin\w+ objected objections?
""")
# These beside a word of consent only; beside a channel alone they may speak of the address: "E-posta yok".
ENDING_IN_NAMES = Words(rf"""
    (?!tamam)\w\w+{_NOT_IN_NAME} verm[ae]m\w* yok degil hayir olumsuz geri\s(?:al|cek)\w* kaldir\w+ silin\w+
    bit(?:ti|mis) sona\s\w+ dur(?:dur\w*)? kapa(?:li|t\w*) engel\w* yasa[kg]\w* haric pasif passive inactive stop\w*
    end(?:ed)? expired cancel\w* den(?:y|ied) reject\w* exclud\w* disabl\w* remov\w* delet\w* forbid\w* without
""")
# "Müşteriyi arama" may forbid it, "Müşteri arama" and "Beni arama izni" do not.
_WHOM = (
    r"(?:beni|bizi|sizi|seni|onu|onlari|kendi\w*|herkesi|(?:musteri|uye|kisi|alici|kullanici|hasta|ogrenci|veli|misafir|"
    r"ziyaretci|abone|firma)(?:l[ae]r)?(?:[iu]?m[iu]z)?y?[iu])"
)
_DO_NOT = rf"(?:arama|bilgilendirme)\b(?!\s{CONSENT_NOUN}\b)"
# A refusal that is denied: "Vazgeçmedi", "Not unsubscribed"; and what is no advertising: "Ticari olmayan SMS izni".
_DENIED = (
    r"(?:vazgec|redde[dt]|rahatsiz\sol|cik|cikar(?:il)?|ayril|engellen?|kaldir(?:il)?|sil(?:in)?)"
    rf"(?:{_NOT_IN_NAME}|m[ae]k\sistem\w+)"
)
_DENIES = (
    r"(?:no|not|non|never|isn\st|wasn\st|hasn\st|didn\st|without)\s(?:\w+\s){0,2}?"
    r"(?:opt(?:ed)?\s?out|unsub|block|black\s?list|suppress|withdr|revok|refus|declin|reject|object)\w*"
)
_NOT_OF_TOPIC = rf"\w+m[ae]y[ae]n\s(?:\w+\s){{0,2}}?(?:{CHANNEL}|{CONSENT_NOUN}|{TOPIC})"
# Of the address ("Telefon onaylı": verified), or an act: "SMS gönderme" is the sending, and "do not send".
EITHER_IN_NAMES = Words(rf"""
    bounc\w+ hatali gecersiz invalid yanlis wrong (?:gonder|yap|at|ver|al|ilet|et|iste)m[ae]$
    {_WHOM}\s(?:\w+\s){{0,2}}{_DO_NOT} {_DO_NOT}\s{_WHOM}
    gonderim\w*\s(?:durum\w*|status) (?:eposta|e?mail|telefon|tel|cep)\sonayli itirazsiz\w* {_DENIED} {_DENIES}
    {_NOT_OF_TOPIC}
""")

# Another thing that ends, or is not to be brought: cleared before anything else is looked for.
_THING = (
    r"(?:siparis|fatura|iade|kargo|odeme|randevu|rezervasyon|urun|taksit|kart|kredi|teklif|provizyon|havale|police|"
    r"teslimat|paket|koli|kurye|fis|order|delivery|invoice|payment|booking|appointment|refund)\w*"
)
_OTHER = re.compile(
    rf"\b(?:{_THING} (?:(?:eve|ise|adrese|kapiya|geri) )?"
    r"(?:iptal|re[dt]|onay|izin|gonder|yolla|cancel|reject|refus)\w*|"
    r"(?:telefon|tel|cep|hat|numara)\w* kapali\w*|(?:ret|iptal) (?:yok|vermedi|etmedi|degil)|"
    r"do ?n(?:o|) ?t (?:ring|knock|bend|fold|leave|disturb the)\b)"
)
# The endings of a verb by which nobody is to do it, or nobody will. "Aramasını istedi" asks for a call.
_NEVER = r"m[ae](?:y[iu]n(?:[iu]z)?|s[iu]n(?:lar|ler)?|y[ae]c[ae]\w*|y[ae]l[iu]m|m[ae]\w*|l[iu](?:y[iu]z|d[iu]r)?)\b"
_OF_DELIVERIES = r"(?:cal|birak|koy|bas|uyandir|ac|unut|bekle|gecik|kir|tamam)"
_NEVER_DONE = r"(?:ver|veril|al|alin|iste|goster|bulun|yap|yapil|et|edil)m[ae]z(?:l[ae]r|mis)?"  # No surname's.
_CONSENT = r"(?:izin|izni|iznin|onay|riza|muvafakat|consent|permission|abone|uyeli[kg]|iys)\w*"
_SUBJECT = (
    r"(?:sms\w*|mesaj\w*|msj|message\w*|arama(?:lar\w*|si|ya|yi)?|aranma\w*|reklam\w*|kampanya\w*|tanitim\w*|pazarlama\w*|"
    r"marketing|promosyon\w*|(?:e ?)?bulten\w*|newsletters?|mailing|ileti|iletiler\w*|iletisim\w*|irtibat\w*|temas|"
    r"gonderim\w*|duyuru\w*|bildirim\w*|notifications?|spam)"
)
_CHANNEL = r"(?:telefon\w*|tel|cep\w*|eposta\w*|e?mail\w*|numara\w*|whatsapp\w*|cagri\w*|phone|calls?|texts?)"
_REFUSING = (
    r"(?:red|redd\w+|reded\w+|iptal\w*|hayir|itiraz\w*|rahatsiz\w*|(?:at|yap)ilmaz|engelle\w*|blok\w*|"
    r"(?:kabul|tercih) etm\w+|refus\w+|declin\w+|reject\w*|withdr\w+|revok\w+|object\w+|stop\w*|cancel\w*|"
    rf"kes(?:ilsin|iniz|in(?=$| dedi| lutfen))|(?!{_OF_DELIVERIES})\w{{1,20}}{_NEVER})"
)
_NONE = r"yok(?:tur|mus)?"
_STOPPING = (
    rf"(?:{_NONE}|kapat\w*|kapali|durdur\w*|pasif|sil\w*|kaldir\w*|cikar\w*|cikti|cikis\w*|almiyor\w*|sikayet\w*)"
)
_ALONE = (
    r"iste?n?(?:il)?[ei]?m(?:i?y?or|iyo|ed|e[zmy]|emi)\w*|vazgec(?!me[dz]|ilmez)\w*|rahatsiz (?:et|ed|ol)\w*|"
    r"ilgilenmiyor\w*|ustu cizil\w*|(?:ret|red) (?:ver|et|ed|yaz|gel|bildir)\w*|"
    r"unsub\w*|opt(?:ed|ing|s)? ?out\w*|do(?:es)? ?n(?:o|) ?t|not interested|dnc|black ?list\w*|"
    r"kara ?liste\w*|no longer w\w+|never (?:call|contact|e?mail|text)\w*|leave me alone|"
    r"(?:stop|iptal) (?:yaz|gonder|dedi)\w*|"
    r"stop (?:call|e?mail|text|send|contact|messag|market)\w*|no (?:more|further|calls|sms|texts|marketing|consent)|"
    r"remove\w* (?:\w+ )?from|take \w+ off|"
    rf"(?:aran?|gonder(?:il)?|yolla|yollan|ulas(?:il)?){_NEVER}|aran(?:maz|miyor\w*)|gonderilm(?:ez|iyor\w*)|"
    r"not to be (?:call|contact|e?mail|text)\w*|"
    r"(?:kayd|numara[ms]|bilgiler|veriler)\w* (?:\w+ )?(?:sil(?:in(?!di)|me|dir|ebil|sin|er)|iptal)\w*|"
    r"(?:bir ?daha|sakin|artik|asla|beni|bizi|bana|sms|mesaj|mail|reklam) (?:\w+ )?(?:(?:arama|yazma|gonderme|"
    rf"atma)(?=$| de?di| diy)|(?:yaz|at){_NEVER})"
)
# Without a verb between: "Onay verdi, ulaşılamadı".
_CONSENT_NOT_GIVEN = rf"{_CONSENT}(?: (?!\w+[dt][iu]\b)\w+){{0,2}} (?:{NOT}|{_NEVER_DONE})"
_BESIDE = "(?: \\w+){0,3} "
_PAIRS = (
    (rf"(?:{_CONSENT}|{_SUBJECT}|{_CHANNEL})", _REFUSING),
    (rf"(?:{_CONSENT}|{_SUBJECT})", _STOPPING),
    (_CONSENT, rf"(?:(?:{ROOTS})\w*|degil\w*|geri (?:al|cek)\w*|sona \w+|ended|deny|not)"),
    (r"(?:liste|abone|uyeli|bulten|grup|grub|rehber)\w*[dt][ea]n", r"(?:cik|ayril|sil|kaldir)\w*"),
)
_REFUSES = re.compile(
    rf"\b(?:ret|{_ALONE}|{_CONSENT_NOT_GIVEN}|"
    + "|".join(rf"{one}{_BESIDE}{other}|{other}{_BESIDE}{one}" for one, other in _PAIRS)
    + r")\b"
)
# Of a whole note, beside who does it: "Müşteri iptal etti", but "çiçek kabul etmedi".
_WHO = re.compile(r"^(?:(?:musteri|kisi|uye|alici|hasta|veli|abone|kendisi)(?:miz|si|nin)? )+")
_WHOLE_NOTE = re.compile(r"iptal (?:et|ed)\w+|kabul etm\w+|red (?:et|ed)\w+|yasakli|bloklu|stop")
# "sms=0", "SMS:H", "{"sms": false}"; not "Arama: 0 532…" and "mail: h.can@…".
_CHOICE = re.compile(
    r"(?<!\w)(?:sms|mesaj|message|arama|call|e-?posta|e-?mail|mail|izin|onay|iys)\w*[\"']?\s*[=:]\s*[\"']?"
    r"(\w{1,20})(?![\w.@+]|\s*\d)",
    re.I,
)

# A name is one of a person or a firm first ("Ali Çıkar", "Silivri İletişim"): there only what is nobody's name.
_APART = re.compile(r"[()\[\]{}<>!*/|:;,=?]+|\s[-–—]+|[-–—]+\s|[–—]")
_SURNAME_FIRST = re.compile(r"^\s*[^\W\d]+\s*,")  # "Ret, Ayşe"
_BEFORE_A_NAME = r"(?:sms|mesaj|mail|email|eposta|arama|izin|izni|onayi|aboneligi|uyeligi|iys)"
_IN_NAME = re.compile(
    rf"\b(?:(?!istemez\b)(?:{_ALONE})|iptal (?:etti|edildi)|"
    rf"{_BEFORE_A_NAME} (?:ret|red|iptal\w*|{_NONE}|kapali|olumsuz|{NOT}|{_NEVER_DONE}))\b"
)
# States of people and addresses in files; messages of vendors name them, too. "Öldü", "ölü" are "oldu", "olu", folded.
_STATE = re.compile(
    r"\b(?:deceased|bounced|paused|archived|eliminated|purged|dormant|invalid|inaktiv|blokajli|devretti|frozen|unreachable|"
    r"junk|trash|elemine|abgelehnt|gesperrt|gekundigt|verstorben|desabonne|desinscrit|decede|rahmetine)\b"
)
_DIED = re.compile(r"(?<![^\W\d_])[öÖ]l(?:d[üÜ]|m[üÜ][şŞ]|[üÜ](?:d[üÜ]r)?(?![^\W\d_]| ?deniz))", re.I)
_MARK = re.compile(r"\b(?:RET|İPTAL|IPTAL)\b")
# Empty boxes, crosses and "no" as a picture, beside which a text is no yes.
REFUSING_SIGNS = re.compile(r"[☐□▢◻◽⬜⬚❏❐❑❒🔲✗✘✖✕☒❌❎🗙🚫⛔🛑👎]|\[[ _]\]")


def address_refuses(address: str) -> bool:
    """Whether an e-mail address has a word of refusing, joined to others or not: "smsistemiyor@…", "ayse@….iptal"."""
    return _IN_ADDRESS.search(folded(address[:LONGEST_ADDRESS])) is not None


@lru_cache(maxsize=KNOWN_TEXTS)
def may_refuse(text: str) -> bool:
    """Whether a text has a word of refusing, leaving or ending, or a no, anywhere and in any form."""
    if text.lower() == text.upper():  # No letter.
        return False
    spelled = readings(text[:LONGEST])
    return speaks_of_death(text) or any(MAY_REFUSE.search(each) or _STATE.search(each) for each in spelled)


def speaks_of_death(text: str) -> bool:
    """Whether somebody "öldü", of which nothing is left when it is folded."""
    return _DIED.search(text[:LONGEST]) is not None


@lru_cache(maxsize=KNOWN_TEXTS)
def refuses(text: str) -> bool:
    """Whether a cell that no column of the layout reads says a refusal: by one word that says nothing else, by a phrase
    ("listeden çıkmak istiyor"), or by a word of refusing beside one of a message, a channel or a consent."""
    if len(text) < SHORTEST or text.lower() == text.upper():  # No letter.
        return False
    words = folded(text[:LONGEST_LINE])
    if any(map(_is_refusal, text.splitlines() if "\n" in text else (text,))):
        return True
    return _REFUSES.search(_OTHER.sub("-", words)) is not None or Status.REFUSED in choices(text)


def choices(text: str) -> list[str]:
    """The statuses that a text sets channels or consents to: `{"sms":false}`, `sms=0`."""
    return [STATUSES[word] for word in map(folded, _CHOICE.findall(text)) if word in STATUSES]


def _is_refusal(line: str) -> bool:
    word = _WHO.sub("", folded(line[:LONGEST_LINE]).strip("0123456789 "))  # Beside a date.
    return (STATUSES.get(word) == Status.REFUSED and not WEAK.fullmatch(word)) or _WHOLE_NOTE.fullmatch(
        word
    ) is not None


def refuses_in_name(name: str) -> bool:
    """Whether a cell that is read as a name says a refusal beside it: "Ayşe Yılmaz (RET)"."""
    if len(name) < SHORTEST or name.lower() == name.upper():
        return False
    text = name[:LONGEST_LINE]
    parts = [part for part in _APART.split(_SURNAME_FIRST.sub("", text, count=1)) if part.strip()]
    if (len(parts) > 1 or len(" ".join(parts).split()) == 1) and any(map(refuses, parts)):
        return True
    is_marked = _MARK.search(text) is not None and text != text.upper()
    return is_marked or _IN_NAME.search(folded(text)) is not None
