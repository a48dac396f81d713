"""Files by the API: read by a named profile, started by the digest of their dry run, with their errors back as rows."""

import io
import zipfile
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import update
from werkzeug.datastructures import MultiDict

from portal.api.documentation.example import MOMENT
from portal.api.documentation.file_examples import FILE, HEADER, PROFILE
from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Status
from portal.core.models import ApiRequest, Consent, Decision, ImportBatch, ImportChunk, Provider
from portal.domain.identity.permissions import Scope
from portal.domain.providers import suspension
from portal.services.imports import batches, first_grants
from tests import make
from tests.portal.api.programs import ALL, BASE, Program, limits_on, make_key, make_profile, run_workers
from tests.portal.web.dashboard.staff import signed_in

IMPORTS = f"{BASE}/brands/{make.BRAND_CODE}/imports"
GRANT, REFUSED = "0532 123 45 80;MESAJ;ONAY;{};HS_WEB;Sipariş 4711\n", "0532 123 45 81;MESAJ;RET;{};;\n"


@pytest.fixture
def program(app, time_machine) -> Program:
    time_machine.move_to(MOMENT)  # An hour after what the file says.
    with app.app_context():
        provider = make.provider()
        make_profile(provider)
        return Program(app, make_key(provider))


def key_of(app, **facts) -> Program:
    with app.app_context():
        return Program(app, make_key(db.session.query(Provider).order_by(Provider.id).first(), **facts))


def upload(program: Program, content: str | bytes = FILE, *, key: str = "", query: str = f"?profile={PROFILE}"):
    headers = program._headers() | {"Idempotency-Key": key or f"upload-{content[:40]!r}"}
    return program.client.post(IMPORTS + query, data=content, headers=headers, content_type="text/csv")


def tried(app, program: Program, content: str | bytes = FILE, **facts) -> tuple[str, dict]:
    """The URL of a file and what is shown of it once workers have done what they can."""
    answer = upload(program, content, **facts)
    assert answer.status_code == 200, answer.json
    url = f"{IMPORTS}/{answer.json['importId']}"
    run_workers(app)
    return url, program.get(url).json


def start(program: Program, url: str, shown: dict, **fields):
    return program.post(f"{url}/start", {"digest": shown["dryRun"]["digest"]} | fields)


def test_a_file_is_tried_and_started_and_its_errors_come_back(app, program, rows):
    url, shown = tried(app, program)
    errors, workbook = program.get(f"{url}/errors").json, program.get(f"{url}/errors.xlsx")
    started, again = start(program, url, shown), start(program, url, shown)
    run_workers(app)
    done = program.get(url).json
    assert (shown["state"], shown["personNeeded"], shown["results"]) == (
        "dry_run", [], {"grant": 1, "first_refusal": 1, "phone_too_short": 1}
    )  # fmt: skip
    assert errors["header"] == HEADER and errors["nextCursor"] is None
    assert [(each["line"], each["errors"][0]["code"]) for each in errors["items"]] == [(4, "phone_too_short")]
    assert zipfile.is_zipfile(io.BytesIO(workbook.data))
    assert (started.json["state"], again.status_code, again.json["code"]) == ("running", 409, "wrong_state")
    assert (done["state"], done["iys"]["waiting"], done["undoable"]) == ("done", 2, {"free": 2, "gone": 0})


def test_a_program_takes_back_files_of_grants_only(app, program, rows):
    """Others may rely on a file's refusals; a person may take them back, on the page that the answer names."""
    contents = [FILE.splitlines()[0] + "\n" + GRANT.format("24.11.2026 13:00"), FILE]
    urls = []
    for content in contents:
        url, shown = tried(app, program, content, key=f"take-back-{len(content)}")
        start(program, url, shown)
        run_workers(app)
        urls.append(url)
    standing = {each.id: each.status for each in rows(Consent) if each.status == Status.REFUSED}
    undone, kept = [program.post(f"{url}/undo", {}) for url in urls]
    run_workers(app)

    assert (undone.status_code, program.get(urls[0]).json["state"]) == (200, "undone")
    assert (kept.status_code, kept.json["code"]) == (409, "person_needed")
    assert [each["code"] for each in kept.json["errors"]] == ["refusals_stand"] and standing
    assert program.get(urls[1]).json["state"] == "done"
    assert {each.id: each.status for each in rows(Consent) if each.status} == standing
    assert signed_in(app).browser.get(urlsplit(kept.json["page"]).path).status_code == 200


