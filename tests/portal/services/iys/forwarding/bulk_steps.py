"""Steps of tests about bulk lists."""

from collections import Counter
from datetime import timedelta

import time_machine

from portal.core import clock
from portal.core.models import Submission
from tests import make

SECOND = timedelta(seconds=1)


def forward_at(app, iys, at):
    """Five steps, more than a second apart: of one key only one is sent within a second."""
    for step in range(5):
        with time_machine.travel(at + 1.5 * step * SECOND, tick=True):
            make.forward_all(app, iys)


def later(app, iys, **by):
    forward_at(app, iys, clock.now() + timedelta(**by))


def outcomes(rows):
    return Counter(each.outcome for each in rows(Submission))


def asked(sandbox, question):
    return sandbox.ledger()["requests"][question]
