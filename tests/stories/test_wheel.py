"""A wheel, installed alone into an empty environment, serves the portal: pages, English, styles, commands."""

import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import pytest
import requests

from tests.architecture.product import ROOT
from tests.conftest import SECRETS
from tests.processes import free_ports

pytestmark = [pytest.mark.long]


@pytest.fixture(scope="module")
def installed():
    """The folder of an environment that holds the wheel and its locked packages, and nothing of the checkout; on the
    disk, since programs may not be run from everybody's memory folder."""
    with tempfile.TemporaryDirectory() as folder:
        yield install(Path(folder))


def install(folder: Path) -> Path:
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    venv.create(folder / "venv", with_pip=True)
    pip = [folder / "venv" / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", ROOT / "requirements.txt"], check=True, timeout=600)
    subprocess.run([*pip, "--no-deps", *folder.glob("*.whl")], check=True, timeout=300)
    return folder / "venv" / "bin"


@pytest.fixture
def environ(tmp_path):
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | SECRETS | {"INSTANCE": str(tmp_path / "instance"), "HOSTS": "localhost", "DEVELOPMENT": "1"}


def test_the_installed_wheel_serves_the_portal(installed, environ, tmp_path):
    (port,) = free_ports(1)
    subprocess.run([installed / "izinlink", "db", "upgrade"], env=environ, cwd=tmp_path, check=True, timeout=120)
    command = [installed / "gunicorn", "--bind", f"127.0.0.1:{port}", "wsgi:app"]
    with subprocess.Popen(command, env=environ, cwd=tmp_path, stderr=subprocess.DEVNULL) as server:
        try:
            base = f"http://localhost:{port}"
            assert answer(f"{base}/health").json() == {"status": "ok"}
            front = requests.get(f"{base}/?lang=en", timeout=10)
            assert front.status_code == 200 and "Open a free account" in front.text
            assert requests.get(f"{base}/static/css/base.css", timeout=10).status_code == 200
        finally:
            server.terminate()


def answer(url: str) -> requests.Response:
    """The answer of a server that is still starting."""
    for _ in range(3000):
        try:
            return requests.get(url, timeout=10)
        except requests.ConnectionError:
            time.sleep(0.1)
    raise TimeoutError(url)
