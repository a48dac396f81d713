"""`flask --app wsgi campaign launch …`, as cron calls it."""

import csv
import json
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import text

import shortlinks
from portal.core import clock
from portal.core.extensions import db
from portal.core.models import AudienceEntry, AuditEntry, Campaign, CampaignKind, ContactKind, Message
from portal.domain import packages
from tests import make
from tests.make import Person

pytestmark = [pytest.mark.slow, pytest.mark.alike]

TODAY = clock.day(clock.now())
LIST = """Müşteri;Cep Telefonu;E-posta;Şehir
Ayşe Işık;0532 123 45 67;AYSE@example.com;İzmir
Şule Çağ;+90 (533) 234-56-78;;
Öğür;0555 12;ogur@example.com;
"""


@pytest.fixture
def files(tmp_path):
    """The list as Excel writes it in Türkiye, and where the links go."""
    (tmp_path / "list.csv").write_bytes(LIST.encode("windows-1254"))
    return tmp_path


@pytest.fixture
def launch(app, files):
    """Calls the command in this process, with the usual options changed as told; None leaves one out."""
    with app.app_context():
        make.provider()

    def run(**changes):
        options = {
            "brand": make.BRAND_CODE, "name": "Kasım", "kind": "ask", "audience": files / "list.csv",
            "channels": "MESAJ,EPOSTA", "contact_basis": f"purchase:{TODAY}", "expires": 30, "out": files / "links.csv",
        } | changes  # fmt: skip
        given = [(f"--{name.replace('_', '-')}", str(value)) for name, value in options.items() if value is not None]
        given = [pair[:1] if pair[1] == "True" else pair for pair in given]
        return app.test_cli_runner().invoke(args=["campaign", "launch", *(word for pair in given for word in pair)])

    return run


