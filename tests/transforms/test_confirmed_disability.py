"""The engine of E-07 and E-08 against independent answers, a literal reference, and its laws."""

import json
import os
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.confirmed_disability import (
    ConfirmedChanges,
    find_confirmed_changes,
    flag_new_runs,
    flag_relapse_shadow,
    to_axis,
)
from transforms.rules import Rules

RULES = Rules(cutoff=date(2017, 10, 4), horizon_years=8)
OWN = Path(__file__).parents[1] / "data" / "oracle" / "cdp"
SHARED = os.environ.get("TOPAZ_SHARED")
OTHERS = Path(SHARED or "") / "oracle" / "cdp"
SETS = [
    pytest.param(OWN, "hand_shared", id="hand_shared"),
    pytest.param(OWN, "sim_carems_150", id="sim_carems_150"),
    pytest.param(OWN, "sim_relapses_100", id="sim_relapses_100"),
    pytest.param(
        OTHERS,
        "msprog_toydata",
        id="msprog_toydata",
        marks=pytest.mark.skipif(SHARED is None, reason="others' data: set TOPAZ_SHARED"),
    ),
]
CONVENTIONS = json.loads((OWN / "conventions.json").read_text())
#: What the conventions of the oracle are in our rules.
RULES_OF = {
    name: replace(
        RULES,
        confirmation_days=told["conf"],
        confirmation_early_days=told["lo"],
        confirmation_late_days=told["hi"],
        is_confirmed_at_every_visit=told["between"],
        is_sustained_to_end=told.get("to_end", False),
        is_last_visit_confirmed=told.get("impute_last", False),
        relapse_shadow_days=told.get("rel_conf", 0),
    )
    for name, told in CONVENTIONS.items()
}


@dataclass
class Cohort:
    """Visits after the first one, and that first one's score, by person number."""

    names: list[str]
    person: np.ndarray
    day: np.ndarray
    points: np.ndarray
    reference: np.ndarray
    relapses: np.ndarray


def read_cohort(folder: Path, name: str) -> Cohort:
    """A set of the oracle; of two rows of one day the later counts, missing scores are no rows."""
    visits = (
        pl.read_csv(folder / f"{name}_visits.csv", schema_overrides={"edss": pl.Float64})
        .with_row_index("row")
        .sort("usubjid", "day", "row")
        .group_by("usubjid", "day", maintain_order=True)
        .agg(pl.col("edss").last())
        .drop_nulls("edss")
    )
    names = visits["usubjid"].unique(maintain_order=True).to_list()
    number = pl.col("usubjid").replace_strict({name: n for n, name in enumerate(names)})
    visits = visits.with_columns(person=number)
    is_first = visits["usubjid"].is_first_distinct()
    later = visits.filter(~is_first)
    relapses = pl.read_csv(
        folder / f"{name}_relapses.csv", schema_overrides={"usubjid": pl.String, "day": pl.Int64}
    )
    relapses = relapses.filter(pl.col("usubjid").is_in(names)).with_columns(person=number)
    return Cohort(
        names,
        later["person"].to_numpy(),
        later["day"].to_numpy(),
        later["edss"].to_numpy(),
        visits.filter(is_first)["edss"].to_numpy(),
        np.sort(to_axis(relapses["person"].to_numpy(), relapses["day"].to_numpy())),
    )


def found_days(cohort: Cohort, endpoint: str, rules: Rules) -> dict[str, tuple[int, int | None]]:
    """Days of onset and confirmation by person, for those with an event."""
    rise = cohort.points - cohort.reference[cohort.person]
    least = np.where(cohort.reference == 0, 1.5, 1.0)[cohort.person]
    shadow = flag_relapse_shadow(
        cohort.person, cohort.day, cohort.relapses, rules.relapse_shadow_days
    )
    found = find_confirmed_changes(
        cohort.person,
        cohort.day,
        rise >= least if endpoint == "CDW" else rise <= -1,
        rules=rules,
        can_confirm=~shadow,
        # Imputing the last visit is a convention about worsening.
        is_last_visit_confirmed=rules.is_last_visit_confirmed and endpoint == "CDW",
    )
    return {
        cohort.names[cohort.person[onset]]: (
            int(cohort.day[onset]),
            int(cohort.day[confirmation]) if confirmation >= 0 else None,
        )
        for onset, confirmation in zip(found.onset, found.confirmation, strict=True)
    }


@pytest.mark.parametrize("endpoint", ["CDW", "CDI"])
@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize(("folder", "name"), SETS)
def test_agrees_with_the_oracle(folder: Path, name: str, convention: str, endpoint: str) -> None:
    cohort = read_cohort(folder, name)
    expected = pl.read_csv(
        folder / f"{name}_expected.csv",
        schema_overrides={"event_day": pl.Int64, "confirm_day": pl.Int64},
    ).filter(convention=convention, endpoint=endpoint, eligible=True)
    wanted = {
        row["usubjid"]: (row["event_day"], row["confirm_day"])
        for row in expected.iter_rows(named=True)
        if row["event_day"] is not None
    }
    found = found_days(cohort, endpoint, RULES_OF[convention])
    eligible = set(expected["usubjid"])
    assert eligible
    assert {who: days for who, days in found.items() if who in eligible} == wanted


