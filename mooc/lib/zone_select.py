"""The field in which a time zone is picked."""

from typing import Any

from django import forms

from mooc.lib.zones import zones_by_region


class ZoneSelect(forms.Select):
    """The list of time zones by region. A zone that we would not offer any more stays selected."""

    def __init__(self, attrs: dict[str, str] | None = None):
        # The list is long: the function is called only when it is shown.
        super().__init__(attrs=attrs, choices=zones_by_region)

    def optgroups(self, name: str, value: list[str], attrs: dict[str, Any] | None = None) -> list:
        groups = super().optgroups(name, value, attrs)
        offered = {zone for _region, zones in zones_by_region() for zone, _city in zones}
        other = [zone for zone in value if zone and zone not in offered]
        kept = [self.create_option(name, zone, zone, True, place, attrs=attrs) for place, zone in enumerate(other)]
        return [(None, kept, len(groups)), *groups] if kept else groups
