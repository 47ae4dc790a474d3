"""Faults that are a wrong estimate, test or rounding in place of the right one."""

from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal
from typing import Any

import numpy as np
from scipy.stats import norm

from benchmarks.faults.ways import everywhere, function
from models.arr import NEGATIVE_BINOMIAL
from models.negative_binomial import mean_coefficients_at

_RESULT_ARR = "results.result_arr"
_DESCRIBED = tuple(
    f"results.result_{family}" for family in ("edss", "baseline", "course", "safety")
)

Function = Callable[..., Any]


def _rate(rate_of: Callable[..., float]) -> Callable[[Function], Function]:
    """A rate of relapses of its own, without limits."""

    def wrong(right: Function) -> Function:
        def estimate(events: Any, years: Any, patients: Any) -> Any:
            if not float(patients @ events) > 0:
                return right(events, years, patients)
            values = {"rate": rate_of(events, years, patients), "ci_low": None, "ci_high": None}
            return NEGATIVE_BINOMIAL, {}, {**values, "k": None}

        return estimate

    return wrong


def _events_per_year(events: Any, years: Any, patients: Any) -> float:
    return float(patients @ events) / float(patients @ years)


def _mean_of_rates(events: Any, years: Any, patients: Any) -> float:
    return float(patients @ (events / years)) / float(patients.sum())


def _dispersion_1(events: Any, years: Any, patients: Any) -> float:
    start = np.log([_events_per_year(events, years, patients)])
    design = np.ones((events.size, 1))
    return float(np.exp(mean_coefficients_at(1.0, events, years, design, patients, start))[0])


def _unpaired(right: Function) -> Function:
    def fit(events: Any, years: Any, period: Any, cluster: Any, weights: Any) -> Any:
        return right(events, years, period, np.arange(np.size(cluster)), weights)

    return fit


def _described(change: Callable[[dict[str, Any], int], dict[str, Any]]) -> Any:
    """Statistics of a quantity, some of them wrong; not of a single patient."""

    def wrong(right: Function) -> Function:
        def describe(values: Any, patients: Any) -> Any:
            statistics, diagnostics = right(values, patients)
            n = sum(patients)
            return (statistics | change(statistics, n) if n > 1 else statistics), diagnostics

        return describe

    return wrong


def _normal_interval(told: dict[str, Any], n: int) -> dict[str, Any]:
    del n  # so it is with z: the number of patients does not bear on it
    half = float(norm.ppf(0.975)) * told["se"]
    return {"ci_low": told["mean"] - half, "ci_high": told["mean"] + half}


def _divided_by_n(told: dict[str, Any], n: int) -> dict[str, Any]:
    share = float(np.sqrt((n - 1) / n))
    return {"sd": told["sd"] * share, "se": told["se"] * share}


def _as_binary(_right: Function) -> Function:
    return lambda value, decimals: f"{value:.{decimals}f}"


def _cut_off(_right: Function) -> Function:
    def cut(value: float, decimals: int) -> str:
        return str(Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_DOWN))

    return cut


STATISTICS = (
    function(
        "ARR is events over patient-years",
        "E-02",
        (_RESULT_ARR,),
        {"models.arr:estimate_rate": _rate(_events_per_year)},
    ),
    function(
        "ARR is the mean of the patients' rates",
        "E-02",
        (_RESULT_ARR,),
        {"models.arr:estimate_rate": _rate(_mean_of_rates)},
    ),
    function(
        "the dispersion of relapses is 1",
        "E-02",
        (_RESULT_ARR,),
        {"models.arr:estimate_rate": _rate(_dispersion_1)},
    ),
    function(
        "before and after a course as if of different patients",
        "E-03",
        ("results.result_arr_before_after",),
        {"models.arr_before_after:fit_repeated_negative_binomial": _unpaired},
    ),
    function(
        "Kaplan-Meier with the last value carried on",
        "E-09",
        ("results.result_disability",),
        {
            "models.disability:survival_at": lambda right: (
                lambda *counts, tolerances: right(*counts, tolerances=tolerances + 1_000_000)
            )
        },
    ),
    function(
        "McNemar's test with continuity correction",
        "E-11",
        ("results.result_mri",),
        {
            "models.mri:compare_pairs": lambda right: (
                lambda b, c: replace(right(b, c), p=right(b, c).p_corrected)
            )
        },
    ),
    function(
        "intervals of the EDSS change by z, not t",
        "E-06",
        ("results.result_edss",),
        {"models.edss:mean_values": _described(_normal_interval)},
    ),
    function(
        "SD divided by n, not n - 1",
        "E-06 E-15",
        _DESCRIBED,
        everywhere("mean_values", _described(_divided_by_n)),
    ),
    function(
        "rounded as Python does (in binary, ties to even)",
        "section 5",
        ("results.reproduction",),
        {"models.reproduction.compare:round_half_away": _as_binary},
    ),
    function(
        "cut off, not rounded",
        "section 5",
        ("results.reproduction",),
        {"models.reproduction.compare:round_half_away": _cut_off},
    ),
)
