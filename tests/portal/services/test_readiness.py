"""Each fault of an installation, made true, is found by name with its cure, and makes /readyz red."""

import base64
import contextlib
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import Executable, insert, make_url, select, text, update

from portal.app import create_app
from portal.cli import doctor
from portal.core import clock
from portal.core.extensions import db, limiter
from portal.core.models import (
    CallTally,
    Egress,
    IysRate,
    KeyGeneration,
    NotedSetting,
    Outcome,
    Process,
    RowTally,
    Submission,
    Tallied,
)
from portal.core.models.row_tally import TALLY_TRIGGERS
from portal.services import readiness
from portal.services.iys import rate_limit
from portal.services.readiness import checks, heartbeats
from tests import databases, make
from tests.conftest import SECRETS
from tests.mail_server import Listening, MailServer

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

    app = start()
    make.run_programs(app)
    with app.app_context():
        newest = db.session.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    yield start
    if databases.SERVER:  # The next test gets its tables as they are.
        execute(app, text(f"UPDATE alembic_version SET version_num = '{newest}'"))
        execute(app, text("ALTER TABLE decision ENABLE TRIGGER decision_no_update"))
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
    assert (told.exit_code, set(told.stdout.splitlines())) == (0, {f"{name}: ok" for name in doctor.CHECKS})


def test_an_old_schema_is_not_ready(start):
    app = start()
    execute(app, text("UPDATE alembic_version SET version_num = '0001'"))

    assert failing(app) == failing(app, "/health") == ["schema"]
    assert app.test_client().get("/livez").json == {"status": "ok"}
    assert app.test_cli_runner().invoke(args=["doctor"]).stdout.count("\n") == 1  # Nothing else could be asked.
    told = app.test_cli_runner().invoke(args=["iys", "forward"])
    assert told.exit_code == 1 and "0001 instead of" in told.stderr and "flask db upgrade" in told.stderr


def test_an_upgrade_says_what_it_did_also_where_nothing_was_to_be_done(start):
    app = start()
    with app.app_context():
        newest = db.session.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    run = app.test_cli_runner().invoke

    assert "Took back 0045: By which value LINK_SALT" in run(args=["db", "downgrade", "0044"]).stdout
    told = run(args=["db", "upgrade"]).stdout
    assert "Applied 0045: By which value LINK_SALT" in told and told.endswith(f"The schema is {newest}.\n")
    assert run(args=["db", "upgrade"]).stdout == f"The schema is {newest}.\n"


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


def test_another_key_of_the_same_generation_is_not_ready_and_lets_no_program_start(start):
    assert failing(start()) == []  # It notes its key.
    other = start(VAULT_KEYS=f"1:{OTHER_KEY}")

    assert failing(other) == ["keys"]
    told = other.test_cli_runner().invoke(args=["jobs", "work"])
    assert told.exit_code == 1 and "not the one of this database" in told.stderr


def test_another_salt_is_not_ready_and_lets_no_program_start(start):
    """Every link that is out would be a 404, and nothing else would tell."""
    assert failing(start()) == []  # It notes its salt.
    other = start(LINK_SALT=SECRETS["LINK_SALT"][::-1])

    assert failing(other) == failing(other, "/health") == ["salt"]
    told = other.test_cli_runner().invoke(args=["jobs", "work"])
    assert told.exit_code == 1 and "LINK_SALT is not" in told.stderr and SECRETS["LINK_SALT"][::-1] not in told.stderr
    assert failing(start()) == []  # The other one noted nothing.


def test_a_new_key_that_differs_from_another_programs_is_found_before_it_seals(start):
    """Both know a second generation and seal with the first one."""
    right, wrong = (
        start(VAULT_KEYS=f"{SECRETS['VAULT_KEYS']},2:{key}") for key in (OTHER_KEY, OTHER_KEY[:40] + "AbC=")
    )
    told = right.extensions["vault"].check_values()[2][: heartbeats.CHECK_VALUE_DIGITS]
    execute(right, update(Process).where(Process.role == "worker").values(generations=f"2:{told}"))

    assert (failing(right), failing(wrong)) == ([], ["keys"])
    execute(right, update(Process).where(Process.role == "worker").values(seen_at=clock.now() - timedelta(minutes=2)))
    assert failing(wrong) == ["worker"]  # Whoever had the other key stopped.