def links_in(file: Path) -> list[dict[str, str]]:
    """As a Turkish Excel opens it."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines, delimiter=";"))


def test_a_list_becomes_a_file_of_links(launch, files, browser, rows):
    result = launch()

    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert {key: summary[key] for key in ("links", "left_out", "bad")} == {"links": 4, "left_out": 0, "bad": 1}
    assert summary["campaign"] == rows.one(Campaign).id
    taken = {"from": "shell", "links": summary["links"]}
    assert rows.one(AuditEntry, AuditEntry.act == "links.taken").facts == taken
    lines = links_in(files / "links.csv")
    assert [line["address"] for line in lines] == [
        "905321234567", "ayse@example.com", "905332345678", "ogur@example.com",
    ]  # fmt: skip
    pages = [browser.get(line["link"].removeprefix("http://localhost")).text for line in lines]
    assert all(line["words"] in page for line, page in zip(lines, pages, strict=True))
    assert all(line["link"] in line["text"] and line["words"] in line["text"] for line in lines)


def test_the_campaign_is_what_the_options_say(launch, rows):
    launch(expires=7)

    campaign = rows.one(Campaign)
    assert (campaign.name, campaign.kind, campaign.channels) == ("Kasım", CampaignKind.ASK, "MESAJ,EPOSTA")
    assert (campaign.contact_kind, campaign.contact_date) == (ContactKind.PURCHASE, TODAY)
    assert campaign.expires_at - campaign.created_at == timedelta(days=7)
    assert rows.count(Message) == 0
    assert rows.one(AuditEntry, AuditEntry.act == "campaign.launched").actor == "system"


def test_bad_rows_are_listed_by_line_without_their_value(launch):
    result = launch()

    assert "line 4:" in result.stderr
    assert "0555 12" not in result.stderr


def test_a_kind_of_ones_own_is_kept_as_a_note(launch, rows):
    launch(contact_basis=f"fuar standı:{TODAY}")

    campaign = rows.one(Campaign)
    assert (campaign.contact_kind, campaign.contact_note) == (ContactKind.OTHER, "fuar standı")


def test_a_list_of_whom_nobody_may_be_asked_launches_nothing(launch, files, rows):
    launch()

    again = launch(out=files / "again.csv")

    assert again.exit_code == 1
    assert "4 already asked" in again.stderr and "0 refused" in again.stderr
    assert rows.count(Campaign) == 1 and not (files / "again.csv").exists()


def test_a_second_launch_leaves_out_who_was_asked(launch, files):
    launch()
    (files / "list-2.csv").write_text("telefon\n05321234567\n05399998877\n")

    summary = json.loads(launch(audience=files / "list-2.csv", out=files / "again.csv").stdout)

    assert (summary["links"], summary["left_out_reasons"]) == (1, {"already_asked": 1})
    assert [line["address"] for line in links_in(files / "again.csv")] == ["905399998877"]


def test_an_earlier_list_is_not_overwritten(launch, files, rows):
    launch()
    earlier = (files / "links.csv").read_bytes()

    again = launch(kind="refuse", contact_basis=None)

    assert again.exit_code == 1 and "links.csv exists" in again.stderr
    assert (files / "links.csv").read_bytes() == earlier
    assert rows.count(Campaign) == 1


def test_whom_the_list_says_no_of_is_named_by_line(launch, files):
    (files / "list.csv").write_text("Cep;SMS (E/H)\n05321234567;E\n05399998877;H\n")

    result = launch()

    summary = json.loads(result.stdout)
    assert (summary["links"], summary["refused_in_list"]) == (1, 1)
    assert "line 3: " in result.stderr and "9998877" not in result.stderr


def test_refusing_needs_no_contact(launch, browser, files, rows):
    result = launch(kind="refuse", contact_basis=None)

    assert result.exit_code == 0
    assert json.loads(result.stdout)["links"] == 4
    assert {link.expires_at for link in rows(shortlinks.Link)} == {None}
    link = links_in(files / "links.csv")[0]["link"]
    assert 'value="ONAY"' not in browser.get(link.removeprefix("http://localhost")).text


def test_who_refused_is_left_out(launch, browser, files):
    launch()
    link = links_in(files / "links.csv")[0]["link"].partition("/k/")[2]
    Person(browser, link).decides(MESAJ="RET")

    summary = json.loads(launch(kind="refuse", contact_basis=None, out=files / "refusing.csv").stdout)

    assert summary["left_out_reasons"] == {"refused": 1}


def test_columns_of_yes_and_no_that_are_not_read_need_a_persons_word(launch, files, rows):
    (files / "list.csv").write_text("Telefon;Kulüp\n0532 123 45 67;E\n", encoding="utf-8")

    refused = launch()
    assert (refused.exit_code, rows.count(Campaign)) == (1, 0) and "--ignore-unread" in refused.stderr

    assert json.loads(launch(ignore_unread=True).stdout)["links"] == 1
    assert rows.one(AuditEntry, AuditEntry.act == "audience.unread_confirmed").facts == {"from": "shell"}


NOTHING = {
    "unknown brand": {"brand": 999999},
    "a future contact": {"contact_basis": f"purchase:{TODAY + timedelta(days=2)}"},
    "no contact": {"contact_basis": None},
    "a folder that is not there": {"out": "/nowhere/links.csv"},
}
NONSENSE = {
    "a brand beyond numbers": {"brand": 10**30},
    "a contact without a date": {"contact_basis": "purchase"},
    "a contact without a kind": {"contact_basis": f":{TODAY}"},
    "a day that is none": {"contact_basis": "purchase:2026-02-30"},
    "another kind": {"kind": "beg"},
    "an unknown channel": {"channels": "MESAJ,FAKS"},
    "no channel": {"channels": ","},
    "no day": {"expires": 0},
    "too many days": {"expires": 366},
    "a name too long": {"name": "x" * 121},
    "no name": {"name": " "},
    "a file that is not there": {"audience": "/nowhere/list.csv"},
    "no web address": {"notice_url": "javascript:alert(1)"},
    "no place for the links": {"out": None},
}


@pytest.mark.parametrize("changes", NOTHING.values(), ids=NOTHING)
def test_what_may_not_be_launched_is_said_in_a_sentence(launch, rows, changes):
    result = launch(**changes)

    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()[-1]) > 10
    assert "Traceback" not in result.output and result.stdout == ""
    assert rows.count(Campaign) == rows.count(AudienceEntry) == 0


def test_what_a_launch_lacks_is_named(app, launch, rows):
    app.config["DEVELOPMENT"] = False

    result = launch()

    assert result.exit_code == 1 and "stays a draft" in result.stderr
    assert "confirmation: Onay bildirimleri. Onay verene aynı gün bildirim gitmeli" in result.stderr
    assert rows.one(Campaign).launched_at is None


@pytest.mark.parametrize("changes", NONSENSE.values(), ids=NONSENSE)
def test_an_option_that_makes_no_sense_is_refused(launch, rows, changes):
    result = launch(**changes)

    assert result.exit_code == 2
    assert "Usage:" in result.stderr
    assert rows.count(Campaign) == 0


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04rest", bytes(range(256)) * 9, b"ad\nsoyad\n", b"telefon\n0555 12\n"])
def test_a_list_without_addresses_launches_nothing(launch, files, rows, data):
    (files / "list.csv").write_bytes(data)

    result = launch()

    assert result.exit_code == 1
    assert "list.csv: " in result.stderr
    assert rows.count(Campaign) == 0


def test_channels_named_twice_are_asked_once(launch, rows):
    launch(channels="mesaj,MESAJ, mesaj")

    assert rows.one(Campaign).channels == "MESAJ"


@pytest.mark.slow
def test_a_file_is_whole_even_where_a_worker_was_quicker(app, launch, files):
    with taken_first(app):
        summary = json.loads(launch().stdout)

    assert summary["links"] == len(links_in(files / "links.csv")) == 4


@contextmanager
def taken_first(app):
    """Somebody else has each campaign in hand for a moment, from its launch on."""
    with app.app_context():
        begin, end = TAKING[db.engine.dialect.name]
    _say(app, begin)
    try:
        yield
    finally:
        _say(app, end)


def _say(app, statement: str) -> None:
    with app.app_context():
        db.session.execute(text(statement))
        db.session.commit()


TAKING = {
    "sqlite": (
        """CREATE TRIGGER taken AFTER UPDATE OF launched_at ON campaign WHEN old.launched_at IS NULL BEGIN
            UPDATE campaign SET lease_until = strftime('%Y-%m-%d %H:%M:%f', 'now', '+1 second') || '000'
            WHERE id = new.id; END""",
        "DROP TRIGGER taken",
    ),
    "postgresql": (
        """CREATE FUNCTION taken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF old.launched_at IS NULL AND new.launched_at IS NOT NULL THEN
                new.lease_until = clock_timestamp() AT TIME ZONE 'UTC' + interval '1 second'; END IF;
            RETURN new; END $$;
        CREATE TRIGGER taken BEFORE UPDATE ON campaign FOR EACH ROW EXECUTE FUNCTION taken()""",
        "DROP FUNCTION taken CASCADE",
    ),
}


def test_files_are_named_from_where_it_is_called(launch, files, monkeypatch):
    monkeypatch.chdir(files)

    result = launch(audience="list.csv", out="links.csv")

    assert result.exit_code == 0, result.output
    assert len(links_in(files / "links.csv")) == json.loads(result.stdout)["links"] == 4


def test_a_list_without_room_in_the_package_leaves_nothing_behind(launch, rows):
    with time_machine.travel(clock.now() + packages.GRACE + timedelta(hours=1)):
        result = launch()

    assert result.exit_code == 1
    assert "takes no new addresses" in result.stderr
    assert rows.count(Campaign) == 0
