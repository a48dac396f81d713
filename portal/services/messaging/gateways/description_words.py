"""What a firm's description and its secrets may send beside our text: no words of their own to people, and no sender
but the account's.

A check of its own, since an account whose words are refused sends nothing, but goes on reading reports and replies.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from portal.core.display_names import leads_elsewhere
from portal.core.lazy_text import N_
from portal.services.messaging.gateways.description_checks import BAD_VALUE, OF_CALL, OF_MESSAGE, BadDescription
from portal.services.messaging.gateways.description_fields import whole_url
from portal.services.messaging.gateways.description_parts import list_parts
from portal.services.messaging.gateways.json_values import PLACEHOLDER
from portal.services.messaging.gateways.sample_words import is_logins, is_senders, is_texts

ONLY_HEADER = N_(
    "Gönderici adı burada yazılmaz, hesaptan gelir: bu alan için gönderici adını seçin (JSON'da tek başına header "
    "yer tutucusu) ya da alanı göndermeyin."
)
ONLY_TEXT = N_(
    "Metnin alanına başka söz yazılmaz: bu alan için iletinin metnini seçin (JSON'da tek başına text yer tutucusu); "
    "söyleyeceklerinizi kampanyanın metnine yazın."
)
ONLY_WORD = N_(
    "Her iletide aynı giden değer kısa bir teknik sözcük olmalı: en çok 40 karakter, boşluksuz, telefonsuz, "
    "bağlantısız. Giriş bilgisiyse kullanıcı adı, şifre ya da anahtar seçin; değilse bu alanı göndermeyin."
)
ONLY_ALONE = N_("Bu yer tutucu bir alanda tek başına durur: yanına yazdıklarınızı silin ya da ayrı bir alana koyun.")
ONLY_LOGIN = N_(
    "Bu değer giriş bilgisi adı taşımayan bir alanda da gidiyor; orada kısa bir teknik sözcük olmalı: en çok 40 "
    "karakter, boşluksuz, telefonsuz, bağlantısız. Giriş bilgisini bir HTTP başlığında, HTTP Basic ile ya da adı "
    "user, password, key, token gibi olan bir alanda gönderin; değilse bu alanı göndermeyin."
)
LONGEST_WORD = 40  # Characters.
WORD = re.compile(r"(?!.*//)[\w.:/+;=,*-]*")
VERSION = re.compile(r"\d{4}-\d\d-\d\d")  # Of many an API.
KINDS_OF_CONTENT = ("/headers/content-type", "/headers/accept")  # Whose dots and dashes are no host's.
DATE_FORMAT = re.compile(r"(?:%[a-zA-Z]|[TZ :./-])*(?:\+03:?00)?")
XML_NAME = re.compile(r"#text|@?[^\W\d][\w.:-]*")  # Of a member. They are written as they are.
IDS = frozenset({"to", "to_number", "item_id", "batch_id", "callback_url"})  # These may have signs beside them.


class BadSecret(BadDescription):
    """A secret says more where it goes than a log-in; `name` is that of its placeholder."""

    def __init__(self, pointer: str, name: str):
        super().__init__(pointer, ONLY_LOGIN)
        self.name = name


def check_words(description: Mapping[str, Any]) -> None:
    """Of a description that description_checks takes. Raises BadDescription."""
    for pointer, name, value in _list_values(description):
        if problem := _find_problem(name, value):
            raise BadDescription(pointer, problem)
    send = description["send"]
    if send.get("body_type") == "xml" and not all(map(XML_NAME.fullmatch, _member_names(send["body"]))):
        raise BadDescription("/send/body", BAD_VALUE)
    for name in description.get("choices", {}):
        if name in OF_CALL | OF_MESSAGE or name.startswith("secret."):  # It would stand in place of ours.
            raise BadDescription(f"/choices/{name}", BAD_VALUE)
    if not DATE_FORMAT.fullmatch(description.get("life", {}).get("date_format", "")):
        raise BadDescription("/life/date_format", BAD_VALUE)


def check_secrets(description: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    """Of a description that check_words takes: what goes in a field that is none of a log-in is a word like those that
    are always the same. `secrets` by the names of their placeholders. Raises BadSecret."""
    for pointer, name, value in _list_values(description):
        names = [each for each in PLACEHOLDER.findall(str(value)) if each.startswith("secret.")]
        filled = PLACEHOLDER.sub(lambda found: secrets.get(found[1], ""), str(value))
        if names and not is_logins(name) and not _is_word(name, filled):
            raise BadSecret(pointer, names[0])


def _list_values(description: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Where it stands, the place by which a part of the call is named, and the value."""
    for place, value in list_parts(description["send"]).items():
        yield f"/send{place}", place.replace("/$item", "").removesuffix("/#text"), value
    try:
        address = urlsplit(whole_url(description))
    except ValueError:
        raise BadDescription("/base_url", BAD_VALUE) from None
    for name, value in parse_qsl(address.query.replace(";", "&"), keep_blank_values=True):
        yield "/send/url", f"/query/{name}", value
    if re.search(r"\s", unquote(address.path)):
        raise BadDescription("/send/url", ONLY_WORD)
    for name, values in description.get("choices", {}).items():
        for each in values.values():
            yield f"/choices/{name}", "", each


def _find_problem(name: str, value: Any) -> str | None:
    names = PLACEHOLDER.findall(value) if isinstance(value, str) else []
    is_alone = bool(names) and PLACEHOLDER.fullmatch(value) is not None
    if "header" in names or is_senders(name):
        return None if value in ("{{header}}", "", None) or isinstance(value, bool) else ONLY_HEADER
    is_ours = is_alone and names[0] in OF_CALL | OF_MESSAGE
    if not is_alone and not all(each in IDS or each.startswith("secret.") for each in names):
        return ONLY_TEXT if "text" in names else ONLY_ALONE
    if "text" in names or (is_texts(name) and isinstance(value, str) and value):
        return None if is_ours else ONLY_TEXT
    return None if _is_word(name, PLACEHOLDER.sub("", str(value))) else ONLY_WORD


def _member_names(value: Any) -> Iterator[str]:
    """Those of a template at any depth, but for the two of a list."""
    if isinstance(value, dict):
        yield from value.keys() - {"$each", "$item"}
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _member_names(each)


def _is_word(name: str, text: str) -> bool:
    """Whether what is always the same in a value is short and no sentence, telephone or link."""
    text = text.strip()
    is_word = len(text) <= LONGEST_WORD and WORD.fullmatch(text) is not None
    is_kind = name.lower() in KINDS_OF_CONTENT or VERSION.fullmatch(text) is not None
    return is_word and (is_kind or not leads_elsewhere(text))