def test_a_file_is_stored_once_and_started_by_the_dry_run_that_was_read_only(app, program, rows):
    first, same = upload(program, key="bring-it-1"), upload(program, key="bring-it-1")
    form = {"file": (io.BytesIO(FILE.encode()), "izinler.csv")}
    headers = program._headers() | {"Idempotency-Key": "bring-it-2"}
    of_form = program.client.post(f"{IMPORTS}?profile={PROFILE}", data=form, headers=headers)
    other = upload(program, FILE + REFUSED.format("24.11.2026 14:00"), key="bring-it-1")
    missing, odd = (upload(program, query=f"?profile={each}") for each in ("yok", "y%00k"))
    picture = upload(program, b"\x89PNG\r\n\x1a\n" + bytes(60))
    run_workers(app)
    url = f"{IMPORTS}/{first.json['importId']}"
    old = program.post(f"{url}/start", {"digest": "1" * 18})

    assert first.json == same.json and of_form.json["fileName"] == "izinler.csv"
    assert (other.json["code"], missing.json["code"]) == ("idempotency_key_reused", "profile_unknown")
    assert odd.json["code"] == "profile_unknown"
    assert (picture.status_code, picture.json["code"]) == (422, "file_image")
    assert [each.state for each in rows(ImportBatch)] == ["dry_run", "dry_run"]
    assert (old.json["code"], rows.count(Decision)) == ("wrong_state", 0)
    assert [(each["field"], each["code"]) for each in old.json["errors"]] == [("digest", "digest_old")]
    assert program.get(f"{BASE}/requests/{rows(ApiRequest)[0].id}").status_code == 404


def test_a_file_of_refusals_that_comes_again_by_its_content_refuses_who_granted_since(
    app, program, browser, rows, time_machine
):
    """One that grants has run for good, and so has any within the minute."""
    link = make.codes(app)[make.PHONE]
    files = [
        FILE.splitlines()[0] + f"\n{make.PHONE};MESAJ;RET;;;\n",
        FILE.splitlines()[0] + "\n" + GRANT.format("24.11.2026 13:00"),
    ]

    def bring():
        return [tried(app, program, each, key=f"of-content-{place}") for place, each in enumerate(files)]

    first = bring()
    for url, shown in first:
        start(program, url, shown)
    run_workers(app)
    within = bring()
    time_machine.shift(timedelta(hours=5))
    make.Person(browser, link).decides(MESAJ="ONAY")
    time_machine.shift(timedelta(hours=1))
    (refusing, its), (granting, _) = bring()
    start(program, refusing, its, onlyRefusals=True)
    run_workers(app)

    assert [url for url, _ in within] == [url for url, _ in first]
    assert refusing != first[0][0] and granting == first[1][0] and its["state"] == "dry_run"
    assert rows(Consent)[0].status == Status.REFUSED


@pytest.mark.parametrize(
    ("content", "query", "needed"),
    [
        (FILE.replace("Dayanak", "Dayanak;Bilgi").replace("Sipariş 4711", "Sipariş 4711;bkz. liste"), "", "unread"),
        (FILE.replace("24.11.2026 13:00;HS_WEB", "01.05.2015 00:00;HS_2015"), "", "before_2015"),
        ("a;b\n0532 123 45 80;x\n", "?fileName=yeni.csv", "columns"),
    ],
    ids=["unread", "before_2015", "columns"],
)
def test_what_a_person_must_vouch_for_is_never_started_by_a_program(app, program, rows, content, query, needed):
    url, shown = tried(app, program, content, query=query or f"?profile={PROFILE}")

    assert needed in shown["personNeeded"], shown
    if needed == "columns":
        assert (shown["state"], shown["dryRun"]) == ("read", None)
        return
    only_grants = content.replace(";RET;", ";ONAY;")
    alone, of_alone = tried(app, program, only_grants, key="alone-it-1", query=f"?profile={PROFILE}&fileName=t.csv")
    answer = start(program, alone, of_alone)
    assert (answer.status_code, answer.json["code"]) == (409, "person_needed")
    if needed == "unread":
        named = [(each["field"], each["title"], each["titleTr"]) for each in answer.json["errors"][1:]]
        assert named == [
            ("file", "Column not read: G: Bilgi", "Okunmayan sütun: G: Bilgi"),
            ("fileName", "Name of the file: t.csv", "Dosyanın adı: t.csv"),
        ]
    assert all(each["title"] != each["code"] != each["titleTr"] for each in answer.json["errors"])
    assert answer.json["page"].endswith(f"/imports/{alone.rpartition('/')[2]}")
    assert rows.count(Decision) == 0
    assert start(program, url, shown).json["state"] == "running"
    run_workers(app)
    done = program.get(url).json
    assert (done["state"], done["problem"]["code"], done["results"]["grant_left_out"]) == ("done", "person_needed", 1)
    assert done["problem"]["titleTr"].startswith("1 ret kaydedildi; 1 onay bekliyor, çünkü ")
    assert "1 refusals were recorded; 1 grants wait, since" in done["problem"]["title"]
    assert {each.status for each in rows(Consent)} == {Status.REFUSED}


