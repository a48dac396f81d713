"""Shell commands (`bin/flask …`), one file per group or two."""

from flask import Flask

from portal.cli import (
    backup,
    campaign,
    database_copy,
    demo,
    doctor,
    exports,
    imports,
    iys,
    jobs,
    keys,
    maintenance,
    messages,
    noted_secrets,
    row_counts,
    staff,
    webhooks,
)


def init_app(app: Flask) -> None:
    for module in (campaign, demo, iys, jobs, maintenance, messages, noted_secrets, staff, webhooks):
        app.cli.add_command(module.group)
    for group in (keys.receipts_group, keys.vault_group):
        app.cli.add_command(group)
    others = (backup.backup, backup.restore, database_copy.copy_database, row_counts.recount)
    for command in (imports.import_files, exports.export_file, doctor.doctor, *others):
        app.cli.add_command(command)
