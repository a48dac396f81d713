"""Users, sign-in, audit, mails and address proofs."""

import sqlalchemy as sa

from portal.migrations.baseline.columns import (
    blobs,
    column,
    digests,
    enum,
    flags,
    ids,
    index,
    indexes,
    integers,
    jsons,
    references,
    strings,
    table,
    times,
    uniques,
)

table(
    "user_account",
    blobs("email"),
    strings(120, "name"),
    strings(255, "password_hash"),
    strings(2, "language"),
    enum("operator_role?", "admin support"),
    times("confirmed_at?", "closed_at?", "created_at"),
    digests("index_odd?", "index_even?"),
    uniques("index_even", "index_odd"),
)
table(
    "membership",
    references(user_id="user_account"),
    references("provider"),
    enum("role", "owner manager agent developer auditor"),
    times("suspended_at?", "ended_at?", "created_at"),
    uniques("user_id provider_id"),
    indexes("provider_id"),
)
table(
    "assignment",
    references(user_id="user_account"),
    references("provider"),
    times("created_at"),
    uniques("user_id provider_id"),
    indexes("provider_id"),
)
table(
    "factor",
    references(user_id="user_account"),
    enum("kind", "totp passkey"),
    strings(60, "name"),
    blobs("secret?"),
    ids("last_step?"),
    [column("credential_id?", sa.LargeBinary(1023))],
    blobs("public_key?"),
    ids("sign_count"),
    times("confirmed_at?", "used_at?", "created_at"),
    uniques("credential_id"),
    indexes("user_id"),
)
table(
    "recovery_code",
    references(user_id="user_account"),
    digests("digest"),
    integers("number"),
    times("used_at?", "created_at"),
    indexes("user_id"),
)
table(
    "sign_in",
    references(user_id="user_account"),
    digests("token_digest", "device_digest?"),
    enum("by", "totp passkey recovery"),
    blobs("address"),
    strings(300, "agent"),
    ids("current_provider_id?"),
    times("started_at", "seen_at", "stepped_up_at?", "ended_at?"),
    enum("ending?", "signed_out revoked changed idle too_old"),
    indexes("user_id started_at"),
)
table(
    "one_time_link",
    enum("kind", "invitation confirmation reset"),
    digests("token_digest"),
    blobs("email"),
    references(user_id="user_account?"),
    references(invites_to="provider?"),
    strings(120, "name?"),
    enum("role?", "owner manager agent developer auditor"),
    enum("operator_role?", "admin support"),
    ids("made_by?"),
    times("expires_at", "used_at?", "revoked_at?", "created_at"),
    uniques("token_digest"),
    indexes("invites_to", "user_id"),
)
table(
    "audit_entry",
    references("provider?"),
    times("at"),
    enum("actor", "recipient user system"),
    ids("actor_id?", "sign_in_id?"),
    strings(40, "act", "subject"),
    ids("subject_id"),
    jsons("facts"),
    indexes("provider_id at", "subject subject_id"),
)
table(
    "mail",
    enum(
        "kind",
        "confirmation already_here invitation reset new_device factor_changed password_changed new_owner admitted "
        "sent_back suspended answered order_settled import_asked point_budget cases_wait",
    ),
    strings(2, "language"),
    blobs("address", "facts"),
    enum("state", "waiting sent failed"),
    times("due_at?", "lease_until?"),
    integers("attempts"),
    times("created_at", "ended_at?"),
    index("ix_mail_due", "due_at"),
)
table(
    "address_proof",
    ids("nonce"),
    enum("purpose", "mine point"),
    enum("kind", "phone email"),
    blobs("address"),
    strings(2, "language"),
    digests("code_digest", "prefix_digest", "network_digest"),
    references("brand?", "campaign?"),
    blobs("facts?"),
    flags("was_sent"),
    integers("tries"),
    times("created_at", "expires_at", "proved_at?"),
    digests("token_digest?"),
    times("open_until?", "ended_at?"),
    digests("index_odd?", "index_even?"),
    uniques("token_digest"),
    index("ix_address_proof_brand", "brand_id", "created_at"),
    index("ix_address_proof_created", "created_at"),
    index("ix_address_proof_even", "index_even", "created_at"),
    index("ix_address_proof_network", "network_digest", "created_at"),
    index("ix_address_proof_odd", "index_odd", "created_at"),
    index("ix_address_proof_prefix", "prefix_digest", "created_at"),
)
table(
    "signing_key",
    strings(43, "name"),
    strings(200, "public"),
    blobs("private?"),
    times("created_at", "retired_at?"),
    uniques("name"),
)
table(
    "throttle_hit",
    enum("action", "password factor step_up dead_link"),
    digests("account_digest?", "network_digest"),
    ids("user_id?"),
    times("at"),
    indexes("account_digest at", "at", "network_digest at"),
)
