"""results.reproduction: reading computed values, comparing them, and the mapping that is kept."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from printed_tables import LISTED, SETTING, listing, record, results, write_printed

from models.reproduction import compare_with_published, tables
from models.reproduction.tables import MappingError, read_printed
from models.result_row import round_half_away
from warehouse.contracts import RESULTS

CUT = "2017-10-04"


@pytest.fixture
def compared(tmp_path, monkeypatch):
    """Compare these printed values with these tables; rows by id."""

    def run(
        *printed: dict[str, str],
        result: pl.LazyFrame | None = None,
        listed: pl.LazyFrame | None = None,
        settings: dict[str, Any] | None = None,
    ) -> list[dict[str, Any]]:
        monkeypatch.setattr(tables, "FOLDER", write_printed(tmp_path, *printed))
        frame = compare_with_published(
            results() if result is None else result,
            listing() if listed is None else listed,
            configuration=settings or {},
            data_cut=CUT,
        ).collect()
        assert frame.schema == RESULTS["reproduction"].schema
        return frame.to_dicts()

    return run


@pytest.mark.parametrize(
    ("printed", "decimals", "value", "text", "outcome", "off"),
    [
        ("94", "0", 93.6, "94", "match", -0.4),
        ("94", "0", 94.5, "95", "difference", 0.5),
        ("0.73", "2", 0.725, "0.73", "match", -0.5),
        ("-0.03", "2", -0.025, "-0.03", "match", 0.5),
        ("-0.30", "2", -0.3, "-0.30", "match", 0.0),
        ("34.0", "1", 33.94, "33.9", "difference", -0.6),
        ("100", "0", 99.7, "100", "match", -0.3),
        ("811", "0", 150.0, "150", "difference", -661.0),
    ],
)
def test_equal_at_printed_precision_is_a_match(
    compared, printed, decimals, value, text, outcome, off
):
    (row,) = compared({"printed_text": printed, "decimals": decimals}, result=results(a=value))
    assert (row["computed_text"], row["outcome"]) == (text, outcome)
    assert row["computed_value"] == value
    assert row["printed_value"] == float(printed)
    assert row["units_off"] == pytest.approx(off)


@given(
    printed=st.integers(-200, 200),
    decimals=st.integers(0, 3),
    units=st.floats(-3, 3, allow_nan=False),
)
def test_a_match_lies_within_half_a_digit(printed, decimals, units):
    text = round_half_away(printed / 10**decimals, decimals)
    value = (printed + units) / 10**decimals
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        write_printed(Path(folder), {"printed_text": text, "decimals": str(decimals)})
        patched.setattr(tables, "FOLDER", Path(folder))
        (row,) = (
            compare_with_published(results(a=value), listing(), configuration={}, data_cut=CUT)
            .collect()
            .to_dicts()
        )
    assert row["units_off"] == pytest.approx(units, abs=1e-6)
    if abs(units) < 0.499:
        assert row["outcome"] == "match"
    if abs(units) > 0.501:
        assert row["outcome"] == "difference"


@pytest.mark.parametrize(
    ("value", "text", "outcome"),
    [
        (0.00009, "<0.0001", "match"),
        (0.0001, "0.0001", "difference"),
        (0.3, "0.3000", "difference"),
    ],
)
def test_what_is_printed_as_a_bound_must_be_above_the_value(compared, value, text, outcome):
    printed = {"printed_text": "0.0001", "decimals": "4", "reading": "below", "qualifier": "<"}
    (row,) = compared(printed, result=results(a=value))
    assert (row["computed_text"], row["outcome"]) == (text, outcome)


def test_readings_of_result_rows(compared):
    rows = compared(
        {"published_id": "P1", "reading": "min", "source_key": "a; b; c", "printed_text": "2"},
        {"published_id": "P2", "reading": "max", "source_key": "a; b; c", "printed_text": "5"},
        {"published_id": "P3", "reading": "share", "source_key": "a; b; c", "printed_text": "160"},
        {"published_id": "P4", "reading": "n_total", "source_key": "d", "printed_text": "10"},
        result=results(a=3.0, b=2.0, c=5.0, d=None),
    )
    assert [row["computed_value"] for row in rows] == [2.0, 5.0, 100.0, 10.0]
    assert [row["outcome"] for row in rows] == ["match", "match", "difference", "match"]


def test_no_such_row_is_not_the_same_as_not_estimable(compared):
    rows = compared(
        {"published_id": "P1", "source_key": "a"},
        {"published_id": "P2", "source_key": "b"},
        {"published_id": "P3", "reading": "min", "source_key": "c; a"},
        {"published_id": "P4", "reading": "max", "source_key": "c; b"},
        {"published_id": "P5", "reading": "share", "source_key": "c; d"},
        result=results({"result_id": "a", "method": "not estimable: no events"}, c=1.0, d=0.0),
    )
    assert {row["outcome"] for row in rows} == {"absent"}
    assert {row["computed_value"] for row in rows} == {None}
    assert {row["computed_text"] for row in rows} == {None}
    assert {row["units_off"] for row in rows} == {None}
    unknown = "no such result row at this cut"
    assert [row["note"] for row in rows] == [
        "not estimable: no events",
        unknown,
        "not estimable: no events",
        unknown,
        "not estimable: 0 of 0",
    ]


EVENT = "additional-courses|malignancy|Lymphoma|3|1"


def test_readings_of_a_listed_record(compared):
    told = {"source_key": EVENT, **LISTED}
    rows = compared(
        {"published_id": "P1", "reading": "months", "printed_text": "11", **told},
        {"published_id": "P2", "reading": "grade", "printed_text": "2", **told},
        {"published_id": "P3", "reading": "year", "printed_text": "4", **told},
        {"published_id": "P4", "reading": "days", "printed_text": "320", **told},
        listed=listing(
            record("malignancy", "Lymphoma", 3, 10.51, grade=2, year=4),
            record("malignancy", "Lymphoma", 2, 1, grade=5, year=1),
            record("malignancy", "Lymphoma", 3, 1, grade=5, year=1, is_additional=False),
            record("malignancy", "Breast cancer", 3, 1, grade=5, year=1),
            record("death", "Lymphoma", 3, 1, grade=5, year=1),
        ),
    )
    assert [row["outcome"] for row in rows] == ["match"] * 4
    assert rows[0]["computed_value"] == pytest.approx(320 / 30.4375)
    assert {row["note"] for row in rows} == {""}


def test_the_earliest_of_several_records_is_told_and_said_to_be_one_of_them(compared):
    records = [
        record("malignancy", "Lymphoma", 3, months, grade=grade)
        for months, grade in ((9, 1), (5, 3), (5, 2))
    ]
    printed = {"reading": "grade", "printed_text": "2", "source_key": EVENT, **LISTED}
    for order in (records, records[::-1]):
        (row,) = compared(printed, listed=listing(*order))
        assert (row["outcome"], row["note"]) == ("match", "the first of 3 such records")


@pytest.mark.parametrize(
    ("grade", "listed_course", "note"),
    [(None, 3, "grade: none recorded"), (2, 4, "no such record is listed")],
)
def test_a_record_without_a_grade_or_after_another_course_is_absent(
    compared, grade, listed_course, note
):
    (row,) = compared(
        {"reading": "grade", "printed_text": "2", "source_key": EVENT, **LISTED},
        listed=listing(record("malignancy", "Lymphoma", listed_course, 1, grade=grade)),
    )
    assert (row["outcome"], row["note"]) == ("absent", note)


def test_days_of_early_courses_are_compared_in_their_order(compared):
    key = "overall|early course|Course 3|2|{}"
    printed = [
        {
            "published_id": f"P{place}",
            "reading": "days",
            "printed_text": text,
            "source_key": key.format(place),
            **LISTED,
        }
        for place, text in enumerate(("350", "358", "358"), start=1)
    ]
    of_course = {"last_course_number": 2, "is_additional": False, "listing": "early course"}
    days = [
        {**of_course, "description": "Course 3", "days_since_last_course": day}
        for day in (358, 351)
    ]
    rows = compared(*printed, listed=listing(*days))
    assert [row["computed_text"] for row in rows] == ["351", "358", None]
    assert [row["outcome"] for row in rows] == ["difference", "match", "absent"]


def test_others_are_counted_whatever_their_cause(compared):
    (row,) = compared(
        {
            "reading": "others",
            "printed_text": "2",
            "source_key": "additional-courses|death|Lymphoma||",
            **LISTED,
            "kind": "estimated",
        },
        listed=listing(
            record("death", "Lymphoma", 3, 1),
            record("death", "Sepsis", 3, 1),
            record("death", None, 3, 1),
            record("death", "Sepsis", 3, 1, is_additional=False),
            record("malignancy", "Breast cancer", 3, 1),
        ),
    )
    assert (row["computed_value"], row["outcome"]) == (2.0, "match")


@pytest.mark.parametrize(("cut", "outcome"), [(CUT, "match"), ("2016-10-04", "difference")])
def test_a_date_is_compared_as_text(compared, cut, outcome):
    printed = {"printed_text": CUT, "decimals": "", "source_key": "rules.data_cut", **SETTING}
    (row,) = compared(printed, settings={"rules.data_cut": cut})
    assert (row["computed_text"], row["outcome"]) == (cut, outcome)
    assert row["printed_value"] is row["computed_value"] is row["units_off"] is None


def test_a_setting_that_does_not_exist_is_told(compared):
    with pytest.raises(KeyError, match=r"rules\.dose"):
        compared({"printed_text": "1", "source_key": "rules.dose", **SETTING})


def test_without_printed_values_there_is_no_row(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "FOLDER", tmp_path)
    frame = compare_with_published(results(a=1.0), listing(), configuration={}, data_cut=CUT)
    assert_frame_equal(frame.collect(), pl.DataFrame(schema=RESULTS["reproduction"].schema))


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("published.csv", "P1,,,,,,1,0,,", "published.csv has more than one row of P1"),
        ("published.csv", "P3,,,,,,1,0,,", "mapping.csv has no row of P3"),
        ("mapping.csv", "P3,design,configuration,setting,a,", "published.csv has no row of P3"),
        ("mapping.csv", "P2,guessed,configuration,setting,a,", "unknown kind in P2"),
        ("mapping.csv", "P2,design,results.arr,value,a,", "unknown source_table in P2"),
        ("mapping.csv", "P2,design,results.result,median,a,", "unknown reading in P2"),
    ],
)
def test_files_that_do_not_fit_are_refused(tmp_path, name, line, message):
    write_printed(tmp_path, {"printed_text": "1"})
    if "P2" in line:
        with (tmp_path / "published.csv").open("a") as file:
            file.write("P2,,,,,,1,0,,\n")
    with (tmp_path / name).open("a") as file:
        file.write(line + "\n")
    with pytest.raises(MappingError, match=message):
        read_printed(tmp_path)
