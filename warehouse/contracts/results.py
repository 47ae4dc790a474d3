"""Contracts of the results layer: the long table of result rows and the wide tables for BI.

One row of `results.result` is one statistic (after the CDISC Analysis Results Standard).
No column of this layer identifies a patient.
"""

import polars as pl

from warehouse.contracts.core import GROUPS
from warehouse.contracts.table import Column, TableContract, by_name

TEXT = pl.String()
INTEGER = pl.Int32()
NUMBER = pl.Float64()
FLAG = pl.Boolean()

#: Analysis sets (landing contract), and `consented`: everybody in `core.patient`, with whom
#: the funnel begins.
POPULATIONS = (
    "consented",
    "treated",
    "extension",
    "no-other-dmt",
    "safety",
    "additional",
    "efficacy",
)
GROUP_IDS = ("overall", *GROUPS, "additional-courses", "all-recipients")
#: Safety by course has further anchors; the empty text is "no anchor".
RESULT_ANCHORS = ("", "core-baseline", *(f"course-{number}" for number in range(1, 7)))
STATISTICS = (
    "n_events",
    "n_patients",
    "n_total",
    "pct",
    "mean",
    "sd",
    "se",
    "median",
    "min",
    "max",
    "rate",
    "rate_ratio",
    "ci_low",
    "ci_high",
    "p",
    "p_exact",
    "p_corrected",
    "p_score",
    "k",
    "b",
    "c",
    "person_years",
    "at_risk",
)


def _dimension(name: str, label: str, terms: tuple[str, ...] = ()) -> Column:
    return Column(name, TEXT, label, nullable=False, terms=terms)


#: The dimensions of a result row; an absent dimension is the empty text, never null.
DIMENSIONS = (
    _dimension("analysis_id", "Endpoint and method, dotted"),
    _dimension("population", "Analysis set", POPULATIONS),
    _dimension("group_id", "Group of patients", GROUP_IDS),
    _dimension("category", "Category within the endpoint"),
    _dimension("anchor", "Where time is counted from", RESULT_ANCHORS),
    _dimension("analysis_window", "Window of time"),
    _dimension("timepoint", "Point in time"),
    _dimension("comparator", "What a contrast is against"),
    _dimension("scenario", "primary, or the name of an alternative reading"),
    _dimension("statistic", "Which statistic", STATISTICS),
)
KEY = tuple(column.name for column in DIMENSIONS)

RESULT_COLUMNS = (
    *DIMENSIONS,
    Column("result_id", TEXT, "The key in one text, the same at every cut", nullable=False),
    Column("value", NUMBER, "The value, unrounded; null if not estimable"),
    Column("value_text", TEXT, "The value as presented", nullable=False),
    Column("is_estimable", FLAG, "Whether the statistic exists on these data", nullable=False),
    Column(
        "n_total",
        INTEGER,
        "Patients behind the estimate; denominator of a share",
        unit="patients",
        nullable=False,
    ),
    Column("method", TEXT, "How it was computed", nullable=False),
    Column("diagnostics", TEXT, "JSON: convergence, boundary, events …", nullable=False),
    Column("rule_ids", TEXT, "Rules of the analysis plan, separated by a space", nullable=False),
    Column("data_cut", TEXT, "Cut-off date of the data", nullable=False),
)

#: Printed values: estimated from data, single patients' told in a narrative, the design's own.
REPRODUCTION_KINDS = ("estimated", "narrated", "design")
#: How a computed value is read from its source (docs/results.md).
READINGS = (
    *("value", "below", "n_total", "min", "max", "share"),
    *("months", "grade", "year", "days", "others"),
    "setting",
)
OUTCOMES = ("match", "difference", "absent")
REPRODUCTION_SOURCES = ("results.result", "windows.line_listing", "configuration")


def _results_of(family: str, label: str, *rule_ids: str) -> TableContract:
    """A model's own result rows, before all families are joined into `results.result`."""
    return TableContract(
        "results", family, label, RESULT_COLUMNS, KEY, rule_ids, is_patient_level=False
    )


def _wide(name: str, label: str, key: tuple[str, ...], *columns: Column) -> TableContract:
    return TableContract("results", name, label, columns, key, is_patient_level=False)


def _value(name: str, label: str, unit: str | None = None) -> Column:
    return Column(name, NUMBER, label, unit=unit)


def _count(name: str, label: str, unit: str) -> Column:
    return Column(name, INTEGER, label, unit=unit)


