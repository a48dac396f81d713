"""What a description does, beside its form: the call that it makes, and how it reads the vendor's samples."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, NamedTuple

from flask_babel import gettext as _

from portal.core.lazy_text import N_
from portal.services.messaging.gateways import (
    call_trace,
    description_checks,
    description_fields,
    json_values,
    sample_codes,
    sample_words,
)
from portal.services.messaging.gateways.description_parts import list_parts
from portal.services.messaging.gateways.generic_http import NOT_UNDERSTOOD, GenericHttpGateway
from portal.services.messaging.gateways.protocol import Batch, ErrorClass, OutgoingMessage, Reason, ReportState
from portal.services.messaging.gateways.vendor_push import VendorPush
from portal.web.shared.gateway_words import CLASSES, REASONS, ROLES, STATES

EXAMPLE_NUMBER, EXAMPLE_ID = "+905321234567", 1001


HEADINGS = {
    "call": N_("Gönderim"), "answer": N_("Başarılı yanıt"), "error": N_("Hatalı yanıt"), "report": N_("Teslim raporu"),
    "reply": N_("Gelen mesaj"),
}  # fmt: skip
FIELDS = {"call": "role_0", "answer": "ref", "error": "fault", "report": "report_state", "reply": "reply_text"}
# What an account does without: the sample that it lacks, and what follows from it.
GAPS = {
    "faults": N_("Hata kodları tanımlı değil: firmanın neden reddettiği anlaşılmaz; geçici hatada yeniden denenmez."),
    "report": N_("Teslim raporları tanımlı değil: iletilerin ulaşıp ulaşmadığı bilinmez."),
    "reply": N_(
        "Gelen mesajlar tanımlı değil: RET yazanların yanıtı buraya ulaşmaz. Firmanın panelinden izleyip kaydedin: "
        "ret ulaşınca üç iş günü içinde göndermeyi bırakmalısınız (6563 sayılı Kanun madde 8)."
    ),
}


class Gap(NamedTuple):
    """What is open about an account: where it is mended, a `way` of the form and the name of a field."""

    text: str
    way: str | None
    field: str


class Reading(NamedTuple):
    """What is made of one sample; `is_good`: nothing about it needs a person's look."""

    kind: str
    text: str
    is_good: bool

    @property
    def heading(self) -> str:
        return _(HEADINGS[self.kind])


class Preview(NamedTuple):
    call: str
    readings: list[Reading]
    samples: Mapping[str, str]  # That were read, by kind.

    def doubts(self, kind: str) -> bool:
        return any(not each.is_good for each in self.readings if each.kind == kind)


def used_names(description: Mapping[str, Any]) -> set[str]:
    """The names of the placeholders that a description's call uses."""
    texts = [*json_values.strings(description["send"]), description.get("basic", "")]
    return {name for text in texts for name in json_values.PLACEHOLDER.findall(text)}


def build_preview(description: Mapping[str, Any], header: str) -> Preview:
    """Of a description that description_checks takes."""
    names = description_checks.secret_names(description)
    gateway = GenericHttpGateway(description, dict.fromkeys(names, call_trace.MASK), callback_url="https://…")
    message = OutgoingMessage(EXAMPLE_ID, EXAMPLE_NUMBER, _("Merhaba"))
    call = call_trace.call_text(gateway, Batch(EXAMPLE_ID, header or "FIRMAADI", [message]))
    return Preview(call, list(_readings(gateway)), description.get("samples", {}))


def list_gaps(description: Mapping[str, Any], header: str) -> list[Gap]:
    """What needs a person's look, and what the account does without."""
    has = {
        "faults": description["answer"]["errors"], "report": "report_push" in description,
        "reply": "inbound_push" in description,
    }  # fmt: skip
    readings = build_preview(description, header).readings
    doubts = [each for each in readings if not each.is_good and has.get(each.kind, True)]
    gaps = [Gap(f"{each.heading}: {each.text}", None, FIELDS[each.kind]) for each in doubts]
    return gaps + [Gap(_(GAPS[kind]), "samples", kind) for kind, known in has.items() if not known]


def _readings(gateway: GenericHttpGateway) -> Iterator[Reading]:
    samples = gateway.description.get("samples", {})
    yield _read_call(gateway.description)
    readers = {"answer": _read_answer, "error": _read_error, "report": _read_report, "reply": _read_reply}
    yield from (read(gateway, samples[kind]) for kind, read in readers.items() if kind in samples)
    if doubtful := sample_codes.doubtful_states(gateway.report_mapping):
        text = _("%(words)s: kişi firmanın ret listesinde olabilir. Anlamını düzeltin.", words=", ".join(doubtful))
        yield Reading("report", text, False)


