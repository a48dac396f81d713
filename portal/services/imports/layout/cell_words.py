"""The meanings of words in a file's cells: statuses, channels, recipient types and sources, in Turkish and English.

A person explains unknown words for the file (Layout.words); these meanings go first.
"""

import re
from collections.abc import Mapping, Set

from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.core.models import ContactKind
from portal.services.imports.layout.normalization import folded, is_sign, key_of, says_nothing

LONGEST = 200  # Characters; a longer cell holds free text.
Y = "y"  # Yes, or "yok": its column tells (detection), or a person.
NOTHING = ""  # The cell is empty, or a person said that its word means nothing.


def _table(lists: Mapping[str, str]) -> dict[str, str]:
    return {word.strip(): meaning for meaning, words in lists.items() for word in words.split(",")}


STATUSES = _table({
    Status.GRANTED: """
        onay, onayli, onayladi, onaylandi, onayliyorum, onay var, onay verdi, onay verildi, onay alindi,
        evet, e, var, 1, true, t, yes, y, kabul, kabul etti, kabul edildi, kabul ediyorum, izin,
        izinli, izin var, izni var, izin verdi, izin verildi, izin alindi, verdi, verildi, alindi, aktif,
        active, ok, tamam, olumlu, dogru, acik, on, istiyor, istiyorum, ister, isterim, granted, grant, accepted,
        accept, approved, approve, allowed, opt in, optin, opted in, subscribed, consented, consent, +
    """,
    Status.REFUSED: """
        ret, red, reddetti, reddedildi, reddet, reddediyorum, hayir, h, yok, 0, false, f, no, n, iptal,
        iptal etti, iptal edildi, izinsiz, izin yok, izni yok, izin vermedi, izin verilmedi, vermedi,
        verilmedi, onaysiz, onay yok, onay vermedi, onaylamadi, onaylanmadi, cikti, cikis, cikis yapti,
        listeden cikti, kabul etmedi, kabul etmiyorum, pasif, passive, inactive, olumsuz, yanlis, kapali,
        off, istemiyor, istemez, istemem, istemiyorum, geri aldi, geri cekti, refused, refuse, denied, deny,
        declined, rejected, reject, not allowed, opt out, optout, opted out, unsubscribed, unsubscribe,
        revoked, withdrawn
    """,
})  # fmt: skip

# Words of consent that say as much of anything else.
WEAK = re.compile(r"[ehyntf01+]|var|yok|evet|hayir|yes|no|true|false|aktif|pasif|active|inactive|passive|ok|tamam")
# Words that speak of a consent in any column. Others tell a state of anything: "aktif", "kapalı", "onaylandı".
_OF_CONSENT = re.compile(
    r"(?:onay(?!lan)|izin|izni|iste|isti|opt|consent|grant|refuse|unsubscribe|subscribed|geri |listeden ).*|"
    r"re[dt]|redde(?!dil).*|(?:not )?allowed|revoked|withdrawn"
)
ANY_STATE = frozenset(word for word in STATUSES if not _OF_CONSENT.fullmatch(word)) | {Y}
# Of an account or a membership: "Durum: Aktif".
STATE_OF_ACCOUNT = frozenset(
    ("aktif", "pasif", "active", "inactive", "passive", "acik", "kapali", "on", "off", "ok", "tamam")
)
# Beside those, of an address that was verified: "E-posta durumu: Onaylı".
ADDRESS_STATE = ANY_STATE | {"onayli", "onaysiz", "onayladi", "onaylamadi"}
_TWICE = re.compile(r"(evet|hayir|yes|no) (.+)")  # "Evet, isterim"

CHANNELS = _table({
    Channel.SMS: """
        mesaj, sms, kisa mesaj, kisamesaj, metin mesaji, sms mesaj, message, text, text message
    """,
    Channel.CALL: """
        arama, telefon, tel, cagri, sesli arama, sesli, telefonla arama, telefon aramasi, call, phone,
        phone call, voice
    """,
    Channel.EMAIL: """
        eposta, email, mail, elektronik posta
    """,
    " ".join(Channel): """
        hepsi, tumu, tum, tamami, tum kanallar, butun kanallar, tum izinler, her ucu, all, all channels
    """,
})  # fmt: skip
_AFTER_A_CHANNEL = re.compile(r" (?:izni|izin|onayi|onay|kanali|adresi|ile)$")
_BETWEEN_CHANNELS = re.compile(r"[,;/+|&\n]|\s(?:ve|and|veya|ile)\s", re.I)
_WITHOUT = re.compile(r"(?<!\w)[-–—]|[-–—](?!\w)")  # "Arama - SMS" may mean "not by SMS".

