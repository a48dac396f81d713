"""How the sandbox says no: İYS's code, its HTTP status and its exact text."""

from portal import registry
from portal.registry import CODES, Problem


class Refused(Exception):
    """A request İYS does not accept, with everything that is wrong; the first problem gives the HTTP status."""

    def __init__(self, *problems: Problem, http: int | None = None):
        super().__init__(*(problem.code for problem in problems))
        self.problems = problems
        self.http = http or CODES[problems[0].code].http

    def answer(self) -> tuple[dict, int]:
        """Body and status as İYS sends them."""
        return registry.as_wire(list(self.problems)), self.http


def refusal(code: str) -> tuple[dict, int]:
    """The answer that only names a code."""
    return Refused(Problem(code)).answer()


def refuse_if(problems: list[Problem]) -> None:
    """Raise Refused when there are any."""
    if problems:
        raise Refused(*problems)
