"""How a brand looks: its logo and its colour, from our host, under names that change when they do."""

from flask import Response, abort

from portal.core.extensions import read_session
from portal.core.models import Brand
from portal.domain.providers import brand_colours
from portal.web.recipient.blueprint import blueprint

CACHE_FOREVER = "public, max-age=31536000, immutable"  # The name says what is in it.


@blueprint.get("/logo/<id:brand_id>/<digest>.png")
def logo(brand_id: int, digest: str):
    """A brand's logo, as we made it."""
    brand = read_session().get(Brand, brand_id)
    if brand is None or brand.logo_digest != digest:
        abort(404)
    return Response(brand.logo, mimetype="image/png", headers={"Cache-Control": CACHE_FOREVER})


@blueprint.get("/colour/<colour>.css")
def colour(colour: str):
    """A brand's colour, for light pages and for dark ones: pages carry no style of their own."""
    try:
        light = brand_colours.validate_colour(f"#{colour}")
    except (brand_colours.InvalidColour, brand_colours.Illegible):
        abort(404)
    dark = brand_colours.dark_variant(light)
    sheet = f":root{{--brand:{light}}}@media(prefers-color-scheme:dark){{:root{{--brand:{dark}}}}}\n"
    return Response(sheet, mimetype="text/css", headers={"Cache-Control": CACHE_FOREVER})
