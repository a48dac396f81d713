"""Size: bytes that a person leaves who is asked and decides two channels, and an imported person on each channel.

`python -m bench.size sqlite|postgresql [people]`, by table and index, after a VACUUM. People are asked by a launch
whose links another system sends, decide by the page's own view, and are accepted by İYS one by one, a file's grants in
lists; then İYS's feed tells of them. Openings of links, which have no form, are left out; rows of `event` go after 60
days.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import NullPool, create_engine, text

from bench import decisions, environments, forwarding, imports
from bench.iys_answers import accept_all
from portal.app import create_app
from portal.core.extensions import db
from portal.services import row_tallies
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
            accept_all()
            sizes.append(_sizes(database))
        with imports.open_bench(environ) as bench:
            file = imports.write_csv(Path(environ["INSTANCE"]) / "liste.csv", people)
            bench.import_file(file.name, file)
        with environments.portal(environ):
            accept_all()
            sizes.append(_sizes(database))
    yield from _table("a person asked, who decides two channels", database, people, *sizes[:2])
    yield from _table("an imported person and channel", database, CHANNELS * people, *sizes[1:])


def _sizes(database: str) -> Sizes:
    db.session.rollback()
    row_tallies.fold_changes()  # As the worker does each minute.
    db.session.commit()
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
