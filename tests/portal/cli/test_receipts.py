"""The key that signs receipts is turned from the shell, and receipts that are out stay good."""

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import SigningKey
from portal.domain.receipts import tokens
from tests import make
from tests.make import Person
from tests.portal.domain.receipts.stored_receipts import signed


def test_turning_the_key_from_the_shell(app, browser, rows):
    Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="RET")
    token = signed(app, clock.now())

    turned = app.test_cli_runner().invoke(args=["receipts", "rotate-key"])
    listed = app.test_cli_runner().invoke(args=["receipts", "keys"])

    old, new = rows(SigningKey)
    assert turned.exit_code == listed.exit_code == 0
    assert new.name in turned.output and old.private is None
    assert [line.split()[0] for line in listed.output.splitlines()] == [old.name, new.name]
    with app.app_context():
        assert tokens.verify_token(db.session, token).key.name == old.name
