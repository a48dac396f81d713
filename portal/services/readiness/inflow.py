"""Checks of what İYS tells: whether it is still pulled and compared, and can be read."""

from datetime import timedelta

from sqlalchemy import func, select

from portal.core import clock
from portal.core.extensions import read_session
from portal.core.lazy_text import N_
from portal.core.models import CallTally
from portal.domain.consents import brand_lapses, pull_lapses, reconciliation_lapses
from portal.domain.consents.brand_lapses import Lapsed
from portal.services.readiness.fault import Fault

NAMED_BRANDS = 5
UNREADABLE_TOLD = timedelta(days=1)


def check_pulls() -> Fault | None:
    return _fault_of_lapses(
        pull_lapses.lapsed_pulls(clock.now()),
        N_(
            "%(count)s markada İYS'deki retler en az bir gündür öğrenilemiyor; en eskisi %(since)s tarihinden beri. "
            "Marka kodu ve İYS'nin kodu: %(brands)s."
        ),
        N_(
            "İYS'nin koduna bakıp firmayı arayın: çoğunda hesabın okuma yetkisi ya da paketi bitmiştir. “not_swept” "
            "ise tarama bitince düzelir. Kod yoksa iletici günlüğüne bakın."
        ),
    )


def check_reconciliation() -> Fault | None:
    return _fault_of_lapses(
        reconciliation_lapses.lapsed_reconciliations(clock.now()),
        N_(
            "%(count)s markada mutabakat ya da haftalık tarama en az üç gündür tam bitmiyor; en eskisi %(since)s "
            "tarihinden beri. Marka kodu ve kod: %(brands)s."
        ),
        N_(
            "İYS bir günün dosyasını yedi gün verir. İYS'nin koduysa firmayı arayın; değilse iletici günlüğüne bakıp "
            "“flask iys reconcile” ile deneyin."
        ),
    )


def _fault_of_lapses(lapsed: Lapsed, finding: str, cure: str) -> Fault | None:
    if not (worst := brand_lapses.list_lapses(read_session(), lapsed, NAMED_BRANDS)):
        return None
    return Fault(
        finding,
        cure,
        {
            "count": brand_lapses.count_lapsed(read_session(), lapsed),
            "since": f"{clock.istanbul(worst[0].since):%d.%m.%Y}",
            "brands": ", ".join(f"{each.brand_code} {each.code or '–'}" for each in worst),
        },
    )  # fmt: skip


def check_unreadable_rows() -> Fault | None:
    of_all_egresses = CallTally.name.endswith(CallTally.UNREADABLE_ROW, autoescape=True)
    lately = CallTally.span >= clock.now() - UNREADABLE_TOLD
    if not (count := read_session().scalar(select(func.sum(CallTally.calls)).where(of_all_egresses, lately))):
        return None
    return Fault(
        N_("Son 24 saatte İYS'nin bildirdiği %(count)s satır okunamadı; içlerinde ret olabilir."),
        N_(
            "Günlükteki “unreadable” satırlarının markalarını “flask iys sweep --brand KOD” ile İYS'ye sorun; İYS "
            "biçimini değiştirdiyse yazılımı güncelleyin."
        ), {"count": count},
    )  # fmt: skip
