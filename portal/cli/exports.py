"""`flask export`: write a brand's consents, decisions or recipients to a file, for cron."""

import os
from datetime import datetime
from pathlib import Path

import click
from flask.cli import with_appcontext

from portal.cli.parameter_types import Channels, brand_option, find_brand
from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Channel
from portal.domain import audit
from portal.services import exports
from portal.services.exports import ExportFilter, ExportKind, wire_rows
from portal.web.shared.downloads import BYTE_ORDER_MARK, csv_line


@click.command("export")
@with_appcontext
@brand_option
@click.option("--kind", type=click.Choice([each.value for each in ExportKind]), default="consents", show_default=True)
@click.option("--channel", "channels", type=Channels(), default=[], help="One channel only.")
@click.option("--may-send", is_flag=True, help="Of consents those on which messages may be sent now.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="The first day of being noted, in Turkey.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day.")
@click.option("--out", type=click.Path(dir_okay=False, writable=True, path_type=Path), required=True)
def export_file(
    brand_code: int, kind: str, channels: list[Channel], may_send: bool, since: datetime | None,
    until: datetime | None, out: Path,
) -> None:  # fmt: skip
    """Write a CSV (columns by İYS's names), whole or not at all: whoever reads it meets no half of a list.

    Who may be messaged, each morning: 0 6 * * * bin/flask export --brand 123456 --channel MESAJ --may-send --out FILE
    """
    brand = find_brand(brand_code)
    if len(channels) > 1:
        raise click.UsageError("Name one channel, or none for all.")
    wanted = ExportFilter(
        ExportKind(kind), brand.provider_id, brand.id, channel=channels[0] if channels else None,
        may_send=may_send or None, since=since.date() if since else None, until=until.date() if until else None,
    )  # fmt: skip
    audit.note(
        db.session, "export.taken", "provider", brand.provider_id, provider_id=brand.provider_id, at=clock.now(),
        facts={"from": "shell", "kind": kind, "choices": wanted.describe()},
    )  # fmt: skip
    db.session.commit()
    click.echo(f"{_write(wanted, out)} rows")


def _write(wanted: ExportFilter, out: Path) -> int:
    count, draft = 0, out.with_name(f".{out.name}.{os.getpid()}")
    rows = exports.rows(read_session(), vault(), wanted, clock.now())
    try:
        with draft.open("w", newline="", encoding="utf-8") as file:
            draft.chmod(0o600)  # Addresses of people.
            file.write(BYTE_ORDER_MARK + csv_line(wire_rows.COLUMNS[wanted.kind]))
            for line in wire_rows.lines(rows):
                file.write(csv_line(line))
                count += 1
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    return count
