"""A brand's logo and colour, served from our host under names that change with their content."""

from flask import Response, abort, url_for

from portal.core.extensions import read_session
from portal.core.models import Brand
from portal.domain.providers import brand_colours, sandbox_mode
from portal.web.recipient.blueprint import blueprint

CACHE_FOREVER = "public, max-age=31536000, immutable"  # The name changes with the content.


@blueprint.get("/logo/<id:brand_id>/<digest>.png")
def logo(brand_id: int, digest: str) -> Response:
    """The logo of a brand; of sandbox mode none, since nobody has reviewed whose it is."""
    brand = read_session().get(Brand, brand_id)
    if brand is None or brand.logo_digest != digest or brand.brand_code in sandbox_mode.CODES:
        abort(404)
    return Response(brand.logo, mimetype="image/png", headers={"Cache-Control": CACHE_FOREVER})


@blueprint.get("/colour/<colour>.css")
def colour(colour: str) -> Response:
    """A style sheet with the brand's colour for light and dark mode: pages have no inline style."""
    try:
        light = brand_colours.validate_colour(f"#{colour}")
    except (brand_colours.InvalidColour, brand_colours.Illegible):
        abort(404)
    dark = brand_colours.dark_variant(light)
    sheet = f":root{{--brand:{light}}}@media(prefers-color-scheme:dark){{:root{{--brand:{dark}}}}}\n"
    return Response(sheet, mimetype="text/css", headers={"Cache-Control": CACHE_FOREVER})


def logo_url(brand_id: int, digest: str | None) -> str | None:
    return url_for("recipient.logo", brand_id=brand_id, digest=digest) if digest else None


def colour_url(colour: str | None) -> str | None:
    return url_for("recipient.colour", colour=colour.removeprefix("#")) if colour else None
