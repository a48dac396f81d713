"""Addresses that a provider's people proved for its sandbox mode, and names of brands that wait for the operator."""

import sqlalchemy as sa
from alembic import op

from portal.migrations import enum_checks
from portal.migrations.baseline.ddl import BIG

revision = "0002"
down_revision = "0001"

MAILS = (
    "confirmation already_here invitation reset new_device factor_changed password_changed new_owner admitted "
    "sent_back suspended answered order_settled import_asked point_budget cases_wait"
)


def upgrade() -> None:
    enum_checks.set_values("address_proof", "purpose", "mine point sandbox")
    enum_checks.set_values("mail", "kind", f"{MAILS} name_settled")
    with op.batch_alter_table("address_proof") as table:
        table.add_column(sa.Column("sandbox_provider_id", BIG, nullable=True))
        name = "fk_address_proof_sandbox_provider_id_provider"
        table.create_foreign_key(name, "provider", ["sandbox_provider_id"], ["id"])
        table.create_index("ix_address_proof_sandbox_provider_id", ["sandbox_provider_id"])
    op.add_column("brand", sa.Column("requested_name", sa.String(255), nullable=True))
    op.add_column("brand", sa.Column("name_requested_at", sa.DateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("brand", "name_requested_at")
    op.drop_column("brand", "requested_name")
    op.execute("DELETE FROM address_proof WHERE purpose = 'sandbox'")
    op.execute("DELETE FROM mail WHERE kind = 'name_settled'")
    with op.batch_alter_table("address_proof") as table:
        table.drop_index("ix_address_proof_sandbox_provider_id")
        table.drop_constraint("fk_address_proof_sandbox_provider_id_provider", type_="foreignkey")
        table.drop_column("sandbox_provider_id")
    enum_checks.set_values("address_proof", "purpose", "mine point")
    enum_checks.set_values("mail", "kind", MAILS)
