"""The pages of brands, and of what staff do for a person, with things to show."""

from datetime import UTC, datetime
from types import SimpleNamespace as Thing

from portal.core.iys_protocol import Channel
from portal.domain.identity.permissions import Permission
from portal.domain.providers.brands import Count
from portal.domain.providers.logos import LogoProblem
from portal.services.domains import record_of
from portal.web.dashboard.brands.forms import BrandForm, DomainForm, DomainRemovalForm, LogoForm, NewBrandForm
from portal.web.dashboard.recipients.forms import RefusalForm, UnmaskForm

AT = datetime(2026, 11, 24, 11, 2, 30, tzinfo=UTC)


def acts_on_a_recipient(**other) -> dict:
    """What the page of a recipient needs beside its decisions."""
    forms = {
        "refusal_form": RefusalForm(formdata=None, brands=[Thing(id=1, name="Örnek Mağaza")], channels=list(Channel)),
        "unmask_form": UnmaskForm(formdata=None),
    }
    return {"recipient_id": 1, "clear": None, "may": lambda power: True, "Permission": Permission} | forms | other


def _brand(**other) -> dict:
    brand = Thing(
        id=1, name="Örnek Mağaza", brand_code=700001, header="ORNEK", colour="#0b5e6b", contact=None, notice_url=None,
        source=None, logo_digest="ab" * 8, is_sandbox=False, closed_at=None,
    )  # fmt: skip
    return {
        "brand": brand, "provider": Thing(title="Örnek Mağazacılık A.Ş.", number="0123456789012345", contact="0850"),
        "form": BrandForm(formdata=None), "logo_form": LogoForm(formdata=None), "logo_problem": None,
        "domains": [_domain(1, None), _domain(2, AT)], "domain_form": DomainForm(formdata=None), "removal": None,
        "removal_form": DomainRemovalForm(formdata=None), "record_of": record_of, "is_left": False,
        "may": lambda power: True, "Permission": Permission,
    } | other  # fmt: skip


def _domain(number: int, verified_at, missing_since=None) -> Thing:
    return Thing(
        id=number, host=f"izin{number}.ornek.example", proof="izinlink=abc", verified_at=verified_at, checked_at=AT,
        missing_since=missing_since,
    )  # fmt: skip


def _closed() -> dict:
    shown = _brand(domains=[_domain(3, AT, AT)], logo_problem=LogoProblem.MARKUP)
    shown["brand"].closed_at, shown["brand"].logo_digest = AT, None
    shown["removal"] = (3, _wrong(DomainRemovalForm()))
    return shown


def _wrong(form):
    form.validate()
    return form


def _listed() -> dict:
    brands = [Thing(id=1, name="Örnek", brand_code=1, is_sandbox=True, closed_at=None)]
    brands.append(Thing(id=2, name="İkinci", brand_code=2, is_sandbox=False, closed_at=AT))
    counts = dict.fromkeys(Channel, Count(1200, 3))
    return {
        "brands": [(brand, counts) for brand in brands], "channels": list(Channel), "names": ["SMS"] * 3,
        "may": lambda power: True, "Permission": Permission,
    }  # fmt: skip


def _new(**other) -> dict:
    return {"form": NewBrandForm(formdata=None), "to_bring": {700002: "İkinci"}, "in_sandbox_mode": True} | other


def _without_code():
    form = NewBrandForm(formdata=None)
    del form.code
    return form


OF_BRANDS = {
    ("dashboard/brands/brands.html", ""): _listed,
    ("dashboard/brands/brands.html", "none"): lambda: _listed() | {"brands": []},
    ("dashboard/brands/brand.html", ""): _brand,
    ("dashboard/brands/brand.html", "passive"): _closed,
    ("dashboard/brands/brand.html", "left"): lambda: _brand(is_left=True, domains=[]),
    ("dashboard/brands/brand.html", "read only"): lambda: _brand(may=lambda power: False),
    ("dashboard/brands/new_brand.html", ""): _new,
    ("dashboard/brands/new_brand.html", "wrong"): lambda: _new(form=_wrong(NewBrandForm())),
    ("dashboard/brands/new_brand.html", "practising"): lambda: _new(form=_without_code()),
}
