"""The sandbox's file, and accounts from the environment."""

from iys_sandbox import create_sandbox, create_sandbox_from_environment
from portal.core import iys_protocol
from tests.iys_sandbox.callers import GRANT, Provider


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
