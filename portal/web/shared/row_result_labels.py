"""What came of an entry of a file, as people read it: a title, a sentence, its cure, and what İYS would have said."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext

from portal.core import iys_protocol
from portal.core.iys_protocol import Channel, Status
from portal.core.lazy_text import N_
from portal.domain.consents.bulk_import import Effect
from portal.services.imports.row_errors import code_of
from portal.services.imports.row_results import IYS_CODES, PROBLEMS, RESULTS, SkipReason
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
PASSED: dict[str, str] = {
    SkipReason.REPEATED: N_("Dosyada yinelenen"),
    SkipReason.NO_SMS: N_("Sabit hatta SMS"),
    SkipReason.GRANT_LEFT_OUT: N_("Onay, şimdilik alınmadı"),
}


@dataclass(frozen=True)
class Told:
    """A verdict with its words; a problem has its own sentence for a title."""

    word: str
    title: str
    sentence: str
    cure: str
    code: str | None  # Of İYS, which it would have earned.
    of_iys: str  # What that code means.
    count: int = 0

    @property
    def is_problem(self) -> bool:
        return self.word in PROBLEMS


def told(word: str, count: int = 0) -> Told:
    """A verdict in words. Raises KeyError for what is none."""
    code = code_of(word) if word in PROBLEMS else IYS_CODES.get(word)
    of_iys = gettext(iys_protocol.sentence_of(code)) if code else ""
    if word in EFFECTS:
        title, sentence = map(gettext, EFFECTS[word])
        return Told(word, title, sentence, "", code, of_iys, count)
    if word in PASSED:
        passed = SkipReason(word)
        return Told(word, gettext(PASSED[word]), gettext(passed.sentence), gettext(passed.cure), code, of_iys, count)
    problem = PROBLEMS[word]
    return Told(word, gettext(problem.sentence), gettext(problem.sentence), gettext(problem.cure), code, of_iys, count)


def all_told(tally: Mapping[str, int]) -> tuple[list[Told], list[Told]]:
    """What comes of good entries, and the problems; each in the order of their words, empty ones left out."""
    found = [told(word, tally[word]) for word in RESULTS if tally.get(word)]
    problems = sorted((each for each in found if each.is_problem), key=lambda each: -each.count)
    return [each for each in found if not each.is_problem], problems


def about(channel: Channel, status: Status | None = None) -> str:
    """A channel, with what was said of it."""
    return f"{label(channel)}, {label(status)}" if status else label(channel)
