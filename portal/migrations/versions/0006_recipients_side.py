"""The recipient's side: receipts with numbers and keys that sign them, messages of every kind, proofs of an address,
consent points, and cases on the desk."""

import secrets
import contextlib

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FORMER_WAYS = ("link", "import", "staff", "iys", "other_sender", "renewal")
WAYS = ("link", "one_click", "point", "mine", "not_mine", "import", "staff", "iys", "other_sender", "renewal")
KINDS = ("invitation", "confirmation", "code", "complaint_settled")
DELIVERIES = ("gateway", "csv")
MAILS = (
    "confirmation", "already_here", "invitation", "reset", "new_device", "factor_changed", "password_changed",
    "new_owner", "admitted", "sent_back", "suspended", "answered", "order_settled", "import_asked",
)  # fmt: skip
REVIEWS, FURTHER_REVIEWS = ("admitted", "sent_back", "suspended", "resumed"), ("left", "came_back")
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none is taken for another.
OPEN_RUN = "EXISTS (SELECT 1 FROM retention_run WHERE ended_at IS NULL)"
FORMER_RECEIPT = "id nonce provider_id recipient_id link_id text_id language served_at decided_at token_digest choices"
RECEIPT = f"{FORMER_RECEIPT} number way"
STEP = "id provider_id complaint_id at act user_id"
STILL_DUE = {"sqlite_where": sa.text("due_at IS NOT NULL"), "postgresql_where": sa.text("due_at IS NOT NULL")}
CARRIED = {"sqlite_where": sa.text("kind = 'invitation'"), "postgresql_where": sa.text("kind = 'invitation'")}
DISOWNED = {"sqlite_where": sa.text("disowned_at IS NOT NULL"), "postgresql_where": sa.text("disowned_at IS NOT NULL")}