def test_a_program_is_told_that_a_part_of_its_file_was_lost(app, program, rows):
    url, shown = tried(app, program)
    start(program, url, shown)
    with app.app_context():
        db.session.execute(update(ImportChunk).values(content=b"damaged"))
        db.session.commit()
    run_workers(app)

    done = program.get(url).json

    assert (done["state"], done["problem"]["code"], rows.count(Decision)) == ("done", "damaged", 0)
    assert done["problem"]["title"].startswith("A part of the file")


def test_of_a_file_that_lost_a_part_nobody_starts_the_grants(app, program, rows):
    """The part may say that their people refused."""
    url, shown = tried(app, program)
    with app.app_context():
        db.session.execute(update(ImportBatch).values(problem="damaged"))
        db.session.commit()
    start(program, url, shown)
    run_workers(app)

    assert program.get(url).json["problem"]["code"] == "damaged"
    assert {each.status for each in rows(Decision)} <= {Status.REFUSED}


def test_grants_need_their_scope_room_and_an_active_provider(app, program, rows, monkeypatch):
    monkeypatch.setattr(first_grants, "FEWEST", 2_000)  # Or a person would be needed first.
    may_refuse = key_of(app, scopes=ALL - {Scope.GRANT})
    url, shown = tried(app, program)
    refused = start(may_refuse, url, shown)
    with app.app_context():
        db.session.query(Provider).update({"suspended_at": db.session.query(Provider).one().created_at})
        db.session.commit()
    suspended = start(program, url, shown)

    assert [(each.status_code, each.json["scope"]) for each in (refused, suspended)] == [(403, "consents:grant")] * 2
    assert start(program, url, shown, onlyRefusals=True).json["state"] == "running"
    run_workers(app)
    assert [each.status for each in rows(Consent) if each.status] == [Status.REFUSED]
    with app.app_context():
        db.session.query(Provider).update({"suspended_at": None, "admitted_at": None})
        db.session.commit()
    sandbox = key_of(app)
    lines = [f"0532{number:07};MESAJ;ONAY;24.11.2026 13:00;HS_WEB;Form {number}\n" for number in range(1001)]
    url, shown = tried(app, sandbox, ";".join(HEADER) + "\n" + "".join(lines))
    full = start(sandbox, url, shown)
    assert (full.status_code, full.json["code"]) == (403, "package_full")
    lines.append("0531 234 56 78;MESAJ;RET;;;\n")
    url, shown = tried(app, sandbox, ";".join(HEADER) + "\n" + "".join(lines), key="mixed-it-1")
    assert start(sandbox, url, shown).json["problem"]["code"] == "package_full"


def test_a_file_that_was_not_started_is_dropped_and_seen_by_its_own_brand_only(app, program):
    url, _ = tried(app, program)
    with app.app_context():
        stranger = Program(app, make_key(make.provider(iys_code=700002, brand_code=700002, email="cem@example.com")))
    theirs = url.replace(str(make.BRAND_CODE), "700002")
    for path in ("", "/errors", "/errors.xlsx"):
        assert stranger.get(theirs + path).json["code"] == "not_found"
    for act, body in (("start", {"digest": "1"}), ("cancel", {}), ("undo", {})):
        assert stranger.post(f"{theirs}/{act}", body).json["code"] == "not_found"
    dropped, again = program.post(f"{url}/cancel", {}), program.post(f"{url}/cancel", {})

    assert (dropped.json["state"], again.json["code"]) == ("dropped", "wrong_state")
    with limits_on():
        first = upload(program, key="limit-it-1")
        second = upload(key_of(app), key="limit-it-2")
    assert (first.headers["RateLimit-Remaining"], second.headers["RateLimit-Remaining"]) == ("59", "58")


