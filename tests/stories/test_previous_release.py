"""The code of the release before runs on this schema: programs are restarted one by one after an upgrade, and a
rollback puts the old code back on the new schema."""

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import requests

from portal.core.iys_protocol import Status
from portal.core.models import Consent, Decision
from tests import make, processes
from tests.stories.crowd import FORM

pytestmark = [pytest.mark.slow, pytest.mark.long]

# While there is no tag: the commit that brought this, before which what is stored was read otherwise.
BEFORE_THE_FIRST_RELEASE = "portal/migrations/versions/0049_transaction_ids_as_bytes.py"


def git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=processes.ROOT, check=True, capture_output=True).stdout


def previous_release() -> str:
    """The newest tag before this commit."""
    tags = git("tag", "--list", "v*", "--merged", "HEAD", "--no-contains", "HEAD", "--sort=-version:refname").split()
    if tags:
        return tags[0].decode()
    return git("log", "-1", "--diff-filter=A", "--format=%H", "--", BEFORE_THE_FIRST_RELEASE).decode().strip()


def unpack_previous_release(folder: Path) -> Path:
    """Its code."""
    with tarfile.open(fileobj=io.BytesIO(git("archive", previous_release()))) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture
def old_web(environ, tmp_path):
    """The web process of the release before. A shallow clone has no code of it: `git fetch --unshallow --tags`."""
    if not (processes.ROOT / ".git").exists():
        pytest.skip("needs the repository")
    code = unpack_previous_release(tmp_path / "code")
    [port] = processes.free_ports(1)
    settings = os.environ | environ | {"HOSTS": f"localhost,{processes.HERE}", "PORT": str(port)}
    command = [sys.executable, "-m", "gunicorn", "--bind", f"{processes.HERE}:{port}", "--no-control-socket"]
    web = processes.Program([*command, "wsgi:app"], settings, tmp_path / "web.log", port, code)
    web.start()
    yield web
    web.kill()


def test_the_release_before_serves_pages_and_takes_decisions_on_this_schema(app, rows, environ, request):
    codes = make.codes(app)
    web = request.getfixturevalue("old_web")
    link = f"{web.url}/k/{codes[make.PHONE]}"

    page = requests.get(link, timeout=40)
    answer = requests.post(
        link, data={"form": FORM.search(page.text)[1], "MESAJ": "ONAY", "ARAMA": "RET"}, timeout=40,
        allow_redirects=False,
    )  # fmt: skip

    assert (page.status_code, answer.status_code) == (200, 303), web.log.read_text()[-3000:]
    assert requests.get(f"{web.url}{answer.headers['Location']}", timeout=40).status_code == 200
    assert rows.count(Decision) == 2
    assert {each.channel: each.status for each in rows(Consent)} == {"MESAJ": Status.GRANTED, "ARAMA": Status.REFUSED}
