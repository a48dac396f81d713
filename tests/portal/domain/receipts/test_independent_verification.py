"""A receipt is checked by another program, in a process of its own, with our published keys and nothing of ours."""

import json
import re
import subprocess
import sys

import pytest

from portal.core import clock
from tests import make
from tests.architecture import product
from tests.make import Person
from tests.portal.domain.receipts.stored_receipts import rotate

pytestmark = [pytest.mark.slow, pytest.mark.alike]

DRIVER = """
import json, sys
import check

token, jwks, letters = json.load(sys.stdin)


def is_genuine(text):
    try:
        return bool(check.check(text, jwks))
    except Exception:
        return False


changed = [
    (place, letter)
    for place in range(len(token))
    for letter in (letters if token[place + 1 : place + 2] in (".", "") else letters[place % 6 :: 6])
    if letter != token[place] and is_genuine(token[:place] + letter + token[place + 1:])
]
ours = [name for name in sys.modules if name.split(".")[0] in ("portal", "shortlinks", "joserfc")]
print(json.dumps({"genuine": is_genuine(token), "changed": changed, "ours": ours, "claims": check.check(token, jwks)}))
"""
LETTERS = "ABQgw-_09zZ."  # All at the end of a part, whose last bits say nothing; elsewhere two of them by turns.


@pytest.fixture
def program(tmp_path):
    """The program that our own page about receipts prints, on a disk of somebody else's."""
    page = (product.ROOT / "docs" / "receipts.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (tmp_path / "check.py").write_text(source, encoding="utf-8")
    return tmp_path


def run(program, *arguments: str, told: str = "") -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *arguments], cwd=program, input=told, capture_output=True, text=True, timeout=300,
        env={"PYTHONSAFEPATH": "", "PYTHONIOENCODING": "utf-8"}, check=False,
    )  # fmt: skip


@pytest.fixture
def token(app, browser):
    """As it is downloaded."""
    location = Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="ONAY", ARAMA="RET").location
    return browser.get(f"{location}/belge.jws").text


def test_a_receipt_is_genuine_and_no_single_changed_letter_is(app, browser, program, token):
    for _ in range(2):
        rotate(app, clock.now())
    jwks = browser.get("/.well-known/jwks.json").json

    told = run(program, "-c", DRIVER, told=json.dumps([token, jwks, LETTERS]))

    assert told.returncode == 0, told.stderr
    said = json.loads(told.stdout)
    assert len(jwks["keys"]) == 3
    assert (said["genuine"], said["changed"], said["ours"]) == (True, [], [])
    assert said["claims"]["pii_principal_id"] == "+90 5•• ••• •• 67"


def test_the_printed_program_tells_a_genuine_one_from_another(browser, program, token):
    (program / "jwks.json").write_text(browser.get("/.well-known/jwks.json").text)
    (program / "good.jws").write_text(token)
    (program / "bad.jws").write_text(token[:-1])

    good, bad = (run(program, "check.py", f"{name}.jws", "jwks.json") for name in ("good", "bad"))

    assert good.returncode == 0 and json.loads(good.stdout)["jurisdiction"] == "TR"
    assert bad.returncode == 1 and "no receipt of ours" in bad.stderr


LIBRARY = """
import json, sys
from joserfc import jws
from joserfc.jwk import KeySet

token, jwks = json.load(sys.stdin)
sys.stdout.buffer.write(jws.deserialize_compact(token, KeySet.import_key_set(jwks), algorithms=["EdDSA"]).payload)
"""


def test_a_jose_library_agrees(browser, program, token):
    jwks = browser.get("/.well-known/jwks.json").json

    told = run(program, "-W", "ignore", "-c", LIBRARY, told=json.dumps([token, jwks]))

    assert json.loads(told.stdout)["schema_version"] == "ISO/IEC TS 27560:2023"
