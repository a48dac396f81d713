"""The pages of a point, each with the sender on top, as on every page that asks."""

from dataclasses import dataclass

from flask import render_template, url_for
from flask_babel import format_datetime, get_locale

from portal.core import addresses, clock
from portal.core.addresses import AddressKind
from portal.core.extensions import read_session, vault
from portal.core.iys_protocol import Channel, Status
from portal.core.models import AddressProof, ConsentText
from portal.core.models.link_context import load_consent_text
from portal.core.throttle import TooManyRequests
from portal.domain import address_proofs
from portal.domain.address_proofs.code_check import is_open
from portal.domain.consent_points import PublicPoint
from portal.domain.providers import sandbox_mode
from portal.web.consent_points import form_token
from portal.web.consent_points.form_token import Selection
from portal.web.recipient.page_content import Branding, ChannelRow, FormState, branding_of, language_args

EMPTY_FORM = FormState()


@dataclass(frozen=True)
class PageHeader:
    """What all pages of a point show."""

    slug: str
    text: ConsentText
    title: str
    body: str
    branding: Branding
    destination: sandbox_mode.Destination
    used_up: frozenset[AddressKind]
    offers_mail: bool


def render_choices(place: PublicPoint, form_state: FormState = EMPTY_FORM) -> str:
    """One unticked choice for each channel; or the person's own, where the page comes back to them."""
    return render_template(
        "consent_points/page.html",
        head=_page_header(place),
        rows=[ChannelRow(channel, None, form_state.chosen.get(channel)) for channel in place.channels],
        form_state=form_state,
        requires_name=place.requires_name,
        form_token=_token(place),
    )


def render_review(place: PublicPoint, form_state: FormState) -> str:
    """What was chosen elsewhere, in words, beside our own text: it counts when the person says so."""
    return render_template(
        "consent_points/review.html",
        head=_page_header(place),
        choices=_in_order(form_state.chosen),
        has_grant=Status.GRANTED in form_state.chosen.values(),
        form_state=form_state,
        requires_name=place.requires_name,
        form_token=_token(place, form_state.chosen),
    )


def render_address_form(
    place: PublicPoint, chosen: Selection, *, typed: str = "", error: str = "", many: TooManyRequests | None = None,
    lost: tuple[Channel, ...] = (), is_full: bool = False,
) -> str:  # fmt: skip
    """The address to which the code goes: first the telephone, then the e-mail, whichever were chosen for."""
    kind = next_kind(chosen)
    kinds = {kind_of(channel) for channel in chosen.choices}
    return render_template(
        "consent_points/address.html",
        head=_page_header(place),
        is_phone=kind == AddressKind.PHONE,
        has_both=len(kinds) > 1,
        choices=_in_order({channel: status for channel, status in chosen.choices.items() if kind_of(channel) == kind}),
        receipts=_receipt_urls(chosen.receipts),
        form_token=form_token.sign(place.point_id, chosen),
        typed=typed[: addresses.MAX_INPUT_LENGTH],
        error=error,
        many=many,
        lost=lost,
        is_full=is_full,
    )


def render_code_form(place: PublicPoint, proof: AddressProof, code: str, *, message: str = "", digits: str = "") -> str:
    """Where the code is typed, pasted, or asked for again."""
    chosen = form_token.from_facts(address_proofs.read_facts(vault(), proof))
    address = address_proofs.read_address(vault(), proof)
    mine = {channel: status for channel, status in chosen.choices.items() if channel in address.channels}
    return render_template(
        "consent_points/code.html",
        head=_page_header(place),
        code=code,
        address=addresses.mask(address.text),
        is_phone=address.kind == AddressKind.PHONE,
        choices=_in_order(mine),
        until=format_datetime(proof.expires_at, "HH:mm"),
        is_open=is_open(proof, clock.now()),
        form_token=form_token.sign(place.point_id, chosen),
        message=message,
        digits=digits,
    )


def render_results(place: PublicPoint, receipts: tuple[str, ...], lost: list[Channel]) -> str:
    """What was decided for each address; `lost` are grants that could not be taken any more."""
    return render_template("consent_points/done.html", head=_page_header(place), receipts=_receipt_urls(receipts), lost=lost)


def render_expired(place: PublicPoint) -> str:
    """A code's page is done with."""
    return render_template("consent_points/over.html", head=_page_header(place))


def render_no_codes(place: PublicPoint) -> str:
    """The codes of the day are used up: what else there is. The same words for everybody."""
    return render_template("consent_points/no_codes.html", head=_page_header(place), tomorrow=clock.day(clock.now()))


def render_closed(place: PublicPoint, *, is_full: bool = False) -> str:
    """Why nothing is asked here, and how to refuse."""
    return render_template("consent_points/shut.html", head=_page_header(place), state="full" if is_full else place.state)


def used_up_kinds(place: PublicPoint) -> frozenset[AddressKind]:
    """By which way no code goes any more today."""
    at, kinds = clock.now(), {kind_of(channel) for channel in place.channels}
    used = {
        kind: address_proofs.count_today(read_session(), place.brand_id, place.campaign_id, kind, at) for kind in kinds
    }
    return frozenset(kind for kind, count in used.items() if count >= place.daily_budget)


def next_kind(chosen: Selection) -> AddressKind:
    """Which address comes next."""
    return min((kind_of(channel) for channel in chosen.choices), key=list(AddressKind).index)


def kind_of(channel: Channel) -> AddressKind:
    """By which kind of address a channel reaches people."""
    return AddressKind.EMAIL if channel == Channel.EMAIL else AddressKind.PHONE


def _page_header(place: PublicPoint) -> PageHeader:
    text, language = load_consent_text(read_session(), place.text_id), get_locale().language
    return PageHeader(
        slug=place.slug,
        text=text,
        title=text.title_en if language == "en" else text.title_tr,
        body=text.body_en if language == "en" else text.body_tr,
        branding=branding_of(place),
        destination=sandbox_mode.find_destination(place.iys_code, place.brand_code),
        used_up=used_up_kinds(place) if place.is_open else frozenset(),
        offers_mail=Channel.EMAIL in place.channels,
    )


def _token(place: PublicPoint, choices: dict[Channel, Status] | None = None) -> str:
    chosen = Selection(place.text_id, get_locale().language, clock.now(), choices or {})
    return form_token.sign(place.point_id, chosen)


def _in_order(choices: dict[Channel, Status]) -> list[tuple[Channel, Status]]:
    return [(channel, choices[channel]) for channel in Channel if channel in choices]


def _receipt_urls(receipts: tuple[str, ...]) -> list[str]:
    return [url_for("recipient.receipt", code=code, **language_args()) for code in receipts]
