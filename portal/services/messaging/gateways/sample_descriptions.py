"""A first description of a vendor, guessed from the samples of its documents; a person corrects it in a form."""

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from portal.services.messaging.gateways import description_parts, json_values, sample_words
from portal.services.messaging.gateways.described_call import parse_answer
from portal.services.messaging.gateways.description_fields import (
    BASIC,
    NOWHERE,
    SUCCESS,
    filled_description,
    form_data,
)
from portal.services.messaging.gateways.description_parts import answer_places, push_places, rows_of
from portal.services.messaging.gateways.json_values import PLACEHOLDER
from portal.services.messaging.gateways.sample_calls import SampleCall
from portal.services.messaging.gateways.sample_codes import CODE, HTTP_STATUS, read_codes

SEVERAL = 100  # Messages in one call, where the sample has a list of them.
SHORTEST_ID = 3  # Characters: shorter ones recur by chance.
SPLITS = ("|", ";", ",", ":", " ")


def draft_description(call: SampleCall, samples: Mapping[str, str]) -> dict[str, Any]:
    """Of a sample call and, as texts, of an "answer", an "error", the list of "faults", a "report", the list of
    "states" and a "reply". It may lack what a description needs."""
    told = push_places(samples.get("report", ""))
    send, spelling, own_id = _draft_call(call, set(told.values()))
    address = urlsplit(call.url)
    is_list = next(json_values.objects_with(send, "$each"), None) is not None
    split = _split_of(samples.get("answer", ""))
    answer = {"success": {"http": SUCCESS}, "id": {"pointer": ""}, "errors": [], **({"split": split} if split else {})}
    base: dict[str, Any] = {
        "base_url": f"{address.scheme}://{address.netloc}", "most_messages": SEVERAL if is_list else 1,
        "number_format": spelling, "send": send | {"url": address.path}, "answer": answer,
        "samples": {name: text for name, text in samples.items() if text},
        **({"basic": BASIC} if call.has_basic else {}),
    }  # fmt: skip
    guesses = _guess_answer(samples, split) | _guess_reports(told, own_id, samples) | _guess_replies(samples)
    return filled_description(base, form_data(base) | guesses)


def _draft_call(call: SampleCall, told: Collection[str]) -> tuple[dict[str, Any], str, str]:
    """The call with placeholders where they are likely; how the sample spells numbers; and its own id of the message,
    which is what comes back in the report, `told`."""
    send: dict[str, Any] = {"method": call.method, "body_type": call.body_type, "body": call.body}
    send |= {"query": call.query, "headers": call.headers}
    parts = {place: each for place, each in description_parts.list_parts(send).items() if each not in ("", None)}
    phones = {place: found for place, each in parts.items() if (found := _phone(each))}
    guessed = sample_words.guess_names(parts, sample_words.CALL_NAMES)
    if phones and guessed.get("to") not in phones:
        guessed = {name: place for name, place in guessed.items() if place not in phones} | {"to": min(phones)}
    if own := _own_place(parts, guessed, told):
        guessed["item_id"] = own
    roles = {place: name for name, place in guessed.items()}
    for place in parts.keys() - roles.keys():
        if secret := sample_words.secret_of(place):
            roles[place] = secret

    def fill_in(place: str, value: Any) -> Any:
        role = roles.get(place)
        if role is None and isinstance(value, str):
            value = value.replace("{{", "").replace("}}", "")  # Of the vendor's own templates.
        if role is None:
            return description_parts.LEFT_OUT if value in ("", None) else value
        if role == "to" and type(value) is int:
            role = "to_number"
        kind, _, rest = str(value).partition(" ")  # "Bearer …", "Token …"
        before = f"{kind} " if rest and place.lower() == "/headers/authorization" else ""
        return f"{before}{{{{{role}}}}}"

    filled = description_parts.replace_parts(send, fill_in)
    filled["body"] = _with_one_row(filled.get("body"))
    spelling = phones.get(guessed.get("to", ""), "905")
    send = {name: each for name, each in filled.items() if each not in (None, {})}
    return send, spelling, str(parts[own]) if own else ""


def _own_place(parts: Mapping[str, Any], guessed: dict[str, str], told: Collection[str]) -> str:
    """Where something like a number stands that nothing else is, and that comes back: in the same row as the text."""
    row = re.match(r"(?:/body.*/[0-9]+/)?", guessed.get("text", ""))
    beside = row[0] if row and guessed.get("to", "").startswith(row[0]) else ""
    if not guessed.get("item_id", beside).startswith(beside):
        del guessed["item_id"]
    known = {place for name, place in guessed.items() if name != "item_id"}
    return next(
        (
            place for place, each in parts.items()
            if place.startswith(beside) and place not in known and str(each) in told and not _phone(each)
            and len(str(each)) >= SHORTEST_ID and re.search("[0-9]", str(each)) and not sample_words.secret_of(place)
        ),
        "",
    )  # fmt: skip


