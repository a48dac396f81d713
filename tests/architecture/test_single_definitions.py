"""What is done in one place only: each rule names the single definition (module and function) that does it.

A rule is a predicate over a syntax tree node; add a line to RULES for anything else that must have one definition, and
a planted violation to PLANTED, which shows that the predicate sees it.
"""

import ast
import re
from collections.abc import Callable, Mapping

import pytest

from tests.architecture import product

Predicate = Callable[[ast.AST], bool]
# Nodes that a predicate may recognise.
RECOGNISED = (ast.stmt, ast.Call, ast.Dict, ast.Compare)


def names_in(node: ast.AST) -> set[str]:
    """The plain and dotted names of an expression: of models.Consent.id "models", "Consent" and "id"."""
    plain = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return plain | {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}


def called(node: ast.AST) -> str | None:
    """The last part of the name that a call calls."""
    if not isinstance(node, ast.Call):
        return None
    return getattr(node.func, "attr", getattr(node.func, "id", None))


def builds_dict_of(*columns: str) -> Predicate:
    """A dict that holds these columns, which only one table has together, is built."""

    def is_built(node: ast.AST) -> bool:
        if isinstance(node, ast.Dict):
            keys = {key.value for key in node.keys if isinstance(key, ast.Constant)}
        elif called(node) == "dict":
            keys = {keyword.arg for keyword in node.keywords}
        else:
            return False
        return keys.issuperset(columns)

    return is_built


def makes_rows_of(model: str) -> Predicate:
    """A model is instantiated, or its rows are inserted (insert_rows, insert_missing, insert, Table.insert)."""

    def is_made(node: ast.AST) -> bool:
        name = called(node)
        if name == model:
            return True
        whom = node.func.value if name == "insert" and isinstance(node.func, ast.Attribute) else None
        at_table = whom is not None and model in names_in(whom)
        return at_table or (bool(name) and name.startswith("insert") and any(model in names_in(a) for a in node.args))

    return is_made


def locks_rows_of(model: str) -> Predicate:
    """A function selects a model's rows FOR UPDATE, in one expression or by a name that it gave to the statement."""

    def is_locked(node: ast.AST) -> bool:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return False
        named = {
            target.id: names_in(each.value)
            for each in ast.walk(node) if isinstance(each, ast.Assign)
            for target in each.targets if isinstance(target, ast.Name)
        }  # fmt: skip
        for call in (each for each in ast.walk(node) if isinstance(each, ast.Call)):
            used: set[str] = set()
            if called(call) == "with_for_update":
                used = names_in(call.func.value)
                used = used.union(*(named[name] for name in used & named.keys()))
            elif any(keyword.arg == "with_for_update" for keyword in call.keywords):
                used = used.union(*map(names_in, call.args))
            if model in used:
                return True
        return False

    return is_locked


def calls_any(*names: str) -> Predicate:
    """One of these functions or methods is called."""
    return lambda node: called(node) in names


def takes_lease(node: ast.AST) -> bool:
    """A row is leased: by an UPDATE's values or by its attribute. None ends a lease; `self` is no row."""
    values = [keyword.value for keyword in getattr(node, "keywords", []) if keyword.arg == "lease_until"]
    if called(node) != "values":
        targets = [each for each in getattr(node, "targets", []) if isinstance(each, ast.Attribute)]
        of_rows = [each for each in targets if each.attr == "lease_until" and "self" not in names_in(each)]
        values = [node.value] if of_rows else []
    return any(not isinstance(value, ast.Constant) for value in values)


def compares_lease(node: ast.AST) -> bool:
    """A lease's end is compared with a time."""
    is_order = isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE)
    return is_order and getattr(node.left, "attr", None) == "lease_until"


