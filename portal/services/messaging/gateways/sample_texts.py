"""Samples as people paste them: without what stands around them on the vendor's page; what one of them looks like; and
what in them may be wrong."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from portal.core.lazy_text import N_
from portal.services.messaging.gateways import description_fields, sample_words
from portal.services.messaging.gateways.sample_calls import REQUEST_LINE
from portal.services.messaging.gateways.sample_places import answer_places, push_places

IS_CALL = N_("Bu bir gönderim örneğine benziyor.")
IS_ANSWER = N_("Bu bir yanıt/rapor örneğine benziyor. Gönderimse ilk satırına POST ve adresi yazın.")
SWAPPED = N_("Başarılı ve hatalı yanıt örnekleri yer değiştirmiş olabilir; firmanın sayfasına bakın.")
NO_STATE = N_("Rapor örneğinden durum bulunamadı.")
FENCE = re.compile(r"```[^\n]*\n")
REST = re.compile(r",\s*(?:\.\.\.|…)(?=\s*[\]}])")  # "and so on", after the last row.
CURLY = {'"': "“”„‟", "'": "‘’‚"}
BEGINNINGS = ("{", "[", "<", "curl", "POST ", "GET ", "PUT ", "https://", "http://")


def clean_sample(text: str | None) -> str:
    """The first block of code where there are fences, without headings above it, in straight quotes, and without dots
    that stand for further rows."""
    lines = (text or "").replace("\r\n", "\n")
    if FENCE.search(lines):
        lines = FENCE.split(lines, maxsplit=1)[1].partition("```")[0]
    kept = lines.strip().split("\n")
    while len(kept) > 1 and _is_heading(kept[0].strip(), kept[1:]):
        kept = kept[1:]
    cleaned = "\n".join(kept).strip()
    for plain, signs in CURLY.items():
        if plain not in cleaned:
            cleaned = re.sub(f"[{signs}]", plain, cleaned)
    return REST.sub("", cleaned)


def _is_heading(line: str, below: list[str]) -> bool:
    if line.startswith(BEGINNINGS) and not line.endswith(":"):
        return False
    is_above_code = next((each for each in below if each.strip()), "").lstrip().startswith(BEGINNINGS)
    return (
        not line or line[0] in "#*" or line.endswith(":") or (is_above_code and not re.search(r"[=:{}\[\]<>|]", line))
    )


def is_call(text: str) -> bool:
    first = text.strip().partition("\n")[0].strip()
    return first.startswith(("curl ", "https://", "http://")) or REQUEST_LINE.fullmatch(first) is not None


def is_answer(text: str) -> bool:
    """Whether it is an answer or a report and no call: it has a state, and nothing to say."""
    places = push_places(text)
    has_text = "text" in sample_words.guess_names(places, sample_words.CALL_NAMES)
    return not is_call(text) and not has_text and "word" in sample_words.guess_names(places, sample_words.ANSWER_NAMES)


def list_doubts(description: Mapping[str, Any]) -> Iterator[str]:
    """What a person should look at before a description is stored, as msgids."""
    data, samples = description_fields.form_data(description), description.get("samples", {})
    split = description["answer"].get("split", "")
    error = answer_places({"error": samples.get("error", "")}, split).get(data["fault"], "")
    if sample_words.is_failure(data["success_words"]) or sample_words.is_success(error):
        yield SWAPPED
    if samples.get("report") and data["report_state"] == description_fields.NOWHERE:
        yield NO_STATE