def _read_call(description: Mapping[str, Any]) -> Reading:
    known = {name.replace("to_number", "to") for name in used_names(description)}
    parts = list_parts(description["send"]).items()
    fixed = [f"{place.rpartition('/')[2]}={str(each)[:40]}" for place, each in parts if "{{" not in str(each)]
    text = _("Bulduklarımız: %(parts)s.", parts=", ".join(_(words) for name, words in ROLES.items() if name in known))
    if fixed:
        text += " " + _("Her iletide aynı gider: %(parts)s.", parts=", ".join(fixed))
    if not {"to", "text"} <= known:
        return Reading("call", _("Alıcının numarasının ve iletinin metninin hangi alanda durduğunu seçin."), False)
    return Reading("call", text, any(name.startswith("secret.") for name in known))


def _read_answer(gateway: GenericHttpGateway, sample: str) -> Reading:
    result, rules = call_trace.read_sample(gateway, sample), gateway.description["answer"]
    if sample_words.is_failure(description_fields.form_data(gateway.description)["success_words"]):
        text = _("Başarılı ve hatalı yanıt örnekleri yer değiştirmiş olabilir; firmanın sayfasına bakın.")
        return Reading("answer", text, False)
    if result.error and result.error.code != NOT_UNDERSTOOD.code:
        return Reading("answer", _("Başarı olarak okunmadı: başarı sözcüğünü ve yerini düzeltin."), False)
    if result.error:
        return Reading("answer", _("Başarı olarak okunmadı: firmanın ileti numarasının yerini seçin."), False)
    text, split = _("Kabul edildi; firmanın ileti numarası %(ref)s.", ref=result.ref), rules.get("split")
    words = description_fields.form_data(gateway.description)["success_words"]
    if "," in words:
        text += " " + _("Başarı sayılanlar: %(words)s.", words=words)
    is_clear = not split or len(sample.partition(split)[2].split()) < 2
    if not is_clear:
        text += " " + _("Numara bu değilse yerini seçin; örneğin sonundaki açıklamayı silin.")
    return Reading("answer", text, is_clear)


def _read_error(gateway: GenericHttpGateway, sample: str) -> Reading:
    error = call_trace.read_sample(gateway, sample).error
    if error is None:
        text = _("HTTP durumu 2xx ise başarı sayılır: firma hataları 4xx ya da 5xx ile vermeli.")
        return Reading("error", text, False)
    if error.error_class is ErrorClass.UNCERTAIN:  # Vendors rarely give an error with the status of a success.
        error = call_trace.read_sample(gateway, sample, HTTPStatus.BAD_REQUEST).error or error
    meaning = f"{_(CLASSES[error.error_class][0])}. {_(REASONS[error.reason][0])}"
    is_word = not error.code.startswith("http_") and error.code != NOT_UNDERSTOOD.code
    word = error.code if is_word else _("Hata sözcüğü bulunamadı")
    return Reading("error", f"{word}: {meaning}", error.reason is not Reason.UNKNOWN)


def _read_report(gateway: GenericHttpGateway, sample: str) -> Reading:
    with suppress(ValueError):
        for each in gateway.read_push(VendorPush(sample.encode())).reports:
            if not gateway.description["report_push"].keys() & {"ref", "item_id"}:
                text = _("Hangi iletinin raporu olduğu anlaşılmıyor: firmanın ya da bizim numaramızın yerini seçin.")
                return Reading("report", text, False)
            text = f"{each.to} {each.code}: {_(STATES[each.state])}".strip()
            states = {row["state"] for row in gateway.description["report_push"]["states"]}
            return Reading("report", text, each.reason is not Reason.UNKNOWN and states != {ReportState.ACCEPTED})
    return Reading("report", _("Rapor örneğinden durum bulunamadı."), False)


def _read_reply(gateway: GenericHttpGateway, sample: str) -> Reading:
    with suppress(ValueError):
        for each in gateway.read_push(VendorPush(sample.encode())).replies:
            if each.is_whole:
                return Reading("reply", _("%(sender)s yazdı: %(text)s", sender=each.sender, text=each.text), True)
    return Reading("reply", _("Gelen mesaj örneğinden yazan ve yazdığı bulunamadı."), False)
