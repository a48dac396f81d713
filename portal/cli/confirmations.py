"""What whoever calls `flask import` vouches for, so that a file's grants are written."""

from collections.abc import Callable

import click

from portal.services.imports.batch_problems import Confirmation

OPTIONS = {
    "--confirm-before-2015": (
        Confirmation.BEFORE_2015,
        "Vouch that all grants of HS_2015 were taken before 1 May 2015 (Law 6563, provisional art. 1).",
    ),
    "--confirm-first-grants": (
        Confirmation.FIRST_GRANTS,
        "Vouch that grants of many addresses that come for the first time were given at the dates of the file, not of "
        "its export: nobody here knows who refused at İYS before the brand was connected.",
    ),
    "--confirm-after-refusal": (
        Confirmation.AFTER_REFUSAL,
        "Vouch that people consented anew after their own refusals; such grants are left out otherwise.",
    ),
    "--ignore-unread": (
        Confirmation.UNREAD,
        "Vouch that nothing that is not read or not understood (unused_columns with may_refuse, unused_sheets, marks) "
        "means a refusal; all grants are left out otherwise, and those beside a note that refuses always.",
    ),
}


def confirmation_options(command: Callable[..., None]) -> Callable[..., None]:
    """A flag for each, by whose confirmation the command's parameter is named."""
    for name, (confirmation, explanation) in reversed(OPTIONS.items()):
        command = click.option(name, confirmation.value, is_flag=True, help=explanation)(command)
    return command
