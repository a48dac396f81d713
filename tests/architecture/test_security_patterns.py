"""No regular expression of the product takes more than linear time on hostile text; none is left out of the test."""

import ast
import importlib
import re
import time
from collections.abc import Iterator
from functools import cache
from itertools import product as pairs_of
from re import _constants as opcodes
from re import _parser as parser
from types import ModuleType

import pytest

from portal.core.paths import ROOT

pytestmark = pytest.mark.alike

FOLDERS = ("portal", "shortlinks", "iys_sandbox")
MAKERS = {"compile", "match", "search", "fullmatch", "sub", "split", "findall", "finditer"}
SHORT, LONG = 500, 2000  # Four times the length is sixteen times the time of a quadratic pattern.
STEEPEST = 9.0
MEASURABLE = 0.003  # Seconds of CPU; below it, a ratio says nothing.
SEARCHES = {"sub": "finditer", "findall": "finditer", "split": "finditer"}
SAMPLES = {
    opcodes.CATEGORY_DIGIT: "1", opcodes.CATEGORY_SPACE: " ", opcodes.CATEGORY_WORD: "a",
    opcodes.CATEGORY_NOT_DIGIT: "a", opcodes.CATEGORY_NOT_SPACE: "a", opcodes.CATEGORY_NOT_WORD: "-",
}  # fmt: skip
# Steep ones of these modules are given a text that was cut before.
OF_SHORT_TEXTS = {
    "portal.services.imports.layout.headers": "names of columns, cut to LONGEST_NAME",
    "portal.services.imports.layout.consent_names": "the same",
}
END = "\x01\n"  # What few patterns take.


def modules() -> Iterator[tuple[ModuleType, ast.AST]]:
    """Each module that makes patterns, and its code."""
    makes_patterns = re.compile(rf"\bRegexp\(|\bre\.({'|'.join(MAKERS)})\(")
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            code = path.read_text()
            if not name.endswith("__main__") and "migrations" not in name and makes_patterns.search(code):
                yield importlib.import_module(name.removesuffix(".__init__")), ast.parse(code)


def is_maker(call: ast.Call) -> bool:
    called = ast.unparse(call.func)
    return called == "Regexp" or (called.startswith("re.") and called.removeprefix("re.") in MAKERS)


@cache
def patterns() -> dict[str, tuple[re.Pattern[str], set[str]]]:
    """Every pattern of the code and how it is used, by the place that makes it."""
    found: dict[str, tuple[re.Pattern[str], set[str]]] = {}
    for module, tree in modules():
        nodes = list(ast.walk(tree))
        assigned = [node for node in nodes if isinstance(node, ast.Assign)]
        for call in (node for node in nodes if isinstance(node, ast.Call) and is_maker(node)):
            place = f"{module.__name__}:{ast.unparse(call)[:60]}"
            try:
                made = eval(compile(ast.Expression(call.args[0]), "", "eval"), vars(module))
                flags = next((each.value for each in call.keywords if each.arg == "flags"), None)
                if ast.unparse(call.func) == "re.compile" and len(call.args) > 1:
                    flags = call.args[1]
                worth = eval(compile(ast.Expression(flags), "", "eval"), vars(module)) if flags else 0
            except NameError:
                found |= {
                    f"{place} {number}": (each, {"fullmatch", "search"})
                    for number, each in enumerate(in_tables(module))
                }
            else:
                found[place] = re.compile(made, worth), ways_of(assigned, call)
    return found


