"""Features summed over a simulated trial are the result rows of the models, one family each.

It is what the search rests on: whoever satisfies the sums prints the values.
"""

import math

import polars as pl
import pytest
from lifelines import KaplanMeierFitter
from scipy.stats import t as student_t

from reconstruction.features import YEARS

GROUPS = ("2-courses", "3-courses", "4-courses", "5plus-courses")
WINDOWS = {
    "before": "M-12..M0",
    "year1": "M0..M12",
    "year2": "M12..M24",
    "year3": "M24..M36",
    "to24": "M0..M24",
    "to36": "M0..M36",
}
SAFETY = {
    "has_ae": "any AE",
    "has_sae": "serious AE",
    "has_infection": "infections",
    "has_serious_infection": "serious infections",
    "has_thyroid": "thyroid AE",
    "has_serious_thyroid": "serious thyroid AE",
    "has_itp": "ITP",
    "has_nephropathy": "nephropathy",
    "has_malignancy": "malignancy",
    "has_iar": "IAR",
    "has_serious_iar": "serious IAR",
    "is_dead": "death",
}
#: Columns of Table 2: population and group of the result rows, and who is in.
COLUMNS = {
    "overall": ("treated", pl.lit(True)),
    "2-courses": ("safety", pl.col("group_id") == "2-courses"),
    "additional-courses": ("additional", pl.col("is_additional")),
}
BASELINE = {
    "age_years": "age",
    "edss_points": "EDSS score",
    "years_since_initial_relapse": "years since initial relapse",
    "relapses_prior_1_year": "relapses in prior 1 year",
    "relapses_prior_2_years": "relapses in prior 2 years",
    "gd_lesions": "Gd-enhancing lesions",
    "bpf": "brain parenchymal fraction",
}
REASONS = {
    "RELAPSE": "relapse",
    "MRI ACTIVITY": "MRI activity",
    "RELAPSE AND MRI ACTIVITY": "relapse and MRI activity",
    "OTHER": "other",
    None: "none given",
}


@pytest.fixture(scope="module")
def found(drawn):
    """Value, or another column, of the row with this result_id."""

    def value(key, statistic="n_patients", of="value"):
        return drawn.results[f"{key}|{statistic}"][of]

    return value


@pytest.fixture(scope="module")
def features(drawn):
    return drawn.features


def of_group(features, group):
    return features if group == "overall" else features.filter(group_id=group)


def about(expected):
    return pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_one_row_per_treated_person(features, found):
    assert features["person_id"].is_sorted()
    assert features["person_id"].n_unique() == features.height
    key = "funnel|treated|overall||||||primary"
    assert features.height == found(key)


@pytest.mark.parametrize("group", GROUPS)
def test_groups(features, found, group):
    n = found(f"funnel|efficacy|{group}||||||primary")
    assert of_group(features, group).height == n
    assert n > 5


@pytest.mark.parametrize("k", [3, 4])
@pytest.mark.parametrize(("short", "window"), [w for w in WINDOWS.items() if "to" not in w[0]])
def test_relapses_and_years_around_a_course(features, found, k, short, window):
    group = of_group(features, f"{k}-courses")
    key = f"arr.window|efficacy|{k}-courses||course-{k}|{window}|||primary"
    assert group[f"c{k}_relapses_{short}"].sum() == found(key, "n_events")
    assert group[f"c{k}_years_{short}"].sum() == about(found(key, "person_years"))


@pytest.mark.parametrize("year", YEARS)
def test_relapses_and_years_from_core_baseline(features, found, year):
    group = of_group(features, "2-courses")
    key = f"arr.window|efficacy|2-courses||core-baseline|Y{year}|||primary"
    assert group[f"relapses_y{year}"].sum() == found(key, "n_events")
    assert group[f"years_y{year}"].sum() == about(found(key, "person_years"))
    key = key.replace("arr.window", "relapse_free.per_year")
    assert group[f"evaluable_y{year}"].sum() == found(key, of="n_total")
    free = group[f"evaluable_y{year}"].sum() - group[f"relapsed_y{year}"].sum()
    assert free == found(key)


