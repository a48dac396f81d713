"""CSRF check by Fetch Metadata, for forms without a cookie.

A form token that is bound to no cookie can be fetched by anybody and put into another site's page. But the browser says
where a form stood, and no page can change that header.
"""

from flask import request

OUR_PAGES = ("same-origin", "none")


def is_cross_site_post() -> bool:
    """Whether the form stood on another site's page. Old browsers send no header, and pass."""
    return request.headers.get("Sec-Fetch-Site", "none") not in OUR_PAGES
