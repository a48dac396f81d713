from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shortlinks import Codes, Link, LinkState, code_of, create, create_many, reserve_ids, resolve, revoke


def test_a_link_is_kept_as_it_was_made(session, salt, at):
    link_id, code = create(session, salt, 7, at, at + timedelta(days=30))

    link = session.get(Link, link_id)
    assert Codes(salt).decode(code) == (link.id, link.nonce)
    assert code_of(salt, link.id, link.nonce) == code
    assert (link.owner, link.created_at, link.expires_at, link.revoked_at) == (7, at, at + timedelta(days=30), None)


def test_many_links_have_neighbouring_ids_and_codes_of_their_own(session, salt, at):
    create_many(session, salt, 7, 3, at)

    links = create_many(session, salt, 8, 5_000, at)

    assert [link_id for link_id, _ in links] == list(range(4, 5_004))
    assert len({code for _, code in links}) == 5_000
    assert all(resolve(session, salt, code, at).link_id == link_id for link_id, code in links[::500])


def test_creating_many_links_takes_few_statements(session, statements, salt, at):
    create(session, salt, 7, at)
    statements.clear()

    create_many(session, salt, 7, 5_000, at)

    asked = [statement.split()[0] for statement in statements if not statement.startswith("BEGIN")]
    assert asked == ["UPDATE", "INSERT"]
    assert "RETURNING" not in statements[-1]


def test_no_link_that_is_made_later_gets_a_reserved_id(session, salt, at):
    made = []
    for last_id in (40, 40, 7):
        reserve_ids(session, last_id)
        made.append(create(session, salt, 7, at)[0])

    assert made == [41, 42, 43]


@pytest.mark.parametrize("count", [0, -1])
def test_creating_no_links_runs_no_statement(session, salt, at, count):
    assert create_many(session, salt, 7, count, at) == []


def test_making_links_commits_nothing(engine, session, salt, at):
    create_many(session, salt, 7, 10, at)
    session.rollback()

    with Session(engine) as later:
        assert later.scalar(select(func.count()).select_from(Link)) == 0


def test_eight_threads_take_ranges_without_collision_even_as_the_first_ones(engine, salt, at):
    together = Barrier(8)

    def make(owner):
        together.wait()
        made = []
        for _ in range(5):
            with Session(engine) as session:
                made += create_many(session, salt, owner, 20, at)
                session.commit()
        return made

    with ThreadPoolExecutor(8) as threads:
        links = [link for made in threads.map(make, range(8)) for link in made]

    assert sorted(link_id for link_id, _ in links) == list(range(1, 801))
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Link)) == 800


def test_a_link_revoked_twice_keeps_its_first_date(session, salt, at):
    links = create_many(session, salt, 7, 3, at)

    revoke(session, [link_id for link_id, _ in links[:2]], at)
    revoke(session, [link_id for link_id, _ in links[1:2]], at + timedelta(days=1))

    found = [resolve(session, salt, code, at) for _, code in links]
    assert [each.state for each in found] == [LinkState.REVOKED, LinkState.REVOKED, LinkState.LIVE]
    assert found[1].revoked_at == at


def test_revoking_the_same_links_in_opposite_order_does_not_deadlock(engine, salt, at):
    with Session(engine) as session:
        ids = [link_id for link_id, _ in create_many(session, salt, 7, 2_000, at)]
        session.commit()
    together = Barrier(2)

    def take_back(link_ids):
        with Session(engine) as session:
            together.wait()
            revoke(session, link_ids, at)
            session.commit()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(take_back, [ids, ids[::-1]]))

    with Session(engine) as session:
        assert session.scalar(select(func.count()).where(Link.revoked_at == at)) == 2_000


def test_revoking_nothing_runs_no_statement(session, statements, at):
    revoke(session, [], at)

    assert statements == []


def test_a_time_without_a_zone_is_refused(session, salt):
    with pytest.raises(Exception, match="needs its time zone"):
        create(session, salt, 7, datetime(2026, 11, 25, 9, 30))


def test_times_come_back_in_utc(session, salt, at):
    istanbul = at.astimezone(timezone(timedelta(hours=3)))

    link_id, _ = create(session, salt, 7, istanbul)

    session.expire_all()
    created_at = session.get(Link, link_id).created_at
    assert created_at == at
    assert created_at.tzinfo is UTC
