"""Users, sign-in, audit, mails and address proofs."""

import sqlalchemy as sa

from portal.migrations.baseline import ddl

ddl.table(
    "user_account",
    ddl.blobs("email"),
    ddl.strings(120, "name"),
    ddl.strings(255, "password_hash"),
    ddl.strings(2, "language"),
    ddl.enum("operator_role?", "admin support"),
    ddl.times("confirmed_at?", "closed_at?", "created_at"),
    ddl.digests("index_odd?", "index_even?"),
    ddl.uniques("index_even", "index_odd"),
)
ddl.table(
    "membership",
    ddl.references(user_id="user_account"),
    ddl.references("provider"),
    ddl.enum("role", "owner manager agent developer auditor"),
    ddl.times("suspended_at?", "ended_at?", "created_at"),
    ddl.uniques("user_id provider_id"),
    ddl.indexes("provider_id"),
)
ddl.table(
    "assignment",
    ddl.references(user_id="user_account"),
    ddl.references("provider"),
    ddl.times("created_at"),
    ddl.uniques("user_id provider_id"),
    ddl.indexes("provider_id"),
)
ddl.table(
    "factor",
    ddl.references(user_id="user_account"),
    ddl.enum("kind", "totp passkey"),
    ddl.strings(60, "name"),
    ddl.blobs("secret?"),
    ddl.ids("last_step?"),
    [ddl.column("credential_id?", sa.LargeBinary(1023))],
    ddl.blobs("public_key?"),
    ddl.ids("sign_count"),
    ddl.times("confirmed_at?", "used_at?", "created_at"),
    ddl.uniques("credential_id"),
    ddl.indexes("user_id"),
)
ddl.table(
    "recovery_code",
    ddl.references(user_id="user_account"),
    ddl.digests("digest"),
    ddl.integers("number"),
    ddl.times("used_at?", "created_at"),
    ddl.indexes("user_id"),
)
ddl.table(
    "sign_in",
    ddl.references(user_id="user_account"),
    ddl.digests("token_digest", "device_digest?"),
    ddl.enum("by", "totp passkey recovery"),
    ddl.blobs("address"),
    ddl.strings(300, "agent"),
    ddl.ids("current_provider_id?"),
    ddl.times("started_at", "seen_at", "stepped_up_at?", "ended_at?"),
    ddl.enum("ending?", "signed_out revoked changed idle too_old"),
    ddl.indexes("user_id started_at"),
)
ddl.table(
    "one_time_link",
    ddl.enum("kind", "invitation confirmation reset"),
    ddl.digests("token_digest"),
    ddl.blobs("email"),
    ddl.references(user_id="user_account?"),
    ddl.references(invites_to="provider?"),
    ddl.strings(120, "name?"),
    ddl.enum("role?", "owner manager agent developer auditor"),
    ddl.enum("operator_role?", "admin support"),
    ddl.ids("made_by?"),
    ddl.times("expires_at", "used_at?", "revoked_at?", "created_at"),
    ddl.uniques("token_digest"),
    ddl.indexes("invites_to", "user_id"),
)
ddl.table(
    "audit_entry",
    ddl.references("provider?"),
    ddl.times("at"),
    ddl.enum("actor", "recipient user system"),
    ddl.ids("actor_id?", "sign_in_id?"),
    ddl.strings(40, "act", "subject"),
    ddl.ids("subject_id"),
    ddl.jsons("facts"),
    ddl.indexes("provider_id at", "subject subject_id"),
)
ddl.table(
    "mail",
    ddl.enum(
        "kind",
        "confirmation already_here invitation reset new_device factor_changed password_changed new_owner admitted "
        "sent_back suspended answered order_settled import_asked point_budget cases_wait",
    ),
    ddl.strings(2, "language"),
    ddl.blobs("address", "facts"),
    ddl.enum("state", "waiting sent failed"),
    ddl.times("due_at?", "lease_until?"),
    ddl.integers("attempts"),
    ddl.times("created_at", "ended_at?"),
    ddl.index("ix_mail_due", "due_at"),
)
ddl.table(
    "address_proof",
    ddl.ids("nonce"),
    ddl.enum("purpose", "mine point"),
    ddl.enum("kind", "phone email"),
    ddl.blobs("address"),
    ddl.strings(2, "language"),
    ddl.digests("code_digest", "prefix_digest", "network_digest"),
    ddl.references("brand?", "campaign?"),
    ddl.blobs("facts?"),
    ddl.flags("was_sent"),
    ddl.integers("tries"),
    ddl.times("created_at", "expires_at", "proved_at?"),
    ddl.digests("token_digest?"),
    ddl.times("open_until?", "ended_at?"),
    ddl.digests("index_odd?", "index_even?"),
    ddl.uniques("token_digest"),
    ddl.index("ix_address_proof_brand", "brand_id", "created_at"),
    ddl.index("ix_address_proof_created", "created_at"),
    ddl.index("ix_address_proof_even", "index_even", "created_at"),
    ddl.index("ix_address_proof_network", "network_digest", "created_at"),
    ddl.index("ix_address_proof_odd", "index_odd", "created_at"),
    ddl.index("ix_address_proof_prefix", "prefix_digest", "created_at"),
)
ddl.table(
    "signing_key",
    ddl.strings(43, "name"),
    ddl.strings(200, "public"),
    ddl.blobs("private?"),
    ddl.times("created_at", "retired_at?"),
    ddl.uniques("name"),
)
ddl.table(
    "throttle_hit",
    ddl.enum("action", "password factor step_up dead_link"),
    ddl.digests("account_digest?", "network_digest"),
    ddl.ids("user_id?"),
    ddl.times("at"),
    ddl.indexes("account_digest at", "at", "network_digest at"),
)
