"""The result rows of the tiny world (`gate_world`): the families, all of them, the wide tables.

The wide tables are made by the functions that make them in the lake: their gates state in SQL
of their own what they must show.
"""

from typing import Any

import polars as pl
from gate_patients import Row, World

from models import wide
from models.funnel import count_funnel
from models.partial_date import count_partial_dates
from warehouse.contracts import CORE, RESULTS
from warehouse.contracts.results import KEY

DATA_CUT = "2017-10-04"
FAMILIES = (
    *("arr", "arr_before_after", "relapse_free", "edss", "disability", "mri", "neda", "safety"),
    *("baseline", "course", "treatment", "retention", "funnel", "partial_date", "sensitivity"),
)
#: The wide tables that `models.wide` names otherwise than `widen_<table>`.
_COMPARED = {"sensitivity": "compare_scenarios"}

TREATED = {"population": "treated", "group_id": "overall", "n_total": 2}
ENTRANTS = {"population": "extension", "group_id": "overall", "n_total": 2}
YEAR_2 = {"anchor": "core-baseline", "analysis_window": "Y2"}
AFTER_COURSE = {"anchor": "course-3", "analysis_window": "M0..M12"}
BEFORE_COURSE = {"anchor": "course-3", "analysis_window": "M-12..M0"}
CONTRAST = {**AFTER_COURSE, "comparator": "M-12..M0"}


def years(number: int) -> Row:
    """The cumulative window of so many years from core baseline."""
    return {"anchor": "core-baseline", "analysis_window": f"Y0..Y{number}"}


def result(analysis_id: str, statistic: str, value: float | None, **values: Any) -> Row:
    """One result row, of the 3-courses group, which is one patient."""
    row: Row = {
        **dict.fromkeys(KEY, ""),
        "analysis_id": analysis_id,
        "population": "efficacy",
        "group_id": "3-courses",
        "scenario": "primary",
        "statistic": statistic,
        "value": value,
        "value_text": "NE" if value is None else f"{value:.2f}",
        "is_estimable": value is not None,
        "n_total": 1,
        "method": "as in the plan",
        "diagnostics": "{}",
        "rule_ids": "E-02 E-05",
        "data_cut": DATA_CUT,
        **values,
    }
    return {**row, "result_id": "|".join(row[name] for name in KEY)}


def cell(analysis_id: str, values: dict[str, float | None], **dimensions: Any) -> list[Row]:
    return [result(analysis_id, name, value, **dimensions) for name, value in values.items()]


def share(analysis_id: str, n: int, **dimensions: Any) -> list[Row]:
    """`n` of `n_total` patients, which is 1 unless told."""
    values = {"pct": 100 * n / dimensions.get("n_total", 1), "n_patients": float(n)}
    return cell(analysis_id, values, **dimensions)


def spread(analysis_id: str, low: float, high: float, **dimensions: Any) -> list[Row]:
    """One value, or two."""
    n = 1 if low == high else 2
    mean = (low + high) / 2
    values = {
        "n_patients": float(n),
        "mean": mean,
        "sd": None if n == 1 else (high - low) / 2**0.5,
        "median": mean,
        "min": low,
        "max": high,
    }
    return cell(analysis_id, values, **{"n_total": n, **dimensions})


def events(analysis_id: str, n_events: int, years_at_risk: float, **dimensions: Any) -> list[Row]:
    rate = 100 * n_events / years_at_risk
    values = {
        "n_events": float(n_events),
        "person_years": years_at_risk,
        "rate": rate,
        "ci_low": rate / 4,
        "ci_high": rate * 4,
    }
    return cell(analysis_id, values, **dimensions)


def result_tables(core: World) -> World:
    """All tables of the results layer, the funnel counted from `core.population`."""
    population = pl.LazyFrame(core["core.population"], schema=CORE["population"].schema)
    funnel = count_funnel(population, data_cut=DATA_CUT).collect().to_dicts()
    told = {
        name: pl.LazyFrame(core[f"core.{name}"], schema=CORE[name].schema)
        for name in ("relapse", "adverse_event", "other_dmt", "follow_up", "baseline", "population")
    }
    partial_date = count_partial_dates(**told, data_cut=DATA_CUT).collect().to_dicts()
    of_family = {
        **_relapses(),
        **_disability(),
        "safety": _safety(),
        **_people(),
        "funnel": funnel,
        "partial_date": partial_date,
        "sensitivity": share("relapse_free.km", 0, **AFTER_COURSE, scenario="another")
        + share("relapse_free.cumulative", 0, **AFTER_COURSE, scenario="another"),
    }
    frames = {
        f"result_{name}": pl.LazyFrame(rows, schema=RESULTS[f"result_{name}"].schema)
        for name, rows in of_family.items()
    }
    result_frame = wide.combine(**frames)
    shown = {
        name: getattr(wide, _COMPARED.get(name, f"widen_{name}"))(result_frame)
        for name in RESULTS
        if not name.startswith("result") and name != "reproduction"
    }
    return {
        **{f"results.result_{name}": of_family[name] for name in FAMILIES},
        "results.result": result_frame.collect().to_dicts(),
        **{f"results.{name}": table.collect().to_dicts() for name, table in shown.items()},
    }


