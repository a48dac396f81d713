"""A description as the fields of a form, and what was filled in as a description again. What the form does not show
stays as it is."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from portal.services.messaging.gateways import description_parts as parts_of
from portal.services.messaging.gateways.json_values import PLACEHOLDER

BASIC, SUCCESS = "{{secret.username}}:{{secret.password}}", ["2xx"]
NOWHERE = "-"  # In place of a place.
AS_WRITTEN, OMITTED = "", "-"  # In place of what stands in a part.
SPARE_ROWS = 3  # Empty ones to fill in.
REPORT_PLACES = "state", "to", "ref", "item_id", "at", "text"
REPLY_PLACES = "text", "from", "to", "id", "keyword", "at"
PRESENT = ["*"]

Data = Mapping[str, Any]


def form_data(description: Mapping[str, Any]) -> dict[str, Any]:
    """What the fields of the form show."""
    send, answer, reports = description["send"], description["answer"], description.get("report_push", {})
    fault, word = _code_places(answer)
    where = answer["id"]
    data = {
        "name": description.get("name", ""), "url": whole_url(description), "method": send.get("method", "POST"),
        "basic": "basic" if "basic" in description else "", "most_messages": description["most_messages"],
        "number_format": description.get("number_format", "905"),
        "success_http": _join_words(answer["success"].get("http", [])),
        "success_words": _join_words(_success_words(answer)), "fault": fault, "word": word,
        "ref": shown_place(parts_of.join_place(where.get("items"), where["pointer"])),
    }  # fmt: skip
    for number, value in enumerate(parts_of.list_parts(send).values()):
        role = _role_of(value)
        data |= {f"role_{number}": role, f"fixed_{number}": _as_text(value) if role == AS_WRITTEN else ""}
    for number, row in enumerate(answer["errors"]):
        data[f"error_{number}_http"] = _join_words(row.get("http", ()))
        data[f"error_{number}_words"] = _join_words(row.get("codes", ()))
        data[f"error_{number}_meaning"] = f"{row['class']}/{row.get('reason', 'unknown')}"
    for number, row in enumerate(reports.get("states", ())):
        data[f"state_{number}_words"] = _join_words(row["words"])
        data[f"state_{number}_meaning"] = f"{row['state']}/{row.get('reason', '')}"
    replies = description.get("inbound_push", {})
    return data | _push_data("report", REPORT_PLACES, reports) | _push_data("reply", REPLY_PLACES, replies)


def whole_url(description: Mapping[str, Any]) -> str:
    return f"{description['base_url'].rstrip('/')}{description['send']['url']}"


def filled_description(base: Mapping[str, Any], data: Data) -> dict[str, Any]:
    """The description with what a form said. Raises NotInOneRow with the field's name."""
    address = urlsplit(data["url"].strip())
    path = address._replace(scheme="", netloc="").geturl()
    parts = parts_of.list_parts(base["send"])
    changed = {place: _part_value(value, data, number) for number, (place, value) in enumerate(parts.items())}
    send = parts_of.replace_parts(base["send"], lambda place, _value: changed[place])
    filled = {
        **base, "base_url": f"{address.scheme}://{address.netloc}", "most_messages": data["most_messages"],
        "number_format": data["number_format"], "send": {**send, "url": path, "method": data["method"]},
        "answer": _answer_rules(base["answer"], data),
        "report_push": _report_mapping(base, data), "inbound_push": _reply_mapping(base, data),
        "basic": base.get("basic", BASIC) if data["basic"] else None,
    }  # fmt: skip
    filled["name"] = (data.get("name") or "").strip() or address.hostname
    return {name: each for name, each in filled.items() if each is not None}


def shown_place(pointer: Any) -> str:
    """A place as a choice of the form; a list of pointers as JSON."""
    return NOWHERE if pointer is None else pointer if isinstance(pointer, str) else json.dumps(pointer)


