"""Where İYS's document contradicts itself or is silent: each error, and why our table differs."""

# (question, name in the schema of a success): why the table has another name.
NAMES = {
    ("agree", "aggrementCaptured"): "misspelt in the schema; the example says agreementCaptured",
    ("retailer_remove", "message"): "of a schema that the only example, the word Başarı, contradicts",
    ("subscription", "subsciprtionId"): "spelt in three ways over the document, and not needed by us",
}

# (question, status, code) of the table that stands neither in the operation's examples nor in the chapter of codes.
CODES = {
    ("bulk_add", 403, "H520"): "left out of the examples; a paused provider may only ask for its package",
    ("history", 403, "H520"): "left out likewise",
    ("retailer_remove", 400, "H061"): "the operation says 400 while a consent refers to a retailer, and no code",
}

# The required fields of a request: (question, why ours are other ones).
REQUIRED = {
    "token": "two forms of body; only grant_type is in both",
    "access_remove": "the schema has no list of required fields, and each is missed by a code of its own",
    "agree": "the schema has no list of required fields, and anything but true is H512",
}

# A code of the registry that the document does not hold.
NOT_IN_THE_DOCUMENT = {
    "H451": "of the verification flow of 2020, whose other numbers still stand",
    "H457": "likewise",
    "H458": "likewise",
    "H503": "of 2020, for what H116 says now; a client costs nothing that still understands it",
}

# A code whose text in the registry the document does not print.
TEXTS = {"H437": "its only example carries somebody's number where ours has {{iysCode}}"}