@pytest.mark.parametrize("k", [3, 4])
@pytest.mark.parametrize("short", ["before", "year1", "to24", "to36"])
def test_relapse_free(features, found, k, short):
    group = of_group(features, f"{k}-courses")
    key = f"relapse_free.cumulative|efficacy|{k}-courses||course-{k}|{WINDOWS[short]}|||primary"
    free = group.height - (group[f"c{k}_relapses_{short}"] > 0).sum()
    assert free == found(key)
    assert 100 * free / group.height == about(found(key, "pct"))


@pytest.mark.parametrize(
    ("column", "group", "anchor", "timepoint"),
    [
        ("edss_change_y8", "2-courses", "core-baseline", "Y8"),
        ("c3_edss_change", "3-courses", "course-3", "M36"),
        ("c4_edss_change", "4-courses", "course-4", "M36"),
    ],
)
def test_edss_change(features, found, column, group, anchor, timepoint):
    """n, sum and sum of squares give mean and t-interval."""
    change = of_group(features, group)[column]
    key = f"edss.change|efficacy|{group}||{anchor}||{timepoint}||primary"
    n, total, squares = change.count(), change.sum(), (change**2).sum()
    assert n == found(key)
    assert total / n == about(found(key, "mean"))
    width = student_t.ppf(0.975, n - 1) * math.sqrt((squares - total**2 / n) / (n - 1) / n)
    assert total / n - width == about(found(key, "ci_low"))
    assert total / n + width == about(found(key, "ci_high"))


@pytest.mark.parametrize(
    ("prefix", "group", "anchor", "window", "mark"),
    [
        ("y8", "2-courses", "core-baseline", "Y0..Y8", 8 * 365.25),
        ("c3", "3-courses", "course-3", "M0..M36", 36 * 30.4375),
        ("c4", "4-courses", "course-4", "M0..M36", 36 * 30.4375),
    ],
)
@pytest.mark.parametrize("endpoint", ["cdw", "cdi"])
def test_curves(features, found, prefix, group, anchor, window, mark, endpoint):
    columns = [f"{prefix}_{endpoint}_{what}" for what in ("days", "event")]
    days, event = (of_group(features, group).drop_nulls(columns)[column] for column in columns)
    curve = KaplanMeierFitter().fit(days.to_numpy(), event.to_numpy())
    free = 100 * curve.survival_function_at_times(mark - 1e-6).item()
    key = f"{endpoint}.km|efficacy|{group}||{anchor}|{window}|{window.split('..')[1]}||primary"
    assert found(key, "pct") == about(free if endpoint == "cdw" else 100 - free)


@pytest.mark.parametrize("k", [3, 4])
@pytest.mark.parametrize("short", ["before", "year1"])
def test_mri_around_a_course(features, found, k, short):
    activity = of_group(features, f"{k}-courses")[f"c{k}_mri_{short}"]
    key = (
        f"mri.before_after|efficacy|{k}-courses|MRI activity|course-{k}|{WINDOWS[short]}|||primary"
    )
    assert (~activity).sum() == found(key)
    assert activity.count() == found(key, of="n_total")


def test_mri_of_year_8(features, found):
    activity = of_group(features, "2-courses")["mri_y8"]
    key = "mri.free|efficacy|2-courses|MRI activity|core-baseline|Y8|||primary"
    assert (~activity).sum() == found(key)
    assert activity.count() == found(key, of="n_total")


@pytest.mark.parametrize("group", COLUMNS)
@pytest.mark.parametrize(("flag", "category"), SAFETY.items())
def test_safety(features, found, group, flag, category):
    population, is_in = COLUMNS[group]
    members = features.filter(is_in)
    key = f"safety.incidence|{population}|{group}|{category}|core-baseline|Y0..Y8|||primary"
    assert members[flag].null_count() == 0
    assert members[flag].sum() == found(key)
    assert members.height == found(key, of="n_total")


