"""A first description of a vendor, guessed from the samples of its documents; a person corrects it in a form."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from portal.services.messaging.gateways import description_parts, json_values, sample_words
from portal.services.messaging.gateways.described_call import parse_answer
from portal.services.messaging.gateways.description_fields import BASIC, NOWHERE, SUCCESS, filled_description, form_data
from portal.services.messaging.gateways.description_parts import ROW, answer_places, push_places, rows_of
from portal.services.messaging.gateways.json_values import PLACEHOLDER
from portal.services.messaging.gateways.sample_calls import SampleCall
from portal.services.messaging.gateways.sample_codes import CODE, HTTP_STATUS, read_codes

SEVERAL = 100  # Messages in one call, where the sample has a list of them.
SHORTEST_ID = 3  # Characters: shorter ones recur by chance.
NUMBER = re.compile(r"\+?[0-9Xx() -]{10,20}")  # Of a person, in a sample.
SPLITS = ("|", ";", ",", ":", " ")


def draft_description(call: SampleCall, samples: Mapping[str, str]) -> dict[str, Any]:
    """Of a sample call and, as texts, of an "answer", an "error", the list of "faults", a "report", the list of
    "states" and a "reply". It may lack what a description needs."""
    told = push_places(samples.get("report", ""))
    send, spelling, sent = _draft_call(call, set(told.values()))
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
    said = set(map(str, description_parts.list_parts({"body": call.body, "query": call.query}).values()))
    guesses = _guess_answer(samples, split, set(told.values()), said, is_list=is_list)
    ids = {**sent, "ref": answer_places(samples, split).get(guesses["ref"], "")}
    guesses |= _guess_reports(told, ids, samples) | _guess_replies(samples)
    return filled_description(base, form_data(base) | guesses)


def _draft_call(call: SampleCall, told: Collection[str]) -> tuple[dict[str, Any], str, dict[str, str]]:
    """The call with placeholders where they are likely; how the sample spells numbers; and what comes back in the
    report, `told`: its own id of the message, and the text."""
    send: dict[str, Any] = {"method": call.method, "body_type": call.body_type, "body": call.body}
    send |= {"query": call.query, "headers": call.headers}
    parts = {place: each for place, each in description_parts.list_parts(send).items() if each not in ("", None)}
    phones = {place: found for place, each in parts.items() if (found := _phone_spelling(each))}
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
    text = str(parts[guessed["text"]]) if "text" in guessed else ""
    return send, spelling, {"item_id": str(parts[own]) if own else "", "text": text if len(text) > SHORTEST_ID else ""}


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
            if place.startswith(beside) and place not in known and str(each) in told and not _phone_spelling(each)
            and len(str(each)) >= SHORTEST_ID and re.search("[0-9]", str(each)) and not sample_words.secret_of(place)
        ),
        "",
    )  # fmt: skip


def _phone_spelling(value: Any) -> str:
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


def _guess_answer(
    samples: Mapping[str, str], split: str, told: Collection[str], said: Collection[str], *, is_list: bool
) -> dict[str, str]:
    """`told` is what the report tells, `said` what the call says; `is_list`: of several messages."""
    good, bad = (answer_places({"answer": samples.get(name, "")}, split) for name in ("answer", "error"))
    listed = read_codes(samples.get("faults", ""))
    found = {"word": NOWHERE} | sample_words.guess_names(good, sample_words.ANSWER_NAMES)
    found["id"] = _id_place(good, told, said, is_list=is_list)
    is_whole = bool(split) and (_is_unspecific(bad) or any(split in code for code in listed))
    if split:
        found = {"word": "/" if is_whole else "/0", "id": _place_of_number(good)}
    elif set(good) == {""}:
        found = {"word": "", "id": ""}
    named = sample_words.guess_names(bad, {"word": sample_words.FAULT_NAMES})
    fault = found["word"] if split else _place_of_code(bad, listed) or named.get("word", found["word"])
    word = fault if fault in good else found["word"]  # The first place that leads anywhere counts.
    success = _common_word(good[word], bad.get(word, "")) if word in ("", "/") else good.get(word, "")
    error, *more = bad.get(fault, "").split(" ") if is_whole else [bad.get(fault, "")]
    before = error[: -len(bad["/1"].split(" ")[0])] if is_whole and error else ""
    faults = {error: " ".join(bad.values())} if error else {}
    faults |= {code if split and split in code else before + code: each for code, each in listed.items()}
    taken = [code for code in faults if code != error and sample_words.is_taken(faults[code])]
    success = ", ".join(dict.fromkeys([success, *taken])) if success else ""
    rows = {code: each for code, each in faults.items() if code not in (success, *taken)}
    rows = {code: each for code, each in rows.items() if not sample_words.is_success(code)}
    guesses = _guess_errors(rows, has_more=bool(more), by_status=not error.isdecimal())
    row_fault = _fault_in_rows(good, found["id"], fault, listed)
    if row_fault and row_fault != word:
        success = f"{success}, {good[row_fault]}" if sample_words.is_success(good[row_fault]) else success
        outside = fault if bad else row_fault.partition(ROW)[2]  # Of a refusal of all.
        fault = row_fault if outside == NOWHERE else json.dumps([outside, row_fault])
    return {"ref": found["id"], "word": word, "fault": fault, "success_words": success, **guesses}


def _id_place(good: Mapping[str, str], told: Collection[str], said: Collection[str], *, is_list: bool) -> str:
    """Where the vendor's number of a message stands: in the rows of several; not one that the call has; one that the
    report tells again."""
    names = {"id": sample_words.ANSWER_NAMES["id"]}
    rows = {place for place in good if is_list and ROW in place}
    known = {place for place, each in good.items() if each in said or _phone_spelling(each)}
    again = {place for place, each in good.items() if each in told}
    for better in (rows, good.keys() - known, again):
        kept = {place: each for place, each in good.items() if place in better}
        good = kept if sample_words.guess_names(kept, names) else good
    return sample_words.guess_names(good, names).get("id", "")


def _fault_in_rows(good: Mapping[str, str], ref: str, fault: str, codes: Collection[str]) -> str:
    """Where the rows that have the numbers have a word of an error, too; or nothing."""
    items, name = rows_of(ref), fault.rpartition("/")[2]
    rows = {place: good[place] for place in good if items is not None and rows_of(place) == items and place != ref}
    return _place_of_code(rows, codes) or next((place for place in rows if place.rpartition("/")[2] == name), "")


def _guess_errors(words: Mapping[str, str], *, has_more: bool, by_status: bool) -> dict[str, str]:
    """Rows of the form for words with what is said of each; `has_more`: other words may follow in an answer."""
    guesses: dict[str, str] = {}
    for number, (code, said) in enumerate(words.items()):
        by = "http" if HTTP_STATUS.fullmatch(code) and by_status else "words"
        guesses |= {
            f"error_{number}_words": "", f"error_{number}_{by}": f"{code}, {code} *" if has_more else code,
            f"error_{number}_meaning": sample_words.guess_error(code, said),
        }  # fmt: skip
    return guesses


def _is_unspecific(bad: Mapping[str, str]) -> bool:
    """Whether the first word of a bad answer says only that it is one: "ERROR:105", "ERROR:105 no credit"."""
    code, _blank, said = bad.get("/1", "").partition(" ")
    is_code = CODE.fullmatch(code) is not None and (not said or re.search("[0-9]", code) is not None)
    return is_code and "/2" not in bad and bad["/0"].isalpha()


def _place_of_code(places: Mapping[str, str], codes: Collection[str]) -> str:
    """The place at which a word stands that the vendor's page lists, or nothing."""
    return next((place for place, each in places.items() if place and each in codes), "")


