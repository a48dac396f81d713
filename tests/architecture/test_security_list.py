"""docs/security.md answers every requirement of its chapters of OWASP ASVS 5.0, levels 1 and 2, by tests that exist."""

import ast
import re
from collections import Counter

from tests.architecture import product

TEXT = (product.ROOT / "docs" / "security.md").read_text(encoding="utf-8")
# How many requirements of levels 1 and 2 each section has, from the first on; those of level 3 alone come after them.
SECTIONS = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1,
    "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2,
    "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4,
    "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3,
    "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4,
    "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1,
    "9.1": 3, "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3,
    "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1, "12.1": 3, "12.2": 2, "12.3": 4,
    "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3, "15.1": 3, "15.2": 3, "15.3": 7,
    "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4, "17.3": 2,
}  # fmt: skip
NUMBERS = [f"V{section}.{number}" for section, most in SECTIONS.items() for number in range(1, most + 1)]
LINE = re.compile(r"^\| (V\d+\.\d+\.\d+(?:, V\d+\.\d+\.\d+)*) \| .+? \| (.+) \|$", re.MULTILINE)
ROWS = [(number, held_by) for numbers, held_by in LINE.findall(TEXT) for number in numbers.split(", ")]
TEST = re.compile(r"(tests/[\w/]+\.py)::(\w+)")
FILE = re.compile(r"`((?:tests|portal|docs|bin)/[\w/.-]+)`")


def is_answered(held_by: str) -> bool:
    """By a test, a section above, another line's test, or in words."""
    return bool(TEST.search(held_by)) or held_by == "above" or len(held_by) >= len("not here")


def test_every_requirement_stands_in_the_list_once_and_is_answered():
    assert Counter(number for number, _ in ROWS) == Counter(NUMBERS)
    assert len(NUMBERS) == 253
    assert [number for number, held_by in ROWS if not is_answered(held_by)] == []


def test_a_row_that_says_above_is_answered_above():
    above = {number for number, held_by in ROWS if held_by == "above"}
    prose = TEXT.split("## The list")[0]

    assert {number for number in above if number not in prose and number.rpartition(".")[0] not in prose} == set()


def test_every_test_that_is_named_exists():
    named = set(TEST.findall(TEXT))
    trees = {path: product.tree(product.ROOT / path) for path, _ in named}
    defined = {
        (path, node.name)
        for path, tree in trees.items()
        for node in product.nodes(tree)
        if isinstance(node, ast.FunctionDef)
    }

    assert len(trees) >= 50
    assert named - defined == set()


def test_every_file_that_is_named_exists():
    assert {path for path in FILE.findall(TEXT) if not (product.ROOT / path).exists()} == set()


# Pauses between tries, and the sandbox's faults.
DRAWS_PAUSES = {
    "portal.core.leases",
    "portal.services.messaging.routing",  # Which of two gateways.
    "portal.services.messaging.fake_gateway.state",  # Faults that repeat by their seed.
    "portal.services.iys.call_guard",
    "portal.services.webhooks.delivery",
    "iys_sandbox.faults",
    "iys_sandbox.pushes",
}


def test_only_pauses_are_drawn_by_a_predictable_generator():
    draws = {name for name, path in product.modules() if re.search(r"^(import|from) random\b", path.read_text(), re.M)}

    assert draws == DRAWS_PAUSES
