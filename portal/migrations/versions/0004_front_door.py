"""The front door: people of several providers, sessions and factors, packages, papers and reviews, brands in full."""

import contextlib

import sqlalchemy as sa
from alembic import op
from flask import current_app

from portal.core import clock

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
EMAIL = "user_account.email"
PRACTISED = "{} BETWEEN 990000000 AND 999999999"  # Codes that İYS never gave to anybody.
# The price list as it was first published: name, addresses, Turkish lira a year.
PACKAGES = (
    ("İLETİ 5", 5_000, 290), ("İLETİ 25", 25_000, 490), ("İLETİ 75", 75_000, 790), ("İLETİ 150", 150_000, 1290),
    ("İLETİ 250", 250_000, 1990),
)  # fmt: skip


def upgrade():
    op.create_table('failed_try',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('step', sa.Enum('password', 'factor', 'step_up', 'ticket', name='step', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('account_digest', sa.LargeBinary(length=32), nullable=True),
    sa.Column('network_digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_failed_try'))
    )
    with op.batch_alter_table('failed_try', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_failed_try_account_digest_at'), ['account_digest', 'at'], unique=False)
        batch_op.create_index(batch_op.f('ix_failed_try_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_failed_try_network_digest_at'), ['network_digest', 'at'], unique=False)

    op.create_table('holiday',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('kind', sa.Enum('full', 'half', 'workday', name='kind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('changed_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('changed_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_holiday')),
    sa.UniqueConstraint('day', name=op.f('uq_holiday_day'))
    )
    op.create_table('mail',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('kind', sa.Enum('confirmation', 'already_here', 'invitation', 'reset', 'new_device', 'factor_changed', 'password_changed', 'new_owner', 'admitted', 'sent_back', 'suspended', 'answered', 'order_settled', name='kind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('language', sa.String(length=2), nullable=False),
    sa.Column('address', sa.LargeBinary(), nullable=False),
    sa.Column('facts', sa.LargeBinary(), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'sent', 'failed', name='state', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('due_at', sa.DateTime(), nullable=True),
    sa.Column('lease_until', sa.DateTime(), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail'))
    )
    with op.batch_alter_table('mail', schema=None) as batch_op:
        batch_op.create_index('ix_mail_due', ['due_at'], unique=False)

    op.create_table('package',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('records', sa.Integer(), nullable=False),
    sa.Column('price', sa.Integer(), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_package')),
    sa.UniqueConstraint('name', name=op.f('uq_package_name'))
    )
    op.create_table('assignment',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_assignment_provider_id_provider')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_assignment_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assignment')),
    sa.UniqueConstraint('user_id', 'provider_id', name=op.f('uq_assignment_user_id_provider_id'))
    )
    with op.batch_alter_table('assignment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_assignment_provider_id'), ['provider_id'], unique=False)

    op.create_table('factor',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.Enum('totp', 'passkey', name='kind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('secret', sa.LargeBinary(), nullable=True),
    sa.Column('last_step', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('credential_id', sa.LargeBinary(length=1023), nullable=True),
    sa.Column('public_key', sa.LargeBinary(), nullable=True),
    sa.Column('sign_count', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(), nullable=True),
    sa.Column('used_at', sa.DateTime(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_factor_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_factor')),
    sa.UniqueConstraint('credential_id', name=op.f('uq_factor_credential_id'))
    )
    with op.batch_alter_table('factor', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_factor_user_id'), ['user_id'], unique=False)

    op.create_table('inquiry',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('step', sa.Integer(), nullable=False),
    sa.Column('text', sa.LargeBinary(), nullable=False),
    sa.Column('asked_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('asked_at', sa.DateTime(), nullable=False),
    sa.Column('answer', sa.LargeBinary(), nullable=True),
    sa.Column('answered_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('answered_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_inquiry_provider_id_provider')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inquiry'))
    )
    with op.batch_alter_table('inquiry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_inquiry_provider_id'), ['provider_id'], unique=False)

    op.create_table('membership',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('role', sa.Enum('owner', 'manager', 'agent', 'developer', 'auditor', name='role', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('suspended_at', sa.DateTime(), nullable=True),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_membership_provider_id_provider')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_membership_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_membership')),
    sa.UniqueConstraint('user_id', 'provider_id', name=op.f('uq_membership_user_id_provider_id'))
    )
    with op.batch_alter_table('membership', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_membership_provider_id'), ['provider_id'], unique=False)

    op.create_table('network',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('cidr', sa.String(length=43), nullable=False),
    sa.Column('note', sa.String(length=120), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_network_provider_id_provider')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_network')),
    sa.UniqueConstraint('provider_id', 'cidr', name=op.f('uq_network_provider_id_cidr'))
    )
    op.create_table('package_order',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('package_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.Enum('first', 'renewal', 'upgrade', name='kind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('records', sa.Integer(), nullable=False),
    sa.Column('price', sa.Integer(), nullable=False),
    sa.Column('ordered_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ordered_at', sa.DateTime(), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(), nullable=True),
    sa.Column('declined_at', sa.DateTime(), nullable=True),
    sa.Column('settled_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('note', sa.String(length=500), nullable=True),
    sa.Column('starts_on', sa.Date(), nullable=True),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['package_id'], ['package.id'], name=op.f('fk_package_order_package_id_package')),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_package_order_provider_id_provider')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_package_order'))
    )
    with op.batch_alter_table('package_order', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_package_order_package_id'), ['package_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_package_order_provider_id'), ['provider_id'], unique=False)

    op.create_table('paper',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.Enum('authorisation', 'signature', name='kind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('media_type', sa.String(length=40), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('uploaded_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('uploaded_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_paper_provider_id_provider')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_paper'))
    )
    with op.batch_alter_table('paper', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_paper_provider_id'), ['provider_id'], unique=False)

    op.create_table('recovery_code',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('used_at', sa.DateTime(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_recovery_code_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recovery_code'))
    )
    with op.batch_alter_table('recovery_code', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_recovery_code_user_id'), ['user_id'], unique=False)

    op.create_table('review',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('act', sa.Enum('admitted', 'sent_back', 'suspended', 'resumed', name='act', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('note', sa.String(length=2000), nullable=False),
    sa.Column('called_on', sa.Date(), nullable=True),
    sa.Column('made_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('made_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_review_provider_id_provider')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review'))
    )
    with op.batch_alter_table('review', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_review_provider_id'), ['provider_id'], unique=False)

    op.create_table('sign_in',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('token_digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('device_digest', sa.LargeBinary(length=32), nullable=True),
    sa.Column('by', sa.Enum('totp', 'passkey', 'recovery', name='by', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('address', sa.LargeBinary(), nullable=False),
    sa.Column('agent', sa.String(length=300), nullable=False),
    sa.Column('serves_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('began_at', sa.DateTime(), nullable=False),
    sa.Column('seen_at', sa.DateTime(), nullable=False),
    sa.Column('stepped_up_at', sa.DateTime(), nullable=True),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.Column('ending', sa.Enum('signed_out', 'revoked', 'changed', 'idle', 'too_old', name='ending', native_enum=False, create_constraint=True, length=20), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_sign_in_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in'))
    )
    with op.batch_alter_table('sign_in', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sign_in_user_id_began_at'), ['user_id', 'began_at'], unique=False)

    op.create_table('ticket',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('kind', sa.Enum('invitation', 'confirmation', 'reset', name='kind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('token_digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('email', sa.LargeBinary(), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('invites_to', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('name', sa.String(length=120), nullable=True),
    sa.Column('role', sa.Enum('owner', 'manager', 'agent', 'developer', 'auditor', name='role', native_enum=False, create_constraint=True, length=20), nullable=True),
    sa.Column('operator_role', sa.Enum('admin', 'support', name='operator_role', native_enum=False, create_constraint=True, length=20), nullable=True),
    sa.Column('made_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('expires_at', sa.DateTime(), nullable=False),
    sa.Column('used_at', sa.DateTime(), nullable=True),
    sa.Column('revoked_at', sa.DateTime(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['invites_to'], ['provider.id'], name=op.f('fk_ticket_invites_to_provider')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_ticket_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket')),
    sa.UniqueConstraint('token_digest', name=op.f('uq_ticket_token_digest'))
    )
    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_invites_to'), ['invites_to'], unique=False)
        batch_op.create_index(batch_op.f('ix_ticket_user_id'), ['user_id'], unique=False)

    op.create_table('domain',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('brand_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('host', sa.String(length=253), nullable=False),
    sa.Column('proof', sa.String(length=64), nullable=False),
    sa.Column('verified_at', sa.DateTime(), nullable=True),
    sa.Column('checked_at', sa.DateTime(), nullable=True),
    sa.Column('missing_since', sa.DateTime(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['brand_id'], ['brand.id'], name=op.f('fk_domain_brand_id_brand')),
    sa.ForeignKeyConstraint(['provider_id'], ['provider.id'], name=op.f('fk_domain_provider_id_provider')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_domain')),
    sa.UniqueConstraint('host', name=op.f('uq_domain_host'))
    )
    with op.batch_alter_table('domain', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_domain_brand_id'), ['brand_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_domain_provider_id'), ['provider_id'], unique=False)

    _widen_audit()
    with op.batch_alter_table("brand") as table:
        for name, length in (("header", 11), ("colour", 7), ("contact", 255), ("notice_url", 500), ("source", 30)):
            table.add_column(sa.Column(name, sa.String(length=length), nullable=True))
        table.add_column(sa.Column("logo", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("logo_digest", sa.String(length=16), nullable=True))
        table.add_column(sa.Column("practises", sa.Boolean(), server_default=sa.false(), nullable=False))
        table.add_column(sa.Column("closed_at", sa.DateTime(), nullable=True))
    with op.batch_alter_table("brand") as table:
        table.alter_column("practises", server_default=None)
    _complete_the_providers()
    _free_the_people()
    with _rebuilt("credential", kind=("direct", "partner", "practice")):
        pass
    at = clock.now().replace(tzinfo=None)  # From this day on, providers that have none have a while to choose one.
    for number, (name, records, price) in enumerate(PACKAGES, 1):
        op.get_bind().execute(
            sa.text("INSERT INTO package (id, name, records, price, created_at) VALUES (:id, :name, :records, :price, :at)")
            .bindparams(sa.bindparam("at", type_=sa.DateTime())),
            {"id": number, "name": name, "records": records, "price": price, "at": at},
        )  # fmt: skip


def downgrade():
    # The older version knows no sandbox, and would tell İYS what is only practised.
    op.execute("DELETE FROM connection WHERE credential_id IN (SELECT id FROM credential WHERE kind = 'practice')")
    op.execute("DELETE FROM credential WHERE kind = 'practice'")
    with _rebuilt("credential", kind=("direct", "partner")):
        pass
    _bind_the_people()
    with _rebuilt("provider", kind=None, legal_form=None) as table:
        table.drop_constraint("uq_provider_entered_code", type_="unique")
        for name in ("suspended_at", "admitted_at", "asked_at", "applied_at", "representative", "tax_number"):
            table.drop_column(name)
        for name in ("legal_form", "kind", "entered_code"):
            table.drop_column(name)
    with op.batch_alter_table("brand") as table:
        for name in ("closed_at", "practises", "logo_digest", "logo", "source", "notice_url", "contact", "colour"):
            table.drop_column(name)
        table.drop_column("header")
    _narrow_audit()
    with op.batch_alter_table('domain', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_domain_provider_id'))
        batch_op.drop_index(batch_op.f('ix_domain_brand_id'))

    op.drop_table('domain')
    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ticket_user_id'))
        batch_op.drop_index(batch_op.f('ix_ticket_invites_to'))

    op.drop_table('ticket')
    with op.batch_alter_table('sign_in', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sign_in_user_id_began_at'))

    op.drop_table('sign_in')
    with op.batch_alter_table('review', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_review_provider_id'))

    op.drop_table('review')
    with op.batch_alter_table('recovery_code', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_recovery_code_user_id'))

    op.drop_table('recovery_code')
    with op.batch_alter_table('paper', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_paper_provider_id'))

    op.drop_table('paper')
    with op.batch_alter_table('package_order', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_package_order_provider_id'))
        batch_op.drop_index(batch_op.f('ix_package_order_package_id'))

    op.drop_table('package_order')
    op.drop_table('network')
    with op.batch_alter_table('membership', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_membership_provider_id'))

    op.drop_table('membership')
    with op.batch_alter_table('inquiry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_inquiry_provider_id'))

    op.drop_table('inquiry')
    with op.batch_alter_table('factor', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_factor_user_id'))

    op.drop_table('factor')
    with op.batch_alter_table('assignment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_assignment_provider_id'))

    op.drop_table('assignment')
    op.drop_table('package')
    with op.batch_alter_table('mail', schema=None) as batch_op:
        batch_op.drop_index('ix_mail_due')

    op.drop_table('mail')
    op.drop_table('holiday')
    with op.batch_alter_table('failed_try', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_failed_try_network_digest_at'))
        batch_op.drop_index(batch_op.f('ix_failed_try_at'))
        batch_op.drop_index(batch_op.f('ix_failed_try_account_digest_at'))

    op.drop_table('failed_try')


def _widen_audit():
    with _rebuilt("audit_entry") as table:
        table.add_column(sa.Column("sign_in_id", BIG, nullable=True))
        table.alter_column("provider_id", existing_type=BIG, nullable=True)


def _narrow_audit():
    """Entries about no provider have no place in the older table; where there are any, it stays open for them."""
    about_none = op.get_bind().scalar(sa.text("SELECT count(*) FROM audit_entry WHERE provider_id IS NULL"))
    with _rebuilt("audit_entry") as table:
        table.drop_column("sign_in_id")
        table.alter_column("provider_id", existing_type=BIG, nullable=bool(about_none))


def _complete_the_providers():
    """Who is here already speaks with İYS and goes on doing so."""
    with op.batch_alter_table("provider") as table:
        table.add_column(sa.Column("entered_code", BIG, nullable=True))
        table.add_column(sa.Column("kind", sa.String(length=20), server_default="direct", nullable=False))
        table.add_column(sa.Column("legal_form", sa.String(length=20), server_default="company", nullable=False))
        table.add_column(sa.Column("tax_number", sa.String(length=11), server_default="", nullable=False))
        table.add_column(sa.Column("representative", sa.String(length=120), server_default="", nullable=False))
        for name in ("applied_at", "asked_at", "admitted_at", "suspended_at"):
            table.add_column(sa.Column(name, sa.DateTime(), nullable=True))
        table.create_unique_constraint("uq_provider_entered_code", ["entered_code"])
    op.execute(
        "UPDATE provider SET entered_code = iys_code, admitted_at = created_at, kind = CASE WHEN id IN (SELECT "
        "connection.provider_id FROM connection JOIN credential ON credential.id = connection.credential_id "
        "WHERE credential.kind = 'partner') THEN 'partner' ELSE 'direct' END"
    )
    # Who practised here before, and went the way down and up with us, practises still.
    op.execute(f"UPDATE provider SET entered_code = NULL, admitted_at = NULL WHERE {PRACTISED.format('iys_code')}")  # nosec B608
    op.execute(f"UPDATE brand SET practises = TRUE WHERE {PRACTISED.format('brand_code')}")  # nosec B608
    words = {"kind": ("partner", "direct", "exempt"), "legal_form": ("company", "tradesperson")}
    with _rebuilt("provider", **words) as table:
        for name in ("kind", "legal_form", "tax_number", "representative"):
            table.alter_column(name, server_default=None)


def _free_the_people():
    """A person belonged to one provider, and was its owner; their address was sealed for it."""
    with op.batch_alter_table("user_account") as table:
        table.add_column(sa.Column("language", sa.String(length=2), server_default="tr", nullable=False))
        table.add_column(sa.Column("operator_role", sa.String(length=20), nullable=True))
        table.add_column(sa.Column("confirmed_at", sa.DateTime(), nullable=True))
    op.execute(
        "INSERT INTO membership (id, user_id, provider_id, role, created_at) "
        "SELECT id, id, provider_id, 'owner', created_at FROM user_account"
    )
    op.execute("UPDATE user_account SET confirmed_at = created_at")
    _seal_anew("SELECT id, email, provider_id AS was, 0 AS becomes FROM user_account")
    with _rebuilt("user_account", operator_role=("admin", "support")) as table:
        table.alter_column("language", server_default=None)
        table.drop_index("ix_user_account_provider_id")
        table.drop_constraint("fk_user_account_provider_id_provider", type_="foreignkey")
        table.drop_column("provider_id")
        table.drop_column("session_epoch")


def _bind_the_people():
    """Each to a provider they own and may come in at. In the older table everybody is an owner, so nobody else has a
    place there: an auditor must not come back as one."""
    op.execute("DELETE FROM sign_in")
    op.execute("DELETE FROM ticket")
    op.execute("DELETE FROM recovery_code")
    op.execute("DELETE FROM factor")
    op.execute("DELETE FROM assignment")
    with op.batch_alter_table("user_account") as table:
        table.add_column(sa.Column("provider_id", BIG, nullable=True))
        table.add_column(sa.Column("session_epoch", BIG, server_default="1", nullable=False))
    op.execute(
        "UPDATE user_account SET provider_id = (SELECT provider_id FROM membership WHERE user_id = user_account.id "
        "AND role = 'owner' AND ended_at IS NULL AND suspended_at IS NULL ORDER BY id LIMIT 1)"
    )
    op.execute("DELETE FROM membership")
    op.execute("DELETE FROM user_account WHERE provider_id IS NULL")
    _seal_anew("SELECT id, email, 0 AS was, provider_id AS becomes FROM user_account")
    with _rebuilt("user_account", operator_role=None) as table:
        table.drop_column("confirmed_at")
        table.drop_column("operator_role")
        table.drop_column("language")
        table.alter_column("session_epoch", server_default=None)
        table.alter_column("provider_id", existing_type=BIG, nullable=False)
        table.create_foreign_key("fk_user_account_provider_id_provider", "provider", ["provider_id"], ["id"])
        table.create_index("ix_user_account_provider_id", ["provider_id"])


def _seal_anew(people):
    """An address is sealed for its place and provider, so whoever changes the provider must seal it anew."""
    connection, vault = op.get_bind(), current_app.extensions["vault"]
    change = sa.text("UPDATE user_account SET email = :email WHERE id = :id").bindparams(
        sa.bindparam("email", type_=sa.LargeBinary())
    )
    for row in connection.execute(sa.text(people)).all():
        plain = vault.open(bytes(row.email), EMAIL, row.was, row.id)
        connection.execute(change, {"id": row.id, "email": vault.seal(plain, EMAIL, row.becomes, row.id)})


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