def upgrade():
    _make_tables()
    # Plain columns: a table made anew would forget its triggers.
    op.add_column("brand", sa.Column("requires_name", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("provider", sa.Column("left_at", sa.DateTime(), nullable=True))
    op.add_column("recipient", sa.Column("disowned_at", sa.DateTime(), nullable=True))
    op.create_index("ix_recipient_disowned", "recipient", ["provider_id", "disowned_at"], **DISOWNED)
    with _rebuilt("campaign", delivery=(*DELIVERIES, "point")) as table:
        table.add_column(sa.Column("closed_at", sa.DateTime(), nullable=True))
    with _rebuilt("decision", way=WAYS), _rebuilt("mail", kind=(*MAILS, "point_budget")):
        pass
    with _rebuilt("review", act=(*REVIEWS, *FURTHER_REVIEWS)):
        pass
    _number_the_receipts()
    _let_messages_be()
    _guard(RECEIPT)


def downgrade():
    _unguard()
    _let_messages_be_links()
    with _rebuilt("receipt", way=None) as table:
        table.drop_constraint("uq_receipt_number_recipient_id", type_="unique")
        table.alter_column("link_id", existing_type=BIG, nullable=_is_used("receipt", "link_id IS NULL"))
        table.alter_column("text_id", existing_type=BIG, nullable=_is_used("receipt", "text_id IS NULL"))
        for column in ("name", "way", "number"):
            table.drop_column(column)
    # What was decided by a way that was unknown before stays as it is, and so does the word for it.
    with _rebuilt("decision", way=[way for way in WAYS if way in FORMER_WAYS or _is_used("decision", f"way = '{way}'")]):
        pass
    further = [act for act in FURTHER_REVIEWS if _is_used("review", f"act = '{act}'")]
    with _rebuilt("review", act=(*REVIEWS, *further)):
        pass
    op.execute("DELETE FROM mail WHERE kind = 'point_budget'")
    with _rebuilt("mail", kind=MAILS):
        pass
    op.execute("UPDATE campaign SET delivery = 'csv' WHERE delivery = 'point'")
    with _rebuilt("campaign", delivery=DELIVERIES) as table:
        table.drop_column("closed_at")
    op.drop_index("ix_recipient_disowned", "recipient")
    op.drop_column("recipient", "disowned_at")
    op.drop_column("provider", "left_at")
    op.drop_column("brand", "requires_name")
    for table in ("complaint_step", "complaint", "point", "address_proof", "signing_key"):
        op.drop_table(table)
    _guard_receipts(FORMER_RECEIPT)


def _make_tables():
    op.create_table('signing_key',
    sa.Column('id', BIG, autoincrement=False, nullable=False),
    sa.Column('name', sa.String(length=43), nullable=False),
    sa.Column('public', sa.String(length=200), nullable=False),
    sa.Column('private', sa.LargeBinary(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('retired_at', sa.DateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_signing_key')),
    sa.UniqueConstraint('name', name=op.f('uq_signing_key_name'))
    )
    op.create_table('complaint',
    sa.Column('id', BIG, autoincrement=False, nullable=False),
    sa.Column('nonce', BIG, nullable=False),
    sa.Column('kind', sa.Enum('still_receiving', 'erasure', name='kind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('provider_id', BIG, nullable=False),
    sa.Column('brand_id', BIG, nullable=True),
    sa.Column('recipient_id', BIG, nullable=False),
    sa.Column('receipt_id', BIG, nullable=True),
    sa.Column('language', sa.String(length=2), nullable=False),
    sa.Column('channel', sa.Enum('MESAJ', 'ARAMA', 'EPOSTA', name='channel', native_enum=False, create_constraint=True, length=20), nullable=True),
    sa.Column('header', sa.LargeBinary(), nullable=True),
    sa.Column('came_at', sa.DateTime(), nullable=True),
    sa.Column('text', sa.LargeBinary(), nullable=True),
    sa.Column('picture', sa.LargeBinary(), nullable=True),
    sa.Column('finding', sa.Enum('after_refusal', 'within_term', 'before_refusal', 'no_refusal', name='finding', native_enum=False, create_constraint=True, length=20), nullable=True),
    sa.Column('due_at', sa.DateTime(), nullable=False),
    sa.Column('closing', sa.Enum('stopped', 'not_ours', 'within_term', 'no_consent_needed', 'erased', 'nothing_held', 'other', name='closing', native_enum=False, create_constraint=True, length=20), nullable=True),
    sa.Column('closed_at', sa.DateTime(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['brand_id'], ['brand.id'], name=op.f('fk_complaint_brand_id_brand')),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_complaint_provider_id_provider')),
    sa.ForeignKeyConstraint(['recipient_id'], ['recipient.id'], name=op.f('fk_complaint_recipient_id_recipient')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_complaint'))
    )
    op.create_index('ix_complaint_desk', 'complaint', ['provider_id', 'closed_at', 'due_at'])
    op.create_index('ix_complaint_recipient_id', 'complaint', ['recipient_id'])
    op.create_table('complaint_step',
    sa.Column('id', BIG, autoincrement=False, nullable=False),
    sa.Column('provider_id', BIG, nullable=False),
    sa.Column('complaint_id', BIG, nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('act', sa.Enum('opened', 'added', 'noted', 'put_off', 'answered', 'refused', 'closed', 'reopened', name='act', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('user_id', BIG, nullable=True),
    sa.Column('text', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_complaint_step_complaint_id_complaint')),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_complaint_step_provider_id_provider')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_complaint_step'))
    )
    op.create_index('ix_complaint_step_complaint_id', 'complaint_step', ['complaint_id'])
    op.create_table('address_proof',
    sa.Column('id', BIG, autoincrement=False, nullable=False),
    sa.Column('nonce', BIG, nullable=False),
    sa.Column('purpose', sa.Enum('mine', 'point', name='purpose', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('kind', sa.Enum('phone', 'email', name='kind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('address', sa.LargeBinary(), nullable=False),
    sa.Column('language', sa.String(length=2), nullable=False),
    sa.Column('code_digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('prefix_digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('network_digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('brand_id', BIG, nullable=True),
    sa.Column('campaign_id', BIG, nullable=True),
    sa.Column('facts', sa.LargeBinary(), nullable=True),
    sa.Column('was_sent', sa.Boolean(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('expires_at', sa.DateTime(), nullable=False),
    sa.Column('proved_at', sa.DateTime(), nullable=True),
    sa.Column('token_digest', sa.LargeBinary(length=32), nullable=True),
    sa.Column('open_until', sa.DateTime(), nullable=True),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.Column('index_odd', sa.LargeBinary(length=32), nullable=True),
    sa.Column('index_even', sa.LargeBinary(length=32), nullable=True),
    sa.ForeignKeyConstraint(['brand_id'], ['brand.id'], name=op.f('fk_address_proof_brand_id_brand')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_address_proof_campaign_id_campaign')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_address_proof')),
    sa.UniqueConstraint('token_digest', name=op.f('uq_address_proof_token_digest'))
    )
    op.create_index('ix_address_proof_brand', 'address_proof', ['brand_id', 'created_at'])
    op.create_index('ix_address_proof_created', 'address_proof', ['created_at'])
    op.create_index('ix_address_proof_even', 'address_proof', ['index_even', 'created_at'])
    op.create_index('ix_address_proof_network', 'address_proof', ['network_digest', 'created_at'])
    op.create_index('ix_address_proof_odd', 'address_proof', ['index_odd', 'created_at'])
    op.create_index('ix_address_proof_prefix', 'address_proof', ['prefix_digest', 'created_at'])
    op.create_table('point',
    sa.Column('id', BIG, autoincrement=False, nullable=False),
    sa.Column('provider_id', BIG, nullable=False),
    sa.Column('brand_id', BIG, nullable=False),
    sa.Column('campaign_id', BIG, nullable=False),
    sa.Column('slug', sa.String(length=60), nullable=False),
    sa.Column('daily_budget', sa.Integer(), nullable=False),
    sa.Column('warned_on', sa.Date(), nullable=True),
    sa.Column('alarmed_on', sa.Date(), nullable=True),
    sa.Column('closed_at', sa.DateTime(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['brand_id'], ['brand.id'], name=op.f('fk_point_brand_id_brand')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_point_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_point_provider_id_provider')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_point')),
    sa.UniqueConstraint('campaign_id', name=op.f('uq_point_campaign_id')),
    sa.UniqueConstraint('slug', name=op.f('uq_point_slug'))
    )
    op.create_index('ix_point_brand_id', 'point', ['brand_id'])
    op.create_index('ix_point_provider_id', 'point', ['provider_id'])

def _number_the_receipts():
    """Each act that was kept gets a number that nobody can guess."""
    op.add_column("receipt", sa.Column("number", sa.String(length=16), nullable=True))
    op.add_column("receipt", sa.Column("way", sa.String(length=20), nullable=True))
    op.add_column("receipt", sa.Column("name", sa.LargeBinary(), nullable=True))
    connection = op.get_bind()
    change = sa.text("UPDATE receipt SET number = :number, way = 'link' WHERE id = :id")
    ids = list(connection.scalars(sa.text("SELECT id FROM receipt")))
    for first in range(0, len(ids), 5000):
        connection.execute(change, [{"id": each, "number": _number()} for each in ids[first : first + 5000]])
    with _rebuilt("receipt", way=WAYS) as table:
        table.alter_column("number", existing_type=sa.String(length=16), nullable=False)
        table.alter_column("way", existing_type=sa.String(length=20), nullable=False)
        table.alter_column("link_id", existing_type=BIG, nullable=True)
        table.alter_column("text_id", existing_type=BIG, nullable=True)
        table.create_unique_constraint("uq_receipt_number_recipient_id", ["number", "recipient_id"])
    _unguard(("receipt",), ("update",))


def _number():
    return "".join(secrets.choice(LETTERS) for _ in range(16))


def _let_messages_be():
    """Of other kinds than links: to an address that is no recipient's, and with a text that is written later."""
    with _rebuilt("message", kind=KINDS) as table:
        table.add_column(sa.Column("kind", sa.String(length=20), nullable=False, server_default="invitation"))
        table.add_column(sa.Column("rank", sa.Integer(), nullable=False, server_default="1"))
        table.add_column(sa.Column("language", sa.String(length=2), nullable=False, server_default="tr"))
        table.add_column(sa.Column("receipt_id", BIG, nullable=True))
        table.add_column(sa.Column("address", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("facts", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("expires_at", sa.DateTime(), nullable=True))
        for column in ("provider_id", "campaign_id", "recipient_id", "link_id"):
            table.alter_column(column, existing_type=BIG, nullable=True)
        table.alter_column("text", existing_type=sa.LargeBinary(), nullable=True)
        table.drop_constraint("uq_message_link_id", type_="unique")
        table.drop_index("ix_message_due")
        table.create_index("ix_message_due", ["rank", "due_at"], **STILL_DUE)
        table.create_index("uq_message_carried", ["link_id"], unique=True, **CARRIED)


def _let_messages_be_links():
    op.execute("DELETE FROM message WHERE kind <> 'invitation'")
    with _rebuilt("message", kind=None) as table:
        table.drop_index("uq_message_carried")
        table.drop_index("ix_message_due")
        table.create_index("ix_message_due", ["due_at"])
        table.create_unique_constraint("uq_message_link_id", ["link_id"])
        table.alter_column("text", existing_type=sa.LargeBinary(), nullable=False)
        for column in ("provider_id", "campaign_id", "recipient_id", "link_id"):
            table.alter_column(column, existing_type=BIG, nullable=False)
        for column in ("expires_at", "facts", "address", "receipt_id", "language", "rank", "kind"):
            table.drop_column(column)


def _is_used(table, condition):
    return bool(op.get_bind().scalar(sa.text(f"SELECT count(*) FROM {table} WHERE {condition}")))  # nosec B608


def _guard(receipt):
    """Steps of a case are facts; and so are a receipt's number and way."""
    _guard_receipts(receipt)
    taken = "SELECT 1 FROM complaint_step WHERE rowid = NEW.rowid OR id = NEW.id"
    if op.get_bind().dialect.name == "sqlite":
        _refuse_sqlite("complaint_step", "update", "UPDATE", f"WHEN {_changed(STEP)}")
        _refuse_sqlite("complaint_step", "delete", "DELETE", f"WHEN NOT {OPEN_RUN}")
        _refuse_sqlite("complaint_step", "replace", "INSERT", f"WHEN EXISTS ({taken})")
    else:
        _refuse_postgresql("complaint_step", "update", f"UPDATE OF {_listed(STEP)}")
        _refuse_postgresql("complaint_step", "delete", "DELETE", function="refuse_delete")
        _refuse_postgresql("complaint_step", "truncate", "TRUNCATE", each="STATEMENT")


def _guard_receipts(columns):
    if op.get_bind().dialect.name == "sqlite":
        _refuse_sqlite("receipt", "update", "UPDATE", f"WHEN {_changed(columns)}")
    else:
        _refuse_postgresql("receipt", "update", f"UPDATE OF {_listed(columns)}")


def _unguard(tables=("receipt", "complaint_step"), whats=("update", "delete", "replace", "truncate")):
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table in tables:
        for what in whats if table != "receipt" else ("update",):
            on = "" if sqlite else f" ON {table}"
            op.execute(f"DROP TRIGGER IF EXISTS {table}_no_{what}{on}")


def _refuse_sqlite(table, what, when, condition):
    op.execute(
        f"CREATE TRIGGER {table}_no_{what} BEFORE {when} ON {table} {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def _refuse_postgresql(table, what, when, function="refuse_change", each="ROW"):
    op.execute(
        f"CREATE TRIGGER {table}_no_{what} BEFORE {when} ON {table} FOR EACH {each} EXECUTE FUNCTION {function}()"
    )


def _changed(columns):
    return " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns.split())


def _listed(columns):
    return ", ".join(columns.split())


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
