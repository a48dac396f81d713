"""The pages of a point, each with the sender on top."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import abort, render_template
from flask_babel import format_datetime, get_locale

from portal.core import addresses, clock
from portal.core.addresses import AddressKind
from portal.core.extensions import read_session, vault
from portal.core.iys_protocol import Channel, Status
from portal.core.models import AddressProof
from portal.core.models.link_context import load_consent_text
from portal.core.throttle import TooManyRequests
from portal.domain import address_proofs, consent_points
from portal.domain.address_proofs.codes import is_open
from portal.domain.consent_points import PublicPoint
from portal.domain.receipts import format_number
from portal.domain.receipts.contents import ReceiptContents
from portal.web.consent_points import selection
from portal.web.consent_points.selection import Selection
from portal.web.recipient.page_content import ChannelRow, FormState, sender_content, title_and_body

EMPTY_FORM = FormState()


@dataclass(frozen=True)
class RecordedDecision:
    """What the right code recorded. Its receipt's address is not shown, which opens for ever what whoever has it may
    see and change: it comes to the address itself, by the message that tells of the decision, or in İzinlerim."""

    act: ReceiptContents
    is_told: bool  # By a message.
    until: str  # The time at which it is shown no more.

    @property
    def number(self) -> str:
        return format_number(self.act.number)

    @property
    def refuses_mailbox(self) -> bool:
        return any(each.channel == Channel.EMAIL and each.status == Status.REFUSED for each in self.act.lines)


def find_point(slug: str) -> PublicPoint:
    """The point of a URL, or 404."""
    point = consent_points.find_point(read_session(), slug)
    if point is None:
        abort(404)
    return point


def render_choices(point: PublicPoint, form_state: FormState = EMPTY_FORM) -> str:
    """One choice per channel, unticked; or the person's own, where the form is shown again."""
    return _render(
        "consent_points/page.html",
        point,
        rows=[ChannelRow(channel, None, form_state.chosen.get(channel)) for channel in point.channels],
        form_state=form_state,
        requires_name=point.requires_name,
        form_token=_token(point),
    )


def render_review(
    point: PublicPoint, form_state: FormState, asks_again: Sequence[Channel] = (),
    recorded: RecordedDecision | None = None,
) -> str:  # fmt: skip
    """Choices made elsewhere, in words, beside our own text, to be confirmed; those for the address after the one for
    which `recorded` was."""
    return _render(
        "consent_points/review.html",
        point,
        choices=_in_order(form_state.chosen),
        has_grant=Status.GRANTED in form_state.chosen.values(),
        form_state=form_state,
        requires_name=point.requires_name,
        form_token=_token(point, form_state.chosen),
        asks_again=asks_again,
        recorded=recorded,
    )


def render_address_form(
    point: PublicPoint, chosen: Selection, *, typed: str = "", error: str = "", many: TooManyRequests | None = None,
    lost: tuple[Channel, ...] = (), is_full: bool = False, asks_again: Sequence[Channel] = (),
    recorded: RecordedDecision | None = None,
) -> str:  # fmt: skip
    """Form for the address of the code: first the phone, then the e-mail, as far as there are choices for them.
    `recorded` is what was decided for the address before it, `asks_again` are grants that were not taken for that."""
    kind = next_kind(chosen)
    kinds = {kind_of(channel) for channel in chosen.choices}
    return _render(
        "consent_points/address.html",
        point,
        is_phone=kind == AddressKind.PHONE,
        has_both=len(kinds) > 1,
        choices=_in_order({channel: status for channel, status in chosen.choices.items() if kind_of(channel) == kind}),
        recorded=recorded,
        form_token=selection.sign_token(point.point_id, chosen),
        typed=typed[: addresses.MAX_INPUT_LENGTH],
        error=error,
        many=many,
        lost=lost,
        is_full=is_full,
        asks_again=asks_again,
    )


