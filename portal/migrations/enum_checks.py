"""The values that an enum column's CHECK constraint allows, which Alembic does not compare."""

import sqlalchemy as sa
from alembic import op

from portal.migrations.append_only import event_triggers_dropped


def set_values(table: str, column: str, values: str) -> None:
    """Allow exactly these values, separated by spaces, in a column that baseline/ddl.py made."""
    name, check = op.f(f"ck_{table}_{column}"), f"{column} IN ({', '.join(map(repr, values.split()))})"
    with event_triggers_dropped(table), op.batch_alter_table(table) as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, sa.text(check))