def _parse_place(shown: str) -> Any:
    return None if shown == NOWHERE else json.loads(shown) if shown.startswith("[") else shown


def _code_places(answer: Mapping[str, Any]) -> tuple[str, str]:
    """Where an error's word stands, and that of a success: in one place, unless the description has more."""
    code, where = answer.get("code"), answer["id"]
    if "code" not in where:
        fault, word = code if isinstance(code, list) and len(code) == 2 else (code, code)
        return shown_place(fault), shown_place(word)
    inside = [parts_of.join_place(where.get("items"), each) for each in _as_list(where["code"])]
    outside, may_be_empty = _as_list(code or []), "" in where.get("success", {}).get("codes", ())
    if may_be_empty and outside and "codes" in answer["success"]:
        faults, word = outside[:-1] + inside, outside[-1]
    else:
        faults, word = outside + inside[:-1] or inside, inside[-1]
    return shown_place(faults if len(faults) > 1 else faults[0]), shown_place(word)


def _as_list(pointers: Any) -> list[Any]:
    return pointers if isinstance(pointers, list) else [pointers]


def _success_words(answer: Mapping[str, Any]) -> Sequence[Any]:
    words: Sequence[Any] = answer["id"].get("success", {}).get("codes") or answer["success"].get("codes", ())
    return [each for each in words if each != ""] or words


def _answer_rules(base: Mapping[str, Any], data: Data) -> dict[str, Any]:
    """The answer's rules. Where the id stands in rows, so may the words: then they count for a row. Where only the
    words of errors do, a row without one is a success."""
    if isinstance(base["id"].get("items"), list):  # More than the form shows.
        return {**base, "errors": _error_rows(base["errors"], data)}
    ref, fault, word = (_parse_place(data[name]) for name in ("ref", "fault", "word"))
    words = _split_words(data["success_words"], _success_words(base))
    http = _split_words(data["success_http"], base["success"].get("http", ())) or ([] if words else SUCCESS)
    items = parts_of.rows_of(ref)
    places = list(dict.fromkeys(each for each in _as_list(fault) + _as_list(word) if each is not None))
    inside = [each for each in places if items is not None and parts_of.rows_of(each) == items]
    outside = [each for each in places if each not in inside]
    where: dict[str, Any] = {"pointer": ref if ref is not None else ""}
    success: dict[str, Any] = {"http": http} if http else {}
    if items is not None:
        rows = [parts_of.split_places({"pointer": each}, "pointer")["pointer"] for each in inside]
        codes = words if inside == [word] else list(dict.fromkeys(["", *words]))
        of_row = {"codes": codes} if inside and codes else dict(success)
        code = {"code": rows[0] if len(rows) == 1 else rows} if rows else {}
        where = {**parts_of.split_places({"pointer": ref}, "pointer"), **code, "scope": "item", "success": of_row}
    if words and word not in inside:
        success["codes"] = words
    kept = {name: each for name, each in base.items() if name not in ("code", "id", "success", "errors")}
    code = {"code": outside[0] if len(outside) == 1 else outside} if outside else {}
    return {**kept, **code, "id": where, "success": success, "errors": _error_rows(base["errors"], data)}


def _error_rows(base: Sequence[Mapping[str, Any]], data: Data) -> list[dict[str, Any]]:
    rows = []
    for number in range(_row_count(data, "error")):
        before = base[number] if number < len(base) else {}
        http = _split_words(data.get(f"error_{number}_http", ""), before.get("http", ()))
        words = _split_words(data.get(f"error_{number}_words", ""), before.get("codes", ()))
        error_class, _, reason = data.get(f"error_{number}_meaning", "").partition("/")
        kept = {name: each for name, each in before.items() if name not in ("http", "codes")}
        if http or words:
            found = ({"http": http} if http else {}) | ({"codes": words} if words else {})
            rows.append({**kept, **found, "class": error_class, "reason": reason})
    return rows


