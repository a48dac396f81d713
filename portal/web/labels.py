"""The field's words as people read them; Turkish is the source, translations hold the English."""

from enum import StrEnum

from flask_babel import gettext

from portal.addresses import AddressKind
from portal.models import (
    BulkState,
    CampaignKind,
    ContactKind,
    CredentialKind,
    DayState,
    Delivery,
    DifferenceKind,
    FeedSource,
    Heard,
    Lane,
    LeftOut,
    MessageState,
    OrderKind,
    Outcome,
    Settlement,
    Way,
)
from portal.registry import Channel, RecipientType, Status


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for a text that is translated later
    return text


# Pairs, not a dict: words of two kinds that are spelled alike (WAITING) are equal, and one would hide the other.
LABELS: list[tuple[StrEnum, str]] = [
    (Channel.SMS, N_("SMS")),
    (Channel.CALL, N_("Telefon araması")),
    (Channel.EMAIL, N_("E-posta")),
    (RecipientType.INDIVIDUAL, N_("Bireysel")),
    (RecipientType.MERCHANT, N_("Tacir")),
    (Status.GRANTED, N_("Onay")),
    (Status.REFUSED, N_("Ret")),
    (AddressKind.PHONE, N_("Telefon")),
    (AddressKind.EMAIL, N_("E-posta")),
    (CampaignKind.ASK, N_("İzin sorma")),
    (CampaignKind.REFUSE, N_("Ret imkânı sunma")),
    (ContactKind.PURCHASE, N_("Alışveriş")),
    (ContactKind.MEMBERSHIP, N_("Üyelik")),
    (ContactKind.VISIT, N_("Mağaza ziyareti")),
    (ContactKind.CALL, N_("Bizi araması")),
    (ContactKind.FORM, N_("Form doldurması")),
    (ContactKind.EVENT, N_("Etkinlik katılımı")),
    (ContactKind.REQUEST, N_("Kendi talebi")),
    (ContactKind.OTHER, N_("Diğer")),
    (Delivery.GATEWAY, N_("İletileri İzinlink göndersin")),
    (Delivery.CSV, N_("Bağlantıları CSV olarak ben alacağım")),
    (LeftOut.REFUSED, N_("Daha önce reddetmiş")),
    (LeftOut.ALREADY_ASKED, N_("Daha önce sorulmuş")),
    (LeftOut.NO_CHANNEL, N_("Bu adrese uygun kanal seçilmemiş")),
    (MessageState.WAITING, N_("Sırada")),
    (MessageState.ACCEPTED, N_("Teslim alındı")),
    (MessageState.FAILED, N_("Gönderilemedi")),
    (MessageState.NOT_NEEDED, N_("Gönderilmedi, kişi reddetti")),
    (Outcome.WAITING, N_("İletilecek")),
    (Outcome.SENT, N_("Gönderildi, yanıt bekleniyor")),
    (Outcome.BLOCKED, N_("İYS izin vermiyor")),
    (Outcome.ACCEPTED, N_("İYS kabul etti")),
    (Outcome.VERIFIED, N_("İYS'de doğrulandı")),
    (Outcome.NOT_NEEDED, N_("İletmeye gerek yok")),
    (Outcome.OVERTAKEN, N_("İYS'de daha yeni bir karar var")),
    (Outcome.ANNULLED, N_("Geri alındı")),
    (Outcome.PARKED, N_("Elle bakılmalı")),
    (Outcome.EXPIRED, N_("Süresi geçti")),
    (Way.LINK, N_("Kişisel bağlantı")),
    (Way.IMPORT, N_("Dosya aktarımı")),
    (Way.STAFF, N_("Destek")),
    (Way.AT_IYS, N_("İYS üzerinden")),
    (Way.OTHER_SENDER, N_("Başka gönderici")),
    (Way.RENEWAL, N_("Yenilenen ret")),
    (Lane.REFUSALS, N_("Retler")),
    (Lane.PEOPLE, N_("Tekil onaylar")),
    (Lane.BULK, N_("Toplu onaylar")),
    (BulkState.FORMED, N_("Gönderilecek")),
    (BulkState.HELD, N_("İzninizi bekliyor")),
    (BulkState.SENT, N_("Sonucu bekleniyor")),
    (BulkState.ENDED, N_("Bitti")),
    (CredentialKind.DIRECT, N_("Kendi İYS hesabım")),
    (CredentialKind.PARTNER, N_("İş ortağının İYS hesabı")),
    (FeedSource.PEOPLE, N_("Kişilerin İYS'deki işlemleri")),
    (FeedSource.PROVIDER, N_("Sizin adınıza bildirilenler")),
    (Heard.PULL, N_("Sorgulama")),
    (Heard.PUSH, N_("Anlık bildirim")),
    (Heard.FILE, N_("Günün dosyası")),
    (Heard.SWEEP, N_("Haftalık tarama")),
    (DayState.WAITING, N_("Sırada")),
    (DayState.EMPTY, N_("Hareket yok")),
    (DayState.DIFFERENT, N_("Fark var")),
    (DayState.AGREED, N_("Mutabık")),
    (DayState.MISSED, N_("Dosyası alınamadı")),
    (DifferenceKind.ONLY_AT_IYS, N_("Yalnız İYS'de var")),
    (DifferenceKind.ONLY_HERE, N_("Yalnız bizde var")),
    (DifferenceKind.ALTERED, N_("İYS'de farklı")),
    (DifferenceKind.DRIFT, N_("Durumlar ayrı")),
    (Settlement.TAKE_THEIRS, N_("İYS'deki esas alındı")),
    (Settlement.SEND_AGAIN, N_("Bizimki yeniden iletildi")),
    (Settlement.EXPLAINED, N_("Açıklandı")),
    (OrderKind.FIRST, N_("İlk paket")),
    (OrderKind.RENEWAL, N_("Yenileme")),
    (OrderKind.UPGRADE, N_("Yükseltme")),
    (Settlement.GONE, N_("Fark kalmadı")),
]

BY_TYPE = {(type(word), str(word)): text for word, text in LABELS}


def label(word: StrEnum) -> str:
    """What people call it, in the language of this request."""
    return gettext(BY_TYPE[type(word), str(word)])
