"""No file of the product is longer than 300 lines, and no function longer than 40, without a reason."""

import ast

from tests.architecture import product

MOST_LINES = 300
MOST_LINES_OF_A_FUNCTION = 40
BINARY = (".mo", ".png")
FOLDERS = ("portal", "shortlinks", "iys_sandbox", "bin", "templates", "static", "docs")
# Longer files: the reason.
LONGER: dict[str, str] = {}


def lengths() -> dict[str, int]:
    """Lines of each of the product's own files."""
    files = [product.ROOT / name for name in product.ALONE]
    files += [path for folder in FOLDERS for path in (product.ROOT / folder).rglob("*") if path.is_file()]
    written = [path for path in files if "__pycache__" not in path.parts and path.suffix not in BINARY]
    return {str(path.relative_to(product.ROOT)): len(path.read_bytes().splitlines()) for path in written}


def test_no_file_is_too_long_without_a_reason():
    long = {name: lines for name, lines in lengths().items() if lines > MOST_LINES}

    assert sorted(long) == sorted(LONGER)


def test_the_lengths_are_those_of_the_product():
    assert {"config.py", "portal/core/vault.py", "shortlinks/links.py", "templates/layouts/document.html"} <= set(
        lengths()
    )


def test_no_function_is_too_long():
    long = [
        f"{name}.{node.name}"
        for name, path in product.modules()
        for node in product.nodes(product.tree(path))
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= MOST_LINES_OF_A_FUNCTION
    ]

    assert long == []