@pytest.mark.parametrize("group", ["2-courses", "additional-courses"])
def test_onset_of_autoimmunity(features, found, group):
    population, is_in = COLUMNS[group]
    years = features.filter(is_in)["autoimmune_years"].drop_nulls()
    key = f"autoimmune.onset|{population}|{group}|autoimmune AE|core-baseline|Y0..Y8|||primary"
    assert years.len() == found(key)
    assert years.mean() == about(found(key, "mean"))
    assert years.std() == about(found(key, "sd"))


@pytest.mark.parametrize("group", ["overall", *GROUPS])
def test_baseline(features, found, group):
    members = of_group(features, group)
    population = "treated" if group == "overall" else "efficacy"
    for column, category in BASELINE.items():
        key = f"baseline.continuous|{population}|{group}|{category}|core-baseline||BL||primary"
        assert members[column].count() == found(key)
        assert members[column].mean() == about(found(key, "mean"))
        assert members[column].std() == about(found(key, "sd"))
    for column, category in (
        ("is_female", "female"),
        ("has_gd_lesions", "with Gd-enhancing lesions"),
    ):
        key = f"baseline.categorical|{population}|{group}|{category}|core-baseline||BL||primary"
        assert members[column].sum() == found(key)


def of_entrants(features, total):
    return features.filter("is_extension", pl.col("courses_through_horizon") == total)


def test_courses_through_the_horizon(features, found):
    for total, category in ((3, "3 courses"), (4, "4 courses")):
        key = f"course.total|extension|overall|{category}|||||primary"
        assert of_entrants(features, total).height == found(key)


@pytest.mark.parametrize(("total", "course"), [(3, 3), (4, 3), (4, 4)])
def test_course_intervals(features, found, total, course):
    years = of_entrants(features, total)[f"interval_{course}"] / 365.25
    key = f"course.interval|extension|{total}-courses|Course {course - 1} to {course}|||||primary"
    for statistic in ("mean", "median", "min", "max"):
        assert getattr(years, statistic)() == about(found(key, statistic))


@pytest.mark.parametrize("course", [3, 4])
def test_reasons(features, found, course):
    received = features.filter("is_extension", pl.col("courses_through_horizon") >= course)
    for reason, category in REASONS.items():
        key = f"course.reason|extension|overall|{category}|course-{course}||||primary"
        n = received.filter(pl.col(f"reason_{course}").eq_missing(pl.lit(reason))).height
        assert n == found(key)
        assert received.height == found(key, of="n_total")


@pytest.mark.parametrize(("course", "year"), [(3, 3), (4, 4)])
def test_courses_in_a_year(features, found, course, year):
    received = features.filter("is_extension", pl.col("courses_through_horizon") >= course)
    in_year = (received[f"course_day_{course}"] / 365.25).floor() == year - 1
    key = f"course.timing|extension|overall|Course {course}|core-baseline|Y{year}|||primary"
    assert in_year.sum() == found(key)


@pytest.mark.parametrize("course", [3, 4, 5, 6])
def test_early_courses(features, found, course):
    received = features.filter("is_extension", pl.col("courses_through_horizon") >= course)
    key = f"course.early|extension|overall|Course {course}|||||primary"
    assert received[f"is_early_{course}"].sum() == found(key)


@pytest.mark.parametrize("group", GROUPS)
def test_retention(features, found, group):
    key = f"retention|efficacy|{group}||core-baseline|Y0..Y8|||primary"
    assert of_group(features, group)["retained"].sum() == found(key)


@pytest.mark.parametrize("k", [3, 4])
@pytest.mark.parametrize("month", [24, 36])
def test_availability(features, found, k, month):
    key = f"available|efficacy|{k}-courses||course-{k}||M{month}||primary"
    assert of_group(features, f"{k}-courses")[f"c{k}_available_{month}"].sum() == found(key)


def test_without_events_every_flag_is_false_and_not_missing(drawn):
    """Whoever has no row in a table is known to have had none of its events."""
    quiet = drawn.features.filter(~pl.col("has_ae"))
    for flag in SAFETY:
        if flag != "is_dead":
            assert quiet[flag].sum() == 0
            assert quiet[flag].null_count() == 0
