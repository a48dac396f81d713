"""What another site's page makes its visitors post. A form's token that hangs on no cookie can be fetched by anybody
and put into that page; but the browser says where a form stood, and no page makes it say otherwise (Fetch Metadata)."""

from flask import request

BY_HAND = ("same-origin", "none")


def have_posted() -> bool:
    """Whether a form stood on another site's page. Old browsers say nothing, and are believed."""
    return request.headers.get("Sec-Fetch-Site", "none") not in BY_HAND
