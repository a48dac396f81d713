"""Exports by the API and from a shell: who may be messaged, decisions and recipients, whole and in one form."""

import csv
import io
import zipfile

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Status
from portal.core.models import AuditEntry, Brand, Consent
from tests import make
from tests.portal.api.programs import BASE, CONSENTS, Program, grant, make_key, refusal

NAMED = {"retailerCode": 58954386, "retailerAccess": [58954387, 58954388]}
EXPORTS = f"{BASE}/brands/{make.BRAND_CODE}/exports"


@pytest.fixture
def program(app) -> Program:
    with app.app_context():
        made = Program(app, make_key(make.provider()))
    made.post(f"{CONSENTS}/bulk", {"consents": [grant(**NAMED), grant(make.EMAIL), refusal("+905321234568")]})
    with app.app_context():  # As İYS said of one of them.
        held = {"iys_status": Status.GRANTED, "iys_as_of": clock.now()}
        db.session.query(Consent).filter_by(status=Status.GRANTED, channel="MESAJ").update(held)
        db.session.commit()
    return made


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


def test_who_may_be_messaged_is_taken_as_a_file(app, program, rows):
    may = read(program.get(f"{EXPORTS}/consents?type=MESAJ&maySend=true").text)
    decided = read(program.get(f"{EXPORTS}/decisions").text)
    workbook = program.get(f"{EXPORTS}/recipients?format=xlsx")
    audited = [each.facts for each in rows(AuditEntry, AuditEntry.act == "export.taken")]

    assert [(each["recipient"], each["status"], each["maySend"]) for each in may] == [("905321234567", "ONAY", "true")]
    assert [(each["retailerCode"], each["retailerAccess"]) for each in (*may, decided[-1])] == [
        ("58954386", "58954387 58954388"), ("", ""),
    ]  # fmt: skip
    assert {(each["recipient"], each["status"], each["origin"]) for each in decided} == {
        ("905321234567", "ONAY", "api"), (make.EMAIL, "ONAY", "api"), ("905321234568", "RET", "api")
    }  # fmt: skip
    assert zipfile.is_zipfile(io.BytesIO(workbook.data))
    assert [each["kind"] for each in audited] == ["consents", "decisions", "recipients"]
    assert all(each["from"] == "api" for each in audited)
    assert program.get(f"{EXPORTS}/consents?typ=MESAJ").json["errors"][0]["field"] == "typ"
    assert program.get(f"{EXPORTS}/everything").json["code"] == "not_found"
    assert "MESAJ" in program.get(f"{CONSENTS}/SMS/{make.PHONE}").json["fix"]
    assert "limits" in program.get(f"{CONSENTS}?limit=5000").json["errors"][0]["title"]


@pytest.mark.parametrize("query", ["decisions?maySend=true", "recipients?type=MESAJ", "recipients?status=RET"])
def test_what_would_narrow_nothing_down_is_refused_by_name(program, query):
    refused = program.get(f"{EXPORTS}/{query}")

    name = query.split("?")[1].split("=")[0]
    assert (refused.status_code, [each["field"] for each in refused.json["errors"]]) == (422, [name])


def test_an_export_holds_one_brand_of_one_provider(app, program):
    with app.app_context():
        other = make.provider(iys_code=700002, brand_code=700002, email="cem@example.com")
        stranger = Program(app, make_key(other))
        brand = db.session.query(Brand).filter_by(brand_code=make.BRAND_CODE).one()
        db.session.add(Brand(provider_id=brand.provider_id, brand_code=700003, name="İkinci", created_at=clock.now()))
        db.session.commit()

    for kind in ("consents", "decisions", "recipients"):
        assert read(stranger.get(f"{BASE}/brands/700002/exports/{kind}").text) == []
        assert read(program.get(f"{BASE}/brands/700003/exports/{kind}").text) == []


def test_a_shell_writes_the_same_list_whole_or_not_at_all(app, program, tmp_path):
    out, run = tmp_path / "izinli.csv", app.test_cli_runner().invoke
    command = ["export", "--brand", str(make.BRAND_CODE), "--out", str(out)]
    done = run(args=[*command, "--channel", "MESAJ", "--may-send"])

    assert (done.exit_code, done.output) == (0, "1 rows\n")
    assert out.read_bytes().decode() == program.get(f"{EXPORTS}/consents?type=MESAJ&maySend=true").text
    assert (list(tmp_path.iterdir()), out.stat().st_mode & 0o077) == ([out], 0)
    assert run(args=["export", "--brand", "1", "--out", str(tmp_path / "x")]).exit_code == 2
    assert "İYS code" in run(args=["export", "--help"]).output
