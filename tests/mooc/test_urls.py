"""Full addresses of our own pages."""

import pytest

from mooc.lib.keys import new_key
from mooc.lib.urls import page_url, page_urls


@pytest.mark.parametrize("domain", ["mooc.example.org", "any-key.example", "ANY-KEY.example:8000"])
@pytest.mark.parametrize("view", ["me", "confirm", "unsubscribe_confirm", "one_click"])
def test_addresses_made_by_the_thousand_are_those_made_one_by_one(settings, view, domain):
    settings.MOOC_DOMAIN = domain
    made = page_urls(view)
    for key in (new_key(), f"17-{'ab' * 20}"):
        assert made(key) == page_url(view, key)