def test_agrees_with_the_cases_set_by_hand() -> None:
    cohort = read_cohort(OWN, "hand_shared")
    cases = json.loads((OWN / "hand_shared_cases.json").read_text())
    told = 0
    for name, case in cases.items():
        for convention, answers in case["hand_expected"].items():
            for endpoint, event_day in answers.items():
                if endpoint == "CDI" and case["visits"][0][1] < 2:
                    continue
                found = found_days(cohort, endpoint, RULES_OF[convention])
                assert found.get(name, (None, None))[0] == event_day, (name, convention, endpoint)
                told += 1
    assert told > 40


# Laws, on chains drawn at random.

Visit = tuple[int, bool, bool]


@dataclass
class Chains:
    """Chains of visits: days, whether changed, whether they may confirm."""

    chain: np.ndarray
    day: np.ndarray
    is_changed: np.ndarray
    can_confirm: np.ndarray

    @classmethod
    def of(cls, chains: list[list[Visit]]) -> "Chains":
        visits = [(number, *visit) for number, chain in enumerate(chains) for visit in chain]
        columns = list(zip(*visits, strict=True)) or [()] * 4
        types = (np.int32, np.int32, bool, bool)
        return cls(*(np.array(column, dtype=t) for column, t in zip(columns, types, strict=True)))

    def find(
        self,
        rules: Rules,
        is_changed: np.ndarray | None = None,
        can_start: np.ndarray | None = None,
    ) -> ConfirmedChanges:
        return find_confirmed_changes(
            self.chain,
            self.day,
            self.is_changed if is_changed is None else is_changed,
            rules=rules,
            can_start=can_start,
            can_confirm=self.can_confirm,
            is_last_visit_confirmed=rules.is_last_visit_confirmed,
        )


@st.composite
def chains_of_visits(draw: st.DrawFn) -> list[list[Visit]]:
    """Up to four chains of up to nine visits; days near 20, 40 … so that bounds are met."""
    day = st.integers(-3, 12).map(lambda step: step * 10)
    visit = st.tuples(day, st.integers(0, 3).map(bool), st.integers(0, 4).map(bool))
    chain = st.lists(visit, max_size=9, unique_by=lambda told: told[0]).map(sorted)
    return draw(st.lists(chain, max_size=4))


@st.composite
def conventions(draw: st.DrawFn) -> Rules:
    return replace(
        RULES,
        confirmation_days=draw(st.integers(0, 6)) * 10,
        confirmation_early_days=draw(st.sampled_from([0, 10, 60])),
        confirmation_late_days=draw(st.sampled_from([None, None, 0, 10, 20])),
        is_confirmed_at_every_visit=draw(st.booleans()),
        is_sustained_to_end=draw(st.booleans()),
        is_last_visit_confirmed=draw(st.booleans()),
    )


def by_the_letter(
    visits: list[Visit], rules: Rules, can_start: list[bool]
) -> tuple[int, int | None] | None:
    """One chain, read as the rule is told: each changed visit is tried as onset."""
    least = rules.confirmation_days - rules.confirmation_early_days
    late = rules.confirmation_late_days
    most = None if late is None else rules.confirmation_days + late
    for i, (onset, is_changed, _) in enumerate(visits):
        if not (is_changed and can_start[i]):
            continue
        for j in range(i + 1, len(visits)):
            gap = visits[j][0] - onset
            if not visits[j][2] or gap < least or (most is not None and gap > most):
                continue
            holds = visits[j][1]
            if rules.is_confirmed_at_every_visit:
                holds = holds and all(changed for _, changed, _ in visits[i : j + 1])
            if rules.is_sustained_to_end:
                holds = holds and all(changed for _, changed, _ in visits[j:])
            if holds:
                return i, j
            break  # Only the first visit in the window is asked.
        if rules.is_last_visit_confirmed and i == len(visits) - 1:
            return i, None
    return None


