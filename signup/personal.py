"""What we hold about one person, for them to take away."""

from signup.api import exported
from signup.models import LinkRequest, Signup


def held_data(address: str) -> dict[str, list[dict[str, object]]]:
    """Return the sign-ups and asked-for links of an address, as JSON-ready values."""
    rows = Signup.objects.of_address(address).select_related("sequence").order_by("pk")
    links = LinkRequest.objects.filter(signup__in=rows).order_by("pk")
    return {
        "signups": [
            {
                **exported(row),
                "course": row.sequence and row.sequence.title,
                "confirmed": row.confirmed,
                "bounced": row.bounced,
                "welcomed": row.welcomed,
                "kept_aside": row.aside,
            }
            for row in rows
        ],
        "links": [{"kind": link.kind, "asked": link.made, "mailed": link.mailed, "used": link.used} for link in links],
    }
