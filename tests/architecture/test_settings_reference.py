"""docs/settings.md names every setting that any program reads, and none that no program reads."""

import re

import config
from tests.architecture.product import ROOT
from tests.conftest import SECRETS

READ_ELSEWHERE = re.compile(r"""(?:(?<!request\.)environ(?:\.get\(|\[)|envvar=)"([A-Z_]+)""")


class Recorder(dict[str, str]):
    """An environment that notes what is asked for."""

    def __init__(self, given: dict[str, str]):
        super().__init__(given)
        self.asked: set[str] = set()

    def get(self, name, default=None):
        self.asked.add(name)
        return super().get(name, default)

    def __getitem__(self, name):
        self.asked.add(name)
        return super().__getitem__(name)


def names_read() -> set[str]:
    """The names that config.py asks for, and those that other programs of the portal read by themselves."""
    environ = Recorder(SECRETS)
    config.from_environment(environ)
    files = [path for folder in ("portal", "iys_sandbox") for path in (ROOT / folder).rglob("*.py")]
    return environ.asked | {name for path in files for name in READ_ELSEWHERE.findall(path.read_text())}


def test_the_reference_of_settings_is_complete():
    lines = (ROOT / "docs/settings.md").read_text().splitlines()
    rows = [line.split("|")[1] for line in lines if line.startswith("| `")]
    documented = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}

    assert documented == names_read()


def test_a_new_setting_would_be_missed():
    assert {"PROXY_HOPS", "MESSAGE_GATEWAY_URL", "LOG_LEVEL", "SANDBOX_FILE", "GATEWAY_FILE"} <= names_read()
