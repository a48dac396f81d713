"""bin/mutation: change one thing at a time in the code, and count the changes that the tests notice.

mutmut makes the changes, in a copy of the checkout below build/mutation; mutation_plugin.py tries them, each in a fork
of one pytest process. The same seed draws the same sample.
"""

import argparse
import ast
import difflib
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "mutation"
TOOLS = WORK / "packages"  # mutmut and what it needs; .venv stays without them.
REQUIREMENTS = ROOT / "requirements-mutation.txt"
MEMORY = Path("/dev/shm")  # nosec B108: Linux keeps this folder in memory.
NOT_COPIED = shutil.ignore_patterns(".*", "build", "dist", "instance", "node_modules", "__pycache__")
# What is written for developers and for the log, and what only tells mypy something, is no behaviour.
NOT_JUDGED = [r"^\s*log\.\w+\(", r"^\s*assert ", r"^\s*raise \w+Error\("]
MARKS = "not long and not document and not browser"
PACKAGES = {
    "consents": (
        "portal/domain/consents",
        "tests/portal/domain/consents",
        "tests/portal/domain/address_proofs",
        "tests/portal/services/imports/test_worker.py",
        "tests/portal/services/backups",
        "tests/portal/api",
        "tests/portal/jobs/test_submission_alarms.py",
        "tests/portal/web/dashboard/test_import_pages.py",
        "tests/portal/web/dashboard/test_import_start_pages.py",
        "tests/portal/web/dashboard/test_reconciliation_pages.py",
    ),
    "iys_protocol": (
        "portal/core/iys_protocol",
        "tests/portal/core/iys_protocol",
        "tests/portal/services/iys/test_client.py",
        "tests/portal/services/iys/test_title_matching.py",
        "tests/portal/services/iys/test_connection_test.py",
        "tests/iys_sandbox/test_retailers.py",
        "tests/portal/api/test_retailers.py",
        "tests/portal/web/dashboard/test_retailers_page.py",
    ),
    "forwarding": (
        "portal/services/iys/forwarding",
        "tests/portal/services/iys/forwarding",
        "tests/portal/services/iys/test_forwarder.py",
        "tests/portal/services/iys/test_success_rate.py",
    ),
}


def main() -> None:
    """Try the changes of each package, then print what went unnoticed and the score."""
    arguments = _arguments()
    _install_tools()
    scores = []
    for name in arguments.packages or PACKAGES:
        source, *tests = PACKAGES[name]
        folder = _copy_checkout(name)
        made = _make_changes(folder, source)
        chosen = random.Random(arguments.seed).sample(made, min(arguments.sample or len(made), len(made)))
        (folder / "changes.json").write_text(json.dumps(chosen))
        print(f"\n— {source}: {len(made)} changes, {len(chosen)} tried (seed {arguments.seed})", flush=True)
        _pytest(folder, tests)
        scores.append(_report(folder, source))
    print("", *scores, sep="\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/mutation", description="Count the changes of code that tests notice.")
    parser.add_argument("packages", nargs="*", metavar="package", help=f"of {', '.join(PACKAGES)}; otherwise each")
    parser.add_argument("--sample", type=int, default=250, metavar="N", help="try so many of a package (250)")
    parser.add_argument("--all", dest="sample", action="store_const", const=0, help="try all of them")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the sample (1)")
    arguments = parser.parse_args()
    if unknown := set(arguments.packages) - PACKAGES.keys():
        parser.error(f"no such package: {', '.join(unknown)}")
    return arguments


def _install_tools() -> None:
    stamp, digest = WORK / "packages.sha256", hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        shutil.rmtree(TOOLS, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
        subprocess.run([*pip, "--require-hashes", "--target", TOOLS, "--requirement", REQUIREMENTS], check=True)
        stamp.write_text(digest)
    sys.path.append(str(TOOLS))


def _copy_checkout(name: str) -> Path:
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT, folder, ignore=NOT_COPIED)
    settings = f'\n[tool.mutmut]\nsource_paths = ["portal"]\ndo_not_mutate_patterns = {json.dumps(NOT_JUDGED)}\n'
    with (folder / "pyproject.toml").open("a") as file:
        file.write(settings)
    return folder


def _make_changes(folder: Path, source: str) -> list[str]:
    """Write all changes of a package into the copy, where each waits to be switched on; their names."""
    (folder / "mutants").mkdir()  # mutmut takes its settings from beside this folder.
    os.chdir(folder)
    from mutmut.mutation.file_mutation import mutate_file_contents
    from mutmut.utils.format_utils import get_mutant_name

    names = []
    for path in sorted(Path(source).glob("*.py")):
        mutated = mutate_file_contents(str(path), path.read_text())
        path.write_text(mutated.code)
        names += [get_mutant_name(path, each) for each in mutated.mutant_names]
    return names


def _pytest(folder: Path, tests: list[str]) -> None:
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'bin'}{os.pathsep}{TOOLS}"}
    environment.pop("TEST_DATABASE_URL", None)
    if os.access(MEMORY, os.W_OK):
        environment["PYTEST_DEBUG_TEMPROOT"] = str(MEMORY)
    options = ["-q", "-m", MARKS, "-p", "mutation_plugin", "-p", "no:xdist", "-p", "no:cacheprovider"]
    if subprocess.run([sys.executable, "-m", "pytest", *options, *tests], cwd=folder, env=environment).returncode:
        sys.exit("The tests must pass before anything is changed.")


def _report(folder: Path, source: str) -> str:
    """Print each change that no test noticed; the package's score."""
    verdicts: dict[str, str] = json.loads((folder / "verdicts.json").read_text())
    unnoticed = sorted(name for name, verdict in verdicts.items() if verdict in ("unnoticed", "untested"))
    for name in unnoticed:
        print(f"{verdicts[name]}: {name}", *_difference(folder, source, name), sep="\n  ")
    late, noticed = list(verdicts.values()).count("too late"), len(verdicts) - len(unnoticed)
    return f"{source}: {noticed} of {len(verdicts)} noticed ({late} by taking too long), {noticed / len(verdicts):.1%}"


def _difference(folder: Path, source: str, name: str) -> list[str]:
    module, _, function = name.rpartition(".")
    path = folder / f"{module.replace('.', '/')}.py"
    text = (path if path.exists() else folder / source / "__init__.py").read_text()
    functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef))
    code = {node.name: ast.unparse(node).splitlines() for node in functions}
    original = code[function.partition("__mutmut_")[0] + "__mutmut_orig"]
    lines = list(difflib.unified_diff(original[1:], code[function][1:], n=0, lineterm=""))
    return [line for line in lines[2:] if not line.startswith("@@")]


if __name__ == "__main__":
    main()
