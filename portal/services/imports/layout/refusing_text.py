"""Refusals in free text: notes of an office that say so, beside whatever else they say."""

import re
from functools import lru_cache

from portal.core.iys_protocol import Status
from portal.services.imports.layout.cell_words import STATUSES, WEAK
from portal.services.imports.layout.normalization import folded
from portal.services.imports.layout.refusing_roots import NOT, ROOTS
from portal.services.imports.reading.workbook_chunker.chunks import LONGEST_LINE

KNOWN_TEXTS = 16384
SHORTEST = 3  # Letters of a word that refuses by itself.

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
_WHOLE = re.compile(r"iptal (?:et|ed)\w+|kabul etm\w+|red (?:et|ed)\w+|yasakli|bloklu|stop")
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
_MARK = re.compile(r"\b(?:RET|İPTAL|IPTAL)\b")


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
    return (STATUSES.get(word) == Status.REFUSED and not WEAK.fullmatch(word)) or _WHOLE.fullmatch(word) is not None


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
