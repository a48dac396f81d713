"""Explain a failed question to İYS in words that a provider can act on."""

from dataclasses import dataclass

from portal.core import iys_protocol
from portal.core.iys_protocol import Action, Operation
from portal.core.lazy_text import N_
from portal.services.iys.client import NO_ANSWER, Answer


@dataclass(frozen=True)
class CallProblem:
    """A question without a usable answer. Status 0 without a code: no answer came."""

    question: str
    status: int
    code: str | None = None
    not_now: bool = False  # No call was made: a limit, or no token.


def problem_of(question: Operation, answer: Answer) -> CallProblem:
    return CallProblem(question.value, answer.status, answer.code)


NO_ANSWER_WORDS = (
    N_("İYS'den cevap gelmedi."),
    N_("Bir şey yapmanız gerekmez; birkaç dakika sonra yeniden deneyin. Kararlar bu arada kaydedilir."),
)
NOT_NOW_WORDS = (
    N_("İYS'ye şu anda sorulamıyor: İYS cevap vermiyor, saatlik sınır doldu ya da oturum açılamıyor."),
    N_("Birkaç dakika sonra yeniden deneyin."),
)
UNREADABLE_WORDS = (
    N_("İYS'nin cevabı okunamadı."),
    N_("Birkaç dakika sonra yeniden deneyin; sürerse destek ekibine bildirin."),
)
BY_ACTION = {
    Action.WAIT: (N_("İYS'nin istek sınırına ulaşıldı."), N_("Birkaç dakika sonra yeniden deneyin.")),
    Action.AUTH: (
        N_("İYS oturumu kabul etmedi."),
        N_("Kullanıcı adını ve şifreyi kontrol edip bağlantıyı yeniden kaydedin."),
    ),
    Action.CONFIG: (
        N_("İYS bu hesaba izin vermedi."),
        N_("İYS numaranızı ve hs.iys.org.tr üzerindeki API yetkilerini kontrol edin."),
    ),
}


def explain_problem(trouble: CallProblem) -> tuple[str, str]:
    """What went wrong and what to do about it, as msgids."""
    if trouble.code:
        return iys_protocol.sentence_of(trouble.code), iys_protocol.cure_of(trouble.code)
    if trouble.not_now:
        return NOT_NOW_WORDS
    if trouble.status == NO_ANSWER or trouble.status >= 500:
        return NO_ANSWER_WORDS
    if trouble.status < 400:
        return UNREADABLE_WORDS
    return BY_ACTION.get(iys_protocol.action_of(trouble.status), UNREADABLE_WORDS)
