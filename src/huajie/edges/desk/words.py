"""Why somebody was not let in, in words that tell a stranger nothing about who works here."""

from django.utils.translation import gettext as _

from huajie.apps.accounts.operations import SignInRefused
from huajie.edges.pages.reader import Reader


def refusal_words(error: SignInRefused, reader: Reader) -> str:
    """Return the sentence of a refusal."""
    if error.code == "wait" and error.until is not None:
        at = error.until.astimezone(reader.home_zone)
        return _("Too many wrong passwords. Try again after %(time)s.") % {"time": f"{at:%H:%M:%S}"}
    return {
        "off": _("This account is switched off. Ask the administrator of your unit."),
        "elsewhere": _("Demo accounts work on this machine only, because their passwords are printed."),
        "factor": _("This code is wrong, or it was used before. Wait for the next one."),
        "key": _("This passkey does not open an account here."),
        "code": _("Name or code is wrong, or the code is used up or too old."),
    }.get(error.code, _("Name or password is wrong."))
