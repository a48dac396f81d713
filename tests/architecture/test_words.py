"""One word per thing: no synonym of a domain word in code, templates or docs."""

import re
from pathlib import Path

from tests.architecture import product

# Another spelling: the word we use. Spellings are matched in any case, also inside snake_case and CamelCase names.
BANNED = {
    r"customers?": "recipient or provider",
    r"tenants?": "provider",
    r"merchant_(id|code|name)": "provider",
    r"subscribers?": "recipient",
    r"addressees?": "recipient",
    r"opt[-_ ]?(in|out)s?": "grant, refuse",
    r"opt(ed|ing)[-_ ]?(in|out)": "grant, refuse",
    r"(sms|e?mail|phone|call|marketing)_consents?": "a consent has a channel",
    r"consent_(record|log|entry|event)s?": "decision",
}
# (file, spelling): why it may stand there.
LAWFUL = {
    **{
        ("portal/services/imports/layout/cell_words.py", word): "a word in other people's files"
        for word in ("optin", "optout", "opt in", "opted in", "opt out", "opted out")
    },
    **{
        ("portal/services/imports/layout/vocabulary.py", word): "a word in other people's files"
        for word in ("customer", "customers", "subscriber", "subscribers", "optin")
    },
    **{("portal/domain/replies/word_lists.py", word): "a word in people's replies" for word in ("optout", "opt out")},
    ("portal/services/imports/layout/headers.py", "customer"): "a word in other people's files",
    **{
        ("portal/services/messaging/gateways/sample_words.py", word): "a vendor's word"
        for word in ("customer", "subscriber", "tenant")
    },
    ("portal/services/messaging/gateways/mail_webhooks.py", "opt_out"): "Amazon's own word",
    ("portal/services/messaging/fake_gateway/netgsm_queries.py", "subscriber"): "NetGSM's own name of a field",
    ("docs/mail-sending.md", "opt-out"): "a mail vendor's word",
    ("portal/core/iys_protocol/code_meanings.py", "opt-out"): "İYS's own name of its link service",
    ("portal/core/iys_protocol/answers.py", "opt-out"): "İYS's own name of its link service",
}

ONCE = [re.compile(rf"(?<![a-z])(?:{banned})(?![a-z])") for banned in BANNED]
ANY = re.compile("|".join(once.pattern for once in ONCE))
FOLDERS = ("portal", "shortlinks", "iys_sandbox", "bin", "bench", "templates", "static", "docs")
KINDS = {".py", ".html", ".css", ".md", ".txt", ""}


def written() -> list[Path]:
    """Every file that people read: code, pages and docs."""
    files = [path for folder in FOLDERS for path in (product.ROOT / folder).rglob("*") if path.suffix in KINDS]
    files += [product.ROOT / name for name in (*product.ALONE, "README.md", "CHANGELOG.md")]
    return sorted(path for path in files if path.is_file() and "__pycache__" not in path.parts)


def found(text: str) -> set[str]:
    """The banned spellings in a text, in lower case."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).lower()  # smsConsent and SMS_CONSENT are alike.
    return {match[0] for once in ONCE for match in once.finditer(apart)} if ANY.search(apart) else set()


def test_no_synonym_of_a_domain_word_is_written():
    synonyms = {
        (str(path.relative_to(product.ROOT)), word)
        for path in written()
        for word in found(path.read_text(encoding="utf-8"))
    }

    assert synonyms - LAWFUL.keys() == set()


def test_every_exception_is_still_needed():
    told = {(name, word) for name, word in LAWFUL if word in found((product.ROOT / name).read_text(encoding="utf-8"))}

    assert told == LAWFUL.keys()


def test_no_file_is_named_by_a_synonym():
    assert [path.name for path in written() if found(path.stem)] == []


PLANTED = "customer_id TenantId sms_consent smsConsent MARKETING_CONSENT opt-in optOut OPTED_IN"


def test_a_synonym_is_found():
    assert [planted for planted in PLANTED.split() if not found(f"x = {planted}")] == []


def test_similar_words_are_left_alone():
    assert found("option, contact basis, options, permission, unsubscribe") == set()
