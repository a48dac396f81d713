"""Labels of a file's columns and missing values; and of row results, with the code that İYS would have answered."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from portal.core import iys_protocol
from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.core.lazy_text import N_
from portal.domain.consents.bulk_import import Effect
from portal.services.imports.batch_problems import Confirmation
from portal.services.imports.layout import Field
from portal.services.imports.row_results import IYS_CODES, PROBLEMS, RESULTS, SkipReason, code_of

# Of the fields that a column may hold.
FIELDS = {
    Field.ADDRESS: _l("Adres (telefon ya da e-posta)"),
    Field.PHONE: _l("Telefon"),
    Field.EMAIL: _l("E-posta"),
    Field.CHANNEL: _l("Kanal"),
    Field.STATUS: _l("Durum (onay, ret)"),
    Field.STATUS_SMS: _l("SMS izni (evet, hayır)"),
    Field.STATUS_CALL: _l("Arama izni (evet, hayır)"),
    Field.STATUS_EMAIL: _l("E-posta izni (evet, hayır)"),
    Field.DATE: _l("İzin tarihi"),
    Field.TIME: _l("İzin saati"),
    Field.SOURCE: _l("İzin kaynağı"),
    Field.TYPE: _l("Alıcı tipi"),
    Field.NAME: _l("Ad, soyad"),
    Field.ORIGIN: _l("Onayın dayanağı"),
    Field.CONTACT: _l("İlk temas"),
    Field.RETAILER: _l("Bayi kodu (İYS'deki)"),
    Field.RETAILER_ACCESS: _l("Bayi erişimi (kodlar)"),
}
# The columns that make a default unnecessary.
GIVEN_BY = {
    "channels": (Field.CHANNEL, Field.STATUS_SMS, Field.STATUS_CALL, Field.STATUS_EMAIL),
    "status": (Field.STATUS, Field.STATUS_SMS, Field.STATUS_CALL, Field.STATUS_EMAIL),
    "source": (Field.SOURCE,),
    "date": (Field.DATE,),
    "origin": (Field.ORIGIN,),
    "recipient_type": (Field.TYPE,),
    "contact": (Field.CONTACT,),
}
MISSING = {
    "channels": _l("Satırlarda kanal yazmıyorsa en az bir kanal seçin."),
    "status": _l("Bu satırların onay mı, ret mi olduğunu seçin; ya da yukarıda durum sütununu gösterin."),
    "source": _l("İzinlerin nasıl alındığını seçin; ya da yukarıda kaynak sütununu gösterin."),
    "date": _l("İzinlerin alındığı tarihi yazın; ya da yukarıda tarih sütununu gösterin."),
    "origin": _l("Onayları neyin kanıtladığını yazın; ya da yukarıda dayanak sütununu gösterin."),
}
UNCONFIRMED = {
    Confirmation.UNREAD: _l(
        "Aktarım başlamadı: anlaşılmayanlarda ret olmadığını önce siz onaylayın ya da yalnız retleri aktarın."
    ),
    Confirmation.BEFORE_2015: _l(
        "Aktarım başlamadı: HS_2015 kaynaklı onayların 1 Mayıs 2015'ten önce alındığını önce siz onaylayın."
    ),
    Confirmation.FIRST_GRANTS: _l(
        "Aktarım başlamadı: ilk kez gelen onayların yazılan tarihlerde alındığını önce siz onaylayın ya da yalnız "
        "retleri aktarın."
    ),
}
# The possible meanings of a word, by its kind.
MEANINGS = {"status": Status, "channel": Channel, "source": Source, "type": RecipientType}
KINDS = {"status": _l("Durum"), "channel": _l("Kanal"), "source": _l("Kaynak"), "type": _l("Alıcı tipi")}

EFFECTS: dict[str, tuple[str, str]] = {
    Effect.GRANT: (N_("Onay, İYS'ye bildirilecek"), N_("Kaydedilir ve İYS'ye bildirilir.")),
    Effect.LATE_MERCHANT: (
        N_("Eski tacir onayı, İYS kabul etmeyebilir"),
        N_("Kaydedilir ve İYS'ye bildirilir; ama üç iş gününden eski olduğundan İYS kabul etmeyebilir."),
    ),
    Effect.REFUSAL: (N_("Ret, İYS'ye bildirilecek"), N_("Hemen uygulanır ve İYS'ye bildirilir.")),
    Effect.FIRST_REFUSAL: (
        N_("Ret, İYS'de kaydı olmayan kişi"),
        N_("Burada hemen uygulanır. İYS, hiç onayı olmamış birinin reddini saklamaz."),
    ),
    Effect.OLD_REFUSAL: (
        N_("Eski ret, bugünün tarihiyle bildirilecek"),
        N_("Hemen uygulanır. Tarihi İYS için eski olduğundan İYS'ye bugünün tarihiyle HS_KARAR olarak bildirilir."),
    ),
    Effect.LATE_GRANT: (
        N_("Geç onay, yalnız kanıt"),
        N_("Üç iş gününden eski onayı İYS kabul etmez. Kanıt olarak saklanır; bu kişiye ileti gönderilemez."),
    ),
    Effect.OLDER: (
        N_("Daha yeni karar var"),
        N_("Kişinin bundan sonraki bir kararı biliniyor; o geçerli kalır, bu geçmişine yazılır."),
    ),
    Effect.EARLIER_HOLDER: (
        N_("Adres sonra el değiştirdi"),
        N_("Onay, adresin önceki sahibinindir. Geçmişe yazılır; İYS'ye bildirilmez ve bu adrese ileti gönderilemez."),
    ),
    Effect.SAME: (N_("Zaten böyle"), N_("Bu kişinin bu kanaldaki durumu zaten bu; yeniden bildirilmez.")),
    Effect.KNOWN: (N_("Daha önce aktarılmış"), N_("Bu kayıt daha önce aktarıldı; bir daha yazılmaz.")),
}
SKIPPED: dict[str, str] = {
    SkipReason.REPEATED: N_("Dosyada yinelenen"),
    SkipReason.NO_ADDRESS: N_("Adresi olmayan kanal"),
    SkipReason.NOT_REFUSED: N_("Ret sütununda hayır"),
    SkipReason.NO_SMS: N_("Sabit hatta SMS"),
    SkipReason.GRANT_LEFT_OUT: N_("Onay, şimdilik alınmadı"),
}


def confirmations_in(form: Mapping[str, str]) -> frozenset[Confirmation]:
    """What whoever posted the page of a file has ticked."""
    return frozenset(each for each in Confirmation if form.get(each) == "yes")


@dataclass(frozen=True)
class ResultLabel:
    """A row result with its texts; the title of a problem is its sentence."""

    result: str
    title: str
    sentence: str
    cure: str
    code: str | None  # Of İYS.
    of_iys: str  # The meaning of that code.
    count: int = 0

    @property
    def is_problem(self) -> bool:
        return self.result in PROBLEMS


def label_result(result: str, count: int = 0) -> ResultLabel:
    """Raises KeyError for an unknown result."""
    code = code_of(result) if result in PROBLEMS else IYS_CODES.get(result)
    if result in EFFECTS:
        (title, sentence), cure = EFFECTS[result], ""
    else:
        problem = SkipReason(result) if result in SKIPPED else PROBLEMS[result]
        title, sentence, cure = SKIPPED.get(result, problem.sentence), problem.sentence, problem.cure
    of_iys = gettext(iys_protocol.sentence_of(code)) if code else ""
    return ResultLabel(result, gettext(title), gettext(sentence), cure and gettext(cure), code, of_iys, count)


def label_tally(tally: Mapping[str, int]) -> tuple[list[ResultLabel], list[ResultLabel]]:
    """The results of good entries in a fixed order, and the problems by count; those without entries are left out."""
    found = [label_result(result, tally[result]) for result in RESULTS if tally.get(result)]
    problems = sorted((each for each in found if each.is_problem), key=lambda each: -each.count)
    return [each for each in found if not each.is_problem], problems
