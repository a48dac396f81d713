"""Each fault of an installation, made true, is found by name with its cure, and makes /readyz red."""

import base64
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import insert, make_url, select, text, update

from portal.app import create_app
from portal.core import clock
from portal.core.extensions import db, limiter
from portal.core.models import KeyGeneration, Outcome, Process, Submission
from portal.services import readiness
from portal.services.readiness import checks, heartbeats
from tests import databases, make
from tests.conftest import SECRETS

OTHER_KEY = base64.b64encode(base64.b64decode(SECRETS["VAULT_KEYS"][2:])[::-1]).decode()


@pytest.fixture
def start(environ):
    """A portal of its own at this test's database, where every program runs."""
    started = []

    def start(**settings):
        app = create_app({**environ, **settings})
        app.testing, limiter.enabled = True, False
        started.append(app)
        return app

    make.run_programs(start())
    yield start
    for app in started:
        app.extensions["visit_recorder"].stop()
        databases.close_connections(app)


def execute(app, statement) -> None:
    with app.app_context():
        db.session.execute(statement)
        db.session.commit()


def failing(app, path: str = "/readyz") -> list[str]:
    answer = app.test_client().get(path)
    assert (answer.status_code == 200) == (answer.json["status"] == "ok")
    return answer.json.get("failing", [])


def test_a_whole_installation_is_ready_and_alive(start):
    app = start()

    assert failing(app) == []
    told = app.test_cli_runner().invoke(args=["doctor"])
    assert (told.exit_code, set(told.stdout.splitlines())) == (0, {f"{name}: ok" for name in readiness.ALL})


def test_an_old_schema_is_not_ready(start):
    app = start()
    execute(app, text("UPDATE alembic_version SET version_num = '0001'"))

    assert failing(app) == failing(app, "/health") == ["schema"]
    assert app.test_client().get("/livez").json == {"status": "ok"}
    assert app.test_cli_runner().invoke(args=["doctor"]).stdout.count("\n") == 1  # Nothing else could be asked.
    told = app.test_cli_runner().invoke(args=["iys", "forward"])
    assert told.exit_code == 1 and "0001 instead of" in told.stderr and "flask db upgrade" in told.stderr


def test_a_newer_schema_is_that_of_the_next_version_and_ready(start):
    app = start()
    execute(app, text("UPDATE alembic_version SET version_num = '9999'"))

    assert failing(app) == []


def test_probes_write_and_read_the_migrations_once_in_a_while(start, monkeypatch):
    """Anybody may ask, hundreds of times a minute."""
    app, written = start(), []
    assert failing(app) == []
    monkeypatch.setattr(checks, "ScriptDirectory", None)
    monkeypatch.setattr(heartbeats, "beat", lambda: written.append(1))

    assert failing(app) == failing(app, "/health") == [] and not written
    app.extensions["beat_told_until"] -= checks.BEAT_TOLD
    assert failing(app) == failing(app) == [] and len(written) == 1


@pytest.mark.skipif(bool(databases.SERVER), reason="SQLite's own way to be read-only.")
def test_a_database_that_cannot_be_written_is_not_ready(start, environ):
    file = make_url(environ["DATABASE_URL"]).database

    assert failing(start(DATABASE_URL=f"sqlite:///file:{file}?mode=ro&uri=true")) == ["database"]


def test_another_key_of_the_same_generation_is_not_ready_and_lets_no_program_start(start):
    assert failing(start()) == []  # It notes its key.
    other = start(VAULT_KEYS=f"1:{OTHER_KEY}")

    assert failing(other) == ["keys"]
    told = other.test_cli_runner().invoke(args=["jobs", "work"])
    assert told.exit_code == 1 and "not the one of this database" in told.stderr


def test_a_new_key_that_differs_from_another_programs_is_found_before_it_seals(start):
    """Both know a second generation and seal with the first one."""
    right, wrong = (
        start(VAULT_KEYS=f"{SECRETS['VAULT_KEYS']},2:{key}") for key in (OTHER_KEY, OTHER_KEY[:40] + "AbC=")
    )
    told = right.extensions["vault"].check_values()[2][: heartbeats.TOLD]
    execute(right, update(Process).where(Process.role == "worker").values(generations=f"2:{told}"))

    assert (failing(right), failing(wrong)) == ([], ["keys"])
    execute(right, update(Process).where(Process.role == "worker").values(seen_at=clock.now() - timedelta(minutes=2)))
    assert failing(wrong) == ["worker"]  # Whoever had the other key stopped.


