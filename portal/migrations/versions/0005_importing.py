"""Files of consents: batches, their bytes and lines, how they are read, and decisions that are taken back.

What was a list for a campaign's audience gets a name of its own, and its bad lines are sealed for their new place.
"""

import sqlalchemy as sa
from alembic import op
from flask import current_app

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STILL_TO_DO = sa.text("state IN ('uploaded', 'mapped', 'running', 'undoing')")
BROUGHT = sa.text("batch_id IS NOT NULL")
MAILS = (
    "confirmation", "already_here", "invitation", "reset", "new_device", "factor_changed", "password_changed",
    "new_owner", "admitted", "sent_back", "suspended", "answered", "order_settled",
)  # fmt: skip
FORMER, LATER = "import_row.value", "audience_line.value"
OPEN_RUN = "EXISTS (SELECT 1 FROM retention_run WHERE ended_at IS NULL)"
# What an annulment and a piece that ran say for ever; a sealed column may be sealed anew.
PIECE = "id provider_id batch_id sheet place first_line lines"


def upgrade():
    _name_the_lists()
    op.create_table('import_batch',
    sa.Column('id', BIG, autoincrement=False, nullable=False),
    sa.Column('provider_id', BIG, nullable=False),
    sa.Column('brand_id', BIG, nullable=False),
    sa.Column('user_id', BIG, nullable=True),
    sa.Column('on_behalf', sa.Boolean(), nullable=False),
    sa.Column('name', sa.LargeBinary(), nullable=False),
    sa.Column('digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('size', BIG, nullable=False),
    sa.Column('state', sa.Enum('uploaded', 'unreadable', 'read', 'mapped', 'rehearsed', 'running', 'stopped', 'done', 'undoing', 'undone', 'dropped', name='state', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('problem', sa.String(length=40), nullable=True),
    sa.Column('outline', sa.LargeBinary(), nullable=True),
    sa.Column('layout', sa.LargeBinary(), nullable=True),
    sa.Column('lines', sa.Integer(), nullable=False),
    sa.Column('pieces', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('tally', sa.JSON(), nullable=True),
    sa.Column('new_addresses', sa.Integer(), nullable=False),
    sa.Column('only_refusals', sa.Boolean(), nullable=False),
    sa.Column('asked', sa.JSON(), nullable=True),
    sa.Column('asked_at', sa.DateTime(), nullable=True),
    sa.Column('answered_by', BIG, nullable=True),
    sa.Column('answered_at', sa.DateTime(), nullable=True),
    sa.Column('lease_until', sa.DateTime(), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('since', sa.DateTime(), nullable=False),
    sa.Column('rehearsed_at', sa.DateTime(), nullable=True),
    sa.Column('begun_at', sa.DateTime(), nullable=True),
    sa.Column('begun_by', BIG, nullable=True),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.Column('undone_by', BIG, nullable=True),
    sa.Column('undone_at', sa.DateTime(), nullable=True),
    sa.Column('annulled', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['brand_id'], ['brand.id'], name=op.f('fk_import_batch_brand_id_brand')),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_import_batch_provider_id_provider')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_batch'))
    )
    op.create_table('import_piece',
    sa.Column('id', BIG, autoincrement=False, nullable=False),
    sa.Column('provider_id', BIG, nullable=False),
    sa.Column('batch_id', BIG, nullable=False),
    sa.Column('sheet', sa.Integer(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('first_line', sa.Integer(), nullable=False),
    sa.Column('lines', sa.Integer(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('verdicts', sa.LargeBinary(), nullable=True),
    sa.Column('tally', sa.JSON(), nullable=True),
    sa.Column('ran_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['batch_id'], ['import_batch.id'], name=op.f('fk_import_piece_batch_id_import_batch')),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_import_piece_provider_id_provider')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_piece')),
    sa.UniqueConstraint('batch_id', 'place', name=op.f('uq_import_piece_batch_id_place'))
    )
    op.create_table('upload_part',
    sa.Column('id', BIG, autoincrement=False, nullable=False),
    sa.Column('provider_id', BIG, nullable=False),
    sa.Column('batch_id', BIG, nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['batch_id'], ['import_batch.id'], name=op.f('fk_upload_part_batch_id_import_batch')),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_upload_part_provider_id_provider')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_upload_part')),
    sa.UniqueConstraint('batch_id', 'place', name=op.f('uq_upload_part_batch_id_place'))
    )
    op.create_table('import_profile',
    sa.Column('id', BIG, autoincrement=False, nullable=False),
    sa.Column('provider_id', BIG, nullable=False),
    sa.Column('name', sa.String(length=60), nullable=True),
    sa.Column('signature', sa.LargeBinary(length=32), nullable=False),
    sa.Column('layout', sa.LargeBinary(), nullable=False),
    sa.Column('used_at', sa.DateTime(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_import_profile_provider_id_provider')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_profile')),
    sa.UniqueConstraint('provider_id', 'name', name=op.f('uq_import_profile_provider_id_name')),
    sa.UniqueConstraint('provider_id', 'signature', name=op.f('uq_import_profile_provider_id_signature'))
    )
    op.create_table('leave',
    sa.Column('id', BIG, autoincrement=False, nullable=False),
    sa.Column('provider_id', BIG, nullable=False),
    sa.Column('given_by', BIG, nullable=False),
    sa.Column('given_at', sa.DateTime(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('withdrawn_by', BIG, nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_leave_provider_id_provider')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_leave'))
    )
    op.create_table('annulment',
    sa.Column('decision_id', BIG, nullable=False),
    sa.Column('provider_id', BIG, nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('user_id', BIG, nullable=True),
    sa.ForeignKeyConstraint(['decision_id'], ['decision.id'], name=op.f('fk_annulment_decision_id_decision')),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_annulment_provider_id_provider')),
    sa.PrimaryKeyConstraint('decision_id', name=op.f('pk_annulment'))
    )
    op.create_index("ix_import_batch_provider", "import_batch", ["provider_id", "created_at"])
    to_do = {"sqlite_where": STILL_TO_DO, "postgresql_where": STILL_TO_DO}
    op.create_index("ix_import_batch_to_do", "import_batch", ["lease_until"], **to_do)
    op.create_index("ix_leave_provider_id", "leave", ["provider_id"])
    # Plain columns: a table made anew would forget its triggers.
    op.add_column("decision", sa.Column("batch_id", BIG, nullable=True))
    op.add_column("decision", sa.Column("line", sa.Integer(), nullable=True))
    op.add_column("submission", sa.Column("batch_id", BIG, nullable=True))
    brought = {"sqlite_where": BROUGHT, "postgresql_where": BROUGHT}
    op.create_index("ix_decision_batch", "decision", ["batch_id", "line"], **brought)
    op.create_index("ix_submission_batch", "submission", ["batch_id", "outcome"], **brought)
    _let_mails_be((*MAILS, "import_asked"))
    (_guard_sqlite if op.get_bind().dialect.name == "sqlite" else _guard_postgresql)()


def downgrade():
    _unguard()
    op.execute("DELETE FROM mail WHERE kind = 'import_asked'")
    _let_mails_be(MAILS)
    op.drop_index("ix_submission_batch", "submission")
    op.drop_index("ix_decision_batch", "decision")
    op.drop_column("submission", "batch_id")
    op.drop_column("decision", "line")
    op.drop_column("decision", "batch_id")
    for table in ("annulment", "leave", "import_profile", "upload_part", "import_piece", "import_batch"):
        op.drop_table(table)
    _rename("audience_list", "import_batch", "audience_line", "import_row", "list_id", "batch_id")
    _seal_anew("import_row", LATER, FORMER)


def _name_the_lists():
    _rename("import_batch", "audience_list", "import_row", "audience_line", "batch_id", "list_id")
    _seal_anew("audience_line", FORMER, LATER)


def _rename(list_was, list_is, line_was, line_is, column_was, column_is):
    """Make both tables under their new names, take the rows over, and let the old ones go."""
    op.create_table(
        list_is,
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("provider_id", BIG, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("user_id", BIG, nullable=True),
        sa.Column("encoding", sa.String(length=20), nullable=False),
        sa.Column("separator", sa.String(length=3), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("bad", sa.Integer(), nullable=False),
        sa.Column("repeated", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f(f"fk_{list_is}_campaign_id_campaign")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f(f"fk_{list_is}_provider_id_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{list_is}")),
    )
    op.create_table(
        line_is,
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("provider_id", BIG, nullable=False),
        sa.Column(column_is, BIG, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("problem", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint([column_is], [f"{list_is}.id"], name=op.f(f"fk_{line_is}_{column_is}_{list_is}")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f(f"fk_{line_is}_provider_id_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{line_is}")),
    )
    of_list = "id, provider_id, campaign_id, user_id, encoding, separator, good, bad, repeated, created_at"
    op.execute(f"INSERT INTO {list_is} ({of_list}) SELECT {of_list} FROM {list_was}")  # nosec B608
    of_line = "id, provider_id, {}, line, value, problem"
    op.execute(
        f"INSERT INTO {line_is} ({of_line.format(column_is)}) SELECT {of_line.format(column_was)} FROM {line_was}"  # nosec B608
    )
    op.drop_table(line_was)
    op.drop_table(list_was)
    op.create_index(f"ix_{list_is}_campaign_id", list_is, ["campaign_id"])
    op.create_index(f"ix_{line_is}_{column_is}", line_is, [column_is])


def _seal_anew(table, was, becomes):
    """A seal is bound to its place, so whoever moves it must seal it anew."""
    connection, vault = op.get_bind(), current_app.extensions["vault"]
    change = sa.text(f"UPDATE {table} SET value = :value WHERE id = :id").bindparams(  # nosec B608
        sa.bindparam("value", type_=sa.LargeBinary())
    )
    for row in connection.execute(sa.text(f"SELECT id, provider_id, value FROM {table}")).all():  # nosec B608
        plain = vault.open(bytes(row.value), was, row.provider_id, row.id)
        connection.execute(change, {"id": row.id, "value": vault.seal(plain, becomes, row.provider_id, row.id)})


def _let_mails_be(kinds):
    """Change which words the kind of a mail may be."""
    stand = {check["name"] for check in sa.inspect(op.get_bind()).get_check_constraints("mail")}
    with op.batch_alter_table("mail") as batch:
        if "kind" in stand:
            batch.drop_constraint(batch.f("kind"), type_="check")
        batch.create_check_constraint(batch.f("kind"), f"kind IN ({', '.join(repr(kind) for kind in kinds)})")


def _guard_sqlite():
    def refuse(table, what, when, condition=""):
        op.execute(
            f"CREATE TRIGGER {table}_no_{what} BEFORE {when} ON {table} {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )

    refuse("annulment", "update", "UPDATE")
    refuse("annulment", "delete", "DELETE", f"WHEN NOT {OPEN_RUN}")
    taken = "EXISTS (SELECT 1 FROM annulment WHERE rowid = NEW.rowid OR decision_id = NEW.decision_id)"
    refuse("annulment", "replace", "INSERT", f"WHEN {taken}")
    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in PIECE.split())
    refuse("import_piece", "update", "UPDATE", f"WHEN {changed} OR ({_ran_otherwise('IS NOT')})")
    refuse("import_piece", "delete", "DELETE", f"WHEN OLD.ran_at IS NOT NULL AND NOT {OPEN_RUN}")
    taken = "SELECT 1 FROM import_piece WHERE rowid = NEW.rowid OR (batch_id = NEW.batch_id AND place = NEW.place)"
    refuse("import_piece", "replace", "INSERT", f"WHEN EXISTS ({taken})")


def _guard_postgresql():
    def refuse(table, what, when, condition="", function="refuse_change", each="ROW"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{what} BEFORE {when} ON {table} FOR EACH {each} {condition} "
            f"EXECUTE FUNCTION {function}()"
        )

    refuse("annulment", "update", "UPDATE")
    refuse("annulment", "delete", "DELETE", function="refuse_delete")
    refuse("annulment", "truncate", "TRUNCATE", each="STATEMENT")
    refuse("import_piece", "update", f"UPDATE OF {', '.join(PIECE.split())}")
    refuse("import_piece", "rerun", "UPDATE", f"WHEN ({_ran_otherwise('IS DISTINCT FROM')})")
    refuse("import_piece", "delete", "DELETE", "WHEN (OLD.ran_at IS NOT NULL)", function="refuse_delete")
    refuse("import_piece", "truncate", "TRUNCATE", each="STATEMENT")


def _ran_otherwise(differs):
    """Whether somebody says that a piece which ran did so at another time, or never."""
    return f"OLD.ran_at IS NOT NULL AND OLD.ran_at {differs} NEW.ran_at"


def _unguard():
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table in ("annulment", "import_piece"):
        for what in ("update", "delete", "replace", "truncate", "rerun"):
            on = "" if sqlite else f" ON {table}"
            op.execute(f"DROP TRIGGER IF EXISTS {table}_no_{what}{on}")
