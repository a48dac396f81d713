"""İYS's error codes in one table: wire text, meaning for a provider, and our reaction."""

from collections.abc import Iterable
from dataclasses import dataclass

from portal.core.iys_protocol.code_meanings import MEANINGS
from portal.core.iys_protocol.enums import Action, Status
from portal.core.iys_protocol.error_texts import MESSAGES
from portal.core.lazy_text import N_


@dataclass(frozen=True, slots=True)
class Code:
    """One code: `message` is İYS's exact wire text ("" if unknown); `sentence` and `cure` are msgids for a provider."""

    code: str
    http: int
    action: Action
    message: str
    sentence: str
    cure: str


CODES: dict[str, Code] = {
    code: Code(code, http, meaning.action, MESSAGES.get(code, ""), meaning.sentence, meaning.cure)
    for meaning in MEANINGS
    for http, codes in meaning.codes.items()
    for code in codes.split()
}

GRAVEST_FIRST = (
    Action.CONFIG,  # True for all requests of the provider; the request is kept, so its own errors show later.
    Action.AUTH,
    Action.FIX,  # A bad address stays bad, however fresh the consent or however long we wait.
    Action.EXPIRED,
    Action.RECONCILE,
    Action.WAIT,
    Action.RETRY,
    Action.NOOP,  # Closes the submission, so only when it is the only answer.
)

# What fits no ONAY waits for a person. H174 reports the state RET: of a single one, İYS is asked what it holds.
OF_GRANTS = {"H174": Action.RECONCILE, "H175": Action.FIX, "H401": Action.FIX, "H568": Action.FIX}

# Our own: what İYS told after a gap longer than its window; that it gave a sweep no answer about some consents, or
# about all of them; and that it calls single addresses wrong.
NOT_SWEPT, NOT_ANSWERED, WRONG_ADDRESSES = "not_swept", "not_answered", "wrong_addresses"
NOT_SWEPT_SENTENCE = N_(
    "İYS yeniden cevap veriyor, ama yalnızca son yedi günü anlatıyor: daha önceki retler için bu markanın bütün "
    "izinleri İYS'ye soruluyor. Bu tarama bitene kadar markanın onaylarına ileti gönderilemez."
)
NOT_SWEPT_CURE = N_(
    "Tarama bitince kendiliğinden düzelir; ne kadarına bakıldığı ve takıldıysa İYS'nin kodu Hareketler'de yazar."
)

NOT_ANSWERED_SENTENCE = N_(
    "İYS, taramanın bu markanın bazı izinleri için sorduğunu cevaplamıyor. Sorgulamalara ara verildiyse bunların "
    "onaylarına İYS bildirene kadar ileti gönderilemez."
)
NOT_ANSWERED_CURE = N_(
    "Çoğunda hesabın bir kanala yetkisi yoktur: İYS'deki yetkilere bakın. İYS soruyu hiç tanımayabilir de. Tarama her "
    "gün yeniden dener; sürerse destek ekibine yazın."
)

WRONG_ADDRESSES_SENTENCE = N_(
    "İYS, taramanın sorduğu bazı adresleri geçersiz sayıyor. Sorgulamalara ara verildiyse bunların onaylarına İYS "
    "bildirene kadar ileti gönderilemez."
)
WRONG_ADDRESSES_CURE = N_(
    "Adres yanlışsa kişiden doğrusunu isteyin. Hangileri olduğunu izinlerin listesi yalnızca sorgulamalara ara "
    "verildiyse gösterir."
)
OURS = {
    NOT_SWEPT: (NOT_SWEPT_SENTENCE, NOT_SWEPT_CURE),
    NOT_ANSWERED: (NOT_ANSWERED_SENTENCE, NOT_ANSWERED_CURE),
    WRONG_ADDRESSES: (WRONG_ADDRESSES_SENTENCE, WRONG_ADDRESSES_CURE),
}

UNKNOWN_SENTENCE = N_("İYS'den tanınmayan bir cevap geldi.")
UNKNOWN_CURE = N_("Sorun sürerse destek ekibine bildirin.")


def action_of(http_status: int, codes: Iterable[str] = (), *, decided: Status | None = None) -> Action:
    """The reaction to an answer, by its HTTP status (0 for no answer) and its codes, never by its text.

    Of several codes the first in GRAVEST_FIRST wins. An unknown code counts as its HTTP status. 429 is always WAIT.
    Nothing is FIX without a code: a proxy in between may have said it of what İYS would take.
    With `decided`, an ONAY is never done by a code that says that İYS holds none (OF_GRANTS); only a RET is.
    """
    if http_status == 429:
        return Action.WAIT
    unknown = _action_for_status(http_status)
    named = {code: CODES[code].action if code in CODES else unknown for code in codes}
    if decided == Status.GRANTED:
        named |= {code: action for code, action in OF_GRANTS.items() if code in named}
    actions = set(named.values()) or {Action.RETRY if unknown == Action.FIX else unknown}
    return next(action for action in GRAVEST_FIRST if action in actions)


def is_of_iys(code: str) -> bool:
    """Whether a code is İYS's, also one that is unknown here: a provider can ask İYS about it, and not about ours."""
    return code in CODES or (code[:1] == "H" and code[1:].isdecimal())


def sentence_of(code: str) -> str:
    """What happened, as a msgid for a provider; a generic one for an unknown code."""
    if code in OURS:
        return OURS[code][0]
    return CODES[code].sentence if code in CODES else UNKNOWN_SENTENCE


def cure_of(code: str) -> str:
    """What the provider can do about it, as a msgid; a generic one for an unknown code."""
    if code in OURS:
        return OURS[code][1]
    return CODES[code].cure if code in CODES else UNKNOWN_CURE


def _action_for_status(http_status: int) -> Action:
    """The safe reaction to an answer with an unknown code; status 0 means no answer."""
    if http_status == 401:
        return Action.AUTH
    if http_status in (403, 404):
        return Action.CONFIG
    if 400 <= http_status < 500 and http_status != 408:
        return Action.FIX
    return Action.RETRY  # 5xx, 408, nothing, or a success we could not read: V2 gives the same answer again.