def test_a_wrong_new_key_is_never_noted(start):
    """Or the programs with the right one could never start again."""
    right = start(VAULT_KEYS=f"{SECRETS['VAULT_KEYS']},2:{OTHER_KEY}")
    wrong = start(VAULT_KEYS=f"2:{OTHER_KEY[:40]}AbC=,{SECRETS['VAULT_KEYS']}")
    told = right.extensions["vault"].check_values()[2][: heartbeats.TOLD]
    execute(right, update(Process).where(Process.role == "worker").values(generations=f"2:{told}"))

    assert failing(wrong) == ["keys"]
    with right.app_context():
        assert db.session.scalar(select(KeyGeneration.check_value).where(KeyGeneration.generation == 2)) is None


def test_a_key_that_opens_nothing_is_found_where_none_was_noted_yet(start):
    """As after an upgrade from a version that noted none."""
    right, wrong = start(), start(VAULT_KEYS=f"1:{OTHER_KEY}")
    with right.app_context():
        make.create_user("ayse@example.com", "Ayşe")
        db.session.commit()

    assert failing(wrong, "/health") == ["keys"]
    assert failing(right, "/health") == []
    assert failing(wrong, "/health") == ["keys"]


def test_a_generation_that_is_not_known_is_not_ready_and_what_waits_for_it_is_counted(start):
    app = start()
    execute(app, insert(KeyGeneration).values(generation=2, check_value="x"))
    make.codes(app)  # Two links wait, sealed with a known key.

    assert failing(app) == ["keys"]
    told = app.test_cli_runner().invoke(args=["doctor"]).stdout
    assert "keys: VAULT_KEYS lacks the key of generation 2; 0 decisions and messages wait for it." in told


def test_a_clock_that_is_wrong_is_not_ready(start):
    app = start()
    later = clock.now() + timedelta(hours=1)
    execute(app, update(Process).values(seen_at=later))

    with time_machine.travel(later):
        assert failing(app) == ["clock"]


@pytest.mark.parametrize("role", readiness.PROGRAMS)
def test_a_program_that_is_silent_is_named(start, role):
    app = start()
    execute(app, update(Process).where(Process.role == role).values(seen_at=clock.now() - timedelta(minutes=2)))

    is_asked = role in readiness.READY
    assert failing(app) == ([role] if is_asked else [])
    assert failing(app, f"/readyz?exclude={role}") == failing(app, "/health") == []
    assert f"{role}: “flask " in app.test_cli_runner().invoke(args=["doctor"]).stdout


def test_the_doctor_names_what_else_is_wrong(start, environ, tmp_path):
    app = start(DEVELOPMENT="0", HOSTS="", SMTP_URL="", INSTANCE=str(tmp_path))
    make.codes(app)

    told = app.test_cli_runner().invoke(args=["doctor"])

    lines = dict(line.split(": ", 1) for line in told.stdout.splitlines())
    assert told.exit_code == 1
    assert {name for name, finding in lines.items() if finding != "ok"} == {"hosts", "mail", "journal_dir"}
    assert "SMTP_URL" in lines["mail"] and "JOURNAL_DIR" in lines["journal_dir"]


def test_what_was_parked_shows_and_is_sent_again_in_bulk(start):
    app = start()
    make.Person(app.test_client(), make.codes(app)[make.PHONE]).decides(MESAJ="ONAY", ARAMA="RET")
    execute(app, update(Submission).values(outcome=Outcome.PARKED, due_at=None, ended_at=clock.now()))
    run = app.test_cli_runner().invoke

    assert "parked: 2 decisions" in run(args=["doctor"]).stdout
    assert run(args=["iys", "resend"]).stdout == "sent again: 2\n"
    assert "parked: ok" in run(args=["doctor"]).stdout
