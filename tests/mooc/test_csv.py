import csv
import io

import pytest

from mooc.lib.csv import csv_lines, csv_response, guarded


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1", "+1", "@sum", "-1", "-", "\t=1", "\r=1", "\n=1", '=HYPERLINK("https://x.example")',
        "--1+cmd|' /C calc'!A0", "-- 1", "--cmd|' /C calc'!A0", "--sum(1)", "--=1", "---1",
        "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20sum",
    ],
)  # fmt: skip
def test_a_cell_that_would_start_a_formula_is_guarded(cell):
    assert guarded(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["Anna", "", "a=1", "a-b", "1", -1, 2.5, None, "--", "---", "-- as I said", "--\nAnn"])
def test_other_cells_stay_as_they_are(cell):
    assert guarded(cell) == cell


def test_quotes_commas_and_line_breaks_come_back_as_they_were():
    row = ['say "hi"', "a,b", "one\ntwo", "ünïcode"]
    assert next(csv.reader(io.StringIO(next(csv_lines([row]))))) == row


def test_the_download_is_made_row_by_row_and_opens_in_excel():
    asked = []

    def rows():
        for number in range(3):
            asked.append(number)
            yield [number]

    response = csv_response("people.csv", rows())
    parts = iter(response.streaming_content)
    assert next(parts) == "\ufeff".encode()
    assert (next(parts), asked) == (b"0\r\n", [0])
    assert response["Content-Disposition"] == 'attachment; filename="people.csv"'
