"""Short links, campaigns, messages and imports; recipients, consents, decisions and complaints."""

import sqlalchemy as sa

from portal.migrations.baseline import ddl

ddl.table("link", ddl.ids("nonce", "owner"), ddl.times("created_at", "expires_at?", "revoked_at?"))
ddl.table("link_counter", ddl.ids("last_id"), [sa.CheckConstraint("id = 1", name="one_row")])
ddl.table(
    "visit",
    [ddl.column("id*", ddl.BIG, autoincrement=True)],
    ddl.ids("link_id"),
    ddl.times("at"),
    ddl.enum("kind", "scanner preview unknown"),
    ddl.strings(43, "network"),
    ddl.indexes("link_id"),
)
ddl.table(
    "campaign",
    ddl.references("provider", "brand"),
    ddl.strings(120, "name"),
    ddl.enum("kind", "ask refuse"),
    ddl.strings(40, "channels"),
    ddl.enum("delivery", "gateway csv point"),
    ddl.enum("contact_kind?", "purchase membership visit call form event request other"),
    ddl.dates("contact_date?"),
    ddl.strings(255, "contact_note?"),
    ddl.references(text_id="consent_text?"),
    ddl.times("expires_at?", "created_at", "launched_at?", "linked_at?", "closed_at?", "lease_until?"),
    ddl.indexes("brand_id", "provider_id"),
)
ddl.table(
    "consent_text",
    ddl.references("provider"),
    ddl.ids("campaign_id"),
    ddl.integers("version"),
    ddl.strings(255, "sender_title"),
    ddl.strings(16, "sender_mersis"),
    ddl.strings(255, "sender_contact", "brand_name", "title_tr"),
    ddl.texts("body_tr"),
    ddl.strings(255, "title_en"),
    ddl.texts("body_en"),
    ddl.strings(500, "notice_url"),
    ddl.blobs("digest"),
    ddl.times("created_at"),
    ddl.uniques("campaign_id version"),
)
ddl.table(
    "consent_point",
    ddl.references("provider", "brand", "campaign"),
    ddl.strings(60, "slug"),
    ddl.integers("daily_budget"),
    ddl.dates("warned_on?", "alarmed_on?"),
    ddl.times("closed_at?", "created_at"),
    ddl.uniques("campaign_id", "slug"),
    ddl.indexes("brand_id", "provider_id"),
)
ddl.table(
    "audience_entry",
    ddl.references("provider", "campaign", "recipient"),
    ddl.ids("link_id?"),
    ddl.enum("left_out?", "refused already_asked no_channel"),
    ddl.strings(40, "channels?"),
    ddl.uniques("campaign_id recipient_id", "link_id"),
)
ddl.table(
    "audience_list",
    ddl.references("provider", "campaign"),
    ddl.ids("user_id?"),
    ddl.strings(20, "encoding"),
    ddl.strings(3, "separator"),
    ddl.integers("good", "bad", "repeated"),
    ddl.times("created_at"),
    ddl.indexes("campaign_id"),
)
ddl.table(
    "audience_line",
    ddl.references("provider", list_id="audience_list"),
    ddl.integers("line"),
    ddl.blobs("value"),
    ddl.strings(40, "problem"),
    ddl.indexes("list_id"),
)
ddl.table(
    "consent_request",
    ddl.references("brand*", "recipient*"),
    ddl.enum("channel*", "MESAJ ARAMA EPOSTA"),
    ddl.references(entry_id="audience_entry"),
    ddl.indexes("entry_id"),
)
ddl.table(
    "message",
    ddl.enum("kind", "invitation confirmation code complaint_settled"),
    ddl.integers("rank"),
    ddl.strings(2, "language"),
    ddl.references("provider?", "campaign?", "recipient?"),
    ddl.ids("link_id?", "receipt_id?"),
    ddl.blobs("address?", "facts?", "text?"),
    ddl.enum("state", "waiting accepted failed not_needed"),
    ddl.times("due_at?", "expires_at?", "lease_until?"),
    ddl.integers("attempts"),
    ddl.times("created_at", "ended_at?"),
    ddl.indexes("campaign_id", "recipient_id"),
    ddl.index("ix_message_due", "rank", "due_at", where="due_at IS NOT NULL"),
    ddl.index("uq_message_carried", "link_id", unique=True, where="kind = 'invitation'"),
)
ddl.table(
    "import_batch",
    ddl.references("provider", "brand"),
    ddl.ids("user_id?"),
    ddl.flags("on_behalf"),
    ddl.blobs("name"),
    ddl.digests("digest"),
    ddl.ids("size"),
    ddl.enum("state", "uploaded unreadable read mapped dry_run running stopped done undoing undone dropped"),
    ddl.strings(40, "problem?"),
    ddl.blobs("outline?", "layout?"),
    ddl.integers("lines", "chunks", "position"),
    ddl.jsons("tally?"),
    ddl.integers("new_addresses"),
    ddl.flags("only_refusals"),
    ddl.jsons("asked?"),
    ddl.times("asked_at?"),
    ddl.ids("answered_by?"),
    ddl.times("answered_at?", "lease_until?"),
    ddl.integers("attempts"),
    ddl.times("state_changed_at", "dry_run_at?", "started_at?"),
    ddl.ids("started_by?"),
    ddl.times("ended_at?"),
    ddl.ids("undone_by?"),
    ddl.times("undone_at?"),
    ddl.integers("annulled"),
    ddl.times("created_at"),
    ddl.index("ix_import_batch_provider", "provider_id", "created_at"),
    ddl.index("ix_import_batch_to_do", "lease_until", where="state IN ('uploaded', 'mapped', 'running', 'undoing')"),
)
ddl.table(
    "upload_part",
    ddl.references("provider", batch_id="import_batch"),
    ddl.integers("place"),
    ddl.blobs("content"),
    ddl.uniques("batch_id place"),
)
ddl.table(
    "import_chunk",
    ddl.references("provider", batch_id="import_batch"),
    ddl.integers("sheet", "place", "first_line", "lines"),
    ddl.blobs("content", "row_results?"),
    ddl.jsons("tally?"),
    ddl.times("ran_at?"),
    ddl.uniques("batch_id place"),
)
ddl.table(
    "import_profile",
    ddl.references("provider"),
    ddl.strings(60, "name?"),
    ddl.digests("signature"),
    ddl.blobs("layout"),
    ddl.times("used_at", "created_at"),
    ddl.uniques("provider_id name", "provider_id signature"),
)
ddl.table(
    "recipient",
    ddl.references("provider"),
    ddl.enum("kind", "phone email"),
    ddl.blobs("address"),
    ddl.times("reassigned_at?", "created_at"),
    ddl.digests("index_odd?", "index_even?"),
    ddl.uniques("provider_id index_even", "provider_id index_odd"),
    ddl.index("ix_recipient_disowned", "provider_id", "reassigned_at", where="reassigned_at IS NOT NULL"),
)
ddl.table(
    "consent",
    ddl.references("provider", "brand", "recipient"),
    ddl.enum("channel", "MESAJ ARAMA EPOSTA"),
    ddl.enum("recipient_type", "BIREYSEL TACIR"),
    ddl.ids("decision_id?"),
    ddl.enum("status?", "ONAY RET"),
    ddl.times("consent_date?", "effective_at?"),
    ddl.strings(10, "iys_status?"),
    ddl.times("iys_as_of?"),
    ddl.uniques("brand_id recipient_id channel recipient_type"),
    ddl.indexes("recipient_id"),
)
ddl.table(
    "decision",
    ddl.references("provider", "brand", "recipient", "consent"),
    ddl.enum("channel", "MESAJ ARAMA EPOSTA"),
    ddl.enum("recipient_type", "BIREYSEL TACIR"),
    ddl.enum("status", "ONAY RET"),
    ddl.times("consent_date", "recorded_at", "effective_at"),
    ddl.strings(30, "source"),
    ddl.enum("origin", "link one_click point mine not_mine import staff iys other_sender renewal"),
    ddl.references(text_id="consent_text?"),
    ddl.ids("user_id?"),
    ddl.blobs("salt"),
    ddl.references(renews_id="decision?"),
    ddl.ids("batch_id?"),
    ddl.integers("line?"),
    ddl.indexes("consent_id", "provider_id recorded_at", "recipient_id", "renews_id"),
    ddl.index("ix_decision_batch", "batch_id", "line", where="batch_id IS NOT NULL"),
)
ddl.table(
    "receipt",
    ddl.ids("nonce"),
    ddl.strings(16, "number"),
    ddl.enum("origin", "link one_click point mine not_mine import staff iys other_sender renewal"),
    ddl.references("provider", "recipient"),
    ddl.ids("link_id?"),
    ddl.references(text_id="consent_text?"),
    ddl.strings(2, "language"),
    ddl.times("served_at?", "decided_at"),
    ddl.blobs("token_digest?"),
    ddl.strings(60, "choices"),
    ddl.blobs("request_metadata", "name?"),
    ddl.uniques("number recipient_id", "token_digest choices"),
    ddl.indexes("link_id", "recipient_id"),
)
ddl.table("receipt_decision", ddl.references("receipt*", "decision*"), ddl.indexes("decision_id"))
ddl.table("annulment", ddl.references("decision*", "provider"), ddl.times("at"), ddl.ids("user_id?"))
ddl.table("leaf", ddl.ids("decision_id*", "provider_id"), ddl.dates("day"), ddl.blobs("digest"), ddl.indexes("day"))
ddl.table("retention_run", ddl.strings(255, "reason"), ddl.times("started_at", "ended_at?"))
ddl.table(
    "complaint",
    ddl.ids("nonce"),
    ddl.enum("kind", "still_receiving erasure"),
    ddl.references("provider", "brand?", "recipient"),
    ddl.ids("receipt_id?"),
    ddl.strings(2, "language"),
    ddl.enum("channel?", "MESAJ ARAMA EPOSTA"),
    ddl.blobs("header?"),
    ddl.times("came_at?"),
    ddl.blobs("text?", "picture?"),
    ddl.enum("finding?", "after_refusal within_term before_refusal no_refusal"),
    ddl.times("due_at"),
    ddl.enum("closing?", "stopped not_ours within_term no_consent_needed erased nothing_held other"),
    ddl.times("closed_at?", "created_at"),
    ddl.indexes("recipient_id"),
    ddl.index("ix_complaint_desk", "provider_id", "closed_at", "due_at"),
)
ddl.table(
    "complaint_step",
    ddl.references("provider", "complaint"),
    ddl.times("at"),
    ddl.enum("act", "opened added noted put_off answered refused closed reopened reminded"),
    ddl.ids("user_id?"),
    ddl.blobs("text?"),
    ddl.indexes("complaint_id"),
)
