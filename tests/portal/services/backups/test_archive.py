"""A backup is whole and private or it is none, and fills empty databases only."""

import fcntl

import pytest
from sqlalchemy import make_url

from portal.core import sealed_records
from portal.core.extensions import vault
from portal.services import backups
from portal.services.backups.archive import PLACE, url_without_password
from tests import databases, make
from tests.stories.lost_database import PROGRAMS


@pytest.fixture
def file(app, tmp_path, monkeypatch):
    """A backup."""
    if databases.SERVER:
        monkeypatch.setenv("PATH", str(PROGRAMS), prepend=":")
    with app.app_context():
        make.provider()
        backups.write_backup(vault(), tmp_path / "backup")
    return tmp_path / "backup"


def test_a_backup_is_private_encrypted_and_replaces_no_other(app, file):
    content = file.read_bytes()

    assert file.stat().st_mode & 0o777 == 0o600 and "Mağaza".encode() not in content
    with app.app_context(), pytest.raises(FileExistsError):
        backups.write_backup(vault(), file)
    assert file.read_bytes() == content and [each.name for each in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("url", ["postgresql+psycopg://a:b@h:1/d?x=1", "postgresql://a@h:1/d?x=1&password=b"])
def test_a_password_is_no_argument_of_a_program(url):
    assert url_without_password(make_url(url)) == "postgresql://a@h:1/d?x=1"


def test_a_database_that_holds_something_is_left_alone(app, file, rows):
    with app.app_context(), pytest.raises(backups.NotEmpty):
        backups.unpack(vault(), file)


@pytest.mark.parametrize("spoil", ["without its end", "changed", "something else"])
def test_a_file_that_is_no_whole_backup_is_refused_before_anything_is_written(app, file, spoil):
    content = file.read_bytes()
    end = {
        "without its end": content[:-60],
        "changed": content[:40] + b"\0" + content[41:],
        "something else": b"PK\3\4" * 30,
    }
    file.write_bytes(end[spoil])

    with app.app_context(), pytest.raises(backups.BadArchive):
        backups.unpack(vault(), file)


def test_a_tail_cut_off_at_the_end_of_a_record_is_missed(app, file):
    with app.app_context():
        _, tail = list(sealed_records.read(file, vault(), PLACE))[-1]
        size = len(sealed_records.pack(vault(), tail, PLACE, 0))
        file.write_bytes(file.read_bytes()[:-size])
        with pytest.raises(backups.BadArchive, match="end is missing"):
            backups.unpack(vault(), file)


def test_what_a_killed_backup_left_goes_with_the_next_and_what_another_writes_stays(app, file):
    left, used = (file.with_name(f"other.part-{name}.izinlink-tmp") for name in ("00000001", "00000002"))
    for each in (left, used, left.with_name(f"{left.name}-wal"), file.with_name("mine.part")):
        each.write_bytes(b"")

    with used.open() as running, app.app_context():
        fcntl.flock(running, fcntl.LOCK_EX)
        backups.write_backup(vault(), file.with_name("next"))

    assert {each.name for each in file.parent.iterdir()} == {file.name, "next", used.name, "mine.part"}
