"""What the chosen of each efficacy group must add up to.

Belongs here: which printed value bounds which sum, by group. Published ids stand beside what
they mean; the numbers themselves are read. Does not belong here: the patients outside the
efficacy groups, who make the overall columns fit (`closing`).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.stats import chi2

from reconstruction.choose import Sum
from reconstruction.features import YEARS
from reconstruction.printed import Interval, Printed, change_in_half_points, ratio
from transforms.rules import DAYS_PER_MONTH, DAYS_PER_YEAR

ONE = pl.lit(1.0)


def flag(name: str) -> pl.Expr:
    """1 where a flag is set, else 0."""
    return pl.col(name).cast(pl.Float64).fill_null(0.0)


def has(number: str) -> pl.Expr:
    """1 where a count is above zero."""
    return (pl.col(number) > 0).cast(pl.Float64).fill_null(0.0)


@dataclass(frozen=True)
class Table1:
    """Ids of one column of Table 1: n female, and mean of what is given with mean and SD.

    The SD of a mean has the id that follows.
    """

    female: str
    means: Mapping[str, str]
    gd: str
    gd_positive: str
    gd_observed: str | None
    bpf: str


def table_1(printed: Printed, column: Table1, n: int) -> list[Sum]:
    """Baseline characteristics of one group of `n`."""
    sums = [printed.exactly("female", flag("is_female"), column.female)]
    for name, mean_id in column.means.items():
        sums += printed.mean_sd(name, pl.col(name), mean_id, following(mean_id), n)
    n_gd = printed.count(column.gd_observed) if column.gd_observed else n
    sums += [
        Sum("Gd observed", pl.col("gd_lesions").is_not_null(), n_gd, n_gd),
        printed.exactly("Gd positive", flag("has_gd_lesions"), column.gd_positive),
    ]
    sums += printed.mean_sd(
        "gd_lesions", pl.col("gd_lesions"), column.gd, following(column.gd), n_gd
    )
    # Almost all have it; the printed digits leave so much room that who lacks it does not matter.
    sums += printed.mean_sd("bpf", pl.col("bpf"), column.bpf, following(column.bpf), n)
    return sums


def age_with_edss(printed: Printed, n: int) -> Sum:
    """Older patients are a little more disabled, as in every MS trial; nothing printed asks for it.

    The model draws age and EDSS apart. The bounds are a correlation of 0.12 to 0.3 at the means and
    SDs of the overall column.
    """
    age, edss = (
        (pl.col(name) - printed.value(mean_id), printed.value(following(mean_id)))
        for name, mean_id in (("age_years", "P0131"), ("edss_points", "P0151"))
    )
    scale = age[1] * edss[1] * n
    return Sum("age with EDSS", age[0] * edss[0], 0.12 * scale, 0.3 * scale)


def following(published_id: str) -> str:
    """The id after this one."""
    return f"P{int(published_id[1:]) + 1:04d}"


def column_of_table_1(number: int, *, gd_observed: str | None) -> Table1:
    """Ids of the column `number` of Table 1 (0 overall, 1 = 2-courses ... 4 = 5plus).

    Each variable is printed for the five columns in turn, two values each.
    """

    def at(first: int) -> str:
        return f"P{first + 2 * number:04d}"

    return Table1(
        female=at(141),
        means={
            "age_years": at(131),
            "edss_points": at(151),
            "years_since_initial_relapse": at(161),
            "relapses_prior_1_year": at(171),
            "relapses_prior_2_years": at(181),
        },
        gd=at(191),
        gd_positive=at(201),
        gd_observed=gd_observed,
        bpf=at(211),
    )


@dataclass(frozen=True)
class Tuning:
    """What makes the two estimates linear that are not sums, from an earlier choice.

    Attributes:
        at_risk: by curve (prefix of its columns) patients at risk on each day.
        rate: by window, model rate over events by person-years.
    """

    at_risk: Mapping[str, npt.NDArray[np.float64]]
    rate: Mapping[str, float]


def survival(
    name: str,
    prefix: str,
    mark: float,
    bounds: Interval,
    tuning: Tuning,
) -> Sum:
    """Share free at a mark by Kaplan-Meier within bounds, linear at given risk sets.

    The logarithm of the curve is the sum of log(1 - 1/n) over events, n at risk at each.
    """
    at_risk = pl.lit(pl.Series(tuning.at_risk[prefix]))
    day = pl.col(f"{prefix}_days").fill_null(0).floor().cast(pl.UInt32)
    loss = -(1 - 1 / at_risk.gather(day)).log()
    is_counted = pl.col(f"{prefix}_event") & (pl.col(f"{prefix}_days") < mark)
    return Sum(
        name,
        pl.when(is_counted).then(loss).otherwise(0.0),
        -math.log(bounds.high),
        -math.log(bounds.low),
    )


@dataclass(frozen=True)
class CourseGroup:
    """Published ids of a group that is told around its course (Figures 3 and 4)."""

    arr_before: str
    arr_year1: str
    arr_year3: str
    free_before: str
    free: tuple[str, str, str]
    edss: tuple[str, str, str]
    cdw: str
    cdi: str
    mri_before: str
    mri_after: str
    mri_p: str
    available: tuple[str, str]


#: Course after which so few complete the third year that its rate hangs on single relapses.
TIGHT_THIRD_YEAR = 4

COURSE_GROUPS = {
    3: CourseGroup(
        "P0235", "P0236", "P0238", "P0239", ("P0240", "P0241", "P0242"),
        ("P0243", "P0244", "P0245"), "P0246", "P0247", "P0248", "P0249", "P0250",
        ("P0251", "P0252"),
    ),
    4: CourseGroup(
        "P0253", "P0254", "P0256", "P0257", ("P0258", "P0259", "P0260"),
        ("P0261", "P0262", "P0263"), "P0264", "P0265", "P0266", "P0267", "P0268",
        ("P0269", "P0270"),
    ),
}  # fmt: skip


def around_course(printed: Printed, k: int, n: int, n_edss: int, tuning: Tuning) -> list[Sum]:
    """Endpoints around Course `k` of the `n` whom it defines, `n_edss` seen at Month 36."""
    ids, c = COURSE_GROUPS[k], f"c{k}_"
    sums = []
    for window, printed_id in (
        ("before", ids.arr_before),
        ("year1", ids.arr_year1),
        ("year3", ids.arr_year3),
    ):
        sums += tuned_rate(
            printed,
            f"{c}{window}",
            f"{c}relapses_{window}",
            f"{c}years_{window}",
            printed_id,
            tuning,
        )
    sums += printed.share(f"{c}free before", 1 - has(f"{c}relapses_before"), ONE, ids.free_before)
    for window, printed_id in zip(("year1", "to24", "to36"), ids.free, strict=True):
        sums += printed.share(
            f"{c}free {window}", 1 - has(f"{c}relapses_{window}"), ONE, printed_id
        )
    # Who relapses in the third year had not before. It is not printed; but so few are left under
    # follow-up that the printed rate and shares allow no further relapse, and asked for apart
    # from them it is found sooner.
    if k == TIGHT_THIRD_YEAR:
        first = has(f"{c}relapses_to36") - has(f"{c}relapses_to24")
        again = pl.col(f"{c}relapses_year3").cast(pl.Float64).fill_null(0.0) - first
        sums.append(Sum(f"{c}further relapses in year 3", again, 0, 0))
    sums += edss_change(printed, f"{c}edss_change", ids.edss, n_edss)
    mark = 36 * DAYS_PER_MONTH
    cdw, cdi = (printed.interval(i) for i in (ids.cdw, ids.cdi))
    sums += [
        survival(f"{c}CDW", f"{c}cdw", mark, Interval(cdw.low / 100, cdw.high / 100), tuning),
        survival(
            f"{c}CDI", f"{c}cdi", mark, Interval(1 - cdi.high / 100, 1 - cdi.low / 100), tuning
        ),
    ]
    for window, printed_id in (("before", ids.mri_before), ("year1", ids.mri_after)):
        activity = pl.col(f"{c}mri_{window}")
        sums += printed.share(f"{c}MRI {window}", (~activity), activity.is_not_null(), printed_id)
    before, after = pl.col(f"{c}mri_before"), pl.col(f"{c}mri_year1")
    newly_active, newly_free = ~before & after, before & ~after
    gain = n * (printed.value(ids.mri_after) - printed.value(ids.mri_before)) / 100
    most = most_newly_active(gain, printed.value(ids.mri_p))
    sums += [
        Sum(f"{c}newly active", newly_active, 0, most),
        Sum(
            f"{c}more newly free",
            newly_free.cast(pl.Float64) - newly_active.cast(pl.Float64),
            math.floor(gain),
            n,
        ),
    ]
    for month, printed_id in zip((24, 36), ids.available, strict=True):
        sums.append(
            printed.exactly(f"{c}available {month}", flag(f"{c}available_{month}"), printed_id)
        )
    return sums


def most_newly_active(gain: float, p: float) -> int:
    """Most patients newly active on MRI, if `gain` more are free after than before (McNemar).

    With b newly active and b + gain newly free the test's chi-square is gain^2 / (2 b + gain).
    One patient is kept as a reserve.
    """
    critical = float(chi2.ppf(1 - p, 1))
    return math.floor((gain**2 / critical - gain) / 2) - 1


def two_courses(printed: Printed, n_edss: int, tuning: Tuning) -> list[Sum]:
    """Endpoints of the 2-courses group from core baseline, `n_edss` seen at Year 8."""
    sums = []
    for year, printed_id in ((1, "P0225"), (8, "P0226")):
        sums += tuned_rate(
            printed, f"y{year}", f"relapses_y{year}", f"years_y{year}", printed_id, tuning
        )
    # The least yearly share is that of Year 1, the greatest that of Year 3.
    least, most = printed.interval("P0227"), printed.interval("P0228")
    for year in YEARS:
        bounds = {1: least, 3: most}.get(year, Interval(least.low, most.high))
        evaluable, relapsed = flag(f"evaluable_y{year}"), flag(f"relapsed_y{year}")
        sums += ratio(
            f"free in Year {year}",
            evaluable - relapsed,
            evaluable,
            Interval(bounds.low / 100, bounds.high / 100),
        )
    sums += edss_change(printed, "edss_change_y8", ("P0229", "P0230", "P0231"), n_edss)
    mark = YEARS[-1] * DAYS_PER_YEAR
    cdw, cdi = (printed.interval(i) for i in ("P0232", "P0233"))
    sums += [
        survival("CDW", "y8_cdw", mark, Interval(cdw.low / 100, cdw.high / 100), tuning),
        survival("CDI", "y8_cdi", mark, Interval(1 - cdi.high / 100, 1 - cdi.low / 100), tuning),
    ]
    activity = pl.col("mri_y8")
    sums += printed.share("MRI in Year 8", ~activity, activity.is_not_null(), "P0234")
    return sums


def tuned_rate(
    printed: Printed, name: str, events: str, years: str, printed_id: str, tuning: Tuning
) -> list[Sum]:
    """A rate whose model estimate is a known multiple of events over person-years."""
    bounds, factor = printed.interval(printed_id), tuning.rate.get(name, 1.0)
    return ratio(
        name, pl.col(events), pl.col(years), Interval(bounds.low / factor, bounds.high / factor)
    )


def edss_change(printed: Printed, column: str, ids: tuple[str, str, str], n: int) -> list[Sum]:
    """Change of the EDSS of `n` patients seen, with its t-interval."""
    total, least, most = change_in_half_points(n, *(printed.interval(i) for i in ids))
    change = pl.col(column)
    return [
        Sum(f"{column} seen", change.is_not_null(), n, n),
        Sum(f"{column} sum", change, total, total),
        Sum(f"{column} squares", change**2, least, most),
    ]
