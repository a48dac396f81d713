"""A table comes as a file or pasted: what would not be read is refused."""

import io

import pytest

from portal.core.models import AudienceList, ImportBatch
from tests import make
from tests.portal.web.dashboard.import_batches import brand_id

FILE, PASTED = b"Telefon;SMS izni\n0532 123 45 61;Evet\n", "Telefon\tSMS izni\n0532 123 45 62\tHayır\n"


def file(name: str = "a.csv"):
    return io.BytesIO(FILE), name


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (lambda: {"file": file(), "text": PASTED}, "ikisi birlikte alınmaz"),
        (lambda: {"file": [file(), file("b.csv")]}, "Yalnız bir dosya alınır"),
        (lambda: {"file": file(), "file2": file("b.csv")}, "Yalnız bir dosya alınır"),
    ],
)
def test_what_would_not_be_read_of_an_upload_is_refused(app, ayse, rows, fields, says):
    brand = brand_id(app)
    with app.app_context():
        campaign = make.campaign().id

    for address, more in (("imports/new", {"brand": brand}), (f"campaigns/{campaign}/audience", {})):
        answer = ayse.posts(f"/dashboard/{address}", fields() | more)
        assert (answer.status_code, says in answer.text) == (422, True)
        assert "text" not in fields() or "0532 123 45 62" in answer.text
    assert rows.count(ImportBatch) == rows.count(AudienceList) == 0
