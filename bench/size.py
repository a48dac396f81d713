"""Size: bytes that a person leaves who is asked and decides two channels, and an imported person on each channel.

`python -m bench.size sqlite|postgresql [people]`, by table and index, after a VACUUM. People are asked by a launch
whose links another system sends, decide by the page's own view, and are accepted by İYS one by one, a file's grants in
lists; then İYS's feed tells of them. Openings of links, which have no form, are left out; rows of `event` go after 60
days.
"""

import json
import secrets
import sys
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import NullPool, Row, bindparam, create_engine, select, text, update

from bench import decisions, environments, forwarding, imports
from portal.app import create_app
from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Operation, format_wire_date
from portal.core.models import BulkRequest, BulkState, FeedSource, Lane, Outcome, ReceivedVia, Submission
from portal.domain.consents import locking, movements
from portal.domain.consents.recipients import chunks
from portal.services.iys.forwarding import outcomes
from tests import make

PEOPLE = 20_000
CHANNELS = 3  # Of an imported person.
LEAST = 0.5  # Bytes; less is not listed.
PARTS = {
    environments.SQLITE: "SELECT m.tbl_name, s.name, sum(s.pgsize) FROM dbstat s"
    " JOIN sqlite_master m ON m.name = s.name GROUP BY m.tbl_name, s.name",
    environments.POSTGRESQL: "SELECT t.relname, t.relname, pg_table_size(t.oid) FROM pg_class t WHERE t.relkind = 'r'"
    " AND t.relnamespace = 'public'::regnamespace UNION ALL SELECT t.relname, i.relname, pg_relation_size(i.oid)"
    " FROM pg_class t JOIN pg_index x ON x.indrelid = t.oid JOIN pg_class i ON i.oid = x.indexrelid"
    " WHERE t.relnamespace = 'public'::regnamespace",
}
TABLE = Submission.__table__
ACCEPT = update(TABLE).where(TABLE.c.id == bindparam("its_id")).values(
    outcome=Outcome.ACCEPTED, due_at=None, attempts=1, transaction_id=bindparam("its_transaction"),
    accepted_at=bindparam("its_date"), ended_at=bindparam("its_date"), bulk_id=bindparam("its_list"),
    bulk_index=bindparam("its_place"),
)  # fmt: skip

Sizes = dict[tuple[str, str], int]  # Bytes by table and part of it: itself or an index.


def measure(database: str, people: int) -> Iterator[str]:
    """The lines of both tables."""
    with environments.new_portal_settings(database) as environ:
        with environments.portal(environ):
            make.provider()
            sizes = [_sizes(database)]
        with environments.portal(environ) as app:
            codes = make.codes(app, environments.phone_list(people)).values()
            posts = list(decisions.decision_posts(codes, app.config["LINK_SALT"], decisions.CHOICES["phone"]))
        forwarding.post_decisions(create_app(environ), posts)
        with environments.portal(environ):
            _accept_all()
            sizes.append(_sizes(database))
        with imports.open_bench(environ) as bench:
            file = imports.write_csv(Path(environ["INSTANCE"]) / "liste.csv", people)
            bench.import_file(file.name, file)
        with environments.portal(environ):
            _accept_all()
            sizes.append(_sizes(database))
    yield from _table("a person asked, who decides two channels", database, people, *sizes[:2])
    yield from _table("an imported person and channel", database, CHANNELS * people, *sizes[1:])


def _accept_all() -> None:
    """What the forwarder writes down, a thousand in a transaction; and what İYS's feed then tells of them."""
    names = ("id", "provider_id", "consent_id", "status", "lane", "payload")
    waiting = select(*(TABLE.c[name] for name in names)).where(TABLE.c.outcome == Outcome.WAITING)
    for rows in chunks(list(db.session.execute(waiting.order_by(TABLE.c.id))), 1000):
        told = []
        for bulk_id in (_new_list(), None):
            told += _accept([row for row in rows if (row.lane == Lane.BULK) == bool(bulk_id)], bulk_id)
        db.session.commit()
        movements.apply_movements(
            db.session, vault(), make.brand(), told, by=ReceivedVia.PULL, feed=FeedSource.PROVIDER, at=clock.now()
        )
        db.session.commit()


def _accept(rows: Sequence[Row], bulk_id: int | None) -> list[movements.MovementRow]:
    at = clock.now()
    accepted, bodies, told = [], [], list[movements.MovementRow]()
    for place, row in enumerate(rows):
        answer = {"transactionId": secrets.token_hex(32), "creationDate": format_wire_date(at)}
        of_list = {"index": place, "status": "success", "subRequestId": str(uuid.uuid4())} if bulk_id else {}
        bodies.append((row.provider_id, row.id, None, json.dumps(of_list | answer).encode()))
        payload = vault().read(row.payload, Submission.PLACE, row.provider_id, row.id)
        told += filter(None, [movements.read_row(json.loads(payload) | answer)])
        accepted.append({"its_id": row.id, "its_transaction": answer["transactionId"], "its_date": at,
                         "its_list": bulk_id, "its_place": place if bulk_id else None})  # fmt: skip
    if rows:
        db.session.execute(ACCEPT, accepted)
        outcomes.record_attempts(Operation.BULK_RESULT if bulk_id else Operation.ADD, 200, bodies)
        locking.save_iys_statuses(db.session, {row.consent_id: (row.status.value, at) for row in rows})
    return told


def _new_list() -> int:
    brand, at = make.brand(), clock.now()
    made = BulkRequest(provider_id=brand.provider_id, brand_id=brand.id, endpoint="", size=0, state=BulkState.ENDED,
                       created_at=at)  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return made.id


def _sizes(database: str) -> Sizes:
    db.session.rollback()
    engine = create_engine(db.engine.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("VACUUM FULL" if database == environments.POSTGRESQL else "VACUUM"))
        return {(table, part): size for table, part, size in connection.execute(text(PARTS[database]))}


def _table(title: str, database: str, count: int, before: Sizes, after: Sizes) -> Iterator[str]:
    each = {part: (size - before.get(part, 0)) / count for part, size in after.items()}
    listed = {part: size for part, size in each.items() if size >= LEAST}
    by_table: dict[str, dict[str, float]] = defaultdict(dict)
    for (table, name), size in listed.items():
        by_table[table][name] = size
    yield f"| {title}: bytes on {database} ({count:,}) | table | indexes | which |"
    yield "| --- | --- | --- | --- |"
    for table, parts in sorted(by_table.items(), key=lambda item: -sum(item[1].values())):
        own = parts.pop(table, 0)
        which = ", ".join(f"{name} {size:.0f}" for name, size in sorted(parts.items(), key=lambda part: -part[1]))
        yield f"| {table} | {own:.0f} | {sum(parts.values()):.0f} | {which} |"
    events = sum(size for (table, _), size in each.items() if table == "event")
    yield f"| **in all** | **{sum(each.values()):.0f}** | without events {sum(each.values()) - events:.0f} | |"
    yield ""


if __name__ == "__main__":
    chosen = {"sqlite": environments.SQLITE, "postgresql": environments.POSTGRESQL}[sys.argv[1]]
    for line in measure(chosen, int(sys.argv[2]) if len(sys.argv) > 2 else PEOPLE):
        print(line)