def _report_mapping(base: Mapping[str, Any], data: Data) -> dict[str, Any] | None:
    before = base.get("report_push", {})
    mapping = _push_mapping("report", REPORT_PLACES, before, data, _row_places(base, "reply"))
    if mapping is None:
        return None
    states, known = [], before.get("states", ())
    for number in range(_row_count(data, "state")):
        words = _split_words(
            data.get(f"state_{number}_words", ""), known[number]["words"] if number < len(known) else ()
        )
        state, _, reason = data.get(f"state_{number}_meaning", "").partition("/")
        if words:
            states.append({"words": words, "state": state, **({"reason": reason} if reason else {})})
    return mapping | {"states": states}


def _row_count(data: Data, kind: str) -> int:
    return sum(name.startswith(f"{kind}_") and name.endswith("_words") for name in data)


def _reply_mapping(base: Mapping[str, Any], data: Data) -> dict[str, Any] | None:
    return _push_mapping("reply", REPLY_PLACES, base.get("inbound_push", {}), data, _row_places(base, "report"))


def _push_mapping(
    kind: str, names: Sequence[str], before: Mapping[str, Any], data: Data, elsewhere: frozenset[str]
) -> dict[str, Any] | None:
    """Where a push has what; None where it has no first one. It is told from the other kind, which comes to the same
    address, by a member that the other one's sample does not have."""
    if isinstance(before.get("items"), list):  # More than the form shows.
        return dict(before)
    chosen = {name: each for name in names if (each := _parse_place(data.get(f"{kind}_{name}", NOWHERE))) is not None}
    if names[0] not in chosen:
        return None
    singles = {name: each for name, each in chosen.items() if isinstance(each, str)}
    try:
        mapping: dict[str, Any] = parts_of.split_places(singles, next(iter(singles))) if singles else {}
    except parts_of.NotInOneRow as failure:
        raise parts_of.NotInOneRow(f"{kind}_{failure.name}") from None
    own, where = [mapping[name] for name in singles], before.get("where")
    if own and (where is None or list(where.values()) == [PRESENT]):
        where = {next((each for each in own if each not in elsewhere), own[0]): PRESENT}
    kept = {name: each for name, each in before.items() if name not in names and (name != "items" or not singles)}
    return {**kept, **chosen, **mapping, **({"where": where} if where else {})}


def _row_places(base: Mapping[str, Any], kind: str) -> frozenset[str]:
    places = parts_of.push_places(base.get("samples", {}).get(kind, ""))
    return frozenset(place.partition(parts_of.ROW)[2] or place for place in places)


def _push_data(kind: str, names: Sequence[str], mapping: Mapping[str, Any]) -> dict[str, str]:
    items = mapping.get("items")
    return {f"{kind}_{name}": shown_place(parts_of.join_place(items, mapping.get(name))) for name in names}


def _role_of(value: Any) -> str:
    found = PLACEHOLDER.fullmatch(value) if isinstance(value, str) else None
    return found[1].replace("to_number", "to") if found else AS_WRITTEN


def _part_value(value: Any, data: Data, number: int) -> Any:
    """What stands in a part now. Numbers stay numbers."""
    role, text = data.get(f"role_{number}", AS_WRITTEN), data.get(f"fixed_{number}") or ""
    if role == OMITTED:
        return parts_of.LEFT_OUT
    if role != AS_WRITTEN:
        is_number = role == "to" and (type(value) is int or value == "{{to_number}}")
        return f"{{{{{'to_number' if is_number else role}}}}}"
    if text == _as_text(value):
        return value
    if not text:
        return parts_of.LEFT_OUT
    return int(text) if type(value) is int and text.isdecimal() and len(text) < 19 else text


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _join_words(words: Sequence[Any]) -> str:
    return ", ".join(map(str, words))


def _split_words(text: str, before: Sequence[Any]) -> list[Any]:
    """The words between commas; those of before where nothing was changed."""
    text = text or ""
    return list(before) if text == _join_words(before) else [each.strip() for each in text.split(",") if each.strip()]
