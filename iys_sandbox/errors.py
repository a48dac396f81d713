"""Error answers: İYS's code, its HTTP status and its exact text."""

from collections.abc import Sequence
from typing import Any

from portal.core import iys_protocol
from portal.core.iys_protocol import CODES, IysProblem

LONGEST_NUMBER = 18  # Digits that SQLite surely holds.
JsonObject = dict[str, Any]  # The JSON that İYS's API and the test controls exchange.


class Refused(Exception):
    """A request that İYS refuses, with every problem; the first one gives the HTTP status."""

    def __init__(self, *problems: IysProblem, http: int | None = None, positions: Sequence[int] | None = None):
        super().__init__(*(problem.code for problem in problems))
        self.problems = problems
        self.positions = positions
        self.http = http or CODES[problems[0].code].http

    def answer(self) -> tuple[JsonObject, int]:
        """Body and status as İYS sends them; of a list, each problem names its position from 0."""
        body = iys_protocol.error_body(list(self.problems))
        if self.positions is not None:
            errors = zip(self.positions, body["errors"], strict=True)
            body = {"errors": [{"index": position, **error} for position, error in errors]}
        return body, self.http


def error_answer(code: str) -> tuple[JsonObject, int]:
    """The answer that only names a code."""
    return Refused(IysProblem(code)).answer()


def refuse_if(problems: list[IysProblem]) -> None:
    """Raise Refused when there are any."""
    if problems:
        raise Refused(*problems)


def refuse_list_if(problems: list[tuple[int, IysProblem]]) -> None:
    """Raise Refused when any item of a list, by its position, is wrong: the whole list is refused."""
    if problems:
        raise Refused(*(problem for _, problem in problems), positions=[position for position, _ in problems])


def problem_with_values(code: str, **values: object) -> IysProblem:
    """A problem whose text names a value, where İYS's text has {{name}}."""
    text = CODES[code].message
    for name, value in values.items():
        text = text.replace("{{" + name + "}}", str(value))
    return IysProblem(code, text=text)
