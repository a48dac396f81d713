"""The sandbox's file: upgrade from an earlier version, and accounts from the environment."""

import sqlite3
from contextlib import closing

from iys_sandbox import create_sandbox, create_sandbox_from_environment
from portal.core import iys_protocol
from tests.iys_sandbox.callers import ACCOUNT, GRANT, REFUSAL, Provider, codes

FIRST_VERSION = """
CREATE TABLE account (
    username TEXT PRIMARY KEY, password_hash TEXT NOT NULL, iys_code INTEGER NOT NULL, brands TEXT NOT NULL);
CREATE TABLE movement (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, iys_code INTEGER NOT NULL, brand_code INTEGER NOT NULL,
    recipient TEXT NOT NULL, recipient_type TEXT NOT NULL, type TEXT NOT NULL, status TEXT NOT NULL,
    source TEXT, consent_date TEXT, creation_date TEXT NOT NULL, transaction_id TEXT NOT NULL);
CREATE INDEX movement_of_key ON movement (brand_code, recipient, recipient_type, type, seq);
"""
MOVEMENT = "INSERT INTO movement VALUES (NULL, 700100, 700100, ?, 'BIREYSEL', 'MESAJ', ?, 'HS_WEB', ?, ?, ?)"


def test_a_file_of_the_first_version_keeps_what_it_held(file, clock):
    with closing(sqlite3.connect(file)) as db, db:
        db.executescript(FIRST_VERSION)
        for status, at in (("ONAY", "2026-11-24 11:00:00"), ("RET", "2026-11-24 11:30:00")):
            db.execute(MOVEMENT, (GRANT["recipient"], status, at, at, f"{at} {status}"))

    app = create_sandbox(file, clock=clock, requests_per_second=0)
    app.extensions["sandbox"].store.add_account(**ACCOUNT)
    provider = Provider(app)

    assert [movement["status"] for movement in provider.movements()] == ["ONAY", "RET"]
    assert codes(provider.adds(REFUSAL | {"consentDate": "2026-11-24 11:45:00"})) == ["H174"]
    create_sandbox(file, clock=clock)


def test_nobody_else_on_the_machine_reads_the_file(tmp_path):
    file = tmp_path / "sandbox.db"
    file.touch(mode=0o644)
    box = Provider(create_sandbox(file))

    box.gets("/health")
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == dict.fromkeys(
        ["sandbox.db", "sandbox.db-wal", "sandbox.db-shm"], 0o600
    )


def test_the_environment_may_name_a_partner(tmp_path, monkeypatch):
    monkeypatch.setenv("DEVELOPMENT", "1")
    monkeypatch.setenv("SANDBOX_FILE", str(tmp_path / "sandbox.db"))
    monkeypatch.setenv("SANDBOX_PARTNER", "aracı:giz:li:900001:700100,700200")
    provider = Provider(create_sandbox_from_environment())
    provider.signs_in(username="aracı", password="giz:li")

    answer = provider.gets(iys_protocol.partner_brands_path(900001)).json

    assert [brand["iysCode"] for brand in answer["list"]] == [700100, 700200]


def test_a_used_quota_outlives_a_restart(provider, file, clock):
    provider.adds(GRANT)
    again = Provider(create_sandbox(file, clock=clock, requests_per_second=0))

    assert again.gets(iys_protocol.subscription_path(700100)).json["usedConsentLimit"] == 1
