"""Labels of row results: a title, a sentence, a cure, and the code that İYS would have answered."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext

from portal.core import iys_protocol
from portal.core.iys_protocol import Channel, Status
from portal.core.lazy_text import N_
from portal.domain.consents.bulk_import import Effect
from portal.services.imports.row_results import IYS_CODES, PROBLEMS, RESULTS, SkipReason, code_of
from portal.web.shared.labels import label

EFFECTS: dict[str, tuple[str, str]] = {
    Effect.GRANT: (N_("Onay, İYS'ye bildirilecek"), N_("Kaydedilir ve İYS'ye bildirilir.")),
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
    Effect.SAME: (N_("Zaten böyle"), N_("Bu kişinin bu kanaldaki durumu zaten bu; yeniden bildirilmez.")),
    Effect.KNOWN: (N_("Daha önce aktarılmış"), N_("Bu kayıt daha önce aktarıldı; bir daha yazılmaz.")),
}
SKIPPED: dict[str, str] = {
    SkipReason.REPEATED: N_("Dosyada yinelenen"),
    SkipReason.NO_SMS: N_("Sabit hatta SMS"),
    SkipReason.GRANT_LEFT_OUT: N_("Onay, şimdilik alınmadı"),
}


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
    of_iys = gettext(iys_protocol.sentence_of(code)) if code else ""
    if result in EFFECTS:
        title, sentence = map(gettext, EFFECTS[result])
        return ResultLabel(result, title, sentence, "", code, of_iys, count)
    if result in SKIPPED:
        title, reason = gettext(SKIPPED[result]), SkipReason(result)
        return ResultLabel(result, title, gettext(reason.sentence), gettext(reason.cure), code, of_iys, count)
    sentence, cure = gettext(PROBLEMS[result].sentence), gettext(PROBLEMS[result].cure)
    return ResultLabel(result, sentence, sentence, cure, code, of_iys, count)


def label_tally(tally: Mapping[str, int]) -> tuple[list[ResultLabel], list[ResultLabel]]:
    """The results of good entries in a fixed order, and the problems by count; those without entries are left out."""
    found = [label_result(result, tally[result]) for result in RESULTS if tally.get(result)]
    problems = sorted((each for each in found if each.is_problem), key=lambda each: -each.count)
    return [each for each in found if not each.is_problem], problems


def about(channel: Channel, status: Status | None = None) -> str:
    """A channel, with its status if given."""
    return f"{label(channel)}, {label(status)}" if status else label(channel)
