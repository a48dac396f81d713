from datetime import timedelta

from sqlalchemy import select

from shortlinks import Opening, Visit, VisitKind, record


def test_openings_become_visits(session, at):
    openings = [
        Opening(1, at, VisitKind.SCANNER, "203.0.113.0/24"),
        Opening(1, at + timedelta(seconds=3), VisitKind.UNKNOWN, "2001:db8:1::/48"),
        Opening(2, at, VisitKind.PREVIEW, ""),
    ]

    record(session, openings)

    visits = session.scalars(select(Visit).order_by(Visit.id)).all()
    assert [Opening(visit.link_id, visit.at, visit.kind, visit.network) for visit in visits] == openings


def test_a_thousand_openings_are_one_statement(session, statements, at):
    record(session, (Opening(link_id, at, VisitKind.UNKNOWN, "") for link_id in range(1_000)))

    assert sum(statement.startswith("INSERT") for statement in statements) == 1


def test_no_openings_are_no_work(session, statements):
    record(session, [])

    assert statements == []


def test_recording_commits_nothing(session, at):
    record(session, [Opening(1, at, VisitKind.UNKNOWN, "")])
    session.rollback()

    assert session.scalars(select(Visit)).all() == []
