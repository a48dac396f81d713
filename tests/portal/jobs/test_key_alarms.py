"""Owners of an API key that programs use are mailed before it ends, and once it has ended."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import ApiKey, AuditEntry, Mail, MailKind, Provider
from portal.domain.identity import api_keys
from portal.domain.identity.permissions import Scope
from portal.domain.notifications import mails
from portal.jobs import key_alarms
from tests import make

DAY = timedelta(days=1)


@pytest.fixture
def key(app):
    """A function that makes a key of a year, used on these days of it; the key's id."""
    start = clock.now()

    def made(*used_on: int, **facts) -> int:
        with app.app_context():
            provider = db.session.get_one(Provider, make.brand().provider_id)
            provider.admitted_at = provider.admitted_at or start
            its, _ = api_keys.create(
                db.session, provider, name="Kasa", scopes=[Scope.REFUSE], brand_ids=None, user_id=1, at=start,
                expires_at=start + 365 * DAY,
            )  # fmt: skip
            its.used_at = start + max(used_on) * DAY if used_on else None
            for name, value in facts.items():
                setattr(its, name, value)
            db.session.commit()
            return its.id

    return made


def mailed(app, rows, days: float) -> list[bool]:
    """Of the mails so far, after so many days, whether each is of a key that has ended."""
    with time_machine.travel(clock.now() + days * DAY, tick=False), app.app_context():
        for _ in range(2):
            key_alarms.notify_owners_of_keys()
        sent = [mails.read_facts(vault(), each) for each in rows(Mail, Mail.kind == MailKind.KEY_ENDS)]
    assert {each["name"] for each in sent} <= {"Kasa"}
    return [each["is_over"] for each in sent]


def test_owners_are_mailed_two_weeks_before_a_used_key_ends_and_once_it_has_ended(app, key, rows):
    key(0, 360)

    assert [mailed(app, rows, days) for days in (350, 352, 364, 366, 371)] == [
        [], [False], [False], [False, True], [False, True],
    ]  # fmt: skip
    assert [each.act for each in rows(AuditEntry)][-2:] == ["api_key.end_near", "api_key.ended"]


@pytest.mark.parametrize(
    ("used_on", "facts"),
    [((), {}), ((360,), {"is_test": True}), ((360,), {"revoked_at": clock.now()}), ((360,), {"expires_at": None})],
    ids=["unused", "test", "revoked", "endless"],
)
def test_nobody_is_mailed_of_keys_whose_end_changes_nothing(app, key, rows, used_on, facts):
    key(*used_on, **facts)

    assert mailed(app, rows, 352) == mailed(app, rows, 366) == []


@pytest.mark.parametrize(("last_used_on", "told"), [(357, []), (359.5, [True])])
def test_of_a_key_that_was_replaced_owners_are_mailed_if_a_program_used_it_until_its_end(
    app, key, rows, last_used_on, told
):  # fmt: skip
    old_id = key(last_used_on)
    with app.app_context(), time_machine.travel(clock.now() + 353 * DAY):
        old = db.session.get_one(ApiKey, old_id)
        api_keys.rotate(
            db.session, db.session.get_one(Provider, old.provider_id), old, 7 * DAY, user_id=1, at=clock.now()
        )
        db.session.commit()

    assert mailed(app, rows, 354) == []
    assert mailed(app, rows, 361) == told
