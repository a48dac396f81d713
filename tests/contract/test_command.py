"""`bin/test contract` never passes for having compared when it had nothing to compare with."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("document", "said"), [(None, "IYS_OPENAPI is not set"), ("/nowhere.json", "names no file")])
def test_without_the_document_it_says_so_and_exits_with_3(document, said):
    environment = {name: value for name, value in os.environ.items() if name != "IYS_OPENAPI"}
    if document:
        environment["IYS_OPENAPI"] = document

    run = subprocess.run(
        [sys.executable, ROOT / "bin/suite.py", "contract"], env=environment, capture_output=True, text=True
    )

    assert run.returncode == 3
    assert said in run.stderr