@cache
def ways_by_name() -> dict[str, set[str]]:
    """The methods of patterns that are called of each name, anywhere in the product."""
    called_of = re.compile(rf"(\w+)\.({'|'.join(MAKERS)})\b")
    found: dict[str, set[str]] = {}
    for path in (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        for name, way in called_of.findall(path.read_text()):
            found.setdefault(name, set()).add(SEARCHES.get(way, way))
    return found


def ways_of(assigned: list[ast.Assign], call: ast.Call) -> set[str]:
    """The methods that are called of a pattern, or all that may be."""
    called = ast.unparse(call.func).removeprefix("re.")
    if called == "Regexp":
        return {"match"}
    if called != "compile":
        return {SEARCHES.get(called, called)}
    names = [
        target.id for node in assigned if node.value is call for target in node.targets if isinstance(target, ast.Name)
    ]
    used = {way for name in names for way in ways_by_name().get(name, ())}
    return used or {"fullmatch", "search"}


def in_tables(module: ModuleType) -> list[re.Pattern[str]]:
    """Patterns that a module makes of its tables: (pattern, anything) in a tuple, or by name."""
    tables = [value for value in vars(module).values() if isinstance(value, tuple) and value]
    rows = [row for table in tables for row in table if isinstance(row, tuple) and row]
    made = [
        *vars(module).values(),
        *[each for table in vars(module).values() if isinstance(table, dict) for each in table.values()],
        *[re.compile(row[0]) if isinstance(row[0], str) else row[0] for row in rows],
    ]
    found = [each for each in made if isinstance(each, re.Pattern)]
    assert found, module.__name__
    return found


def letters(tree) -> list[str]:
    """A sample of each kind of character that a pattern names, in order."""
    found: list[str] = []
    for code, value in tree:
        if code in (opcodes.LITERAL, opcodes.NOT_LITERAL):
            found.append(chr(value) if code is opcodes.LITERAL else "x")
        elif code is opcodes.ANY:
            found.append("x")
        elif code is opcodes.IN:
            found += members(value)
        elif code is opcodes.CATEGORY:
            found.append(SAMPLES[value])
        else:
            inner = value if isinstance(value, (list, tuple, parser.SubPattern)) else [value]
            for each in inner:
                if isinstance(each, parser.SubPattern):
                    found += letters(each)
                elif isinstance(each, list):
                    found += [letter for branch in each for letter in letters(branch)]
    return found


def members(of_class) -> list[str]:
    """A sample of each member of a character class; of one that is negated, a letter outside it."""
    found = [chr(value) for code, value in of_class if code is opcodes.LITERAL]
    found += [chr(value[0]) for code, value in of_class if code is opcodes.RANGE]
    found += [SAMPLES[value] for code, value in of_class if code is opcodes.CATEGORY]
    if of_class[0][0] is opcodes.NEGATE:
        return [next(letter for letter in "ax1- !\x02é" if letter not in found)]
    return found


def hostile(pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    """(what comes first, what is repeated) that may make the pattern try again and again."""
    named = list(dict.fromkeys(letters(parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE))))
    kinds = [*dict.fromkeys([*named[:6], *[each for each in named if not each.isalnum()][:6]]), "\n"]
    repeated = [*kinds, *("".join(pair) for pair in pairs_of(kinds, kinds) if pair[0] != pair[1])]
    return [("", each) for each in repeated] + [("".join(named[:40]), each) for each in kinds]


def cpu_seconds(pattern: re.Pattern[str], how: str, text: str) -> float:
    given = text.encode() if isinstance(pattern.pattern, bytes) else text
    begun = time.thread_time()
    for _ in getattr(pattern, how)(given) if how == "finditer" else (getattr(pattern, how)(given),):
        pass
    return time.thread_time() - begun


def is_steep(pattern: re.Pattern[str], how: str, first: str, repeated: str) -> bool:
    """Whether four times the text takes far more than four times the CPU, where that can be measured at all."""
    texts = [first + repeated * (length // len(repeated)) + END for length in (SHORT, LONG)]
    if cpu_seconds(pattern, how, texts[1]) < MEASURABLE:
        return False
    for times in (3, 20):  # Beside other programs a measurement may be off; not twenty.
        short, long = (min(cpu_seconds(pattern, how, each) for _ in range(times)) for each in texts)
        if long <= STEEPEST * short:
            return False
    return True


def is_any_steep(pattern: re.Pattern[str], how: str) -> bool:
    return any(is_steep(pattern, how, *each) for each in hostile(pattern))


@pytest.mark.slow
def test_every_pattern_is_linear():
    steep = {
        place.partition(":")[0]
        for place, (pattern, ways) in patterns().items()
        for how in ways
        if is_any_steep(pattern, how)
    }

    assert steep <= set(OF_SHORT_TEXTS)


def test_a_quadratic_pattern_is_told():
    assert is_any_steep(re.compile(r"(?s).*(\S@\S+\.\S)"), "match")
    assert not is_any_steep(re.compile(r"[^@]+@[^@.]+\.\w"), "fullmatch")
