"""Links that are good for one thing: they open nothing else of the person whom they name."""

import hmac

from django.utils.crypto import constant_time_compare

from signup.models import Signup


def token_for(row: Signup, purpose: str) -> str:
    """Return a token that names a sign-up and is good for `purpose` only.

    It is made from the row's own random key, so it goes on working when the site's secret key is changed.
    """
    return f"{row.pk}-{_proof(row, purpose)}"


def find_by(token: str, purpose: str) -> Signup | None:
    """Return the sign-up that a token of this purpose names; None where it is forged or the person was erased."""
    number, _dash, proof = token.partition("-")
    if not (number.isascii() and number.isdigit()) or len(number) > 18:
        return None
    row = Signup.objects.select_related("sequence").filter(pk=int(number)).first()
    return row if row and constant_time_compare(proof, _proof(row, purpose)) else None


def _proof(row: Signup, purpose: str) -> str:
    return hmac.digest(row.key.encode(), purpose.encode(), "sha256").hex()[:40]
