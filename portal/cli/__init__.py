"""Shell commands (`bin/flask …`), one file per group or two."""

from flask import Flask

from portal.cli import campaign, demo, doctor, exports, imports, iys, jobs, keys, messages, staff, webhooks


def init_app(app: Flask) -> None:
    for module in (campaign, demo, iys, jobs, messages, staff, webhooks):
        app.cli.add_command(module.group)
    for command in (keys.receipts_group, keys.vault_group, imports.import_files, exports.export_file, doctor.doctor):
        app.cli.add_command(command)
