"""One Monday of a brand: people decide, İYS takes it down, and the night comes."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Connection, ReconciledDay
from portal.services.iys import reconciliation
from portal.services.iys.client import Client
from portal.services.iys.inflow import feeds, pushes, sweeps
from tests import make
from tests.make import Person

DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)  # Half past three in Istanbul.
AYSEGUL = "+905339876543"


def take_inflow_step(iys: Client) -> bool:
    """One due push, page of a feed or chunk of a sweep; False if nothing is due."""
    return pushes.read_next_push(iys) or feeds.pull_next_page(iys) or sweeps.sweep_next_chunk(iys)


@dataclass
class Story:
    """What happens, and when."""

    app: object
    browser: object
    sandbox: object
    iys: object
    traveller: object

    def decides_at_noon(self, address: str = make.PHONE, **choices) -> None:
        """Somebody decides on Monday at noon, and it is sent to İYS a second later."""
        if not hasattr(self, "codes"):
            self.codes = make.codes(self.app, f"{make.PHONE}\n{make.EMAIL}\n{AYSEGUL}\n")
        Person(self.browser, self.codes[address]).decides(**choices)
        self.traveller.shift(timedelta(seconds=1))
        self.forwards()

    def forwards(self) -> None:
        make.forward_all(self.app, self.iys)

    def night_falls(self, nights: int = 1) -> None:
        self.traveller.move_to(NIGHT + timedelta(days=nights - 1))

    def hours_pass(self, hours: float) -> None:
        self.traveller.shift(timedelta(hours=hours))

    def steps(self, most: int = 30) -> int:
        """Take steps until nothing is due; how many were taken."""
        with self.app.app_context():
            for number in range(most):
                if not reconciliation.reconcile_next_day(self.iys):
                    return number
        raise AssertionError("it never comes to rest")

    def pulls(self) -> None:
        """Pull, read and sweep until nothing is due."""
        for _ in range(20):
            with self.app.app_context():
                take_inflow_step(self.iys)
            self.traveller.shift(timedelta(seconds=1))

    def transaction_of(self, status: str, recipient: str = make.PHONE) -> str:
        """İYS's name of a movement."""
        return next(
            each["transactionId"]
            for each in self.sandbox.movements()
            if (each["recipient"], each["status"]) == (recipient, status)
        )


def connect_on(app, at: datetime) -> None:
    """The demo provider, connected at that moment."""
    with app.app_context():
        make.brand()
        connection = db.session.scalar(select(Connection))
        connection.created_at = connection.forwarding_enabled_at = at
        db.session.commit()


def the_day(rows, day: date = DAY) -> ReconciledDay:
    return rows.one(ReconciledDay, ReconciledDay.day == day)


def yesterday() -> date:
    return clock.day(clock.now()) - timedelta(days=1)
