"""Webhooks: endpoints of providers, the log of deliveries, and mails about endpoints that fail."""

import sqlalchemy as sa
from alembic import op

from portal.migrations import enum_checks
from portal.migrations.baseline.ddl import BIG

revision = "0031"
down_revision = "0030"

MAILS = (
    "confirmation already_here invitation reset new_device factor_changed password_changed new_owner admitted "
    "sent_back suspended answered order_settled import_asked import_ended point_budget name_settled submissions_wait "
    "gateway_stopped launch_refused campaign_paused cases_wait confirmations_wait replies_wait"
)


def upgrade() -> None:
    enum_checks.set_values("mail", "kind", f"{MAILS} webhook_fails")
    _create_endpoints()
    _create_deliveries()


def _create_endpoints() -> None:
    op.create_table(
        "webhook_endpoint",
        *_columns(BIG, "id", "provider_id"),
        *_columns(sa.LargeBinary(), "url"),
        _enum("webhook_endpoint", "algorithm", "hmac ed25519"),
        *_columns(sa.LargeBinary(), "secret"),
        *_columns(sa.LargeBinary(), "former_secret", nullable=True),
        *_columns(sa.DateTime(), "former_until", nullable=True),
        *_columns(sa.JSON(), "types"),
        *_columns(sa.JSON(), "brand_ids", nullable=True),
        *_columns(sa.Boolean(), "shows_addresses"),
        *_columns(BIG, "position"),
        *_columns(sa.DateTime(), "due_at", "lease_until", nullable=True),
        *_columns(sa.Boolean(), "is_slow"),
        *_columns(sa.Integer(), "failures"),
        *_columns(sa.DateTime(), "failing_since", "mailed_at", "succeeded_at", nullable=True),
        _enum("webhook_endpoint", "off_reason", "paused failing gone", nullable=True),
        *_columns(sa.DateTime(), "off_at", nullable=True),
        *_columns(sa.DateTime(), "heartbeat_at"),
        *_columns(BIG, "created_by"),
        *_columns(sa.DateTime(), "created_at"),
        *_constraints("webhook_endpoint", "provider"),
    )
    op.create_index(op.f("ix_webhook_endpoint_provider_id"), "webhook_endpoint", ["provider_id"])
    _index_due("webhook_endpoint", "due_at")


def _create_deliveries() -> None:
    op.create_table(
        "webhook_delivery",
        *_columns(BIG, "id", "provider_id", "endpoint_id"),
        *_columns(BIG, "event_id", nullable=True),
        *_columns(sa.String(20), "type"),
        *_columns(sa.JSON(), "facts", nullable=True),
        _enum("webhook_delivery", "state", "waiting delivered failed aborted"),
        *_columns(sa.Integer(), "attempts"),
        *_columns(sa.DateTime(), "due_at", "attempted_at", nullable=True),
        *_columns(sa.SmallInteger(), "status", nullable=True),
        *_columns(sa.String(20), "error", nullable=True),
        *_columns(sa.Integer(), "milliseconds", nullable=True),
        *_columns(sa.DateTime(), "created_at"),
        *_columns(sa.DateTime(), "ended_at", nullable=True),
        *_constraints("webhook_delivery", "provider"),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoint.id"], name=op.f("fk_webhook_delivery_endpoint_id_webhook_endpoint")
        ),
        sa.UniqueConstraint("endpoint_id", "event_id", name=op.f("uq_webhook_delivery_endpoint_id_event_id")),
    )
    op.create_index("ix_webhook_delivery_log", "webhook_delivery", ["endpoint_id", "created_at"])
    _index_due("webhook_delivery", "endpoint_id", "due_at")


def downgrade() -> None:
    op.drop_table("webhook_delivery")
    op.drop_table("webhook_endpoint")
    op.execute("DELETE FROM mail WHERE kind = 'webhook_fails'")
    enum_checks.set_values("mail", "kind", MAILS)


def _columns(type_: sa.types.TypeEngine, *names: str, nullable: bool = False) -> tuple[sa.Column, ...]:
    return tuple(sa.Column(name, type_, nullable=nullable) for name in names)


def _enum(table: str, name: str, values: str, *, nullable: bool = False) -> sa.Column:
    check = op.f(f"ck_{table}_{name}")
    kind = sa.Enum(*values.split(), name=check, native_enum=False, create_constraint=True, length=20)
    return sa.Column(name, kind, nullable=nullable)


def _constraints(table: str, parent: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint([f"{parent}_id"], [f"{parent}.id"], name=op.f(f"fk_{table}_{parent}_id_{parent}")),
    )


def _index_due(table: str, *columns: str) -> None:
    is_due = sa.text("due_at IS NOT NULL")
    op.create_index(f"ix_{table}_due", table, list(columns), sqlite_where=is_due, postgresql_where=is_due)
