"""What owners were mailed about submissions that İYS has not taken."""

import sqlalchemy as sa
from alembic import op

from portal.migrations import enum_checks
from portal.migrations.baseline.ddl import BIG

revision = "0007"
down_revision = "0006"

LEVELS = ("amber", "red", "parked", "blocked", "expired")
MAILS = (
    "confirmation already_here invitation reset new_device factor_changed password_changed new_owner admitted "
    "sent_back suspended answered order_settled import_asked point_budget cases_wait name_settled import_ended"
)


def upgrade() -> None:
    enum_checks.set_values("mail", "kind", f"{MAILS} submissions_wait")
    level = sa.Enum(*LEVELS, name="level", native_enum=False, create_constraint=False, length=20)
    op.create_table(
        "submission_alarm",
        sa.Column("id", BIG, nullable=False),
        sa.Column("provider_id", BIG, nullable=False),
        sa.Column("level", level, nullable=False),
        sa.Column("mailed_at", sa.DateTime(), nullable=True),
        sa.Column("known_until", sa.DateTime(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission_alarm")),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.id"], name=op.f("fk_submission_alarm_provider_id_provider")
        ),
        sa.UniqueConstraint("provider_id", "level", name=op.f("uq_submission_alarm_provider_id_level")),
        sa.CheckConstraint(f"level IN {LEVELS}", name=op.f("ck_submission_alarm_level")),
    )


def downgrade() -> None:
    op.drop_table("submission_alarm")
    op.execute("DELETE FROM mail WHERE kind = 'submissions_wait'")
    enum_checks.set_values("mail", "kind", MAILS)