def _relapses() -> dict[str, list[Row]]:
    rate = {"rate": 1.0, "ci_low": 0.25, "ci_high": 4.0}
    counts = {"n_patients": 1.0, "n_events": 1.0}
    ratio = {"rate_ratio": 0.5, "ci_low": 0.2, "ci_high": 0.9, "se": 0.3, "p": 0.01}
    before = {"rate": 2.0, "ci_low": 1.0, "ci_high": 4.0, "n_patients": 1.0, "n_events": 2.0}
    free = "relapse_free.cumulative"
    return {
        "arr": cell("arr.window", {**rate, **counts, "person_years": 1.0, "k": 0.0}, **YEAR_2),
        "arr_before_after": cell("arr.before_after", {**ratio, "n_patients": 1.0}, **CONTRAST)
        + cell("arr.before_after", before, **BEFORE_COURSE)
        + cell("arr.before_after", {**rate, **counts}, **AFTER_COURSE),
        "relapse_free": [
            *share(free, 1, **AFTER_COURSE),
            *share(free, 0, anchor="course-3", analysis_window="M0..M24"),
            *share(free, 1, **years(1)),
            *share(free, 0, **years(2)),
        ],
    }


def _disability() -> dict[str, list[Row]]:
    curve = {"ci_low": None, "ci_high": None, "at_risk": 1.0, "n_events": 0.0}
    mark = {year: {**years(year), "timepoint": f"Y{year}"} for year in (1, 2)}
    baseline = {"anchor": "core-baseline", "timepoint": "BL"}
    year_1 = {"anchor": "core-baseline", "timepoint": "Y1"}
    components = [{"category": name} for name in ("MRI activity", "Gd-enhancing T1")]
    pairs = {"b": 0.0, "c": 1.0, "p": 0.3173, "p_exact": 1.0, "p_corrected": 1.0}
    return {
        "edss": [
            *spread("edss.mean", 2.0, 2.0, **baseline),
            *spread("edss.mean", 2.5, 2.5, **year_1),
            *spread("edss.change", 0.0, 0.0, **baseline),
            *spread("edss.change", 0.5, 0.5, **year_1),
        ],
        "disability": [
            row
            for year in (1, 2)
            for name, pct in {"cdw.km": 100.0, "cdi.km": 0.0}.items()
            for row in cell(name, {"pct": pct, **curve}, **mark[year])
        ],
        "mri": [
            *(row for name in components for row in share("mri.free", 1, **years(1), **name)),
            *(row for name in components for row in share("mri.free", 0, **years(2), **name)),
            *cell("mri.before_after", {**pairs, "n_patients": 1.0}, **CONTRAST, **components[0]),
            *share("mri.before_after", 0, **BEFORE_COURSE, **components[0]),
            *share("mri.before_after", 1, **AFTER_COURSE, **components[0]),
        ],
        "neda": share("neda.free", 1, **years(1)) + share("neda.free", 0, **years(2)),
    }


def _safety() -> list[Row]:
    patients = {"any AE": 2, "serious AE": 1, "thyroid AE": 1, "autoimmune AE": 1}
    any_ae = {**TREATED, "category": "any AE"}
    first = {"n_patients": 2.0, "person_years": 4.0, "rate": 50.0, "ci_low": 6.0, "ci_high": 180.0}
    by_course = {"course-1": (2, 2, 2, 4.0), "course-2": (2, 1, 1, 4.0), "course-3": (1, 1, 1, 2.0)}
    return [
        *(
            row
            for category, n in patients.items()
            for row in share("safety.incidence", n, **TREATED, category=category)
        ),
        *events("safety.rate", 4, 10.0, **any_ae),
        *cell("safety.first_event_rate", first, **any_ae),
        *(
            row
            for anchor, (received, n, n_events, person_years) in by_course.items()
            for row in (
                *share("safety.by_course", n, **{**any_ae, "n_total": received}, anchor=anchor),
                *events(
                    "safety.by_course",
                    n_events,
                    person_years,
                    **{**any_ae, "n_total": received},
                    anchor=anchor,
                ),
            )
        ),
        *spread("autoimmune.onset", 2.0, 2.0, population="treated", group_id="overall"),
    ]


def _people() -> dict[str, list[Row]]:
    totals = {"1 course": 0, "2 courses": 1, "<=2 courses": 1, "3 courses": 1, ">=5 courses": 0}
    interval = {"population": "extension", "category": "Course 2 to 3"}
    treatments = {
        "additional course": (0, 1),
        "other DMT": (0, 0),
        "additional course or other DMT": (0, 1),
        "additional course and other DMT": (0, 0),
    }
    baseline = {"population": "treated", "group_id": "overall"}
    return {
        "baseline": [
            *spread("baseline.continuous", 30.0, 36.0, **baseline, category="age"),
            *spread("baseline.continuous", 1.0, 1.0, **baseline, category="Gd-enhancing lesions"),
            *share("baseline.categorical", 1, **baseline, category="with Gd-enhancing lesions"),
        ],
        "course": [
            *(
                row
                for category, n in totals.items()
                for row in share("course.total", n, **ENTRANTS, category=category)
            ),
            *share("course.timing", 1, **ENTRANTS, category="Course 3", analysis_window="Y4"),
            *spread("course.interval", 2.0, 2.0, **interval),
            *(
                row
                for reason, n in {"relapse": 1, "other": 0}.items()
                for row in share(
                    "course.reason",
                    n,
                    **{**ENTRANTS, "n_total": 1},
                    anchor="course-3",
                    category=reason,
                )
            ),
        ],
        "treatment": [
            row
            for study in ("CAMMS323", "all")
            for treatment, counts in treatments.items()
            for year, n in zip((1, 4), counts, strict=True)
            for row in share(
                "treatment.by_year",
                n,
                **ENTRANTS,
                **years(year),
                category=f"{study}: {treatment}",
            )
        ],
        "retention": [
            *share("retention", 1, **years(8)),
            *share("available", 1, anchor="course-3", timepoint="M12"),
            *share("available", 0, anchor="course-3", timepoint="M24"),
        ],
    }
