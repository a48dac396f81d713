import json

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Provider
from portal.services.imports import profiles
from portal.services.imports.layout import Layout
from tests import make
from tests.portal.cli.import_files import PERMISSIONS


@pytest.fixture
def run_import(app):
    """Calls the command in this process; (exit code, what it printed of each file)."""
    with app.app_context():
        make.provider()

    def call(*arguments, brand=make.BRAND_CODE):
        result = app.test_cli_runner().invoke(args=["import", "--brand", str(brand), *map(str, arguments)])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        assert "987 65 43" not in result.output and "0555 12" not in result.output
        return result.exit_code, [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]

    return call


@pytest.fixture
def done(tmp_path):
    folder = tmp_path / "done"
    folder.mkdir()
    return folder


@pytest.fixture
def remember(app, rows):
    """Keeps a layout as the profile of files with the columns PERMISSIONS."""

    def keep(layout: Layout) -> None:
        with app.app_context():
            profiles.remember(db.session, vault(), rows.one(Provider).id, PERMISSIONS, layout, clock.now(), "crm")
            db.session.commit()

    return keep
