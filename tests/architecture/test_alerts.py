"""Alert rules, dashboard and runbook speak of metrics that /metrics serves, and of each other's sections."""

import re
import shutil
import subprocess

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from portal.web.monitoring.metrics import Measurements
from tests.architecture.product import ROOT

RULES, EXAMPLE = (ROOT / "deploy/prometheus" / name for name in ("alerts.yml", "prometheus.yml"))
RUNBOOK, DASHBOARD = ROOT / "docs/runbook.md", ROOT / "deploy/grafana/izinlink.json"
METRIC = re.compile(r"\bizinlink_\w+")


@pytest.fixture
def served(app) -> set[str]:
    """The names of samples, also of families that have none now."""
    with app.app_context():
        registry = CollectorRegistry(auto_describe=False)
        registry.register(Measurements())
        text = generate_latest(registry).decode()
    return set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE))


def test_rules_and_dashboard_name_metrics_that_are_served(served):
    assert set(METRIC.findall(RULES.read_text())) - served == set()
    assert set(METRIC.findall(RUNBOOK.read_text())) - served == set()
    assert set(METRIC.findall(DASHBOARD.read_text())) == served  # It shows everything.


def test_every_alert_has_its_section_and_names_it():
    alerts = re.findall(r"^ +- alert: (\w+)$", RULES.read_text(), re.MULTILINE)

    assert re.findall(r"^## (\w+)$", RUNBOOK.read_text(), re.MULTILINE) == alerts
    assert re.findall(r"runbook: docs/runbook\.md#(\w+)", RULES.read_text()) == [name.lower() for name in alerts]


@pytest.mark.long
def test_prometheus_takes_the_rules_and_the_example():
    promtool = shutil.which("promtool")
    assert promtool, "Debian: apt install promtool"
    for command in (["rules", RULES], ["config", "--syntax-only", EXAMPLE]):
        told = subprocess.run([promtool, "check", *command], capture_output=True, text=True)
        assert told.returncode == 0, told.stdout + told.stderr