def test_a_form_without_a_file_is_refused(program, rows):
    answer = program.open("POST", IMPORTS, data={"other": (io.BytesIO(b"x"), "list.csv")})

    assert (answer.status_code, [each["field"] for each in answer.json["errors"]]) == (422, ["file", "other"])
    assert rows.count(ImportBatch) == 0


def test_a_part_without_a_name_is_refused_by_an_empty_one(program):
    part = b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--\r\n"

    answer = program.open("POST", IMPORTS, data=part, content_type="multipart/form-data; boundary=x")

    assert (answer.status_code, [each["field"] for each in answer.json["errors"]]) == (422, ["file", ""])


@pytest.mark.parametrize(("name", "second"), [("file", "b.csv"), ("file2", "b.csv"), ("profile", None)])
def test_a_form_with_a_further_part_is_refused(program, rows, name, second):
    further = (io.BytesIO(FILE.encode()), second) if second else PROFILE
    form = MultiDict([("file", (io.BytesIO(FILE.encode()), "a.csv")), (name, further)])

    answer = program.open("POST", f"{IMPORTS}?profile={PROFILE}", data=form)

    errors = [(each["field"], each["code"]) for each in answer.json["errors"]]
    assert (answer.status_code, errors, rows.count(ImportBatch)) == (422, [(name, "unknown_field")], 0)


@pytest.mark.parametrize("scopes", [{Scope.IMPORTS}, ALL])
def test_after_a_restore_a_key_of_before_brings_files_of_refusals_for_good(app, program, rows, scopes):
    """Also once its firm is resumed: no grant of a file."""
    of_before = key_of(app, scopes=scopes)
    held = app.test_cli_runner().invoke(args=["restore", "--hold"])
    assert held.exit_code == 0, held.output
    url, shown = tried(app, of_before)
    with app.app_context():
        firm = db.session.query(Provider).one()
        assert suspension.resume(db.session, firm, by=1, note="Bakıldı.", at=clock.now())
        db.session.commit()

    assert {of_before.post(f"{url}/{act}", {}).status_code for act in ("cancel", "undo")} == {403}
    with_grants = start(of_before, url, shown)
    assert (with_grants.status_code, with_grants.json["code"]) == (403, "scope_missing")
    assert start(of_before, url, shown, onlyRefusals=True).status_code == 200
    run_workers(app)
    assert {each.status for each in rows(Decision)} == {Status.REFUSED}


def test_a_program_is_told_why_a_restore_left_its_grants_out(app, program, rows):
    url, shown = tried(app, program)
    start(program, url, shown)
    with app.app_context():
        batches.leave_grants_out(db.session)
        db.session.commit()
    run_workers(app)
    told = program.get(url).json

    assert [each.status for each in rows(Decision)] == [Status.REFUSED]
    assert (told["state"], told["problem"]["code"]) == ("done", "person_needed")
    assert told["problem"]["titleTr"].startswith("1 ret kaydedildi; 1 onay bekliyor, çünkü veritabanı yedekten")


OF_ITSELF = ("importId", "page", "createdAt")  # Of one file only.


def test_a_key_held_by_a_restore_sees_the_state_alone_and_only_of_what_it_brought(app, program, rows):
    """Its dry runs would tell of anybody whether they granted."""
    theirs, of_colleague = tried(app, program, key="theirs-1"), tried(app, key_of(app), key="of-colleague-1")
    start(program, *theirs)
    run_workers(app)
    assert app.test_cli_runner().invoke(args=["restore", "--hold"]).exit_code == 0
    head, now = FILE.splitlines()[0] + "\n", "24.11.2026 13:30"
    asked = [head + GRANT.format(now), head + REFUSED.format(now), head + GRANT.format(now).replace("80", "82")]
    found = [tried(app, program, each, key=f"asks-{place}-1") for place, each in enumerate(asked)]

    said = [{key: each for key, each in shown.items() if key not in OF_ITSELF} for _, shown in found]
    digests = [each["dryRun"].pop("digest") for each in said]
    assert said[0] == said[1] == said[2] and len({*digests}) == 3
    assert (said[0]["state"], said[0]["results"], said[0]["dryRun"]["refusals"]) == ("dry_run", {}, None)
    assert program.get(theirs[0]).json["state"] == "done" and program.get(theirs[0]).json["results"] == {}
    assert program.get(of_colleague[0]).json["code"] == "not_found"
    assert program.get(f"{theirs[0]}/errors").json["code"] == "scope_missing"
