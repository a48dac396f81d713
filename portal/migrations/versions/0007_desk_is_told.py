"""A desk is told by mail what waits there, and its cases remember that it was."""

import contextlib

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MAILS = (
    "confirmation", "already_here", "invitation", "reset", "new_device", "factor_changed", "password_changed",
    "new_owner", "admitted", "sent_back", "suspended", "answered", "order_settled", "import_asked", "point_budget",
)  # fmt: skip
STEPS = ("opened", "added", "noted", "put_off", "answered", "refused", "closed", "reopened")


def upgrade():
    with _rebuilt("mail", kind=(*MAILS, "cases_wait")):
        pass
    with _rebuilt("complaint_step", act=(*STEPS, "reminded")):
        pass


def downgrade():
    op.execute("DELETE FROM mail WHERE kind = 'cases_wait'")
    with _rebuilt("mail", kind=MAILS):
        pass
    # Steps are facts: one that was written stays, and so does its word.
    is_used = op.get_bind().scalar(sa.text("SELECT count(*) FROM complaint_step WHERE act = 'reminded'"))
    with _rebuilt("complaint_step", act=(*STEPS, "reminded") if is_used else STEPS):
        pass


@contextlib.contextmanager
def _rebuilt(table, **words):
    """Change a table, and let the database know the words of these columns.

    SQLite makes the table anew for it, and would forget its triggers.
    """
    connection = op.get_bind()
    triggers = []
    if connection.dialect.name == "sqlite":
        kept = sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
        triggers = list(connection.scalars(kept, {"table": table}))
    # A check of words is named by its column.
    stand = {check["name"] for check in sa.inspect(connection).get_check_constraints(table)}
    with op.batch_alter_table(table) as batch:
        for name in stand & set(words):
            batch.drop_constraint(batch.f(name), type_="check")
        yield batch
        for column, each in words.items():
            is_one_of = f"{column} IN ({', '.join(repr(word) for word in each)})"
            batch.create_check_constraint(batch.f(column), is_one_of)
    for trigger in triggers:
        connection.exec_driver_sql(trigger)
