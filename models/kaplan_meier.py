"""Kaplan-Meier estimate at given marks, with SAS's interval and its refusal to extrapolate.

Survival and the log-log interval come from lifelines, which is exact for both. lifelines
carries the last value past the last observation; here such a mark is not estimable (E-09).
Does not belong here: what an event is, and when a subject is censored.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from lifelines import KaplanMeierFitter


@dataclass(frozen=True)
class SurvivalAt:
    """Estimate just before a mark.

    Attributes:
        survival: share without the event; None if nobody is observed up to the mark.
        ci_low: lower limit of the 95% log-log interval; None where survival is 0 or 1.
        ci_high: its upper limit.
        at_risk: subjects without the event who are observed up to the mark.
        events: events before the mark.
        censored: subjects censored before the mark.
        observed: `at_risk`, and those censored within their tolerance before the mark; without
            any the mark cannot be evaluated.
    """

    survival: float | None
    ci_low: float | None
    ci_high: float | None
    at_risk: int
    events: int
    censored: int = 0
    observed: int = 0


def survival_at(
    times: npt.ArrayLike,
    is_event: npt.ArrayLike,
    subjects: npt.ArrayLike,
    marks: npt.ArrayLike,
    tolerances: npt.ArrayLike = 0.0,
) -> list[SurvivalAt]:
    """Share without the event at each mark, counting events before the mark.

    An event on the mark itself lies in the next window (W-02), and a subject censored on
    the mark is still at risk there.

    Args:
        times: time to event or censoring, zero or more, shape (n,).
        is_event: whether the time is an event, shape (n,).
        subjects: how many subjects a row stands for, shape (n,).
        marks: times at which to evaluate, shape (m,).
        tolerances: time before a mark within which a censored subject still stands for it, as
            a visit stands for its nominal month (E-09), shape (n,) or one for all. It decides
            whether a mark can be evaluated, not the estimate.

    Returns:
        One estimate per mark. Once everybody has had the event, survival is 0 at every
        later mark; without subjects there is none at any.
    """
    marks_asked = np.asarray(marks, dtype=float)
    time = np.asarray(times, dtype=float)
    if not time.size:
        return [SurvivalAt(None, None, None, 0, 0)] * marks_asked.size
    event = np.asarray(is_event, dtype=bool)
    weight = np.asarray(subjects)
    observed_to = np.where(event, time, time + np.asarray(tolerances, dtype=float))
    fitter = KaplanMeierFitter(alpha=0.05).fit(time, event_observed=event, weights=weight)
    steps = fitter.survival_function_.index.to_numpy(dtype=float)
    survival = fitter.survival_function_.iloc[:, 0].to_numpy()
    limits = fitter.confidence_interval_.to_numpy()

    def at(mark: float) -> SurvivalAt:
        # Zero is always the first step; an event at time 0 counts before every later mark.
        step = int(np.searchsorted(steps, mark, side="left")) - 1
        value = float(survival[step]) if step >= 0 else 1.0
        counts = (
            int(weight[time >= mark].sum()),
            int(weight[event & (time < mark)].sum()),
            int(weight[~event & (time < mark)].sum()),
            int(weight[observed_to >= mark].sum()),
        )
        if counts[-1] == 0 and value > 0:
            return SurvivalAt(None, None, None, *counts)
        if value in (0.0, 1.0):
            return SurvivalAt(value, None, None, *counts)
        return SurvivalAt(value, float(limits[step, 0]), float(limits[step, 1]), *counts)

    return [at(float(mark)) for mark in marks_asked]
