"""The product's own files, as the architecture tests read them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("portal", "shortlinks", "iys_sandbox")
ALONE = ("config.py", "wsgi.py")


def modules() -> Iterator[tuple[str, Path]]:
    """(dotted name, path) of each Python module."""
    paths = [ROOT / name for name in ALONE] + [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    for path in sorted(paths):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file: many tests read all of them. Nobody changes it."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes(tree: ast.AST) -> tuple[ast.AST, ...]:
    """All nodes of a file's tree, collected once."""
    return tuple(ast.walk(tree))


def calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    """Calls of methods with those names, whatever they are called on."""
    for node in nodes(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names:
            yield node
