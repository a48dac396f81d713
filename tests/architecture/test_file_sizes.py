"""No file of the product is longer than 300 lines without a reason."""

from tests.architecture import product

MOST_LINES = 300
FOLDERS = ("portal", "shortlinks", "iys_sandbox", "bin", "templates", "static", "docs")
# Longer files: the reason.
LONGER: dict[str, str] = {}


def lengths() -> dict[str, int]:
    """Lines of each of the product's own files."""
    files = [product.ROOT / name for name in product.ALONE]
    files += [path for folder in FOLDERS for path in (product.ROOT / folder).rglob("*") if path.is_file()]
    written = [path for path in files if "__pycache__" not in path.parts and path.suffix != ".mo"]
    return {str(path.relative_to(product.ROOT)): len(path.read_bytes().splitlines()) for path in written}


def test_no_file_is_too_long_without_a_reason():
    long = {name: lines for name, lines in lengths().items() if lines > MOST_LINES}

    assert sorted(long) == sorted(LONGER)


def test_the_lengths_are_those_of_the_product():
    assert {"config.py", "portal/core/vault.py", "shortlinks/links.py", "templates/layouts/document.html"} <= set(
        lengths()
    )