def test_a_wrong_new_key_is_never_noted(start):
    """Or the programs with the right one could never start again."""
    right = start(VAULT_KEYS=f"{SECRETS['VAULT_KEYS']},2:{OTHER_KEY}")
    wrong = start(VAULT_KEYS=f"2:{OTHER_KEY[:40]}AbC=,{SECRETS['VAULT_KEYS']}")
    told = right.extensions["vault"].check_values()[2][: heartbeats.CHECK_VALUE_DIGITS]
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


@pytest.mark.parametrize("role", readiness.PROGRAMS)
def test_a_program_that_is_silent_is_named(start, role):
    app = start()
    execute(app, update(Process).where(Process.role == role).values(seen_at=clock.now() - timedelta(minutes=2)))

    is_asked = role in readiness.READY
    assert failing(app) == ([role] if is_asked else [])
    assert failing(app, f"/readyz?exclude={role}") == failing(app, "/health") == []
    assert f"{role}: “flask " in app.test_cli_runner().invoke(args=["doctor"]).stdout


def test_what_was_parked_shows_and_is_sent_again_in_bulk(start):
    app = start()
    make.Person(app.test_client(), make.codes(app)[make.PHONE]).decides(MESAJ="ONAY", ARAMA="RET")
    execute(app, update(Submission).values(outcome=Outcome.PARKED, due_at=None, ended_at=clock.now()))
    run = app.test_cli_runner().invoke

    assert "parked: 2 decisions" in run(args=["doctor"]).stdout
    assert run(args=["iys", "resend"]).stdout == "sent again: 2\n"
    assert "parked: ok" in run(args=["doctor"]).stdout


def test_rows_of_iys_that_could_not_be_read_show_for_a_day(start):
    app = start()
    run = app.test_cli_runner().invoke
    with app.app_context():
        for name, calls in (("unreadable_row", 2), ("7/unreadable_row", 1), ("unknown_code", 9)):
            db.session.add(CallTally(name=name, span=rate_limit.span_start(clock.now()), calls=calls, failures=0))
        db.session.commit()

    assert "unreadable_rows: In the last 24 hours 3 rows" in run(args=["doctor"]).stdout
    with time_machine.travel(clock.now() + timedelta(days=1, minutes=10)):
        assert "unreadable_rows: ok" in run(args=["doctor"]).stdout


@dataclass(frozen=True)
class Plant:
    """A misconfiguration: settings or a statement; what is said of it, and the cure that is named."""

    said: str
    cure: str
    settings: dict[str, str] = field(default_factory=dict)
    statement: Executable | None = None
    is_unready: bool = False
    ahead: timedelta = timedelta(0)  # Of our clock.


PRODUCTION = {
    "DEVELOPMENT": "0", "HOSTS": "izin.example", "LINK_BASE": "https://kisa.example/k", "PROXY_HOPS": "1",
    "IYS_BASE_URL": "https://iys.example", "IYS_REQUESTS_PER_SECOND": "8", "SMTP_URL": "smtp://u:hidden@127.0.0.1:{0}",
    "MAIL_FROM": "izin@izin.example", "OPERATOR_TITLE": "A", "OPERATOR_ADDRESS": "B",
    "OPERATOR_NOTICE_URL": "https://izin.example/aydinlatma", "JOURNAL_DIR": "{1}",
}  # fmt: skip
READ_ONLY = "sqlite:///file:{}?mode=ro&uri=true"
NOBODY = "127.0.0.1:9"
NOTED = {"generation": 1, "check_value": "0"}
LATE = {"name": IysRate.CLOCK, "next_at": clock.now(), "ahead_ms": -6400}
UNSERVED = {"id": 2, "name": "ankara", "lease_until": clock.now() - timedelta(minutes=2)}
FIVE_TOO_MANY = {"subject": Tallied.RECIPIENTS, "provider_id": 1, "bucket": "2026-01-01", "total": 5}
NO_GUARD = "DROP TRIGGER decision_no_update"
if databases.SERVER:
    NO_GUARD = "ALTER TABLE decision DISABLE TRIGGER decision_no_update"


def silence(role: str) -> Executable:
    return update(Process).where(Process.role == role).values(seen_at=clock.now() - timedelta(hours=1))


