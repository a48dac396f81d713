"""Checks of what İYS tells: whether it is still pulled, and can be read."""

from datetime import timedelta

from sqlalchemy import func, select

from portal.core import clock
from portal.core.extensions import read_session
from portal.core.lazy_text import N_
from portal.core.models import CallTally
from portal.domain.consents import brand_lapses, pull_lapses
from portal.services.readiness.fault import Fault

NAMED_BRANDS = 5
UNREADABLE_TOLD = timedelta(days=1)


def check_pulls() -> Fault | None:
    lapsed = pull_lapses.lapsed_pulls(clock.now())
    if not (worst := brand_lapses.list_lapses(read_session(), lapsed, NAMED_BRANDS)):
        return None
    return Fault(
        N_(
            "%(count)s markada İYS'deki retler en az bir gündür öğrenilemiyor; en eskisi %(since)s tarihinden beri. "
            "Marka kodu ve İYS'nin kodu: %(brands)s."
        ),
        N_("İYS'nin koduna bakıp firmayı arayın: çoğunda hesabın okuma yetkisi ya da paketi bitmiştir. Kod yoksa "
           "iletici günlüğüne bakın."),
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
