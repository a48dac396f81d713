"""Store İYS's answers to submissions as evidence, one sealed attempt each."""

from collections.abc import Iterable

from sqlalchemy import insert
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.extensions import vault
from portal.core.iys_protocol import Operation
from portal.core.models import Attempt
from portal.core.models.ids import new_ids

MAX_ANSWER_BYTES = 20_000


def record_attempts(
    session: Session, question: Operation, status: int, answers: Iterable[tuple[int, int, str | None, bytes]]
) -> None:
    """Add attempts to this transaction; `answers` are (provider_id, submission_id, code, body)."""
    answered, at, seal = list(answers), clock.now(), vault().seal
    if not answered:
        return
    rows = [
        {
            "id": attempt_id, "provider_id": provider_id, "submission_id": submission_id, "at": at,
            "question": question.value, "http_status": status, "code": code,
            "answer": seal(body[:MAX_ANSWER_BYTES], Attempt.PLACE, provider_id, attempt_id),
        }
        for attempt_id, (provider_id, submission_id, code, body) in zip(new_ids(len(answered)), answered, strict=True)
    ]  # fmt: skip
    session.execute(insert(Attempt.__table__), rows)