TYPES = _table({
    RecipientType.INDIVIDUAL: """
        bireysel, birey, sahis, kisi, gercek kisi, gercek, tuketici, individual, person, personal, consumer,
        b2c
    """,
    RecipientType.MERCHANT: """
        tacir, tuccar, esnaf, tacir esnaf, tacir ve esnaf, tacir veya esnaf, kurumsal, kurum, tuzel,
        tuzel kisi, sirket, firma, ticari, merchant, corporate, company, business, commercial, b2b
    """,
})  # fmt: skip

SOURCES = _table(
    {
        Source.WEB: """
        web, web sitesi, web sitemiz, websitesi, website, web site, web sayfasi, web form, web formu,
        web site formu, internet, internet sitesi, internet formu, site, online, online form, eticaret,
        eticaret sitesi, landing page
    """,
        Source.ELECTRONIC: """
        elektronik ortam, elektronik, eortam, dijital, dijital ortam, dijital form, tablet, kiosk, wifi,
        wi fi, qr, qr kod, karekod, electronic, digital
    """,
        Source.MOBILE_APP: """
        mobil, mobil uygulama, mobil uygulamamiz, uygulama, mobile, mobile app, app, ios, android
    """,
        Source.SMS: """
        sms, mesaj, kisa mesaj, sms ile, text message
    """,
        Source.EMAIL: """
        eposta, email, mail, eposta ile, elektronik posta
    """,
        Source.CALL_CENTRE: """
        cagri merkezi, call center, call centre, callcenter, musteri hizmetleri, telefon, telefonla, arama,
        telefon gorusmesi, ses kaydi, ivr
    """,
        Source.SOCIAL_MEDIA: """
        sosyal medya, social media, facebook, instagram, twitter, linkedin, tiktok, youtube
    """,
        Source.PHYSICAL_PLACE: """
        fiziksel ortam, fiziksel, fiziki ortam, fiziksel magaza, magaza, magazada, magaza ici, sube, subede,
        kasa, bayi, ofis, yuz yuze, store, shop, branch, in store, physical
    """,
        Source.SIGNED_FORM: """
        islak imza, islak imzali form, islak imzali, imzali form, imza, form, basili form, kagit form,
        yazili form, anket, yazili, paper form, signed form, paper
    """,
        Source.EVENT: """
        etkinlik, fuar, fuarda, seminer, kongre, konferans, konser, lansman, stant, stand, event, fair,
        trade show
    """,
        Source.ATM: """
        atm
    """,
        Source.BEFORE_2015: """
        2015, 2015 oncesi, 2015 ten once, 2015 ten oncesi, mayis 2015 oncesi, 1 mayis 2015 oncesi,
        01 05 2015 oncesi, 1 5 2015 oncesi, before 2015, pre 2015
    """,
        Source.PROVIDER_DECISION: """
        karar, hizmet saglayici karari, firma karari, sirket karari, kendi kararimiz
    """,
    }
)
for _source in Source:  # HS_WEB in any spelling, also without HS.
    _name = _source.value.lower().replace("_", " ")
    SOURCES |= {_name: _source.value, _name.removeprefix("hs "): _source.value}
SOURCES["hs fiziksel magaza"] = Source.PHYSICAL_PLACE.value  # What İYS called it until May 2020.

