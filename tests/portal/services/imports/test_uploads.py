"""A file as it arrives: sealed in parts, whole or not at all."""

import hashlib
import io
from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import BatchState, ImportBatch, UploadPart
from portal.services.imports import batches, store, uploads
from portal.services.imports.reading import FileProblem, Unreadable
from tests import make

DATA = b"".join(b"0532 123 %04d;ONAY\n" % (n % 10_000) for n in range(100_000))


@pytest.fixture
def brand(app):
    with app.app_context():
        yield make.brand()
        db.session.rollback()


def bring(brand, stream, name="liste.csv", user_id=None, at=None):
    return uploads.store_upload(
        db.session, vault(), provider_id=brand.provider_id, brand_id=brand.id, user_id=user_id, name=name,
        stream=stream, at=at or clock.now(),
    )  # fmt: skip


def test_a_file_is_kept_in_sealed_parts(brand, rows):
    batch = bring(brand, io.BytesIO(DATA))

    assert (batch.state, batch.size, batch.lease_until) == (BatchState.UPLOADED, len(DATA), None)
    assert batch.digest == hashlib.sha256(DATA).digest()
    assert store.file_name_of(vault(), batch) == "liste.csv"
    assert b"".join(store.parts(db.session, vault(), batch)) == DATA
    assert [part.place for part in rows(UploadPart)] == list(range(-(-len(DATA) // store.PART)))
    assert not any(b"0532" in part.content for part in rows(UploadPart))


def test_a_double_click_makes_one_batch_of_a_file(brand, rows):
    def send(data=DATA[:99], user_id=7, seconds=0):
        return bring(brand, io.BytesIO(data), user_id=user_id, at=at + timedelta(seconds=seconds)).id

    at = clock.now()
    first = send()
    assert send(seconds=1) == first and rows.count(UploadPart) == 1
    assert len({first, send(DATA[:98]), send(user_id=8), send(seconds=60), send(user_id=None), send(user_id=None)}) == 6

    batches.drop(db.session, db.session.get_one(ImportBatch, first), 7, at)
    assert send(seconds=2) != first


def test_nobody_begins_with_a_file_that_still_arrives(brand, rows):
    class Slow(io.BytesIO):
        def read(self, size=-1):
            seen.extend((batch.lease_until, batch.digest) for batch in rows(ImportBatch))
            return super().read(size)

    seen = []
    bring(brand, Slow(DATA))

    assert seen and all(until > clock.now() and digest == uploads.UNFINISHED for until, digest in seen)


def test_a_file_that_breaks_off_leaves_nothing(brand, rows):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            if self.tell() > store.PART * uploads.AT_ONCE / 3:
                raise ConnectionError
            return super().read(size)

    with pytest.raises(ConnectionError):
        bring(brand, Broken(DATA))

    assert rows.count(ImportBatch) == rows.count(UploadPart) == 0


def test_a_file_thrown_away_while_it_arrives_ends_there(brand, rows):
    class Dropped(io.BytesIO):
        def read(self, size=-1):
            if self.tell():
                db.session.query(ImportBatch).update({"state": BatchState.DROPPED})
                db.session.commit()
            return super().read(size)

    with pytest.raises(Unreadable):
        bring(brand, Dropped(DATA))

    assert rows.count(UploadPart) == 0


@pytest.mark.parametrize(
    ("data", "problem"),
    [(b"", FileProblem.EMPTY), (b"%PDF-1.7", FileProblem.PDF), (DATA, FileProblem.TOO_LARGE)],
    ids=["empty", "pdf", "large"],
)
def test_what_nobody_can_read_is_not_kept(brand, rows, monkeypatch, data, problem):
    monkeypatch.setattr(uploads, "MOST_BYTES", 1_000_000)

    with pytest.raises(Unreadable) as unreadable:
        bring(brand, io.BytesIO(data))

    assert unreadable.value.problem == problem
    assert rows.count(ImportBatch) == rows.count(UploadPart) == 0


def test_a_name_is_kept_by_its_end_and_without_controls(brand):
    batch = bring(brand, io.BytesIO(DATA[:100]), "x" * 300 + "\0\n\u202e izinler.xlsx")

    name = store.file_name_of(vault(), batch)
    assert len(name) == uploads.LONGEST_NAME
    assert name.endswith("x izinler.xlsx")


@pytest.mark.parametrize("path", ["../../etc/izinler.csv", "C:\\Users\\ayse\\izinler.csv", "/srv/a\\b/izinler.csv"])
def test_of_a_path_the_name_is_kept(brand, path):
    assert store.file_name_of(vault(), bring(brand, io.BytesIO(DATA[:100]), path)) == "izinler.csv"
