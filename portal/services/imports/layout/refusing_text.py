"""Refusals in free text: notes of an office that say so, beside whatever else they say."""

import re
from functools import lru_cache

from portal.core.iys_protocol import Status
from portal.services.imports.layout.cell_words import STATUSES, WEAK
from portal.services.imports.layout.normalization import folded
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
_CONSENT = r"(?:izin|izni|iznin|onay|riza|consent|permission|abone|uyeli[kg]|iys)\w*"
_SUBJECT = (
    r"(?:sms\w*|mesaj\w*|msj|message\w*|arama(?:lar\w*|si|ya|yi)?|aranma\w*|reklam\w*|kampanya\w*|tanitim\w*|pazarlama\w*|"
    r"marketing|promosyon\w*|(?:e ?)?bulten\w*|newsletters?|mailing|ileti|iletiler\w*|iletisim\w*|irtibat\w*|temas|"
    r"duyuru\w*|bildirim\w*|notifications?|spam)"
)
_CHANNEL = r"(?:telefon\w*|tel|cep\w*|eposta\w*|e?mail\w*|numara\w*|whatsapp\w*|cagri\w*|phone|calls?|texts?)"
_REFUSING = (
    r"(?:red|redd\w+|reded\w+|iptal\w*|hayir|itiraz\w*|rahatsiz\w*|(?:at|yap)ilmaz|engelle\w*|blok\w*|kabul etm\w+|"
    r"refus\w+|declin\w+|reject\w*|withdr\w+|revok\w+|object\w+|stop\w*|cancel\w*|"
    rf"kes(?:ilsin|iniz|in(?=$| dedi| lutfen))|(?!{_OF_DELIVERIES})\w{{1,20}}{_NEVER})"
)
_STOPPING = r"(?:yok|kapat\w*|kapali|durdur\w*|pasif|sil\w*|kaldir\w*|cikar\w*|cikti|cikis\w*|almiyor\w*|sikayet\w*)"
_ENDING = (
    r"(?:degil|olumsuz|ver(?:il)?m[ie]\w+|alinma\w+|etm[ie]\w+|geri (?:al|cek)\w*|bitti|bitir\w*|sona \w+|sonland\w*|"
    r"kisitla\w*|inactive|ended|expired|denied|not)"
)
_ALONE = (
    r"iste?n?(?:il)?[ei]?m(?:i?y?or|iyo|ed|e[zmy]|emi)\w*|vazgec(?!me[dz]|ilmez)\w*|rahatsiz (?:et|ed|ol)\w*|"
    r"ilgilenmiyor\w*|unsub\w*|opt(?:ed|ing|s)? ?out\w*|do(?:es)? ?n(?:o|) ?t|not interested|dnc|black ?list\w*|"
    r"kara ?liste\w*|no longer w\w+|never (?:call|contact|e?mail|text)\w*|leave me alone|ret|"
    r"red (?:ver|et|yaz|gel|bildir)\w*|(?:stop|iptal) (?:yaz|gonder|dedi)\w*|"
    r"stop (?:call|e?mail|text|send|contact|messag|market)\w*|no (?:more|further|calls|sms|texts|marketing|consent)|"
    r"remove\w* (?:\w+ )?from|take \w+ off|"
    rf"(?:aran?|gonder(?:il)?|yolla|yollan|ulas(?:il)?){_NEVER}|aran(?:maz|miyor\w*)|gonderilm(?:ez|iyor\w*)|"
    r"not to be (?:call|contact|e?mail|text)\w*|"
    r"(?:kayd|numara[ms]|bilgiler|veriler)\w* (?:\w+ )?(?:sil(?:in(?!di)|me|dir|ebil|sin|er)|iptal)\w*|"
    r"(?:bir ?daha|sakin|artik|asla|beni|bizi|bana|sms|mesaj|mail|reklam) (?:\w+ )?(?:(?:arama|yazma|gonderme|"
    rf"atma)(?=$| de?di| diy)|(?:yaz|at){_NEVER})"
)
_BESIDE = "(?: \\w+){0,3} "
_PAIRS = (
    (rf"(?:{_CONSENT}|{_SUBJECT}|{_CHANNEL})", _REFUSING),
    (rf"(?:{_CONSENT}|{_SUBJECT})", _STOPPING),
    (_CONSENT, _ENDING),
    (r"(?:liste|abone|uyeli|bulten|grup|grub|rehber)\w*[dt][ea]n", r"(?:cik|ayril|sil|kaldir)\w*"),
)
_REFUSES = re.compile(
    rf"\b(?:{_ALONE}|" + "|".join(rf"{one}{_BESIDE}{other}|{other}{_BESIDE}{one}" for one, other in _PAIRS) + r")\b"
)


@lru_cache(maxsize=KNOWN_TEXTS)
def refuses(text: str) -> bool:
    """Whether a cell that no column of the layout reads says a refusal: by one word that says nothing else, by a phrase
    ("listeden çıkmak istiyor"), or by a word of refusing beside one of a message, a channel or a consent."""
    if len(text) < SHORTEST or text.lower() == text.upper():  # No letter.
        return False
    words = folded(text[:LONGEST_LINE])
    word = words.strip("0123456789 ")  # Beside a date.
    if STATUSES.get(word) == Status.REFUSED and not WEAK.fullmatch(word):
        return True
    return word == "stop" or _REFUSES.search(_OTHER.sub("-", words)) is not None