# fmt: off
PLANTS = {
    # Refused at the start of every program, with these words.
    "secret": Plant("SECRET_KEY is too easy to guess", "secrets.token_urlsafe", {"SECRET_KEY": "a" * 32}),
    "salt": Plant("Set LINK_SALT", "in the environment", {"LINK_SALT": ""}),
    "weak key": Plant("VAULT_KEYS: key 1 is too easy", "token_bytes", {"VAULT_KEYS": f"1:{'A' * 43}="}),
    "no database": Plant("Set DATABASE_URL", "postgresql://", {"DATABASE_URL": "", "INSTANCE": "nowhere"}),
    "no link base": Plant("Set LINK_BASE", "https://", {"LINK_BASE": ""}),
    "proxies": Plant("Set PROXY_HOPS", "1: nginx or Caddy", {"PROXY_HOPS": ""}),
    "pushes": Plant("PUSH_BASE is https://", "not a short one", {"PUSH_BASE": "https://kisa.example/inbound/iys"}),
    "no sender": Plant("Set MAIL_FROM", "the address that mails come from", {"MAIL_FROM": ""}),
    "sandbox key": Plant("Set SANDBOX_KEY", "the same as at the sandbox", {"SANDBOX_URL": f"http://{NOBODY}"}),
    "İYS in clear": Plant("IYS_BASE_URL is https://", "<host of İYS>", {"IYS_BASE_URL": "http://iys.example"}),
    # Found by the doctor; the first nine make /readyz red, too.
    "schema": Plant("schema: The database's schema is old: 0001", "flask db upgrade", is_unready=True,
                    statement=text("UPDATE alembic_version SET version_num = '0001'")),
    "read-only": Plant("database: The database cannot be read or written", "read-only replica",
                       {"DATABASE_URL": READ_ONLY}, is_unready=True),
    "wrong key": Plant("keys: The key in VAULT_KEYS is not the one", "Put the right key back", is_unready=True,
                       statement=insert(KeyGeneration).values(NOTED)),
    "unknown key": Plant("keys: VAULT_KEYS lacks the key of generation 2", "Add that key", is_unready=True,
                         statement=insert(KeyGeneration).values(NOTED | {"generation": 2})),
    "wrong salt": Plant("salt: LINK_SALT is not the one", "Put the old one back", is_unready=True,
                        statement=insert(NotedSetting).values({"name": "LINK_SALT", "check_value": "0"})),
    "clock": Plant("clock: The clock is", "both machines (NTP)", is_unready=True, ahead=timedelta(seconds=30)),
    "İYS's clock": Plant("iys_clock: The clock is 6 seconds away from İYS's", "NTP", is_unready=True,
                         statement=insert(IysRate).values(LATE)),
    "worker": Plant("worker: “flask jobs work”", "Start it", is_unready=True, statement=silence("worker")),
    "forwarder": Plant("forwarder: “flask iys forward”", "Start it", is_unready=True, statement=silence("forwarder")),
    "unserved egress": Plant("forwarder: “flask iys forward” runs", "locks", is_unready=True,
                             statement=insert(Egress).values(UNSERVED)),
    "sender": Plant("sender: “flask messages send”", "Start it", statement=silence("sender")),
    "webhooks": Plant("webhooks: “flask webhooks send”", "Start it", statement=silence("webhooks")),
    "no hosts": Plant("hosts: HOSTS is empty", "PROXY_HOPS", {"HOSTS": ""}),
    "one host for both": Plant("hosts: izin.example is in HOSTS and in SHORT_HOSTS", "another domain",
                               {"SHORT_HOSTS": "kisa.example,izin.example"}),
    "links to elsewhere": Plant("links: LINK_BASE leads to k.example", "SHORT_HOSTS",
                                {"LINK_BASE": "https://k.example/k"}),
    "links in clear": Plant("links: LINK_BASE begins with http;", "https://", {"LINK_BASE": "http://kisa.example/k"}),
    "development": Plant("development: DEVELOPMENT=1, but izin.example", "Remove DEVELOPMENT", {"DEVELOPMENT": "1"}),
    "too fast": Plant("pace: IYS_REQUESTS_PER_SECOND is 50", "Make it 8", {"IYS_REQUESTS_PER_SECOND": "50"}),
    "no pace": Plant("pace: IYS_REQUESTS_PER_SECOND is 0", "Make it 8", {"IYS_REQUESTS_PER_SECOND": "0"}),
    "milliseconds": Plant("undo: UNDO_SECONDS is longer than a day", "in seconds", {"UNDO_SECONDS": "300000"}),
    "operator": Plant("operator: OPERATOR_TITLE: empty", "the partner's title", {"OPERATOR_TITLE": ""}),
    "no journal": Plant("journal_dir: ", "JOURNAL_DIR", {"JOURNAL_DIR": ""}),
    "no mails": Plant("mail: SMTP_URL is empty", "MAIL_FROM", {"SMTP_URL": ""}),
    "no mail server": Plant(f"mail_server: The server of SMTP_URL does not answer as it should ({NOBODY}): refused",
                            "firewall",
                            {"SMTP_URL": f"smtp://u:hidden@{NOBODY}"}),
    "no sandbox": Plant(f"sandbox: The server of SANDBOX_URL does not answer as it should ({NOBODY}): refused",
                        "firewall",
                        {"SANDBOX_URL": f"http://{NOBODY}", "SANDBOX_KEY": SECRETS["SECRET_KEY"]}),
    "a guard": Plant("triggers: Triggers are missing or off: decision_no_update.", "ENABLE TRIGGER",
                     statement=text(NO_GUARD)),
    "a wrong count": Plant("counts: 1 counts do not match the rows (recipient)", "flask db-recount",
                           statement=insert(RowTally).values(FIVE_TOO_MANY)),
}
# fmt: on


