"""Fatma, who refuses by her link, and İYS, where she or another sender may grant."""

from datetime import datetime, timedelta

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.domain.consents import bulk_import, recipients, refusals
from portal.services.iys.inflow import feeds
from tests import make
from tests.portal.domain.consents.import_entries import import_run
from tests.stories.another_sender import tells_iys

STARTS = datetime.fromisoformat("2026-11-23 08:00:00+00:00")  # A Monday.
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class World:
    """Fatma's e-mail address, her link, İYS, and a clock."""

    def __init__(self, app, browser, sandbox, iys, rows, traveller):
        self.app, self.browser, self.sandbox, self.iys = app, browser, sandbox, iys
        self.rows, self.traveller = rows, traveller
        self.person = make.Person(browser, make.codes(app, make.EMAIL, expires=timedelta(days=365))[make.EMAIL])

    def passes(self, by: timedelta, *, pull: bool = False) -> None:
        """Let time pass, the forwarder work, and İYS's changes come where that is said."""
        self.traveller.shift(by)
        make.forward_all(self.app, self.iys)
        with self.app.app_context():
            while pull and feeds.pull_next_page(self.iys):
                pass
        make.forward_all(self.app, self.iys)

    def brings(self, *entries) -> list[str]:
        with self.app.app_context():
            effects = bulk_import.apply_import(db.session, vault(), make.brand(), entries, import_run()).effects
            db.session.commit()
        return [effect.value for effect in effects]

    def part(self) -> refusals.RefusalScope:
        address, brand = addresses.parse(make.EMAIL), make.brand()
        recipient = recipients.find(db.session, vault(), brand.provider_id, address)
        return refusals.RefusalScope(recipient, address, [brand], [Channel.EMAIL])

    @property
    def last_movements(self) -> list[str]:
        """What İYS stored last."""
        return [each["status"] for each in self.sandbox.movements()][-2:]


def by_link(world):
    assert world.person.decides(EPOSTA="RET").status_code == 303


def by_one_click(world):
    data = {"List-Unsubscribe": "One-Click"}
    assert world.browser.post(f"/u/{world.person.code}", data=data).status_code == 200


def a_citizen_grants(world):
    world.sandbox.acts(make.EMAIL, "EPOSTA", "ONAY")


def another_sender_grants(world):
    assert tells_iys(world.sandbox, make.EMAIL, "EPOSTA", "ONAY", clock.now()) == []