def _phone(value: Any) -> str:
    """How a number is spelt that stands first in a value, or nothing."""
    first = re.sub(r"[ ()-]", "", re.split(r"[,;]", str(value)[:200])[0])
    found = sample_words.PHONE.fullmatch(first)
    return sample_words.SPELLINGS[found["begin"] or ""] if found else ""


def _with_one_row(value: Any) -> Any:
    """Of a list with a message in each row its first one, for each message; of one with a number or a text only it."""
    if isinstance(value, dict):
        return {name: _with_one_row(each) for name, each in value.items()}
    if not isinstance(value, list) or not value:
        return value
    names = {name for text in json_values.strings(value[0]) for name in PLACEHOLDER.findall(text)}
    first = _with_one_row(value[0])
    if "text" in names and {"to", "to_number"} & names:
        return {"$each": "items", "$item": first}
    return [first] if {"to", "to_number", "text"} & names else value


def _guess_answer(samples: Mapping[str, str], split: str) -> dict[str, str]:
    good, bad = (answer_places({"answer": samples.get(name, "")}, split) for name in ("answer", "error"))
    listed = read_codes(samples.get("faults", ""))
    found = {"word": NOWHERE, "id": ""} | sample_words.guess_names(good, sample_words.ANSWER_NAMES)
    if split:
        found = {"word": "/" if _is_unspecific(bad) else "/0", "id": "/1"}
    elif set(good) == {""}:
        found = {"word": "", "id": ""}
    named = sample_words.guess_names(bad, {"word": sample_words.FAULT_NAMES})
    fault = found["word"] if split else _listed(bad, listed) or named.get("word", found["word"])
    word = fault if fault in good else found["word"]  # The first place that leads anywhere counts.
    success = _common_word(good[word], bad.get(word, "")) if word in ("", "/") else good.get(word, "")
    error = bad.get(fault, "")
    before = error[: -len(bad["/1"])] if fault == "/" else ""
    faults = ({error: " ".join(bad.values())} if error else {}) | {before + code: listed[code] for code in listed}
    guesses = {"ref": found["id"], "word": word, "fault": fault, "success_words": success}
    rows = [each for each in faults.items() if each[0] != success and not sample_words.is_success(each[0])]
    for number, (code, said) in enumerate(rows):
        by = "http" if HTTP_STATUS.fullmatch(code) and not error.isdecimal() else "words"
        meaning = sample_words.guess_error(code, said)
        guesses |= {f"error_{number}_words": "", f"error_{number}_{by}": code, f"error_{number}_meaning": meaning}
    return guesses


def _is_unspecific(bad: Mapping[str, str]) -> bool:
    """Whether the first word of a bad answer says only that it is one: "ERROR:105"."""
    return "/1" in bad and "/2" not in bad and bad["/0"].isalpha() and CODE.fullmatch(bad["/1"]) is not None


def _listed(places: Mapping[str, str], codes: Collection[str]) -> str:
    """The place at which a word stands that the vendor's page lists, or nothing."""
    return next((place for place, each in places.items() if place and each in codes), "")


def _common_word(text: str, bad: str) -> str:
    """What other whole answers will have in common with this one and not with a bad one, as json_values.matches() reads
    it; where that is nothing, the text, so that others are uncertain."""
    before_digits = re.split(r"[0-9]", text)[0]
    common = "#" if text.isdecimal() else text if before_digits == text else f"{before_digits}*"
    return text if common == "*" or json_values.matches(bad, [common]) else common


def _split_of(text: str) -> str:
    """The sign between the words of an answer that is no JSON and no XML."""
    text = text.strip()
    if isinstance(parse_answer(text), (dict, list, int)):
        return ""
    return next((each for each in SPLITS if each in text), "")


def _guess_reports(places: Mapping[str, str], own_id: str, samples: Mapping[str, str]) -> dict[str, str]:
    own = next((place for place, each in places.items() if own_id and each == own_id), None)
    known = {} if own is None else {"item_id": own}
    listed = read_codes(samples.get("states", ""))
    if state := _listed(places, listed):
        known["state"] = state
    chosen = _guess_row("report", places, sample_words.REPORT_NAMES, "state", known)
    if not chosen:
        return {}
    states = {places[chosen["report_state"]]: ""} | listed
    for number, (word, said) in enumerate(states.items()):
        chosen |= {f"state_{number}_words": word, f"state_{number}_meaning": sample_words.guess_state(word, said)}
    return chosen


def _guess_replies(samples: Mapping[str, str]) -> dict[str, str]:
    chosen = _guess_row("reply", push_places(samples.get("reply", "")), sample_words.REPLY_NAMES, "text")
    return chosen if "reply_from" in chosen else {}


def _guess_row(
    kind: str,
    places: Mapping[str, str],
    names: Mapping[str, str],
    of: str,
    known: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """Places that stand in one row with one of them, with those that are known; nothing without it."""
    free = {place: each for place, each in places.items() if place not in known.values()}
    chosen = {**sample_words.guess_names(free, names), **known}
    rows = rows_of(chosen.get(of))
    return {f"{kind}_{name}": place for name, place in chosen.items() if of in chosen and rows_of(place) == rows}
