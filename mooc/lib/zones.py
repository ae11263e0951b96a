"""Time zones by name, as in the IANA database."""

from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

REGIONS = {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}


@lru_cache(maxsize=1)
def known_zones() -> frozenset[str]:
    """Return every zone name this machine knows, old spellings such as Asia/Calcutta included."""
    return frozenset(available_timezones() - {"localtime", "Factory"})


@lru_cache(maxsize=1)
def zones_by_region() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the zones to choose from as (region, [(zone, city), ...]), UTC first."""
    regions: dict[str, list[tuple[str, str]]] = {}
    for zone in sorted(known_zones()):
        region, slash, city = zone.partition("/")
        if slash and region in REGIONS:
            regions.setdefault(region, []).append((zone, city.replace("_", " ").replace("/", ", ")))
    return [("UTC", [("UTC", "UTC")]), *regions.items()]


def validate_zone(name: str) -> None:
    """Raise ValidationError unless `name` is a zone we know."""
    if name not in known_zones():
        raise ValidationError(
            _("“%(zone)s” is not a time zone we know. Choose one from the list."), params={"zone": name[:60]}
        )


def zone(name: str) -> ZoneInfo:
    """Return the zone called `name`; UTC where it is unknown, as an old database may hold a withdrawn name."""
    return ZoneInfo(name if name in known_zones() else "UTC")
