"""What deploy/ holds is valid, confined, and names what exists. tests/stories/test_two_machines.py runs it."""

import os
import re
import shutil
import subprocess

import pytest

from portal.core.programs import ROLES
from tests.architecture.product import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_is_valid_and_leaves_its_program_no_rights_that_it_does_not_need(unit):
    environ = os.environ | {"SYSTEMD_UNIT_PATH": f"{DEPLOY / 'systemd'}:"}

    def analyze(*words: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            ["systemd-analyze", "--no-pager", *words, unit], env=environ, capture_output=True, text=True
        )

    said = [line for line in analyze("verify", "--man=no").stderr.splitlines() if line.startswith(unit.stem)]
    assert [line for line in said if "is not executable" not in line] == []
    rated = analyze("security", "--offline=yes", "--threshold=15")
    assert rated.returncode == 0, rated.stdout.splitlines()[-1]


def test_each_program_is_started_everywhere():
    """The web process beside those of programs.ROLES, by units, compose and Helm."""
    started = {
        "systemd": "\n".join(unit.read_text() for unit in UNITS),
        "compose": re.sub(r'", "', " ", (DEPLOY / "compose" / "compose.yaml").read_text()),
        "helm": (DEPLOY / "helm" / "izinlink" / "values.yaml").read_text().replace(", ", " "),
    }
    missing = {
        (name, words) for name, text in started.items() for words in ROLES if f"izinlink {' '.join(words)}" not in text
    }
    assert missing == set()


def test_the_example_of_settings_names_only_those_there_are():
    known = set(re.findall(r"`([A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text()))
    for example in DEPLOY.glob("*.env.example"):
        named = set(re.findall(r"^([A-Z_]+)=", example.read_text(), re.M))
        assert named and named <= known


def test_what_links_of_the_wheels_folders_lead_to_is_in_the_images_context():
    kept = {line[1:] for line in (DEPLOY / "Containerfile.dockerignore").read_text().split() if line.startswith("!")}
    links = [path for folder in kept for path in (ROOT / folder).rglob("*") if path.is_symlink()]
    targets = [path.resolve().relative_to(ROOT) for path in links]
    assert targets and [str(each) for each in targets if not any(each.is_relative_to(one) for one in kept)] == []
