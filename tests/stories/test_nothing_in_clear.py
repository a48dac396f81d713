"""After a whole walk no address, code or token stands in clear in anything the portal keeps or says.

İYS and the message gateway must be told addresses, so the sandbox's own file is exempt; it lies in a folder of its own.
"""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Credential, Delivery, Message, MessageState, Outcome, Submission
from portal.services.iys.client import Client
from tests import databases, make, servers
from tests.make import Person
from tests.portal.web.dashboard.staff import skip_sign_in
from tests.portal.web.my_consents.conftest import Visitor

pytestmark = pytest.mark.slow

NATIONAL = "5327654321"
SPELLINGS = [
    "+905327654321", "905327654321", "05327654321", "5327654321", "0532 765 43 21", "532 765 43 21", "0532 765 4321",
    "0(532) 765 43 21", "(532) 765 43 21", "0532-765-43-21", "0532.765.43.21", "+90 532 765 43 21",
    "0090 532 765 43 21",
]  # fmt: skip
EMAIL = "zeynep.gizli@ornek.example"
EMAILS = [EMAIL, EMAIL.upper(), "Zeynep.Gizli@Ornek.Example", "zeynep.gizli", "zeynep.gizli%40ornek"]
SAID = "Yalnız bugün Zeynep'e özel indirim"
BAD_ROW = "0532 765 43 2x"


@pytest.fixture
def gateway():
    """What a message gateway was sent."""
    sent = []

    def take(environ, start_response):
        sent.append(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode())
        start_response("202 ACCEPTED", [])
        return [b""]

    with servers.serving(take) as url:
        yield url, sent


@pytest.fixture
def iys(tmp_path_factory):
    """An İYS in a box that keeps its file elsewhere."""
    with servers.sandbox(tmp_path_factory.mktemp("sandbox") / "sandbox.db") as box:
        box.add_account(make.USERNAME, make.PASSWORD, make.IYS_CODE, [make.BRAND_CODE])
        yield Client(box.url)


@pytest.fixture
def walk(app, browser, iys, gateway, rows):
    """A list is brought in every spelling; links go out and are decided; decisions reach İYS. Gives what is secret."""
    links = make.codes(app, "\n".join([*SPELLINGS, *EMAILS[:3], BAD_ROW]), delivery=Delivery.GATEWAY)
    assert links.keys() == {"+905327654321", EMAIL}
    with app.app_context():
        make.send_all(gateway[0])
    receipts = []
    for code, choices in zip(links.values(), ({"MESAJ": "ONAY", "ARAMA": "RET"}, {"EPOSTA": "ONAY"}), strict=True):
        person = Person(browser, code)
        form = person.form()
        receipts.append(person.posts(form, **choices).location)
        browser.get(receipts[-1])
    case = complains(browser, receipts[0])
    look_up(browser)
    owner = Visitor(app, app.test_client(), NATIONAL)
    proof = owner.asks().location
    six_digits = owner.code()
    owner.types(proof, six_digits)
    owner.opens()
    with app.app_context():
        make.send_all(gateway[0])
        db.session.rollback()
    make.forward_all(app, iys)
    app.extensions["visit_recorder"].stop()
    codes = [*links.values(), *(location.split("/m/")[1].split("?")[0] for location in receipts)]
    codes += [case, proof.rpartition("/")[2], SAID]
    tokens = [make.PASSWORD, make.AYSES_PASSWORD, make.AYSE, make.TOTP]
    return [*codes, *tokens]


def complains(browser, receipt: str) -> str:
    """Zeynep still gets messages; the code of her case."""
    at = clock.istanbul(clock.now())
    told = {"channel": "MESAJ", "header": "ORNEKMGZ", "day": at.date().isoformat(), "hour": at.strftime("%H:%M")}
    opened = browser.post(f"{receipt.split('?')[0]}/sikayet", data={**told, "text": SAID})
    return opened.location.split("/s/")[1].split("?")[0]


