"""Forms of a megabyte are encoded as Python's own function does it."""

from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st

from mooc.lib.urlencoding import urlencoded

TEXT = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(["%", "%25+ +", "a b", "é%C3", "~_.-", ""])


@given(st.lists(st.tuples(TEXT, TEXT)))
def test_a_form_is_encoded_as_by_the_standard_library(fields):
    assert urlencoded(fields) == urlencode(fields).encode()