def _common_word(text: str, bad: str) -> str:
    """What other whole answers will have in common with this one and not with a bad one, as json_values.matches() reads
    it; where that is nothing, the text, so that others are uncertain."""
    before_digits = re.split(r"[0-9]", text)[0]
    common = "#" if text.isdecimal() else text if before_digits == text else f"{before_digits}*"
    return text if common == "*" or json_values.matches(bad, [common]) else common


def _split_of(text: str) -> str:
    """The sign between the words of an answer that is no JSON and no XML: the first one that a number follows, since an
    explanation with signs of its own may stand behind."""
    text = text.strip()
    if isinstance(parse_answer(text), (dict, list, int)):
        return ""
    known = [each for each in SPLITS if each in text]
    before_number = [each for each in known if re.match(r"\S*[0-9]", text.partition(each)[2].lstrip())]
    return min(before_number, key=text.index, default=next(iter(known), ""))


def _place_of_number(words: Mapping[str, str]) -> str:
    """The place of the first word with a digit after the first word."""
    numbers = range(1, len(words) - 1)  # One place is that of all.
    return next((f"/{each}" for each in numbers if re.search("[0-9]", words.get(f"/{each}", ""))), "/1")


def _guess_reports(places: Mapping[str, str], ids: Mapping[str, str], samples: Mapping[str, str]) -> dict[str, str]:
    """`ids` are our own number of the sample's message, and the vendor's, and its text."""
    at = {each: place for place, each in places.items() if each}
    known = {name: at[each] for name, each in ids.items() if each in at}
    listed = read_codes(samples.get("states", ""))
    if state := _place_of_code(places, listed):
        known["state"] = state
    chosen = _guess_row("report", places, sample_words.REPORT_NAMES, "state", "to", known)
    if not chosen:
        return {}
    states = {places[chosen["report_state"]]: ""} | listed
    for number, (word, said) in enumerate(states.items()):
        chosen |= {f"state_{number}_words": word, f"state_{number}_meaning": sample_words.guess_state(word, said)}
    return chosen


def _guess_replies(samples: Mapping[str, str]) -> dict[str, str]:
    chosen = _guess_row("reply", push_places(samples.get("reply", "")), sample_words.REPLY_NAMES, "text", "from", {})
    return chosen if "reply_from" in chosen else {}


def _guess_row(
    kind: str, places: Mapping[str, str], names: Mapping[str, str], of: str, person: str, known: Mapping[str, str]
) -> dict[str, str]:
    """Places that stand in one row with one of them, with those that are known; nothing without it. Where a person's
    number is asked for, what looks like one counts before what only has its name."""
    free = {place: each for place, each in places.items() if place not in known.values()}
    chosen = {**sample_words.guess_names(free, {of: names[of]}), **known}
    if of not in chosen:
        return {}
    rows = rows_of(chosen[of])
    near = {place: each for place, each in free.items() if rows_of(place) == rows and place != chosen[of]}
    numbers = {place: each for place, each in near.items() if NUMBER.fullmatch(each.strip())}
    chosen = sample_words.guess_names(numbers, {person: names[person]}) | chosen
    near = {place: each for place, each in near.items() if place not in chosen.values()}
    chosen |= sample_words.guess_names(near, {name: each for name, each in names.items() if name not in chosen})
    return {f"{kind}_{name}": place for name, place in chosen.items() if rows_of(place) == rows}
