"""Answer a form again where PostgreSQL ended its transaction for another one's: a person's refusal would be lost."""

from collections.abc import Callable
from typing import TypeVar

from flask import request
from sqlalchemy.exc import OperationalError

from portal.core.database import DEADLOCK_TRIES, is_deadlock
from portal.core.extensions import db

Answer = TypeVar("Answer")


def answer_again(answer: Callable[[], Answer]) -> Answer:
    """What a view answers, which is called again after a deadlock, if nothing is written by it yet."""
    for tries_left in reversed(range(DEADLOCK_TRIES)):
        try:
            return answer()
        except OperationalError as error:
            if not tries_left or not is_deadlock(error) or not _is_repeatable():
                raise
            db.session.rollback()
    raise AssertionError  # The last try returns or raises.


def _is_repeatable() -> bool:
    """Of an upload or a raw body the view may have read a part already."""
    has_files = any(each.filename for each in request.files.values())  # An empty field comes as a part, too.
    return bool(request.form) and not has_files and "has_committed" not in db.session.info