def defines(pattern: str) -> Predicate:
    """A function or class is defined whose name matches."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return lambda node: isinstance(node, kinds) and re.fullmatch(pattern, node.name) is not None


IMPORTS = "portal.services.imports"
WRITER, LOCKING = "portal.domain.consents.writer", "portal.domain.consents.locking"
# What is done: (how it is recognised, the one definition that does it).
RULES: dict[str, tuple[Predicate, str]] = {
    "build a Decision row": (builds_dict_of("consent_id", "effective_at", "salt"), f"{WRITER}.decision_row"),
    "build a Leaf row": (builds_dict_of("decision_id", "day", "digest"), f"{WRITER}.leaf_row"),
    "build a Submission row": (builds_dict_of("payload", "endpoint", "lane"), f"{WRITER}.submission_row"),
    "make Decision rows": (makes_rows_of("Decision"), f"{WRITER}.write_decisions"),
    "make Leaf rows": (makes_rows_of("Leaf"), f"{WRITER}.write_decisions"),
    "make Submission rows": (makes_rows_of("Submission"), f"{WRITER}.write_submissions"),
    "make Consent rows": (makes_rows_of("Consent"), f"{LOCKING}.insert_new_consents"),
    "lock Consent rows": (locks_rows_of("Consent"), f"{LOCKING}.lock_submissions_and_consents"),
    "find a file's separator": (
        defines("_?(find|guess|detect|sniff)_(separator|delimiter|dialect).*"),
        f"{IMPORTS}.reading.csv_records.find_separator",
    ),
    "open a workbook": (
        calls_any("from_filelike", "from_path", "load_workbook"),
        f"{IMPORTS}.reading.workbook_chunker.__main__.workbook_frames",
    ),
    "find a file's header": (defines("_?(find|guess|detect)_header.*"), f"{IMPORTS}.layout.headers.find_header"),
    "measure a column's contents": (calls_any("of_column"), f"{IMPORTS}.layout.detection._columns"),
    "lease a row": (takes_lease, "portal.core.leases.claim"),
    "find out whether a row is leased": (compares_lease, "portal.core.leases.is_free"),
    "refuse what is done too often": (calls_any("TooManyRequests"), "portal.core.throttle.check"),
    "count an attempt": (makes_rows_of("ThrottleHit"), "portal.domain.identity.login_throttle._new_hit"),
}
# A second definition of each kind, as somebody might write it.
PLANTED = [
    ("build a Decision row", "return {'consent_id': 1, 'effective_at': at, 'salt': salt, 'line': 7}"),
    ("build a Decision row", "return dict(consent_id=1, effective_at=at, salt=salt)"),
    ("build a Leaf row", "return [{'decision_id': each.id, 'day': day, 'digest': digest} for each in made]"),
    ("build a Submission row", "rows.append({'lane': lane, 'endpoint': path, 'payload': sealed, 'attempts': 0})"),
    ("make Decision rows", "session.add(Decision(id=new_id()))"),
    ("make Decision rows", "session.add(models.Decision(id=new_id()))"),
    ("make Decision rows", "insert_rows(session, Decision, rows)"),
    ("make Leaf rows", "session.execute(insert(Leaf.__table__), rows)"),
    ("make Submission rows", "session.execute(Submission.__table__.insert(), rows)"),
    ("make Submission rows", "insert_missing(session, models.Submission, rows)"),
    ("make Consent rows", "session.add(Consent(id=new_id()))"),
    ("lock Consent rows", "session.execute(select(Consent.id).where(Consent.id.in_(ids)).with_for_update())"),
    (
        "lock Consent rows",
        "theirs = select(Consent)\n    session.execute(theirs.order_by(Consent.id).with_for_update())",
    ),
    ("lock Consent rows", "session.get_one(Consent, consent_id, with_for_update=True)"),
    ("open a workbook", "book = openpyxl.load_workbook(file)"),
    ("open a workbook", "return CalamineWorkbook.from_filelike(file)"),
    ("measure a column's contents", "return Contents.of_column(cells, meanings)"),
    ("lease a row", "session.execute(update(Mail).where(Mail.id == 1).values(lease_until=at + LEASE, attempts=1))"),
    ("lease a row", "mail.lease_until = at + LEASE"),
    ("find out whether a row is leased", "return or_(Mail.lease_until.is_(None), Mail.lease_until <= at)"),
    ("refuse what is done too often", "raise throttle.TooManyRequests(limit, again_at)"),
    ("count an attempt", "session.add(ThrottleHit(action=action, at=at))"),
]


def definitions(module: str, tree: ast.AST, rules: Mapping[str, Predicate]) -> dict[str, list[str]]:
    """By rule: the module's functions (dotted, methods with their class) in which something fits; or the module
    itself."""
    found: dict[str, dict[str, None]] = {what: {} for what in rules}

    def walk(node: ast.AST, inside: str) -> None:
        for child in ast.iter_child_nodes(node):
            is_definition = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            name = f"{inside}.{child.name}" if is_definition else inside
            if isinstance(child, RECOGNISED):
                for what, fits in rules.items():
                    if fits(child):
                        found[what][name] = None
            walk(child, name)

    walk(tree, module)
    return {what: list(places) for what, places in found.items()}


@pytest.mark.slow
def test_everything_is_done_in_one_place_only():
    predicates = {what: predicate for what, (predicate, _) in RULES.items()}
    found: dict[str, list[str]] = {what: [] for what in RULES}
    for module, path in product.modules():
        for what, places in definitions(module, product.tree(path), predicates).items():
            found[what] += places

    assert found == {what: [the_one] for what, (_, the_one) in RULES.items()}


@pytest.mark.parametrize(("what", "source"), PLANTED, ids=[f"{what} {n}" for n, (what, _) in enumerate(PLANTED)])
def test_a_second_definition_is_found(what, source):
    planted = ast.parse(f"def second(session):\n    {source}\n")

    assert definitions("planted", planted, {what: RULES[what][0]}) == {what: ["planted.second"]}
