"""İYS in full: connections apart from credentials, lists, movements, pushes, reconciled days, sweeps and tallies."""

import contextlib

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAYS = ("link", "import", "staff", "iys")
LANES = ("refusals", "people")


def upgrade():
    op.create_table('tally',
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('span', sa.DateTime(), nullable=False),
    sa.Column('calls', sa.Integer(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('name', 'span', name=op.f('pk_tally'))
    )
    op.create_table('connection',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('credential_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('writes_since', sa.DateTime(), nullable=True),
    sa.Column('blocked_until', sa.DateTime(), nullable=True),
    sa.Column('grants_blocked_until', sa.DateTime(), nullable=True),
    sa.Column('blocked_code', sa.String(length=20), nullable=True),
    sa.Column('tested_at', sa.DateTime(), nullable=True),
    sa.Column('findings', sa.JSON(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['credential_id'], ['credential.id'], name=op.f('fk_connection_credential_id_credential')),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_connection_provider_id_provider')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_connection'))
    )
    with op.batch_alter_table('connection', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_connection_credential_id'), ['credential_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_connection_provider_id'), ['provider_id'], unique=True)

    op.create_table('bulk_request',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('brand_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('endpoint', sa.String(length=120), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('formed', 'held', 'sent', 'ended', name='state', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('due_at', sa.DateTime(), nullable=True),
    sa.Column('lease_until', sa.DateTime(), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('request_id', sa.String(length=40), nullable=True),
    sa.Column('code', sa.String(length=20), nullable=True),
    sa.Column('sent_at', sa.DateTime(), nullable=True),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.Column('released_at', sa.DateTime(), nullable=True),
    sa.Column('released_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['brand_id'], ['brand.id'], name=op.f('fk_bulk_request_brand_id_brand')),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_bulk_request_provider_id_provider')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bulk_request'))
    )
    with op.batch_alter_table('bulk_request', schema=None) as batch_op:
        batch_op.create_index('ix_bulk_request_due', ['due_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_bulk_request_provider_id'), ['provider_id'], unique=False)

    op.create_table('feed',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('brand_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('source', sa.Enum('IYS', 'HS', name='source', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('cursor', sa.String(length=255), nullable=True),
    sa.Column('cursor_at', sa.DateTime(), nullable=True),
    sa.Column('due_at', sa.DateTime(), nullable=True),
    sa.Column('lease_until', sa.DateTime(), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=True),
    sa.Column('pulled_at', sa.DateTime(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['brand_id'], ['brand.id'], name=op.f('fk_feed_brand_id_brand')),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_feed_provider_id_provider')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_feed')),
    sa.UniqueConstraint('brand_id', 'source', name=op.f('uq_feed_brand_id_source'))
    )
    with op.batch_alter_table('feed', schema=None) as batch_op:
        batch_op.create_index('ix_feed_due', ['due_at'], unique=False)

    op.create_table('push_registration',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('brand_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('channel', sa.Enum('MESAJ', 'ARAMA', 'EPOSTA', name='channel', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('token_digest', sa.LargeBinary(), nullable=False),
    sa.Column('token', sa.LargeBinary(), nullable=False),
    sa.Column('username', sa.String(length=40), nullable=False),
    sa.Column('password', sa.LargeBinary(), nullable=False),
    sa.Column('registered_at', sa.DateTime(), nullable=True),
    sa.Column('tested_at', sa.DateTime(), nullable=True),
    sa.Column('heard_at', sa.DateTime(), nullable=True),
    sa.Column('removed_at', sa.DateTime(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['brand_id'], ['brand.id'], name=op.f('fk_push_registration_brand_id_brand')),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_push_registration_provider_id_provider')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_push_registration')),
    sa.UniqueConstraint('token_digest', name=op.f('uq_push_registration_token_digest'))
    )
    with op.batch_alter_table('push_registration', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_push_registration_provider_id'), ['provider_id'], unique=False)

    op.create_table('reconciled_day',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('brand_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'empty', 'different', 'agreed', 'missed', name='state', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('due_at', sa.DateTime(), nullable=True),
    sa.Column('lease_until', sa.DateTime(), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=True),
    sa.Column('summary', sa.JSON(), nullable=True),
    sa.Column('rows', sa.Integer(), nullable=True),
    sa.Column('file', sa.LargeBinary(), nullable=True),
    sa.Column('file_hash', sa.String(length=96), nullable=True),
    sa.Column('iys_hash', sa.String(length=96), nullable=True),
    sa.Column('timestamp', sa.LargeBinary(), nullable=True),
    sa.Column('compared_at', sa.DateTime(), nullable=True),
    sa.Column('agreed_at', sa.DateTime(), nullable=True),
    sa.Column('archived_at', sa.DateTime(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['brand_id'], ['brand.id'], name=op.f('fk_reconciled_day_brand_id_brand')),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_reconciled_day_provider_id_provider')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reconciled_day')),
    sa.UniqueConstraint('brand_id', 'day', name=op.f('uq_reconciled_day_brand_id_day'))
    )
    with op.batch_alter_table('reconciled_day', schema=None) as batch_op:
        batch_op.create_index('ix_reconciled_day_due', ['due_at'], unique=False)

    op.create_table('sweep',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('brand_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('asked', sa.Integer(), nullable=False),
    sa.Column('drifted', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(), nullable=True),
    sa.Column('lease_until', sa.DateTime(), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=True),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['brand_id'], ['brand.id'], name=op.f('fk_sweep_brand_id_brand')),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_sweep_provider_id_provider')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sweep'))
    )
    with op.batch_alter_table('sweep', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sweep_brand_id'), ['brand_id'], unique=False)
        batch_op.create_index('ix_sweep_due', ['due_at'], unique=False)

    op.create_table('push',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('registration_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('received_at', sa.DateTime(), nullable=False),
    sa.Column('due_at', sa.DateTime(), nullable=True),
    sa.Column('lease_until', sa.DateTime(), nullable=True),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.Column('taken', sa.Integer(), nullable=False),
    sa.Column('unreadable', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_push_provider_id_provider')),
    sa.ForeignKeyConstraint(['registration_id'], ['push_registration.id'], name=op.f('fk_push_registration_id_push_registration')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_push'))
    )
    with op.batch_alter_table('push', schema=None) as batch_op:
        batch_op.create_index('ix_push_due', ['due_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_push_registration_id'), ['registration_id'], unique=False)

    op.create_table('movement',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('brand_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('consent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('status', sa.Enum('ONAY', 'RET', name='status', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('source', sa.String(length=40), nullable=False),
    sa.Column('consent_date', sa.DateTime(), nullable=True),
    sa.Column('creation_date', sa.DateTime(), nullable=False),
    sa.Column('transaction_id', sa.String(length=80), nullable=False),
    sa.Column('heard_at', sa.DateTime(), nullable=False),
    sa.Column('heard_by', sa.Enum('pull', 'push', 'file', 'sweep', name='heard_by', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('decision_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['brand_id'], ['brand.id'], name=op.f('fk_movement_brand_id_brand')),
    sa.ForeignKeyConstraint(['consent_id'], ['consent.id'], name=op.f('fk_movement_consent_id_consent')),
    sa.ForeignKeyConstraint(['decision_id'], ['decision.id'], name=op.f('fk_movement_decision_id_decision')),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_movement_provider_id_provider')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_movement')),
    sa.UniqueConstraint('consent_id', 'transaction_id', 'status', name=op.f('uq_movement_consent_id_transaction_id_status'))
    )
    with op.batch_alter_table('movement', schema=None) as batch_op:
        batch_op.create_index('ix_movement_brand_created', ['brand_id', 'creation_date'], unique=False)
        batch_op.create_index(batch_op.f('ix_movement_decision_id'), ['decision_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_movement_transaction_id'), ['transaction_id'], unique=False)

    op.create_table('difference',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('brand_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('day_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('kind', sa.Enum('only_at_iys', 'only_here', 'altered', 'drift', name='kind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('consent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('submission_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('line', sa.LargeBinary(), nullable=True),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('found_at', sa.DateTime(), nullable=False),
    sa.Column('settled_at', sa.DateTime(), nullable=True),
    sa.Column('settled_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('settlement', sa.Enum('take_theirs', 'send_again', 'explained', 'gone', name='settlement', native_enum=False, create_constraint=True, length=20), nullable=True),
    sa.Column('explanation', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['brand_id'], ['brand.id'], name=op.f('fk_difference_brand_id_brand')),
    sa.ForeignKeyConstraint(['consent_id'], ['consent.id'], name=op.f('fk_difference_consent_id_consent')),
    sa.ForeignKeyConstraint(['day_id'], ['reconciled_day.id'], name=op.f('fk_difference_day_id_reconciled_day')),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_difference_provider_id_provider')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_difference_submission_id_submission')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_difference'))
    )
    with op.batch_alter_table('difference', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_difference_consent_id'), ['consent_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_difference_day_id'), ['day_id'], unique=False)
        batch_op.create_index('ix_difference_open', ['provider_id', 'settled_at'], unique=False)

    _connect_the_credentials()
    with _rebuilt("decision", way=(*WAYS, "other_sender", "renewal")) as table:
        table.add_column(sa.Column("renews_id", BIG, nullable=True))
        table.create_index("ix_decision_renews_id", ["renews_id"])
        table.create_foreign_key("fk_decision_renews_id_decision", "decision", ["renews_id"], ["id"])
    with op.batch_alter_table("pace") as table:
        table.add_column(sa.Column("failures", sa.Integer(), server_default="0", nullable=False))
    with _rebuilt("submission", lane=(*LANES, "bulk")) as table:
        table.add_column(sa.Column("verified_at", sa.DateTime(), nullable=True))
        table.add_column(sa.Column("bulk_id", BIG, nullable=True))
        table.add_column(sa.Column("bulk_index", sa.Integer(), nullable=True))
        table.add_column(sa.Column("sub_request_id", sa.String(length=40), nullable=True))
        table.add_column(sa.Column("closed_at", sa.DateTime(), nullable=True))
        table.drop_index("ix_submission_lane_due")
        table.create_index(
            "ix_submission_lane_due", ["lane", "provider_id", "due_at"],
            sqlite_where=sa.text("due_at IS NOT NULL"), postgresql_where=sa.text("due_at IS NOT NULL"),
        )  # fmt: skip
        table.create_index(
            "ix_submission_too_late", ["lenient_deadline"],
            sqlite_where=sa.text("due_at IS NOT NULL"), postgresql_where=sa.text("due_at IS NOT NULL"),
        )  # fmt: skip
        table.create_index("ix_submission_bulk_id", ["bulk_id"])
        table.create_index("ix_submission_transaction", ["transaction_id"])
        table.create_index(
            "ix_submission_accepted", ["provider_id", "accepted_at"],
            sqlite_where=sa.text("accepted_at IS NOT NULL"), postgresql_where=sa.text("accepted_at IS NOT NULL"),
        )  # fmt: skip
        table.create_foreign_key("fk_submission_bulk_id_bulk_request", "bulk_request", ["bulk_id"], ["id"])


def downgrade():
    with _rebuilt("submission", lane=LANES) as table:
        table.drop_constraint("fk_submission_bulk_id_bulk_request", type_="foreignkey")
        table.drop_index("ix_submission_accepted")
        table.drop_index("ix_submission_transaction")
        table.drop_index("ix_submission_bulk_id")
        table.drop_index("ix_submission_too_late")
        table.drop_index("ix_submission_lane_due")
        table.create_index("ix_submission_lane_due", ["lane", "due_at"])
        for column in ("closed_at", "sub_request_id", "bulk_index", "bulk_id", "verified_at"):
            table.drop_column(column)
    with op.batch_alter_table("pace") as table:
        table.drop_column("failures")
    with _rebuilt("decision", way=WAYS) as table:
        table.drop_constraint("fk_decision_renews_id_decision", type_="foreignkey")
        table.drop_index("ix_decision_renews_id")
        table.drop_column("renews_id")
    _give_the_credentials_back()
    with op.batch_alter_table('difference', schema=None) as batch_op:
        batch_op.drop_index('ix_difference_open')
        batch_op.drop_index(batch_op.f('ix_difference_day_id'))
        batch_op.drop_index(batch_op.f('ix_difference_consent_id'))

    op.drop_table('difference')
    with op.batch_alter_table('movement', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_movement_transaction_id'))
        batch_op.drop_index(batch_op.f('ix_movement_decision_id'))
        batch_op.drop_index('ix_movement_brand_created')

    op.drop_table('movement')
    with op.batch_alter_table('push', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_push_registration_id'))
        batch_op.drop_index('ix_push_due')

    op.drop_table('push')
    with op.batch_alter_table('sweep', schema=None) as batch_op:
        batch_op.drop_index('ix_sweep_due')
        batch_op.drop_index(batch_op.f('ix_sweep_brand_id'))

    op.drop_table('sweep')
    with op.batch_alter_table('reconciled_day', schema=None) as batch_op:
        batch_op.drop_index('ix_reconciled_day_due')

    op.drop_table('reconciled_day')
    with op.batch_alter_table('push_registration', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_push_registration_provider_id'))

    op.drop_table('push_registration')
    with op.batch_alter_table('feed', schema=None) as batch_op:
        batch_op.drop_index('ix_feed_due')

    op.drop_table('feed')
    with op.batch_alter_table('bulk_request', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_bulk_request_provider_id'))
        batch_op.drop_index('ix_bulk_request_due')

    op.drop_table('bulk_request')
    with op.batch_alter_table('connection', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_connection_provider_id'))
        batch_op.drop_index(batch_op.f('ix_connection_credential_id'))

    op.drop_table('connection')
    op.drop_table('tally')


def _connect_the_credentials():
    """Each provider had one credential of its own, which also held what blocked it."""
    op.execute(
        "INSERT INTO connection (id, provider_id, credential_id, writes_since, blocked_until, grants_blocked_until, "
        "blocked_code, created_at) SELECT id, provider_id, id, created_at, blocked_until, grants_blocked_until, "
        "blocked_code, created_at FROM credential"
    )
    op.execute("UPDATE credential SET blocked_code = NULL")
    with _rebuilt("credential", kind=("direct", "partner")) as table:
        table.add_column(sa.Column("kind", sa.String(length=20), server_default="direct", nullable=False))
        table.add_column(sa.Column("integrator_code", BIG, nullable=True))
        table.drop_constraint("fk_credential_provider_id_provider", type_="foreignkey")
        table.drop_index("ix_credential_provider_id")
        table.drop_column("blocked_until")
        table.drop_column("grants_blocked_until")
    with _rebuilt("credential") as table:
        table.alter_column("kind", server_default=None)


def _give_the_credentials_back():
    """A partner's credential has no place in the older tables: providers connected by it must connect anew."""
    op.execute("DELETE FROM credential WHERE id NOT IN (SELECT credential_id FROM connection) OR kind = 'partner'")
    with _rebuilt("credential", kind=None) as table:
        table.drop_column("integrator_code")
        table.drop_column("kind")
        table.add_column(sa.Column("blocked_until", sa.DateTime(), nullable=True))
        table.add_column(sa.Column("grants_blocked_until", sa.DateTime(), nullable=True))
        table.create_foreign_key("fk_credential_provider_id_provider", "provider", ["provider_id"], ["id"])
        table.create_index("ix_credential_provider_id", ["provider_id"], unique=True)
    op.execute(
        "UPDATE credential SET (blocked_until, grants_blocked_until, blocked_code) = (SELECT blocked_until, "
        "grants_blocked_until, blocked_code FROM connection WHERE credential_id = credential.id)"
    )


@contextlib.contextmanager
def _rebuilt(table, **words):
    """Change a table, and let the database know the words of these columns (None: the column goes).

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
            if each:
                is_one_of = f"{column} IN ({', '.join(repr(word) for word in each)})"
                batch.create_check_constraint(batch.f(column), is_one_of)
    for trigger in triggers:
        connection.exec_driver_sql(trigger)
