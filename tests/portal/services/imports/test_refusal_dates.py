"""When a refusal of a file counts from: it loses to no grant that may have come before it."""

import pytest

from portal.core.clock import ISTANBUL
from portal.core.iys_protocol import Source
from portal.services.imports.layout import Field, Layout
from portal.services.imports.layout.headers import dates_no_refusal
from portal.services.imports.row_parser import RowParser
from tests.portal.services.imports.test_row_parser import EMAIL, GIVEN, MAIL, NOW, looked


def test_a_refusal_by_its_day_only_counts_from_the_days_end_and_now_at_most():
    """Else a grant of the same day would stand over it. Midnight is how databases and Excel write a day."""

    def at(status, **cells):
        line = {Field.EMAIL: MAIL, Field.STATUS: status} | {Field(name): cell for name, cell in cells.items()}
        found = looked(line, **GIVEN)[EMAIL]
        return found.consent_date.astimezone(ISTANBUL).strftime("%d.%m.%Y %H:%M:%S"), found.source

    for day in ("20.11.2026", "2026-11-20 00:00:00"):
        assert at("ONAY", date=day) == ("20.11.2026 00:00:00", Source.WEB)
        assert at("RET", date=day) == at("RET", date=day, time="") == ("20.11.2026 23:59:59", Source.WEB)
        assert at("RET", date=day, time="14:02") == ("20.11.2026 14:02:59", Source.WEB)
        assert at("RET", date=day, time="14:02:07") == ("20.11.2026 14:02:07", Source.WEB)
    assert at("RET", date="24.11.2026") == ("24.11.2026 15:00:00", Source.WEB)
    for date in ("", "01.05.2015", "30.04.2015"):  # A consent's own, of a table with one column for both.
        assert at("RET", source="HS_2015", date=date) == ("24.11.2026 15:00:00", Source.PROVIDER_DECISION)
    assert at("RET", source="HS_WEB", date="") == ("24.11.2026 15:00:00", Source.PROVIDER_DECISION)


@pytest.mark.parametrize(
    "name",
    ["Onay tarihi", "Onay verdiği tarih", "Form tarihi", "İzin tarihi", "consentDate", "Onay/Ret tarihi", "Tarih"],
)
def test_a_date_of_when_a_consent_was_given_dates_no_refusal(name):
    """A shop's table has one date; who refuses keeps it."""
    layout = Layout(columns={Field.EMAIL: 0, Field.STATUS: 1, Field.DATE: 2}, **GIVEN)
    parser = RowParser(layout, at=NOW, header_line=1, header=["E-posta", "Durum", name])
    ((_, found),) = parser.parse((2, [MAIL, "RET", "20.11.2026 10:00"]))

    is_consents = name in ("Onay tarihi", "Onay verdiği tarih", "Form tarihi")
    assert dates_no_refusal(name) is is_consents
    assert (found.consent_date == NOW, found.source == Source.PROVIDER_DECISION) == (is_consents, is_consents)
