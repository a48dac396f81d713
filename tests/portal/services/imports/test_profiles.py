"""Layouts remembered: found by the header in any order, kept without what was of one file, and sealed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Source, Status
from portal.services.imports import profiles
from portal.services.imports.layout import Field, Fix, Layout
from tests import make

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HEADER = ["Müşteri", "Cep Tel", "İzin Tarihi", "Durum", ""]
LAYOUT = Layout(
    columns={Field.PHONE: 1, Field.DATE: 2, Field.STATUS: 3, Field.ORIGIN: 4},
    day_first=False,
    channels=(Channel.SMS,),
    source=Source.EVENT,
    date=NOW,
    origin="fuar formu",
    fixes=frozenset({Fix.DATE_SWAP}),
    words={"status": {"belki": "RET"}},
)
KEPT = replace(LAYOUT, date=None, fixes=frozenset())


@pytest.fixture
def provider_id(app):
    with app.app_context():
        yield make.provider().id


def remember(provider_id, header=HEADER, layout=LAYOUT, at=NOW, name=None):
    return profiles.remember(db.session, vault(), provider_id, header, layout, at, name)


def find(provider_id, header):
    return profiles.find(db.session, vault(), provider_id, header)


def named(provider_id, name, header=HEADER):
    return profiles.find_by_name(db.session, vault(), provider_id, name, header)


def test_the_next_file_with_the_header_is_read_alike(provider_id):
    profile = remember(provider_id)

    assert find(provider_id, HEADER) == KEPT
    assert b"fuar" not in profile.layout
    assert find(provider_id, [*HEADER, "Ek"]) is find(provider_id + 1, HEADER) is None


def test_columns_are_found_by_name_wherever_they_stand(provider_id):
    remember(provider_id)

    moved = find(provider_id, ["", "DURUM", "cep tel", "", "izin tarihi", "MÜŞTERİ"])

    assert moved.columns == {Field.STATUS: 1, Field.PHONE: 2, Field.DATE: 4}
    assert replace(moved, columns={}) == replace(KEPT, columns={})


def test_words_that_grant_are_asked_again_unless_the_profile_is_named(provider_id):
    """An X is a yes in one file and a no in the next, and "Y" was guessed."""
    words = {"status": {"X": "ONAY", "Y": "ONAY", "-": "", "belki": "RET"}, "source": {"stant": "HS_ETKINLIK"}}
    remember(provider_id, layout=replace(LAYOUT, words=words), name="fuar")

    assert find(provider_id, HEADER).words == {"source": words["source"], "status": {"belki": "RET"}}
    assert named(provider_id, "fuar").words == words | {"status": {"X": "ONAY", "-": "", "belki": "RET"}}


def test_of_two_columns_with_one_name_the_right_one_is_found(provider_id):
    header = ["Telefon", "Telefon", "Durum"]
    remember(provider_id, header, Layout(columns={Field.PHONE: 1, Field.STATUS: 2}))

    assert find(provider_id, ["Durum", "Telefon", "Telefon"]).columns == {Field.STATUS: 0, Field.PHONE: 2}


def test_a_profile_is_kept_once_for_a_header_and_last_used_stands_first(provider_id):
    remember(provider_id, name="fuar")
    remember(provider_id, ["Telefon", "Kaynak"], at=NOW + timedelta(hours=1))
    again = remember(provider_id, layout=replace(LAYOUT, status=Status.GRANTED), at=NOW + timedelta(hours=2))

    assert next(each.id for each in profiles.list_profiles(db.session, provider_id)) == again.id
    assert (again.name, again.created_at, again.used_at) == ("fuar", NOW, NOW + timedelta(hours=2))
    assert len(profiles.list_profiles(db.session, provider_id)) == 2
    assert find(provider_id, HEADER).status is None
    assert named(provider_id, "fuar").status == Status.GRANTED


def test_a_name_belongs_to_the_last_that_took_it(provider_id):
    remember(provider_id, name="fuar")
    later = remember(provider_id, ["Telefon", "Kaynak"], Layout(columns={Field.PHONE: 0}), name=" fuar ")

    assert named(provider_id, "fuar", ["Kaynak", "Telefon"]).columns == {Field.PHONE: 1}
    assert [each.name for each in profiles.list_profiles(db.session, provider_id) if each.id != later.id] == [None]
    assert named(provider_id, "yok") is None
    assert find(provider_id, HEADER) == KEPT


def test_a_file_without_a_header_is_remembered_by_a_name_only(provider_id):
    unnamed = remember(provider_id, ())
    remember(provider_id, (), name="kasa")
    remember(provider_id, (), Layout(columns={Field.EMAIL: 0}), name="ofis")

    assert unnamed is find(provider_id, ()) is None
    assert named(provider_id, "kasa", ()).columns == LAYOUT.columns
    assert named(provider_id, "ofis", ()).columns == {Field.EMAIL: 0}