def render_code_form(point: PublicPoint, proof: AddressProof, code: str, *, message: str = "", digits: str = "") -> str:
    chosen = Selection.from_facts(address_proofs.read_facts(vault(), proof))
    address = address_proofs.read_address(vault(), proof)
    mine = {channel: status for channel, status in chosen.choices.items() if channel in address.channels}
    return _render(
        "consent_points/code.html",
        point,
        code=code,
        address=addresses.mask(address.text),
        is_phone=address.kind == AddressKind.PHONE,
        choices=_in_order(mine),
        until=format_datetime(proof.expires_at, "HH:mm"),
        is_open=is_open(proof, clock.now()),
        form_token=selection.sign_token(point.point_id, replace(chosen, name="")),  # Anybody may open this address.
        message=message,
        digits=digits,
    )


def render_results(point: PublicPoint, code: str, recorded: RecordedDecision | None, lost: list[Channel]) -> str:
    """What was recorded; `lost` are choices that were not taken: of a point that closed, or outdated."""
    facts = {"code": code, "recorded": recorded, "lost": lost, "is_open": point.is_open}
    return _render("consent_points/done.html", point, **facts)


def render_expired(point: PublicPoint) -> str:
    return _render("consent_points/expired.html", point)


def render_no_codes(
    point: PublicPoint, lost: Collection[Channel], asks_again: Sequence[Channel] = (),
    recorded: RecordedDecision | None = None,
) -> str:  # fmt: skip
    """The day's codes are used up: which choices are not recorded for that, and what else one can do. The same text for
    everybody, beside what was recorded for the address before."""
    return _render(
        "consent_points/no_codes.html", point, lost=_sort_channels(lost), asks_again=asks_again, recorded=recorded
    )


def render_closed(point: PublicPoint, *, lost: Collection[Channel] = (), unrecorded: Collection[Channel] = ()) -> str:
    """Why nothing is asked here, and how to refuse. `lost` are grants that the firm's package has no room for,
    `unrecorded` what was chosen on a page that had been open before."""
    state = "full" if lost else point.state
    channels = {"lost": _sort_channels(lost), "unrecorded": _sort_channels(unrecorded)}
    return _render("consent_points/closed.html", point, state=state, **channels)


def used_up_kinds(point: PublicPoint) -> frozenset[AddressKind]:
    """The kinds of address that get no more codes today."""
    at, kinds = clock.now(), {kind_of(channel) for channel in point.channels}
    used = {
        kind: address_proofs.count_today(read_session(), point.brand_id, point.campaign_id, kind, at) for kind in kinds
    }
    return frozenset(kind for kind, count in used.items() if count >= point.daily_budget)


def all_channels(point: PublicPoint) -> tuple[Channel, ...]:
    """What "refuse all" refuses: every channel of the addresses that the point asks for."""
    kinds = set(map(kind_of, point.channels))
    return tuple(channel for channel in Channel if kind_of(channel) in kinds)


def next_kind(chosen: Selection) -> AddressKind:
    return min((kind_of(channel) for channel in chosen.choices), key=list(AddressKind).index)


def kind_of(channel: Channel) -> AddressKind:
    return AddressKind.EMAIL if channel == Channel.EMAIL else AddressKind.PHONE


def _render(template: str, point: PublicPoint, **facts: Any) -> str:
    """Render a template with what every page of a point shows."""
    text = load_consent_text(read_session(), point.text_id)
    title, body = title_and_body(text, get_locale().language)
    header = {
        "slug": point.slug,
        **sender_content(point, text),
        "title": title,
        "body": body,
        "used_up": used_up_kinds(point) if point.is_open else frozenset(),
        "all_channels": all_channels(point),
        "offers_mail": Channel.EMAIL in point.channels,
    }
    return render_template(template, header=header, **facts)


def _token(point: PublicPoint, choices: dict[Channel, Status] | None = None) -> str:
    chosen = Selection(point.text_id, get_locale().language, clock.now(), choices or {})
    return selection.sign_token(point.point_id, chosen)


def _in_order(choices: dict[Channel, Status]) -> list[tuple[Channel, Status]]:
    return [(channel, choices[channel]) for channel in _sort_channels(choices)]


def _sort_channels(channels: Collection[Channel]) -> list[Channel]:
    return [channel for channel in Channel if channel in channels]
