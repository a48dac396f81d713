"""Shell commands (`bin/flask …`), one file per group."""

from flask import Flask

from portal.cli import campaign, demo, imports, iys, jobs, receipts, staff, vault


def init_app(app: Flask) -> None:
    for group in (campaign.group, demo.group, iys.group, jobs.group, receipts.group, staff.group, vault.group):
        app.cli.add_command(group)
    app.cli.add_command(imports.import_files)
