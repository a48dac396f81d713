"""One word per thing: other spellings of a domain word stand nowhere in code, templates or docs."""

import ast
import re
from pathlib import Path

import pytest

from tests.house import product

# Another spelling: the word we use. Spellings are matched in any case, also inside snake_case and CamelCase names.
BANNED = {
    r"customers?": "recipient or provider",
    r"tenants?": "provider",
    r"merchant_(id|code|name)": "provider",
    r"subscribers?": "recipient",
    r"receivers?": "recipient",
    r"addressees?": "recipient",
    r"(un|re)?subscribe[ds]?": "grant, refuse",
    r"opt[-_ ]?(in|out)s?": "grant, refuse",
    r"opt(ed|ing)[-_ ]?(in|out)": "grant, refuse",
    r"permissions?": "consent",
    r"approvals?|(dis)?approve[ds]?": "grant",
    r"rejections?|reject(s|ed)?": "refusal, refuse",
    r"(sms|e?mail|phone|call|marketing)_consents?": "a consent has a channel",
    r"consent_(record|log|entry|event)s?": "decision",
    r"phone_?numbers?|phone_no|e?mail_address(es)?|msisdns?": "address",
    r"(black|white|block|allow)[-_ ]?lists?": "refused, granted",
    r"(short|tiny)_?urls?|shorteners?": "short link",
    r"utils?|utilit(y|ies)": "the name of the idea",
    r"helpers?": "the name of the idea",
    r"common[_.]\w+|\w+_common": "the name of the idea",
    r"misc": "the name of the idea",
}
# (file, what stands there): why it may.
IN_OTHER_PEOPLES_FILES = {
    "portal/imports/layout/headers.py": "customer permission msisdn optin",
    "portal/imports/layout/words.py": "approve approved reject rejected optin optout subscribed unsubscribe "
    "unsubscribed",
}
LAWFUL = {
    **{(name, word): "a word of theirs" for name, words in IN_OTHER_PEOPLES_FILES.items() for word in words.split()},
    **{
        ("portal/imports/layout/words.py", word): "a word of theirs"
        for word in ("opt in", "opted in", "opt out", "opted out")
    },
    ("portal/recipient/one_click.py", "unsubscribe"): "RFC 8058's own name",
    ("portal/web/headers.py", "permissions"): "the header is called Permissions-Policy",
    ("portal/iys/sandbox/movements.py", "approval"): "İYS's own name of a count",
    ("portal/iys/sandbox/movements.py", "rejection"): "İYS's own name of a count",
    ("portal/registry/meanings_rare.py", "opt-out"): "İYS's own name of its link service",
    ("portal/registry/answers.py", "opt-out"): "İYS's own name of its link service",
    ("portal/imports/reading/columns.py", "customers"): "speaks of columns in other people's files",
    ("portal/imports/reading/columns.py", "msisdn"): "a column may be called so in other people's files",
    ("portal/addresses/masking.py", "phonenumbers"): "the library's name",
    ("portal/addresses/phones.py", "phonenumbers"): "the library's name",
    ("portal/addresses/phones.py", "phone_number"): "the library's class",
    ("portal/letters/poster.py", "utils"): "the library's module",
    ("portal/passkeys.py", "helpers"): "the library's module",
    ("docs/decisions/ask-before-withdrawing.md", "whitelist"): "İYS's own word for whom it trusts",
}
# Functions that only say that they do something.
VAGUE = ("process", "handle", "manage", "do", "perform", "execute", "run_all")
LAWFUL_NAMES = {
    "process_bind_param": "SQLAlchemy's own name",
    "process_result_value": "SQLAlchemy's own name",
}

ONCE = {banned: re.compile(rf"(?<![a-z])(?:{banned})(?![a-z])") for banned in BANNED}
FOLDERS = ("portal", "shortlinks", "bin", "bench", "templates", "static", "docs")
KINDS = {".py", ".html", ".css", ".md", ".txt", ""}


def written() -> list[Path]:
    """Every file that people read: code, pages and docs."""
    files = [path for folder in FOLDERS for path in (product.ROOT / folder).rglob("*") if path.suffix in KINDS]
    files += [product.ROOT / name for name in (*product.ALONE, "README.md", "CHANGELOG.md")]
    return sorted(path for path in files if path.is_file() and "__pycache__" not in path.parts)


def found(text: str) -> set[str]:
    """The banned spellings in a text, in lower case."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).lower()  # smsConsent and SMS_CONSENT are alike.
    return {match[0] for once in ONCE.values() for match in once.finditer(apart)}


def vague(tree: ast.AST) -> set[str]:
    """Functions whose name hides what they do."""
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    return {name for name in names if name.lstrip("_").startswith(tuple(f"{word}_" for word in VAGUE))}


@pytest.mark.parametrize("folder", [*FOLDERS, "."])
def test_no_other_spelling_of_a_domain_word_is_written(folder):
    told = set()
    for path in written():
        name = str(path.relative_to(product.ROOT))
        if name.startswith(f"{folder}/") or (folder == "." and "/" not in name):
            told |= {(name, word) for word in found(path.read_text(encoding="utf-8"))}

    assert told - LAWFUL.keys() == set()


def test_every_exception_is_still_needed():
    told = {(name, word) for name, word in LAWFUL if word in found((product.ROOT / name).read_text(encoding="utf-8"))}

    assert told == LAWFUL.keys()


def test_no_file_is_named_by_another_spelling():
    assert [path.name for path in written() if found(path.stem)] == []


def test_no_function_is_named_vaguely():
    told = {(name, function) for name, path in product.modules() for function in vague(product.tree(path))}

    assert sorted(function for _, function in told if function not in LAWFUL_NAMES) == []


PLANTED = """
customer_id TenantId sms_consent smsConsent MARKETING_CONSENT opt-in optOut OPTED_IN Permission unsubscribe
utils date_helpers common.html phone_number phoneNumber approved blacklist allow-list shortUrl rejected
"""


@pytest.mark.parametrize("planted", PLANTED.split())
def test_a_planted_spelling_is_caught(planted):
    assert found(f"x = {planted}")


@pytest.mark.parametrize("ours", ["option", "contact basis", "options", "what they have in common.", "e-mail address"])
def test_our_own_words_are_left_alone(ours):
    assert not found(ours)


def test_a_planted_vague_name_is_caught():
    assert vague(ast.parse("def _handle_decision(): ...")) == {"_handle_decision"}
