"""Links of the OpenAPI document: what to call next with values of a request and its answer."""

_BRAND = {"brandCode": "$request.path.brandCode"}
_ROW = _BRAND | {"type": "$request.body#/type", "recipient": "$request.body#/recipient"}
_FIRST_ROW = _BRAND | {"type": "$request.body#/consents/0/type", "recipient": "$request.body#/consents/0/recipient"}
_FIRST_BRAND = {"brandCode": "$response.body#/items/0/brandCode"}
_REQUEST = {"requestId": "$response.body#/requestId"}

# By operation, each operation that a good answer leads to, with its parameters.
LINKS: dict[str, dict[str, dict[str, str]]] = {
    "listBrands": {
        "addConsent": _FIRST_BRAND,
        "addConsents": _FIRST_BRAND,
        "checkAddresses": _FIRST_BRAND,
        "addSends": _FIRST_BRAND,
        "listConsents": _FIRST_BRAND,
    },
    "addConsent": {"showRequest": _REQUEST, "showConsent": _ROW, "mayBeMessaged": _ROW},
    "addConsents": {"showRequest": _REQUEST, "showConsent": _FIRST_ROW, "mayBeMessaged": _FIRST_ROW},
    "addSends": {"showRequest": _REQUEST},
    "queryConsent": {"showConsent": _ROW, "mayBeMessaged": _ROW},
    "listHistory": {"showConsent": _ROW},
    "listConsents": {"listEvents": {"cursor": "$response.body#/eventsCursor"}},
    "listEvents": {"listEvents": {"cursor": "$response.body#/nextCursor"}},
}


def links_of(operation: str) -> dict[str, dict[str, object]]:
    """The links of an operation's good answer, as OpenAPI writes them."""
    targets = LINKS.get(operation, {})
    return {each: {"operationId": each, "parameters": its} for each, its in targets.items()}