_GROUP = (
    _dimension("population", "Analysis set", POPULATIONS),
    _dimension("group_id", "Group of patients", GROUP_IDS),
)
_WINDOW = (
    _dimension("anchor", "Where time is counted from", RESULT_ANCHORS),
    _dimension("analysis_window", "Window of time"),
)
_CATEGORY = _dimension("category", "Category within the endpoint")
_TIMEPOINT = _dimension("timepoint", "Point in time")
_SHARE = (
    _count("n_total", "Patients who can be evaluated", "patients"),
    _count("n_patients", "Those of them who are free", "patients"),
    _value("pct", "Share who are free", "%"),
    _value("ci_low", "Lower 95% confidence limit", "%"),
    _value("ci_high", "Upper 95% confidence limit", "%"),
)
#: Of a quantity whose unit depends on the row; label and unit stand in its category.
_SPREAD = (
    _value("mean", "Mean"),
    _value("sd", "Standard deviation"),
    _value("median", "Median"),
    _value("min", "Least"),
    _value("max", "Greatest"),
)
_METHOD = (
    Column("method", TEXT, "How it was computed", nullable=False),
    Column("data_cut", TEXT, "Cut-off date of the data", nullable=False),
)

RESULTS = by_name(
    (
        _results_of("result_arr", "Annualised relapse rates per window", "E-02", "E-05"),
        _results_of(
            "result_arr_before_after", "Annualised relapse rate after against before", "E-03"
        ),
        _results_of("result_relapse_free", "Relapse-free patients", "E-04"),
        _results_of(
            "result_funnel", "Analysis sets and exclusions", *(f"S-{n:02d}" for n in range(1, 11))
        ),
        _results_of(
            "result_partial_date",
            "Records whose partial date was placed by a rule, by rule",
            *("E-01", "E-12", "S-03", "T-06", "E-16", "E-15"),
        ),
        _results_of(
            "result_course",
            "Courses: how many, when, at which intervals, why",
            *("C-02", "C-04", "C-05", "S-02"),
        ),
        _results_of(
            "result_treatment", "Additional courses and other therapies by study and year", "S-02"
        ),
        _results_of("result_retention", "Patients on study and available", "E-16", "W-06"),
        _results_of("result_baseline", "Characteristics at core baseline", "E-15"),
        _results_of("result_edss", "EDSS and its change at visits", "E-06"),
        _results_of(
            "result_disability",
            "Confirmed disability worsening, improvement",
            "E-07",
            "E-08",
            "E-09",
        ),
        _results_of("result_mri", "Patients free of MRI activity", "E-10", "E-11"),
        _results_of("result_neda", "Patients with no evidence of disease activity", "E-17"),
        _results_of("result_safety", "Adverse events and deaths", "E-12", "E-13", "E-14"),
        _results_of(
            "result_sensitivity", "Each endpoint under other readings of the rules (scenario)"
        ),
        _results_of("result", "All result rows: one row per statistic"),
        _wide(
            "arr",
            "Annualised relapse rate per group and window",
            ("population", "group_id", "anchor", "analysis_window"),
            *_GROUP,
            *_WINDOW,
            _count("n_patients", "Patients at risk in the window", "patients"),
            _count("n_events", "Relapses", "relapses"),
            _value("person_years", "Time at risk", "years"),
            _value("rate", "Annualised relapse rate", "relapses per year"),
            _value("ci_low", "Lower 95% confidence limit", "relapses per year"),
            _value("ci_high", "Upper 95% confidence limit", "relapses per year"),
            _value("k", "Dispersion; 0 = Poisson boundary"),
            *_METHOD,
        ),
        _wide(
            "arr_before_after",
            "Annualised relapse rate in the 12 months after a course against those before",
            ("population", "group_id", "anchor"),
            *_GROUP,
            _dimension("anchor", "The course"),
            _count("n_patients", "Patients with time at risk on both sides", "patients"),
            _value("rate_before", "Annualised relapse rate before", "relapses per year"),
            _value("rate_after", "Annualised relapse rate after", "relapses per year"),
            _value("rate_ratio", "After over before", "ratio"),
            _value("ci_low", "Lower 95% confidence limit of the ratio", "ratio"),
            _value("ci_high", "Upper 95% confidence limit of the ratio", "ratio"),
            _value("p", "Wald test of ratio = 1"),
            _value("p_score", "Score test of ratio = 1"),
            Column("p_text", TEXT, "The Wald p as presented", nullable=False),
            *_METHOD,
        ),
        _wide(
            "relapse_free",
            "Share of patients without a relapse",
            ("analysis_id", "population", "group_id", "anchor", "analysis_window"),
            _dimension("analysis_id", "Reading: cumulative, per_year or km"),
            *_GROUP,
            *_WINDOW,
            _count("n_total", "Patients in the denominator", "patients"),
            _count("n_patients", "Patients without a relapse; null for Kaplan-Meier", "patients"),
            _value("pct", "Share without a relapse", "%"),
            _value("ci_low", "Lower 95% confidence limit", "%"),
            _value("ci_high", "Upper 95% confidence limit", "%"),
            *_METHOD,
        ),
        _wide(
            "course",
            "Courses and other therapies: how many patients, when, at which intervals, why",
            ("analysis_id", "population", "group_id", "category", "anchor", "analysis_window"),
            _dimension("analysis_id", "course.total, .timing, .interval …, treatment.by_year"),
            *_GROUP,
            _CATEGORY,
            *_WINDOW,
            _count("n_total", "Patients in the denominator", "patients"),
            _count("n_patients", "Patients", "patients"),
            _value("pct", "Share of the denominator", "%"),
            *_SPREAD,
            *_METHOD,
        ),
        _wide(
            "retention",
            "Patients on study through the horizon, and available at a month",
            ("analysis_id", "population", "group_id", "anchor", "analysis_window", "timepoint"),
            _dimension("analysis_id", "retention or available"),
            *_GROUP,
            *_WINDOW,
            _TIMEPOINT,
            _count("n_total", "Patients of the group", "patients"),
            _count("n_patients", "Patients on study, or available", "patients"),
            _value("pct", "Share of the group", "%"),
            *_METHOD,
        ),
        _wide(
            "baseline",
            "Characteristics at core baseline",
            ("population", "group_id", "category"),
            *_GROUP,
            _CATEGORY,
            _count("n_total", "Patients with the characteristic observed", "patients"),
            _count("n_patients", "Patients who have it, or are observed", "patients"),
            _value("pct", "Share of the observed", "%"),
            *_SPREAD,
            *_METHOD,
        ),
        _wide(
            "edss",
            "EDSS at visits, and its change from the anchor's baseline",
            ("population", "group_id", "anchor", "timepoint"),
            *_GROUP,
            _dimension("anchor", "Where time is counted from", RESULT_ANCHORS),
            _TIMEPOINT,
            _count("n_patients", "Patients with a score", "patients"),
            _value("mean", "Mean score", "points"),
            _value("sd", "Standard deviation", "points"),
            _value("se", "Standard error of the mean", "points"),
            _count("n_patients_change", "Patients with a score and a baseline", "patients"),
            _value("mean_change", "Mean change from the baseline", "points"),
            _value("ci_low_change", "Lower 95% confidence limit of it", "points"),
            _value("ci_high_change", "Upper 95% confidence limit of it", "points"),
            *_METHOD,
        ),
        _wide(
            "disability",
            "Kaplan-Meier: free of 6-month confirmed worsening (cdw.km), with improvement (cdi.km)",
            ("analysis_id", "population", "group_id", "anchor", "analysis_window", "timepoint"),
            _dimension("analysis_id", "cdw.km or cdi.km"),
            *_GROUP,
            *_WINDOW,
            _TIMEPOINT,
            _count("n_total", "Patients at the start", "patients"),
            _count("at_risk", "Patients still at risk", "patients"),
            _count("n_events", "Patients with the event so far", "patients"),
            _value("pct", "Free of worsening, or with improvement", "%"),
            _value("ci_low", "Lower 95% confidence limit", "%"),
            _value("ci_high", "Upper 95% confidence limit", "%"),
            *_METHOD,
        ),
        _wide(
            "mri",
            "Patients free of MRI activity, all and by component",
            ("population", "group_id", "category", "anchor", "analysis_window"),
            *_GROUP,
            _CATEGORY,
            *_WINDOW,
            *_SHARE,
            *_METHOD,
        ),
        _wide(
            "mri_before_after",
            "Patients free of MRI activity after a course against before it",
            ("population", "group_id", "category", "anchor"),
            *_GROUP,
            _CATEGORY,
            _dimension("anchor", "The course"),
            _value("pct_before", "Share free before, of those evaluable before", "%"),
            _value("pct_after", "Share free after, of those evaluable after", "%"),
            _count("n_patients", "Patients evaluable on both sides", "patients"),
            _count("b", "Free before, active after", "patients"),
            _count("c", "Active before, free after", "patients"),
            _value("p", "McNemar, uncorrected chi-square (SAS)"),
            _value("p_exact", "McNemar, exact"),
            _value("p_corrected", "McNemar, continuity-corrected"),
            Column("p_text", TEXT, "The uncorrected p as presented", nullable=False),
            *_METHOD,
        ),
        _wide(
            "neda",
            "Patients with no evidence of disease activity",
            ("population", "group_id", "anchor", "analysis_window"),
            *_GROUP,
            *_WINDOW,
            *_SHARE,
            *_METHOD,
        ),
        _wide(
            "safety",
            "Adverse events through the horizon: incidence, and rates per 100 patient-years",
            ("population", "group_id", "category"),
            *_GROUP,
            _CATEGORY,
            _count("n_total", "Patients of the group", "patients"),
            _count("n_patients", "Patients with an event", "patients"),
            _value("pct", "Share of the group", "%"),
            _count("n_events", "Events", "events"),
            _value("person_years", "Time at risk", "years"),
            _value("rate", "Events per 100 patient-years", "events per 100 years"),
            _value("ci_low", "Lower 95% confidence limit", "events per 100 years"),
            _value("ci_high", "Upper 95% confidence limit", "events per 100 years"),
            _value("first_event_rate", "First events over time to them", "events per 100 years"),
            _value("ci_low_first", "Lower 95% confidence limit of it", "events per 100 years"),
            _value("ci_high_first", "Upper 95% confidence limit of it", "events per 100 years"),
            *_METHOD,
        ),
        _wide(
            "safety_by_course",
            "Adverse events by the last course before onset",
            ("population", "group_id", "category", "anchor"),
            *_GROUP,
            _CATEGORY,
            _dimension("anchor", "The course; course-6: Course 6 and later", RESULT_ANCHORS),
            _count("n_total", "Patients who received the course", "patients"),
            _count("n_patients", "Patients with an event until the next course", "patients"),
            _value("pct", "Share of those who received the course", "%"),
            _count("n_events", "Events", "events"),
            _value("person_years", "Time until the next course", "years"),
            _value("rate", "Events per 100 patient-years", "events per 100 years"),
            _value("ci_low", "Lower 95% confidence limit", "events per 100 years"),
            _value("ci_high", "Upper 95% confidence limit", "events per 100 years"),
            *_METHOD,
        ),
        _wide(
            "autoimmune_onset",
            "Time from the first course to the first autoimmune adverse event",
            ("population", "group_id"),
            *_GROUP,
            _count("n_patients", "Patients with such an event", "patients"),
            *_SPREAD,
            *_METHOD,
        ),
        _wide(
            "sensitivity",
            "Each result row under another reading of the rules, beside the primary one",
            KEY,
            *DIMENSIONS,
            _value("value_primary", "The value under the plan's reading"),
            Column("text_primary", TEXT, "The same as presented"),
            _value("value", "The value under the other reading"),
            Column("value_text", TEXT, "The same as presented", nullable=False),
            _value("difference", "Other reading minus primary"),
            *_METHOD,
        ),
        _wide(
            "reproduction",
            "Each value that the paper prints, beside the value computed here",
            ("published_id",),
            _dimension("published_id", "Number of the printed value"),
            _dimension("kind", "What stands behind the printed value", REPRODUCTION_KINDS),
            _dimension("location", "Where the paper prints it"),
            _dimension("group_name", "Patients that it is about"),
            _dimension("endpoint", "What it is"),
            _dimension("timepoint", "When"),
            _dimension("statistic", "Which statistic"),
            _dimension("qualifier", "What stands before it: <, >=, ~ (approximately) …"),
            _dimension("unit", "Unit of measure"),
            _value("printed_value", "The printed value; null for a date"),
            Column("printed_text", TEXT, "The same as printed, without qualifier", nullable=False),
            _count("decimals", "Printed decimals; null for a date", "decimals"),
            _value("computed_value", "The computed value, unrounded; null for a date or if absent"),
            Column("computed_text", TEXT, "The same at printed precision; null if absent"),
            Column(
                "outcome",
                TEXT,
                "match: equal at printed precision, or on the printed side of a bound",
                nullable=False,
                terms=OUTCOMES,
            ),
            _value(
                "units_off",
                "Computed less printed value; null for a date or if absent",
                "units of the last printed digit",
            ),
            _dimension("reading", "How the computed value is read from its source", READINGS),
            _dimension("source_table", "Table that it comes from", REPRODUCTION_SOURCES),
            Column(
                "source_key",
                TEXT,
                "result_id (several: parted by '; '), listed record, or setting",
                nullable=False,
            ),
            _dimension("note", "On the printed value, on its source, or why it is absent"),
            Column("data_cut", TEXT, "Cut-off date of the data", nullable=False),
        ),
        _wide(
            "disposition",
            "The population funnel: each set, and who was left out at each step and why",
            ("step",),
            Column("step", INTEGER, "Order of the steps", nullable=False),
            _dimension("kind", "set or exclusion", ("set", "exclusion")),
            _dimension("label", "Name of the set, or reason of the exclusion"),
            _count("n_patients", "Patients", "patients"),
            _value("pct_of_extension", "Share of the patients who entered the extension", "%"),
            Column(
                "method",
                TEXT,
                "How it was counted; of other DMT also how many are out by a partial date alone",
                nullable=False,
            ),
            Column("data_cut", TEXT, "Cut-off date of the data", nullable=False),
        ),
    )
)
