"""Whatever stands in a message to a stranger, or in the subject of a mail of ours, is ours or was reviewed. A new
variable of a template has to be put into one of these lists, by who looks where its words come from."""

from jinja2 import Environment
from jinja2.meta import find_undeclared_variables

from tests.architecture import product

TEMPLATES = product.ROOT / "templates"
# Made by us: texts, numbers, links, codes, days, members of enums, and addresses that are masked.
OURS = {
    "code", "purpose", "notice", "link", "refusal", "receipt", "pair", "granted", "refused", "brands",
    "language", "until", "role", "roles", "address", "count", "level", "day", "is_over", "opened", "near", "overdue",
    "is_used_up", "check", "is_complete", "is_confirmed", "grants_by_reply", "paragraphs",
}  # fmt: skip
# Seen by the operator before anybody reads them (docs/decisions/reviewed-texts.md): who sends, what a campaign says.
REVIEWED = {
    "sender", "title", "firm", "contact", "reply_number", "keyword", "place",
    "sms_tr", "sms_en", "subject_tr", "subject_en", "body_tr", "body_en", "subject",
}  # fmt: skip
STAFF = {"by", "reason"}  # The operator's own people write these; of webhooks, a member of an enum.
TO_STRANGERS = (
    "messages/**/*.*",
    "mails/invitation/*",
    "mails/confirmation/*",
    "mails/already_here/*",
    "mails/reset/*",
)


def unknown(text: str) -> set[str]:
    return find_undeclared_variables(Environment().parse(text)) - OURS - REVIEWED - STAFF


def test_a_message_to_a_stranger_holds_reviewed_words_only():
    texts = {path: path.read_text() for each in TO_STRANGERS for path in TEMPLATES.glob(each)}

    assert {path.name: names for path, text in texts.items() if (names := unknown(text))} == {}
    assert len(texts) > 25


def test_no_subject_of_a_mail_holds_words_that_nobody_reviewed():
    subjects = {path: path.read_text().partition("\n")[0] for path in TEMPLATES.glob("mails/*/*.txt")}

    assert {path.parent.name: names for path, text in subjects.items() if (names := unknown(text))} == {}
    assert len(subjects) > 40