@settings(max_examples=600, deadline=None)
@given(chains=chains_of_visits(), rules=conventions(), data=st.data())
def test_is_what_the_rule_says_chain_by_chain(
    chains: list[list[Visit]], rules: Rules, data: st.DataObject
) -> None:
    was_changed = data.draw(st.lists(st.booleans(), min_size=len(chains), max_size=len(chains)))
    drawn = Chains.of(chains)
    can_start = flag_new_runs(drawn.chain, drawn.is_changed, np.array(was_changed, dtype=bool))
    found = drawn.find(rules, can_start=can_start)
    got = {
        int(drawn.chain[i]): (i, j) for i, j in zip(found.onset, found.confirmation, strict=True)
    }
    wanted, start = {}, 0
    for number, chain in enumerate(chains):
        goes_on = [
            was_changed[number] and all(changed for _, changed, _ in chain[: i + 1])
            for i in range(len(chain))
        ]
        event = by_the_letter(chain, rules, [not carried for carried in goes_on])
        if event is not None:
            i, j = event
            wanted[number] = (start + i, -1 if j is None else start + j)
        start += len(chain)
    assert got == wanted


@settings(max_examples=300, deadline=None)
@given(chains=chains_of_visits(), rules=conventions(), data=st.data())
def test_a_further_changed_visit_never_removes_or_delays_an_event(
    chains: list[list[Visit]], rules: Rules, data: st.DataObject
) -> None:
    """A higher EDSS is one more worse visit: true of every convention with a fixed reference."""
    drawn = Chains.of(chains)
    n = drawn.day.size
    raised = drawn.is_changed | np.array(
        data.draw(st.lists(st.booleans(), min_size=n, max_size=n)), dtype=bool
    )
    before, after = drawn.find(rules), drawn.find(rules, is_changed=raised)
    onsets = {int(drawn.chain[i]): int(i) for i in after.onset}
    for onset in before.onset:
        assert onsets[int(drawn.chain[onset])] <= onset


@settings(max_examples=200, deadline=None)
@given(chains=chains_of_visits(), rules=conventions(), shift=st.integers(-4000, 4000))
def test_shifting_days_and_splitting_chains_change_nothing(
    chains: list[list[Visit]], rules: Rules, shift: int
) -> None:
    whole = Chains.of(chains).find(rules)
    moved = [[(day + shift, *told) for day, *told in chain] for chain in chains]
    assert_same(Chains.of(moved).find(rules), whole)
    onset, confirmation, start = [], [], 0
    for chain in chains:
        part = Chains.of([chain]).find(rules)
        onset += [start + i for i in part.onset]
        confirmation += [start + i if i >= 0 else -1 for i in part.confirmation]
        start += len(chain)
    assert (whole.onset.tolist(), whole.confirmation.tolist()) == (onset, confirmation)


@settings(max_examples=200, deadline=None)
@given(chains=chains_of_visits(), rules=conventions())
def test_chains_in_another_order_have_the_same_events(
    chains: list[list[Visit]], rules: Rules
) -> None:
    def days(chains: list[list[Visit]], names: list[int]) -> dict[int, int]:
        drawn = Chains.of(chains)
        return {names[drawn.chain[i]]: int(drawn.day[i]) for i in drawn.find(rules).onset}

    numbers = list(range(len(chains)))
    assert days(chains[::-1], numbers[::-1]) == days(chains, numbers)


def assert_same(got: ConfirmedChanges, wanted: ConfirmedChanges) -> None:
    assert got.onset.tolist() == wanted.onset.tolist()
    assert got.confirmation.tolist() == wanted.confirmation.tolist()


def test_a_shadow_ends_before_its_last_day_and_at_the_person() -> None:
    """A relapse of person 1 on day 100 casts 30 days: days 100 to 129."""
    person = np.array([0, 1, 1, 1, 1, 2], dtype=np.int32)
    day = np.array([110, 99, 100, 129, 130, 110], dtype=np.int32)
    relapses = to_axis(np.array([1]), np.array([100]))
    shadow = flag_relapse_shadow(person, day, relapses, 30)
    assert shadow.tolist() == [False, False, True, True, False, False]
    assert not flag_relapse_shadow(person, day, relapses, 0).any()
    assert not flag_relapse_shadow(person, day, relapses[:0], 30).any()


def test_a_run_goes_on_from_before_the_chain() -> None:
    """Chain 0 was changed before it begins and chain 1 not; chain 2 has no visit."""
    chain = np.array([0, 0, 0, 0, 1, 1], dtype=np.int32)
    is_changed = np.array([True, True, False, True, True, False])
    is_new = flag_new_runs(chain, is_changed, np.array([True, False, True]))
    assert is_new[is_changed].tolist() == [False, False, True, True]


def test_without_visits_there_is_no_event() -> None:
    none = Chains.of([])
    assert none.find(RULES).onset.size == 0
    assert flag_new_runs(none.chain, none.is_changed, np.zeros(0, dtype=bool)).size == 0


@pytest.mark.parametrize("days", [0, 2**30])
def test_a_lag_without_end_or_of_no_days(days: int) -> None:
    """A later visit confirms even with a lag of 0; no visit of the next chain ever does."""
    drawn = Chains.of([[(0, True, True), (1, True, True)], [(5, True, True)]])
    found = drawn.find(replace(RULES, confirmation_days=days))
    assert found.onset.tolist() == ([0] if days == 0 else [])
