"""A portal on two machines whose database is lost, and comes back from a backup."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from portal.app import create_app
from portal.core.extensions import db, limiter, vault
from portal.core.models import Annulment, Consent, Decision, Receipt, Recipient
from portal.domain.consents import bulk_import
from portal.services.iys.inflow import feeds
from tests import databases, make, postgres
from tests.conftest import SECRETS
from tests.page_checks import PageCheckingClient
from tests.portal.domain.consents.import_entries import import_run

PROGRAMS = Path(pytest.__file__).parents[1] / postgres.WHEEL / "pginstall" / "bin"
FACTS = (Decision, Annulment, Receipt)
KEY = "brand_id", "recipient_id", "channel", "recipient_type"


class LostDatabase:
    """Two machines with a journal each, one database, and what people hold of it."""

    def __init__(self, folder: Path, iys, traveller):
        self.folder, self.iys, self.traveller = folder, iys, traveller
        self.url = databases.migrated_template(folder, SECRETS)
        self.journals = [folder / "journal-1", folder / "journal-2"]
        for journal in self.journals:
            journal.mkdir()
        self.receipts: dict[str, str] = {}  # Locations, by the receipt's title now.
        self.people: dict[str, make.Person] = {}
        self.start()

    def start(self) -> None:
        """Start both machines."""
        settings = {**SECRETS, "INSTANCE": str(self.folder), "DATABASE_URL": self.url, "UNDO_SECONDS": "300"}
        self.machines = [create_app({**settings, "JOURNAL_DIR": str(each)}) for each in self.journals]
        for app in self.machines:
            app.testing, app.test_client_class, limiter.enabled = True, PageCheckingClient, False
        self.app = self.machines[0]

    def stop(self) -> None:
        for app in self.machines:
            app.extensions["visit_recorder"].stop()
            databases.close_connections(app)

    def decides(self, address: str, choice: str, *, machine: int = 0) -> str:
        """Somebody decides by their link; where their receipt is."""
        browser = self.machines[machine].test_client()
        answer = make.Person(browser, self.codes[address]).decides(EPOSTA=choice)
        assert answer.status_code == 303
        self.receipts[answer.location] = ""
        return answer.location

    def brings(self, *entries) -> None:
        """A file of a firm's is written."""
        with self.app.app_context():
            bulk_import.apply_import(db.session, vault(), make.brand(), entries, import_run())
            db.session.commit()

    def passes(self, by: timedelta) -> None:
        """Let time pass, and the forwarder work."""
        self.traveller.shift(by)
        make.forward_all(self.app, self.iys)

    def pulls(self) -> None:
        """Ask İYS what happened there."""
        with self.app.app_context():
            while feeds.pull_next_page(self.iys):
                pass

    def runs(self, *command: str) -> str:
        """What a command of the first machine says."""
        told = self.app.test_cli_runner().invoke(args=list(command))
        assert told.exit_code == 0, told.output
        return told.output

    def runs_apart(self, *command: str) -> None:
        """A command in a process of its own, which knows nothing of the database."""
        settings = {"PATH": f"{PROGRAMS}:/usr/bin:/bin", "INSTANCE": str(self.folder), "DATABASE_URL": self.url}
        subprocess.run([sys.executable, "-m", "portal", *command], env={**SECRETS, **settings}, check=True)

    def loses_its_database(self) -> None:
        self.stop()
        if databases.SERVER:
            with psycopg.connect(self.url, autocommit=True) as server:
                server.execute("DROP SCHEMA public CASCADE")
                server.execute("CREATE SCHEMA public")
        else:
            for file in self.folder.glob("template.db*"):
                file.unlink()
        self.start()

    def facts(self) -> dict[str, set]:
        """Every decision, annulment and receipt, with all that is kept of it; and on what each consent stands."""
        rows = make.Rows(self.app)
        kept = {}
        for model in FACTS:
            columns = [column.key for column in model.__table__.c]
            kept[model.__name__] = {tuple(str(getattr(each, name)) for name in columns) for each in rows(model)}
        stands = {(*(getattr(each, name) for name in KEY), each.status, each.decision_id) for each in rows(Consent)}
        held = {(each.id, each.reassigned_at) for each in rows(Recipient)}
        return kept | {"stands": stands, "held": held}

    def pages(self) -> dict[str, str]:
        """What people's receipts say first, by location."""
        browser = self.app.test_client()
        shown = {location: browser.get(location) for location in self.receipts}
        return {location: page.text.split("<h1>")[1].split("</h1>")[0] for location, page in shown.items()}

    def close(self) -> None:
        self.stop()
        if databases.SERVER:
            databases.drop_database(make_url(self.url).database)
