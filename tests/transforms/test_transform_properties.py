"""Laws of the transforms, on made-up trials: what must not change, and what must add up."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from transform_spec import CUTOFF, DAY0, RULES, Trial, derive_all

from transforms.relapse import flag_chain_heads
from warehouse.contracts import CORE, WINDOWS

PATIENTS = [f"P{number:02d}" for number in range(12)]
CONTRACTS = CORE | WINDOWS


@st.composite
def trials(draw: st.DrawFn, *, partial: bool = True) -> dict[str, pl.LazyFrame]:
    """Raw tables of a dozen patients with a bit of everything, partial dates if asked."""
    # A seed, not `st.randoms`: nobody needs the thousands of choices shrunk one by one.
    random = Random(draw(st.integers(0, 2**32)))
    trial = Trial()
    for who in PATIENTS:
        courses = [random.randrange(0, 500)]
        for _ in range(random.choice([0, 1, 1, 1, 2, 2, 3, 4, 5])):
            courses.append(courses[-1] + random.randrange(330, 900))
        last = courses[0] + random.randrange(400, 3800)
        study = random.choice(["C1", "C2"])
        trial.person(
            who,
            studyid=study,
            arm=random.choice(["ALEM12"] * 6 + ["ALEM24", "IFNB1A"]),
            courses=tuple(courses),
            extension=random.choice([None, *[courses[0] + 740] * 6]),
            topaz=random.choice([None, courses[0] + 2230]),
            seen=tuple(range(courses[0], last, 90)),
            died=random.choice([None, None, None, last + random.randrange(0, 400)]),
        )
        trial.add("sc", usubjid=who, studyid=study, sctestcd="RELPY1", scstresn=random.randrange(4))
        for _ in range(random.randrange(8)):
            trial.relapse(
                random.randrange(-100, 3600),
                usubjid=who,
                studyid=random.choice([study, "E", "T"]),
                confirmed=random.choice(["Y", "Y", "Y", "N", None]),
            )
        for visit_day in range(courses[0] - 20, last, random.choice([91, 180])):
            where = random.choice([study, "E", "T"])
            jitter = random.randrange(-20, 20)
            for _ in range(random.choice([1, 1, 1, 2])):
                trial.edss(
                    visit_day + jitter,
                    random.randrange(2, 12) / 2,
                    usubjid=who,
                    studyid=where,
                    visit=random.choice(["MONTH 3", "MONTH 3", "UNSCHEDULED 3.01"]),
                )
        for scan_day in range(courses[0], last, 365):
            trial.scan(
                scan_day + random.randrange(-60, 60),
                gd=random.choice([0, 0, 1, None]),
                t2=random.choice([0, 0, 2, None]),
                usubjid=who,
                studyid=random.choice([study, "E"]),
            )
        for _ in range(random.randrange(5)):
            trial.add(
                "ae",
                usubjid=who,
                studyid=random.choice([study, "E"]),
                aedecod=random.choice(["Rash", "Fever", None]),
                day=random.randrange(-50, 3700),
                aeser=random.choice(["Y", "N"]),
            )
        if random.random() < 0.3:
            trial.add("cm", usubjid=who, studyid=study, day=random.randrange(-900, 3600))
        if random.random() < 0.4:
            trial.add(
                "ds",
                usubjid=who,
                studyid=random.choice([study, "E", "T"]),
                day=last,
                dsdecod=random.choice(["COMPLETED", "OTHER", "LOST TO FOLLOW-UP"]),
            )
        if partial:
            text = random.choice(["2008", "2008-02", "2009-05", "2016", None])
            trial.add("cm", usubjid=who, studyid=study, cmstdtc=text, cmendtc="2008")
            trial.add("ae", usubjid=who, studyid=study, aedecod="Rash", aestdtc=text)
            trial.relapse(random.choice(["2009", "2009-05"]), usubjid=who, studyid=study)
    return trial.raw()


def assert_same(got: dict[str, pl.DataFrame], wanted: dict[str, pl.DataFrame]) -> None:
    for name, frame in wanted.items():
        assert_frame_equal(got[name], frame, check_exact=True)


FEW = settings(max_examples=8, deadline=None)


@FEW
@given(raw=trials(), seed=st.integers(0, 2**31))
def test_the_order_of_rows_does_not_matter(raw: dict[str, pl.LazyFrame], seed: int) -> None:
    shuffled = {
        name: frame.collect().sample(fraction=1.0, shuffle=True, seed=seed).lazy()
        for name, frame in raw.items()
    }
    assert_same(derive_all(shuffled), derive_all(raw))


@FEW
@given(raw=trials())
def test_names_of_patients_do_not_matter(raw: dict[str, pl.LazyFrame]) -> None:
    renamed_to = {who: f"X-{len(PATIENTS) - number:03d}" for number, who in enumerate(PATIENTS)}
    back = {new: old for old, new in renamed_to.items()}
    renamed = {
        name: frame.with_columns(pl.col("usubjid").replace_strict(renamed_to))
        for name, frame in raw.items()
    }
    got = {
        name: frame.with_columns(pl.col("person_id").replace_strict(back)).sort(CONTRACTS[name].key)
        for name, frame in derive_all(renamed).items()
        if name in CONTRACTS
    }
    wanted = {name: frame for name, frame in derive_all(raw).items() if name in CONTRACTS}
    assert_same(got, wanted)


@FEW
@given(raw=trials(), split=st.sets(st.sampled_from(PATIENTS)))
def test_patients_are_independent(raw: dict[str, pl.LazyFrame], split: set[str]) -> None:
    is_in = pl.col("usubjid").is_in(split)
    parts = [
        derive_all({name: frame.filter(keep) for name, frame in raw.items()})
        for keep in (is_in, ~is_in)
    ]
    joined = {
        name: pl.concat([part[name] for part in parts]).sort(contract.key)
        for name, contract in CONTRACTS.items()
    }
    wanted = derive_all(raw)
    assert_same(joined, {name: wanted[name] for name in CONTRACTS})


@FEW
@given(raw=trials(partial=False), shift=st.integers(-400, 400))
def test_only_elapsed_days_matter(raw: dict[str, pl.LazyFrame], shift: int) -> None:
    def moved(name: str, frame: pl.LazyFrame) -> pl.LazyFrame:
        dates = [column for column in frame.collect_schema().names() if column.endswith("dtc")]
        return frame.with_columns(
            pl.col(dates).str.to_date("%Y-%m-%d").dt.offset_by(f"{shift}d").dt.to_string("%Y-%m-%d")
        )

    shifted = {name: moved(name, frame) for name, frame in raw.items()}
    rules = replace(RULES, cutoff=CUTOFF + timedelta(days=shift))
    got, wanted = derive_all(shifted, rules), derive_all(raw)
    for name, contract in CONTRACTS.items():
        undated = [
            column.name
            for column in contract.columns
            if not column.dtype.is_temporal() and not column.name.endswith("_text")
        ]
        assert_frame_equal(got[name].select(undated), wanted[name].select(undated))
        dates = [column.name for column in contract.columns if column.dtype == pl.Date()]
        back = got[name].select(pl.col(dates).dt.offset_by(f"{-shift}d"))
        assert_frame_equal(back, wanted[name].select(dates))


@FEW
@given(raw=trials())
def test_the_funnel_adds_up(raw: dict[str, pl.LazyFrame]) -> None:
    people = derive_all(raw, only="population")["population"]
    assert people["person_id"].to_list() == PATIENTS
    assert (people["exclusion_reason"].is_null() == people["is_efficacy"]).all()
    assert (people["group_id"].is_not_null() == people["is_efficacy"]).all()
    size = {column: int(people[column].sum()) for column in people.columns if column[:3] == "is_"}
    reason = dict(people["exclusion_reason"].value_counts().iter_rows())
    lost = {name: reason.get(name, 0) for name in reason if name}
    assert len(PATIENTS) - size["is_treated"] == lost.get("not 12 mg alemtuzumab as actual arm", 0)
    assert size["is_treated"] - size["is_extension"] == lost.get("never entered the extension", 0)
    assert size["is_extension"] - size["is_no_other_dmt"] == lost.get("other DMT", 0)
    assert size["is_no_other_dmt"] - size["is_safety"] == lost.get("one course", 0) + lost.get(
        "Course 3 after the landmark", 0
    )
    assert size["is_safety"] - size["is_efficacy"] == lost.get(
        "group-defining course after the landmark", 0
    )
    assert sum(lost.values()) + size["is_efficacy"] == len(PATIENTS)
    two = int((people["group_id"] == "2-courses").sum())
    assert size["is_safety"] == two + size["is_additional"]  # 655 = 362 + 293


@FEW
@given(raw=trials(), is_gap_at_risk=st.booleans())
def test_years_add_up_to_cumulative_windows(
    raw: dict[str, pl.LazyFrame], is_gap_at_risk: bool
) -> None:
    rules = replace(RULES, is_gap_at_risk=is_gap_at_risk)
    tables = derive_all(raw, rules)
    rows = tables["patient_course_window"]
    sums = ["days_at_risk", "days_at_risk_to_next_course", "relapses", "relapses_to_next_course"]
    after = rows.filter(pl.col("window_start_day") >= pl.col("anchor_day"))
    single = after.filter(~pl.col("is_cumulative"))
    for row in rows.filter("is_cumulative").to_dicts():
        parts = single.filter(
            pl.col("person_id") == row["person_id"],
            pl.col("anchor") == row["anchor"],
            pl.col("window_end_day") <= row["window_end_day"],
        )
        assert parts.select(pl.col(sums).sum()).row(0) == tuple(row[name] for name in sums)
        assert parts["first_relapse_day"].min() == row["first_relapse_day"]
        if any(parts["has_mri_activity"].to_list()):
            assert row["has_mri_activity"]
    assert (rows["days_at_risk"] > 0).all()
    assert (rows["days_at_risk_to_next_course"] <= rows["days_at_risk"]).all()
    assert (rows["relapses_to_next_course"] <= rows["relapses"]).all()
    if is_gap_at_risk:
        whole = rows.filter(analysis_window="Y0..Y8").join(tables["follow_up"], on="person_id")
        assert (whole["days_at_risk"] == whole["efficacy_end_day"]).all()


@settings(max_examples=200, deadline=None)
@given(
    chains=st.lists(st.lists(st.integers(-500, 500), min_size=1, max_size=12), max_size=5),
    merge_days=st.integers(0, 60),
)
def test_e01_greedy_chains_as_told_one_by_one(chains: list[list[int]], merge_days: int) -> None:
    wanted = []
    for chain in chains:
        last_kept: int | None = None
        for onset in sorted(chain):
            is_kept = last_kept is None or onset - last_kept > merge_days
            last_kept = onset if is_kept else last_kept
            wanted.append(is_kept)
    frame = pl.LazyFrame(
        {
            "chain": [number for number, chain in enumerate(chains) for _ in chain],
            "day": [DAY0 + timedelta(days=onset) for chain in chains for onset in sorted(chain)],
        },
        schema={"chain": pl.UInt32, "day": pl.Date},
    )
    kept = frame.select(flag_chain_heads(pl.col("chain"), pl.col("day"), merge_days)).collect()
    assert kept.to_series().to_list() == wanted


@pytest.mark.parametrize("name", CONTRACTS)
def test_tables_of_no_patients_have_their_columns(name: str) -> None:
    empty = derive_all(Trial().raw())[name]
    assert empty.schema == CONTRACTS[name].schema
    assert empty.is_empty()


def test_keys_identify_rows_and_required_columns_are_filled() -> None:
    trial = Trial().person(courses=(0, 365, 800, 1200, 1600, 2000), extension=740, seen=(100, 2900))
    trial.person("P2", arm="IFNB1A", courses=()).scan(365).edss(365, 2.0).relapse(10, 20, 900)
    trial.add("ae", aedecod="Rash", day=3).add("cm", cmstdtc="2005").add(
        "ex", usubjid="P2", day=900
    )
    for name, frame in derive_all(trial.raw()).items():
        if name not in CONTRACTS:
            continue
        contract = CONTRACTS[name]
        assert not frame.is_empty(), name
        assert not frame.select(contract.key).is_duplicated().any(), name
        for column in contract.columns:
            assert column.nullable or frame[column.name].null_count() == 0, (name, column.name)
            if column.terms:
                assert set(frame[column.name].drop_nulls()) <= set(column.terms), column.name
    assert date(2008, 1, 1) == DAY0
