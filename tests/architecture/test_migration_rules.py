"""Landed migrations never change, and a new one leaves the schema such that the release before it runs on."""

import ast
import hashlib
import re

import pytest

from tests.architecture.product import ROOT

FOLDER = ROOT / "portal" / "migrations"
LIST = "cd portal/migrations && sha256sum versions/{}_*.py >> landed.sha256"
RULED = "0050"  # The first migration after the code that tests/stories/test_previous_release.py starts.
BIG = {
    "attempt", "audit_entry", "consent", "decision", "event", "leaf", "message", "receipt", "receipt_decision",
    "recipient", "short_link", "submission", "visit",
}  # fmt: skip
BREAKS = ("drop_column", "drop_table", "rename_table")
IN_SQL = re.compile(r"\b(DROP\s+(TABLE|COLUMN)|RENAME\s+(TO|COLUMN))\b", re.IGNORECASE)
# Migrations that take away what no release in use reads any more: since which one nothing does.
CONTRACTED: dict[str, str] = {}


def landed() -> dict[str, str]:
    """Files that nobody may change any more, with their hashes."""
    lines = (FOLDER / "landed.sha256").read_text(encoding="ascii").splitlines()
    return {name: digest for digest, name in (line.split("  ") for line in lines)}


def migrations() -> list[str]:
    return sorted(f"versions/{path.name}" for path in (FOLDER / "versions").glob("[0-9]*.py"))


def broken_rules(source: str) -> list[str]:
    """What a migration does, going up, that the code of the release before cannot bear, or that locks a big table."""
    body = [node for node in ast.parse(source).body if getattr(node, "name", "") != "downgrade"]
    calls = [call for node in body for call in ast.walk(node) if isinstance(call, ast.Call)]
    texts = [each.value for node in body for each in ast.walk(node) if isinstance(each, ast.Constant)]
    found = [f"SQL: {each}" for each in texts if isinstance(each, str) and IN_SQL.search(each)]
    return found + [told for call in calls if isinstance(call.func, ast.Attribute) and (told := _broken_by(call))]


def _broken_by(call: ast.Call) -> str:
    name, given = call.func.attr, {each.arg: ast.unparse(each.value) for each in call.keywords}
    of_columns = [{each.arg: ast.unparse(each.value) for each in one.keywords} for one in call.args if _is_column(one)]
    table = call.args[1].value if len(call.args) > 1 and isinstance(call.args[1], ast.Constant) else None
    if name in BREAKS:
        return name
    if name == "alter_column" and ("new_column_name" in given or given.get("nullable") == "False"):
        return "alter_column: a new name, or no NULL any more"
    if name == "add_column" and any(_is_needed(each) for each in of_columns):
        return "add_column: NOT NULL without a default of the database"
    if name == "create_index" and table in BIG and given.get("postgresql_concurrently") != "True":
        return f"create_index: not concurrently on {table}"
    return ""


def _is_column(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Column")


def _is_needed(column: dict) -> bool:
    return column.get("nullable") == "False" and not {"server_default"} & column.keys()


def test_landed_migrations_are_frozen():
    changed = [
        name
        for name, digest in landed().items()
        if not (FOLDER / name).exists() or hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() != digest
    ]

    assert changed == []


def test_all_migrations_but_the_newest_have_landed():
    """Somebody builds on them. The newest one lands with the next, or with a release (docs/upgrade.md)."""
    missing = [name for name in migrations()[:-1] if name not in landed()]

    assert missing == [], LIST.format(missing[0][9:13] if missing else "")


def test_migrations_leave_the_release_before_running():
    broken = {
        name: found
        for name in migrations()
        if name >= f"versions/{RULED}" and name not in CONTRACTED
        if (found := broken_rules((FOLDER / name).read_text(encoding="utf-8")))
    }

    assert broken == {}


@pytest.mark.parametrize(
    "statement",
    [
        "op.drop_column('brand', 'name')",
        "op.drop_table('brand')",
        "op.rename_table('brand', 'firm')",
        "table.alter_column('name', new_column_name='title')",
        "table.alter_column('name', existing_type=sa.Text(), nullable=False)",
        "table.add_column(sa.Column('title', sa.Text(), nullable=False))",
        "op.create_index('ix_decision_at', 'decision', ['at'])",
        "op.execute('ALTER TABLE brand RENAME COLUMN name TO title')",
        "op.execute(f'DROP TABLE {name}')",
    ],
)
def test_a_step_that_breaks_the_release_before_is_found(statement):
    assert broken_rules(f"def upgrade():\n    {statement}\n") != []
    assert broken_rules(f"def downgrade():\n    {statement}\n") == []


@pytest.mark.parametrize(
    "statement",
    [
        "table.add_column(sa.Column('title', sa.Text(), nullable=True))",
        "table.add_column(sa.Column('number', sa.Integer(), nullable=False, server_default='0'))",
        "op.create_index('ix_decision_at', 'decision', ['at'], postgresql_concurrently=True)",
        "op.create_index('ix_brand_name', 'brand', ['name'])",
        "op.create_table('firm', sa.Column('id', sa.Integer(), nullable=False))",
    ],
)
def test_steps_that_only_add_are_none(statement):
    assert broken_rules(f"def upgrade():\n    {statement}\n") == []
