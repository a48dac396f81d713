"""Providers, brands, packages, onboarding and connections to İYS."""

from portal.migrations.baseline import ddl

ddl.table(
    "provider",
    ddl.ids("iys_code", "pending_iys_code?"),
    ddl.enum("kind", "partner direct exempt"),
    ddl.enum("legal_form", "company tradesperson"),
    ddl.strings(255, "title"),
    ddl.strings(16, "mersis"),
    ddl.strings(11, "tax_number"),
    ddl.strings(120, "representative"),
    ddl.strings(255, "contact"),
    ddl.strings(500, "notice_url"),
    ddl.strings(30, "source"),
    ddl.times("applied_at?", "asked_at?", "admitted_at?", "suspended_at?", "left_at?", "created_at"),
    ddl.uniques("iys_code", "pending_iys_code"),
)
ddl.table(
    "brand",
    ddl.references("provider"),
    ddl.ids("brand_code"),
    ddl.strings(255, "name"),
    ddl.strings(11, "header?"),
    ddl.strings(7, "colour?"),
    ddl.strings(255, "contact?"),
    ddl.strings(500, "notice_url?"),
    ddl.strings(30, "source?"),
    ddl.blobs("logo?"),
    ddl.strings(16, "logo_digest?"),
    ddl.flags("requires_name", "is_sandbox"),
    ddl.times("closed_at?", "created_at"),
    ddl.uniques("brand_code"),
    ddl.indexes("provider_id"),
)
ddl.table(
    "domain",
    ddl.references("provider", "brand"),
    ddl.strings(253, "host"),
    ddl.strings(64, "proof"),
    ddl.times("verified_at?", "checked_at?", "missing_since?", "created_at"),
    ddl.uniques("host"),
    ddl.indexes("brand_id", "provider_id"),
)
ddl.table(
    "network",
    ddl.references("provider"),
    ddl.strings(43, "cidr"),
    ddl.strings(120, "note"),
    ddl.times("created_at"),
    ddl.uniques("provider_id cidr"),
)
ddl.table(
    "package",
    ddl.strings(60, "name"),
    ddl.integers("records", "price"),
    ddl.times("withdrawn_at?", "created_at"),
    ddl.uniques("name"),
)
ddl.table(
    "package_order",
    ddl.references("provider", "package"),
    ddl.enum("kind", "first renewal upgrade"),
    ddl.integers("records", "price"),
    ddl.ids("ordered_by"),
    ddl.times("ordered_at", "confirmed_at?", "declined_at?"),
    ddl.ids("settled_by?"),
    ddl.strings(500, "note?"),
    ddl.dates("starts_on?", "ends_on?"),
    ddl.indexes("package_id", "provider_id"),
)
ddl.table(
    "paper",
    ddl.references("provider"),
    ddl.enum("kind", "authorisation signature"),
    ddl.strings(40, "media_type"),
    ddl.integers("size"),
    ddl.digests("digest"),
    ddl.blobs("content"),
    ddl.ids("uploaded_by"),
    ddl.times("uploaded_at"),
    ddl.indexes("provider_id"),
)
ddl.table(
    "review",
    ddl.references("provider"),
    ddl.enum("act", "admitted sent_back suspended resumed left came_back"),
    ddl.strings(2000, "note"),
    ddl.dates("called_on?"),
    ddl.ids("made_by"),
    ddl.times("made_at"),
    ddl.indexes("provider_id"),
)
ddl.table(
    "inquiry",
    ddl.references("provider"),
    ddl.integers("step"),
    ddl.blobs("text"),
    ddl.ids("asked_by"),
    ddl.times("asked_at"),
    ddl.blobs("answer?"),
    ddl.ids("answered_by?"),
    ddl.times("answered_at?"),
    ddl.indexes("provider_id"),
)
ddl.table(
    "delegation",
    ddl.references("provider"),
    ddl.ids("given_by"),
    ddl.times("given_at"),
    ddl.dates("ends_on"),
    ddl.ids("withdrawn_by?"),
    ddl.times("withdrawn_at?"),
    ddl.indexes("provider_id"),
)
ddl.table(
    "credential",
    ddl.enum("kind", "direct partner sandbox"),
    ddl.ids("provider_id", "integrator_code?"),
    ddl.strings(120, "username"),
    ddl.blobs("password", "access_token?"),
    ddl.times("access_until?"),
    ddl.blobs("refresh_token?"),
    ddl.times("refresh_until?", "lease_until?", "backoff_until?", "refused_at?"),
    ddl.strings(20, "blocked_code?"),
    ddl.times("created_at"),
)
ddl.table(
    "connection",
    ddl.references("provider", "credential"),
    ddl.times("forwarding_enabled_at?", "blocked_until?", "grants_blocked_until?"),
    ddl.strings(20, "blocked_code?"),
    ddl.times("tested_at?"),
    ddl.jsons("findings?"),
    ddl.times("created_at"),
    ddl.indexes("credential_id"),
    ddl.index("ix_connection_provider_id", "provider_id", unique=True),
)
ddl.table(
    "holiday",
    ddl.dates("day"),
    ddl.enum("kind", "full half workday"),
    ddl.strings(120, "name"),
    ddl.ids("changed_by?"),
    ddl.times("changed_at"),
    ddl.uniques("day"),
)
