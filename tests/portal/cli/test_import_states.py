"""What `flask import --guess` makes of columns about a state or business beside those of consents."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.iys_protocol import Channel, Status
from portal.core.models import Consent, Submission
from tests.portal.cli.import_files import NOW, put
from tests.portal.services.imports.file_steps import csv_of

pytestmark = pytest.mark.slow

ALL = ("--guess", "--channels", "MESAJ,ARAMA,EPOSTA")


def test_the_state_of_a_line_grants_no_calls_to_whom_refused_them(run_import, tmp_path, rows):
    before = clock.istanbul(clock.now() - timedelta(days=1)).strftime("%d.%m.%Y 10:00")
    first = csv_of(f"0532 987 65 44;RET;{before};HS_CAGRI_MERKEZI", header="Telefon;Durum;Ret tarihi;Kaynak")
    run_import(put(tmp_path, "ret.csv", first), *ALL)
    header = "Telefon;SMS izni;Telefon durumu;Onay tarihi;Kaynak;Dayanak"
    second = csv_of(
        f"0532 987 65 44;Hayır;Aktif;{NOW};HS_WEB;A-1", f"0533 987 65 44;Evet;Pasif;{NOW};HS_WEB;A-2", header=header
    )

    code, (told,) = run_import(put(tmp_path, "crm.csv", second), "--guess")

    assert (code, told["tally"]) == (1, {"refusal": 1, "status_unknown": 3})
    assert not rows(Consent, Consent.status == Status.GRANTED)
    assert {each.channel for each in rows(Consent)} == {Channel.SMS, Channel.CALL}


@pytest.mark.parametrize("column", ["Teklif durumu;Reddedildi", "Ürün alıyor;Hayır", "Abonelik durumu;Pasif"])
def test_business_refuses_nobody_who_consents(run_import, tmp_path, rows, column):
    name, cell = column.split(";")
    content = csv_of(
        f"0532 987 65 44;ayse@example.com;Evet;Evet;Evet;{cell};{NOW};HS_WEB;A-1",
        header=f"Telefon;E-posta;SMS izni;Arama izni;E-posta izni;{name};Onay tarihi;Kaynak;Dayanak",
    )

    code, (told,) = run_import(put(tmp_path, "crm.csv", content), *ALL)

    assert (code, [each["header"] for each in told["unused_columns"]]) == (1, [name])
    assert (rows.count(Consent), rows.count(Submission)) == (0, 0)