# How a person began the contact, in a list of a campaign's audience.
CONTACTS = _table({
    ContactKind.PURCHASE: """
        alisveris, satin alma, satin aldi, siparis, satis, fatura, purchase, order, sale
    """,
    ContactKind.MEMBERSHIP: """
        uyelik, uye, uye olma, uye oldu, hesap acma, sadakat karti, membership, member, sign up, signup
    """,
    ContactKind.VISIT: """
        ziyaret, magaza ziyareti, magazaya geldi, visit, store visit
    """,
    ContactKind.CALL: """
        arama, bizi arama, bizi aramasi, bizi aradi, telefon, cagri, cagri merkezi, call, phone call
    """,
    ContactKind.FORM: """
        form, form doldurma, form doldurmasi, form doldurdu, iletisim formu, basvuru formu, web form
    """,
    ContactKind.EVENT: """
        etkinlik, etkinlik katilimi, etkinlige katildi, fuar, seminer, event, fair
    """,
    ContactKind.REQUEST: """
        talep, kendi talebi, istek, kendi istegi, bilgi talebi, request, inquiry
    """,
    ContactKind.OTHER: "diger, baska, other",
})  # fmt: skip


class Meanings:
    """The meanings of words in one file. Each method returns NOTHING for an empty cell and None for an unknown word."""

    def __init__(self, said: Mapping[str, Mapping[str, str]]):
        self._said = {
            field: {key_of(word): meaning for word, meaning in words.items()} for field, words in said.items()
        }

    def status(self, cell: str) -> Status | str | None:
        meaning = self._meaning("status", cell, STATUSES)
        return Status(meaning) if meaning else meaning

    def explained(self, word: str) -> Status | str | None:
        """What a person said that a word of a status column means: NOTHING, too; None where nobody said it."""
        said = self._said.get("status", {}).get(key_of(word))
        return Status(said) if said else said

    def recipient_type(self, cell: str) -> RecipientType | str | None:
        meaning = self._meaning("type", cell, TYPES)
        return RecipientType(meaning) if meaning else meaning

    def source(self, cell: str) -> Source | str | None:
        """One of the sources that we may send; those that only İYS writes are unknown words."""
        meaning = self._meaning("source", cell, SOURCES)
        return Source(meaning) if meaning else meaning

    def channels(self, cell: str) -> frozenset[Channel] | str | None:
        """One or several; all three mean "whatever the address serves"."""
        whole = self._channel(cell)
        if whole is None and len(cell) <= LONGEST and not _WITHOUT.search(cell):
            parts = list(filter(None, map(str.strip, _BETWEEN_CHANNELS.split(cell))))
            whole = self._joined(parts) if len(parts) > 1 else self._joined(key_of(cell).split())
        return frozenset(map(Channel, whole.split())) if whole else whole

    def _joined(self, parts: list[str]) -> str | None:
        meanings = [meaning for part in parts if (meaning := self._channel(part)) is not None]
        is_whole = any(" " in each for each in meanings) and len(meanings) > 1  # "Hepsi, SMS": all but it?
        return None if is_whole or len(meanings) < len(parts) else " ".join(meanings).strip()

    def _channel(self, word: str) -> str | None:
        meaning = self._meaning("channel", word, CHANNELS)
        return (
            self._meaning("channel", _AFTER_A_CHANNEL.sub("", key_of(word)), CHANNELS) if meaning is None else meaning
        )

    def _meaning(self, field: str, cell: str, table: Mapping[str, str]) -> str | None:
        if len(cell) > LONGEST:
            return None
        word = key_of(cell)
        if (said := self._said.get(field, {}).get(word)) is not None:
            return said
        if field == "status" and (is_sign(word) or word == Y):
            return None  # "✗" and "-" may mean no, nothing, or what was ticked on paper.
        if field == "channel" and cell.strip() and says_nothing(cell):
            return None  # "-" and "NULL" may mean none.
        if field == "status" and (both := _TWICE.fullmatch(word)):
            first, then = map(table.get, both.groups())
            return first if first == then else None
        return NOTHING if says_nothing(cell) else table.get(word)


def is_among(cell: str, words: Set[str]) -> bool:
    """Whether a cell is one of these words, also after a yes or no: "Evet, aktif"."""
    word = key_of(cell)
    return word in words or ((both := _TWICE.fullmatch(word)) is not None and both[2] in words)


def is_of_iys(cell: str) -> bool:
    """Whether a source is one that only İYS itself writes."""
    return folded(cell).startswith("iys ")
