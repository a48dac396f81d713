"""Tests that run in forked processes are told as pytest tells them, and none is lost."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from portal.core.paths import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.alike]

TOLD = """
import pytest

@pytest.fixture
def breaking():
    yield
    raise ValueError("cannot be cleaned up")

@pytest.mark.parametrize("number", range(5))
def test_passes(number, tmp_path):
    (tmp_path / "own").touch(exist_ok=False)

def test_fails():
    print("said before")
    assert 1 == 2

def test_breaks(breaking):
    pass

@pytest.mark.skip
def test_skipped():
    pass
"""
BREAKING = """
import os

FORKED = os.getpid()

def pytest_runtest_logreport():
    if os.getpid() == FORKED:
        raise ValueError("cannot be told")
"""
MUCH = "def test_says():\n    print('x' * 300_000)\n"
DYING = "import os\n\ndef test_passes():\n    pass\n\ndef test_dies():\n    os._exit(0)\n"


def run(folder: Path, **files: str) -> tuple[int, str]:
    """The exit code and what is printed when these files run in two processes."""
    for name, text in files.items():
        (folder / f"test_{name}.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-p", "tests.forks", "--forks=2", "-p", "no:cacheprovider", str(folder)]
    alone = {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # Others take a second to load.
    places = {"cwd": folder, "env": os.environ | alone, "timeout": 60}
    done = subprocess.run([*command, f"--rootdir={folder}", "-c", os.devnull], **places, capture_output=True, text=True)
    return done.returncode, done.stdout


def test_every_test_is_told_with_what_it_said(tmp_path):
    code, told = run(tmp_path, one=TOLD, other=TOLD)

    assert code == 1 and "2 failed, 12 passed, 2 skipped, 2 errors" in told
    assert told.count("said before\n") == 2 and told.count("E       ValueError: cannot be cleaned up") == 2


def test_all_is_well_where_all_pass(tmp_path):
    code, told = run(tmp_path, one="def test_passes():\n    pass\n", other="def test_passes():\n    pass\n")

    assert code == 0 and "2 passed" in told


def test_a_process_that_dies_is_told_with_its_test(tmp_path):
    code, told = run(tmp_path, one=DYING)

    assert code == 1 and "a process of tests died in test_one.py::test_dies" in told


def test_an_error_of_the_process_that_reads_ends_the_others(tmp_path):
    (tmp_path / "conftest.py").write_text(BREAKING)

    code, told = run(tmp_path, one=MUCH, other=MUCH)

    assert code == pytest.ExitCode.INTERNAL_ERROR and "cannot be told" in told


def test_what_cannot_be_collected_is_told(tmp_path):
    code, told = run(tmp_path, one=TOLD, other="import nothing_of_that_name")

    assert code == 2 and "nothing_of_that_name" in told