def look_up(browser) -> None:
    """Ayşe signs in and searches for the address."""
    skip_sign_in(browser)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/dashboard/recipients").text)[1]
    found = browser.post("/dashboard/recipients", data={"csrf_token": token, "address": SPELLINGS[4]})
    assert found.status_code == 303 and browser.get(found.location).status_code == 200


def kept(app) -> dict[str, bytes]:
    """Every byte that the portal keeps, by where it lies."""
    folder: Path = app.config["INSTANCE"]
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    if databases.SERVER:
        return found | told_by_server(app)
    file = folder / "izinlink.db"
    with closing(sqlite3.connect(file)) as database:
        database.execute("VACUUM INTO ?", [str(folder / "backup.db")])
    return found | {"backup": (folder / "backup.db").read_bytes()}


def told_by_server(app) -> dict[str, bytes]:
    """Each table of PostgreSQL with every value as it lies there."""
    with app.app_context():
        url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg.connect(url)) as server:
        tables = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        rows = {name: server.execute(f"SELECT * FROM {name}").fetchall() for (name,) in tables}
    return {name: b"\n".join(as_bytes(value) for row in values for value in row) for name, values in rows.items()}


def as_bytes(value) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def where_told(kept: dict[str, bytes], texts: list[str]) -> list[tuple[str, str]]:
    """(where, what) of each text that stands somewhere in clear, whatever its capitals."""
    lowered = {where: content.lower() for where, content in kept.items()}
    return [
        (where, text)
        for where, content in lowered.items()
        for text in texts
        if any(text.lower().encode(encoding) in content for encoding in ("utf-8", "utf-16-le"))
    ]


def where_numbered(kept: dict[str, bytes]) -> list[str]:
    """Where the ten digits stand, with at most three other characters between any two."""
    spelled = re.compile(rb"[^0-9]{0,3}".join(digit.encode() for digit in NATIONAL))
    return [where for where, content in kept.items() if spelled.search(content)]


def test_the_whole_walk_was_walked(walk, rows, gateway):
    _, sent = gateway

    assert {row.outcome for row in rows(Submission)} == {Outcome.ACCEPTED, Outcome.NOT_NEEDED}
    assert [row.state for row in rows(Message)] == [MessageState.ACCEPTED] * 5  # Two links, two grants, a code.
    assert "+905327654321" in sent[0] and walk[0] in sent[0]


def test_nothing_of_a_recipient_is_kept_in_clear(app, walk):
    everything = kept(app)

    assert set([] if databases.SERVER else ["izinlink.db", "backup"]) <= everything.keys()
    assert where_told(everything, [*SPELLINGS, *EMAILS, BAD_ROW]) == []
    assert where_numbered(everything) == []


def test_nothing_that_lets_somebody_in_is_kept_in_clear(app, walk):
    assert where_told(kept(app), [*walk, *tokens_for_iys(app)]) == []


def test_nothing_of_it_is_said_in_a_log(app, walk, quiet_logs, capfd):
    said = {"log": "\n".join(quiet_logs).encode(), "output": "".join(capfd.readouterr()).encode()}

    assert "/k/<code>" in said["log"].decode() and "submission.accepted" in said["log"].decode()
    assert where_told(said, [*SPELLINGS, *EMAILS, BAD_ROW, *walk, *tokens_for_iys(app)]) == []
    assert where_numbered(said) == []


def tokens_for_iys(app) -> list[str]:
    """The tokens that the walk was given by İYS."""
    with app.app_context():
        (row,) = db.session.scalars(select(Credential))
        whose = (row.provider_id, row.id)
        sealed = {Credential.ACCESS: row.access_token, Credential.REFRESH: row.refresh_token}
        db.session.rollback()
        return [vault().read(seal, place, *whose) for place, seal in sealed.items()]


@pytest.mark.parametrize("planted", ["Tel: 0532 765 43 21", "+90 (532) 765.43.21", "Zeynep.GIZLI@ornek.example"])
def test_an_address_that_is_planted_is_found(app, rows, planted):
    with app.app_context():
        make.provider().contact = planted
        db.session.commit()

    everything = kept(app)

    assert where_told(everything, EMAILS) or where_numbered(everything)
