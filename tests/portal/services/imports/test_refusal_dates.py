"""When a refusal of a file counts from: it loses to no grant that may have come before it."""

from portal.core.clock import ISTANBUL
from portal.core.iys_protocol import Source
from portal.services.imports.layout import Field
from tests.portal.services.imports.test_row_parser import EMAIL, GIVEN, MAIL, looked


def test_a_refusal_by_its_day_only_counts_from_the_days_end_and_now_at_most():
    """Else a grant of the same day would stand over it. Midnight is how databases and Excel write a day."""

    def at(status, **cells):
        line = {Field.EMAIL: MAIL, Field.STATUS: status} | {Field(name): cell for name, cell in cells.items()}
        found = looked(line, **GIVEN)[EMAIL]
        return found.consent_date.astimezone(ISTANBUL).strftime("%d.%m.%Y %H:%M:%S"), found.source

    for day in ("20.11.2026", "2026-11-20 00:00:00"):
        assert at("ONAY", date=day) == ("20.11.2026 00:00:00", Source.WEB)
        assert at("RET", date=day) == at("RET", date=day, time="") == ("20.11.2026 23:59:59", Source.WEB)
        assert at("RET", date=day, time="14:02") == ("20.11.2026 14:02:00", Source.WEB)
    assert at("RET", date="24.11.2026") == ("24.11.2026 15:00:00", Source.WEB)
    for date in ("", "01.05.2015", "30.04.2015"):  # A consent's own, of a table with one column for both.
        assert at("RET", source="HS_2015", date=date) == ("24.11.2026 15:00:00", Source.PROVIDER_DECISION)
    assert at("RET", source="HS_WEB", date="") == ("24.11.2026 15:00:00", Source.PROVIDER_DECISION)
