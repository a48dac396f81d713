"""When a refusal of a file counts from: it loses to no grant that may have come before it."""

import pytest

from portal.core.clock import ISTANBUL
from portal.core.iys_protocol import Source
from portal.services.imports.layout import Field, Layout
from portal.services.imports.row_parser import RowParser
from tests.portal.services.imports.test_row_parser import EMAIL, GIVEN, MAIL, NOW, looked


def test_a_refusal_by_its_day_only_counts_from_the_days_end_and_now_at_most():
    """Else a grant of the same day would stand over it. Midnight is how databases and Excel write a day."""

    def at(status, **cells):
        line = {Field.EMAIL: MAIL, Field.STATUS: status} | {Field(name): cell for name, cell in cells.items()}
        found = looked(line, **GIVEN)[EMAIL]
        return found.consent_date.astimezone(ISTANBUL).strftime("%d.%m.%Y %H:%M:%S"), found.source

    for day in ("20.11.2026", "2026-11-20 00:00:00", "2026-11-20T00:00:00Z", "2026-11-20 00:00:00 +0200", "1795132800"):
        assert at("RET", date=day) == at("RET", date=day, time="") == ("20.11.2026 23:59:59", Source.WEB)
        assert at("RET", date=day, time="14:02") == ("20.11.2026 14:02:59", Source.WEB)
        assert at("ONAY", date=day) == at("ONAY", date=day, time="") == ("20.11.2026 00:00:00", Source.WEB)
        for time in ("14:02:07", "03:00:00"):  # A time that stands apart is no day.
            assert at("ONAY", date=day, time=time) == (f"20.11.2026 {time}", Source.WEB)
        assert at("RET", date=day, time="14:02:07") == ("20.11.2026 14:02:07", Source.WEB)
    for other in ("20.11.2026 03:00:01", "20.11.2026 04:00:00", "20.11.2026 02:30:00"):
        assert at("ONAY", date=other) == (other, Source.WEB)
    assert at("RET", date="24.11.2026") == ("24.11.2026 15:00:00", Source.WEB)
    for date in ("", "01.05.2015", "30.04.2015"):  # A consent's own, of a table with one column for both.
        assert at("RET", source="HS_2015", date=date) == ("24.11.2026 15:00:00", Source.PROVIDER_DECISION)
    assert at("RET", source="HS_WEB", date="") == ("24.11.2026 15:00:00", Source.PROVIDER_DECISION)


OF_REFUSALS = """
    Tarih|Tarih (gg.aa.yyyy)|Date|İzin tarihi|consentDate|Onay Tarihi (İYS)|İYS izin tarihi|Ret tarihi|Onay/Ret tarihi|
    Onay iptal tarihi|Onay geri alma tarihi|İptal formu tarihi|Listeden çıkış tarihi|Abonelikten çıkma tarihi|
    Ayrılma tarihi|Unsubscribed at
"""
OF_OTHERS = """
    Onay tarihi|Rıza tarihi|Form tarihi|Onay verdiği tarih|İzin verme tarihi|İzin alım tarihi|Kabul tarihi|
    Başvuru tarihi|Muvafakat tarihi|Opt-in date|Approval date|Permission date|Kayıt tarihi|Üyelik tarihi|
    SMS izin tarihi|İşlem tarihi|İYS kayıt tarihi|İYS'ye kayıt tarihi|İYS üyelik tarihi|İYS'ye aktarım tarihi
"""


@pytest.mark.parametrize(("names", "are_of_refusals"), [(OF_REFUSALS, True), (OF_OTHERS, False)])
def test_a_refusal_is_dated_by_a_column_of_refusals_or_of_both_only(names, are_of_refusals):
    """A shop's table has one date, when the consent was given: who refuses keeps it."""
    for name in map(str.strip, names.split("|")):
        layout = Layout(columns={Field.EMAIL: 0, Field.STATUS: 1, Field.DATE: 2}, **GIVEN)
        parser = RowParser(layout, at=NOW, header_line=1, header=["E-posta", "Durum", name])
        ((_, found),) = parser.parse((2, [MAIL, "RET", "20.11.2026 10:00"]))

        said = found.consent_date == NOW, found.source == Source.PROVIDER_DECISION
        assert said == (not are_of_refusals, not are_of_refusals), name