def as_case(plant: Plant):
    """Settings are the same whatever database there is."""
    return pytest.param(plant, marks=[pytest.mark.alike] if plant.statement is None else [])


@pytest.fixture(scope="module")
def mail_server():
    """The port of a server that takes the password of PRODUCTION."""
    server = MailServer()
    server.password = "hidden"
    listening = Listening(server, authenticator=server.authenticate, auth_require_tls=False)
    listening.start()
    yield listening.port
    listening.stop()


@pytest.mark.slow
@pytest.mark.parametrize("plant", [as_case(each) for each in PLANTS.values()], ids=PLANTS)
def test_the_doctor_finds_what_is_planted_and_nothing_else(start, environ, mail_server, tmp_path, plant):
    if plant.settings.get("DATABASE_URL") == READ_ONLY and databases.SERVER:
        pytest.skip("SQLite's own way to be read-only")
    settings = {name: value.format(mail_server, tmp_path) for name, value in (PRODUCTION | plant.settings).items()}
    if settings.get("DATABASE_URL"):
        settings["DATABASE_URL"] = READ_ONLY.format(make_url(environ["DATABASE_URL"]).database)

    found = examine(start, settings, plant)

    assert len(found) == 1 and plant.said in found[0] and plant.cure in found[0] and "hidden" not in found[0]


def examine(start, settings: dict, plant: Plant) -> list[str]:
    """What the doctor says, after /readyz agreed."""
    try:
        app = start(**settings)
    except RuntimeError as refused:  # config.BadSetting
        return [str(refused)]
    with time_machine.travel(clock.now() + plant.ahead) if plant.ahead else contextlib.nullcontext():
        if plant.statement is not None:
            execute(app, plant.statement)
        assert failing(app) == ([plant.said.partition(":")[0]] if plant.is_unready else [])
        told = app.test_cli_runner().invoke(args=["doctor"])
    assert told.exit_code == 1
    return [line for line in told.stdout.splitlines() if not line.endswith(": ok") and not is_of_the_tests_server(line)]


def is_of_the_tests_server(line: str) -> bool:
    """Tests connect to PostgreSQL as its superuser, whom no trigger stops, and it need not outlast a power cut."""
    return bool(databases.SERVER) and line.startswith(
        ("role: The role of DATABASE_URL", "server: PostgreSQL has fsync")
    )


def test_a_whole_installation_in_production_is_well(start, mail_server, tmp_path):
    app = start(**{name: value.format(mail_server, tmp_path) for name, value in PRODUCTION.items()})

    assert failing(app) == []
    lines = app.test_cli_runner().invoke(args=["doctor"]).stdout.splitlines()
    assert {line for line in lines if not is_of_the_tests_server(line)} <= {f"{name}: ok" for name in doctor.CHECKS}


def test_the_doctor_knows_every_trigger_that_guards_tells_or_counts(start):
    app = start()
    with app.app_context():
        asked = checks.TRIGGERS_OF_POSTGRESQL if databases.SERVER else checks.TRIGGERS_OF_SQLITE
        found = set(db.session.scalars(asked))

    assert {name.removesuffix("_no_update") for name in found if name.endswith("_no_update")} == set(checks.GUARDED)
    assert {name.removesuffix("_event") for name in found if name.endswith("_event")} == set(checks.WITH_EVENTS)
    assert {name for name in found if "_tally" in name} == TALLY_TRIGGERS
