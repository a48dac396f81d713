"""The API for providers' programs, and its documentation."""
