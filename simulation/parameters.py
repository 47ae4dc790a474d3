"""Every number of the model of the patients, with its source.

Belongs here: rates, probabilities, means. Not here: codes and terms (`codes`), the processes
that use the numbers. A scenario is a changed field: `replace(Parameters(), ...)`. Rates are
per year, days are elapsed days, probabilities are per patient unless said otherwise.
"""

from dataclasses import dataclass, field
from datetime import date

DAYS_PER_YEAR = 365.25
DAYS_PER_MONTH = DAYS_PER_YEAR / 12

#: A day that never comes; far beyond any study, and still safe to add to in 32 bits.
NEVER = 10_000_000


@dataclass(frozen=True)
class Enrolment:
    """Who enters, and when (CARE-MS I and II publications; Table 1 of the paper).

    The windows end before 2009-10-04, so that everybody has eight years of potential
    follow-up at the cut-off of 2017-10-04 (plan, section 1).

    Attributes:
        first_day0: first and last day 0 of CARE-MS I, then of CARE-MS II.
        screening_days: shortest and longest time from consent to day 0.
        edss_mean_sd: baseline EDSS by core study, before rounding to half points.
        edss_max: highest baseline EDSS by core study.
        onset_years_mean_sd: years since the initial relapse, by core study.
        gd_mean_size: mean and negative binomial size of baseline Gd-enhancing lesions.
        bpf_mean_sd: brain parenchymal fraction at baseline.
    """

    first_day0: tuple[tuple[date, date], tuple[date, date]] = (
        (date(2007, 9, 20), date(2009, 4, 30)),
        (date(2007, 10, 25), date(2009, 9, 25)),
    )
    screening_days: tuple[int, int] = (14, 40)
    age_mean_sd: tuple[float, float] = (34.0, 8.4)
    age_range: tuple[int, int] = (18, 55)
    female: float = 0.654
    edss_mean_sd: tuple[tuple[float, float], tuple[float, float]] = ((2.0, 0.85), (2.72, 1.2))
    edss_max: tuple[float, float] = (4.0, 6.0)
    onset_years_mean_sd: tuple[tuple[float, float], tuple[float, float]] = ((2.1, 1.4), (4.5, 2.7))
    onset_years_max: tuple[float, float] = (5.2, 10.5)
    gd_mean_size: tuple[float, float] = (2.4, 0.22)
    bpf_mean_sd: tuple[float, float] = (0.82, 0.021)
    relapses_prior_1_year: tuple[float, ...] = (0.03, 0.42, 0.38, 0.13, 0.04)
    relapses_extra_year_mean: float = 0.8


@dataclass(frozen=True)
class Retention:
    """How long patients stay (retention of Supporting Figure 1; funnel of section 3).

    Attributes:
        core_dropout: hazard of leaving the core study.
        later_dropout: hazard of leaving the extension and TOPAZ.
        no_extension: completers of the core study who do not enter the extension.
        no_topaz: completers of the extension who do not enter TOPAZ.
        interferon_no_extension: the same as `no_extension` for the interferon arm.
        gap_days_mean: mean of the gap between two studies, for those who have one.
        has_gap: share of transitions with a gap.
        death: hazard of death (16 of 811 in about 5,900 patient-years).
        late_death_days: a death this soon after leaving is still reported.
    """

    core_dropout: float = 0.022
    later_dropout: float = 0.03
    no_extension: float = 0.038
    no_topaz: float = 0.03
    interferon_no_extension: float = 0.15
    core_years: int = 2
    extension_years: int = 4
    topaz_years: int = 5
    gap_days_mean: float = 25.0
    has_gap: float = 0.5
    death: float = 0.0029
    late_death_days: int = 300


@dataclass(frozen=True)
class Disease:
    """Relapses and lesions: a hidden quiet or active state, and failed response to a course.

    A course puts the disease to rest, or fails. A quiet disease wakes with a hazard
    proportional to the patient's frailty (gamma, mean 1), an active one calms down by itself.

    Attributes:
        frailty_shape: shape of the gamma frailty; 0.7 gives the printed spread of courses.
        wake: hazard quiet -> active, per unit of frailty.
        calm: hazard active -> quiet.
        recover: hazard failed -> quiet.
        failure_first, failure_later: probability that Course 1, a later course, fails.
        relapse_*: relapses a year in each state (quiet: per unit of frailty).
        lesion_*: new T2 lesions a year in each state.
        gd_weeks: how long a new lesion enhances.
        t1_share: share of new T2 lesions that are T1 hypointense.
        relapse_free_days: no new relapse starts this soon after another (protocol).
    """

    frailty_shape: float = 0.7
    wake: float = 0.25
    calm: float = 0.25
    recover: float = 0.5
    failure_first: float = 0.11
    failure_later: float = 0.16
    relapse_quiet: float = 0.07
    relapse_active: float = 0.5
    relapse_failed: float = 1.0
    relapse_interferon: float = 0.47
    lesion_quiet: float = 0.15
    lesion_active: float = 1.2
    lesion_failed: float = 3.0
    lesion_interferon: float = 1.6
    gd_weeks: float = 6.0
    t1_share: float = 0.3
    relapse_free_days: int = 30


@dataclass(frozen=True)
class Retreatment:
    """Who gets another course, and when (protocol; Methods of the paper; C-02).

    Attributes:
        treat_extension, treat_topaz: probability that a trigger leads to a course.
        other_dmt: probability that a trigger leads to another therapy instead.
        delay_days: shortest and mean additional delay from trigger to course.
        early: share of courses at the twelve-month bound that are given too early.
        early_days_max: how many days too early at most.
        discretion: TOPAZ patients treated once at the investigator's discretion, no trigger.
        no_reason: share of additional courses without a reason on file.
        other_reason: share of triggered courses filed under `OTHER`.
        declines: share of patients who never accept an additional course.
        course_2_late_days: mean days by which Course 2 is later than its twelve months.
        skip_course_2: share of patients on study who never get Course 2.
        other_dmt_years: mean duration of another therapy.
    """

    treat_extension: float = 0.6
    treat_topaz: float = 0.5
    other_dmt: float = 0.078
    delay_days: tuple[float, float] = (20.0, 35.0)
    min_interval_days: int = 366
    early: float = 0.18
    early_days_max: int = 36
    discretion: float = 0.015
    no_reason: float = 0.02
    other_reason: float = 0.015
    declines: float = 0.08
    course_2_late_days: float = 8.0
    skip_course_2: float = 0.004
    other_dmt_years: float = 2.0


@dataclass(frozen=True)
class Disability:
    """A latent EDSS: early gain, slow drift, steps with relapses; seen with error.

    Attributes:
        gain_mean_sd: change over the first year after treatment starts.
        slope_mean_sd: drift, points a year.
        acute_mean: mean acute worsening of a relapse (exponential), points.
        acute_days: time constant of the recovery.
        residual_share: share of relapses that leave a residue.
        residual_mean: mean of the residue (exponential), points.
        noise_sd: SD of one assessment around the latent level.
    """

    gain_mean_sd: tuple[float, float] = (-0.60, 0.95)
    slope_mean_sd: tuple[float, float] = (0.01, 0.11)
    acute_mean: float = 1.2
    acute_days: float = 45.0
    residual_share: float = 0.25
    residual_mean: float = 0.5
    noise_sd: float = 0.28


@dataclass(frozen=True)
class Conduct:
    """Visits as they happen: off their day, missed, unscheduled, and other dirt.

    Attributes:
        jitter_sd_days: SD of a visit around its planned day, by phase.
        missed: share of visits that did not take place.
        not_done: share of assessments recorded as NOT DONE at a visit that took place.
        missed_scan: share of scans that did not take place.
        unscheduled: unscheduled EDSS assessments a year.
        relapse_visit: share of relapses with a `RELAPSE ASSESSMENT` visit.
        duplicate: share of EDSS records entered twice, with another value.
        unconfirmed: reported relapses a year that are not confirmed.
        relapse_echo: share of relapses reported again within 30 days (E-01 merges them).
        screening_relapse: share of patients with a relapse between consent and day 0.
        partial_onset: share of relapses with a partial onset date.
        infusion_skipped: share of planned infusions recorded with dose 0.
        infusion_stopped: share of courses that end early.
        infusion_interrupted: share of infusions interrupted and resumed.
    """

    jitter_sd_days: tuple[float, float, float] = (4.0, 6.0, 12.0)
    missed: float = 0.025
    not_done: float = 0.012
    missed_scan: float = 0.03
    unscheduled: float = 0.05
    relapse_visit: float = 0.8
    duplicate: float = 0.002
    unconfirmed: float = 0.05
    relapse_echo: float = 0.015
    screening_relapse: float = 0.03
    partial_onset: float = 0.012
    infusion_skipped: float = 0.002
    infusion_stopped: float = 0.01
    infusion_interrupted: float = 0.05


@dataclass(frozen=True)
class Safety:
    """Adverse events (Table 2 of the paper, overall column).

    Attributes:
        infection_rate: infections a year (gamma frailty of shape `infection_shape`).
        other_rate: other events a year, of the patient with mean frailty.
        reaction: probability of reactions to Course 1, Course 2, later courses.
        thyroid, itp, nephropathy, malignancy: share of patients who ever would have one.
        *_peak_days: gamma mean of the time to onset (shape 2.5).
        told_twice: share of events running into the next study that are told there again.
        partial_onset: share of events (no reactions) with a partial date.
    """

    infection_rate: float = 0.85
    infection_shape: float = 1.3
    infection_serious: float = 0.014
    other_rate: float = 1.6
    other_shape: float = 1.5
    other_serious: float = 0.015
    relapse_as_event: float = 0.6
    relapse_serious: float = 0.16
    reaction: tuple[float, float, float] = (0.77, 0.54, 0.50)
    reactions_mean: float = 2.2
    reaction_serious: float = 0.010
    thyroid: float = 0.50
    thyroid_serious: float = 0.11
    thyroid_peak_days: float = 1050.0
    itp: float = 0.027
    nephropathy: float = 0.005
    malignancy: float = 0.026
    rare_peak_days: float = 1100.0
    told_twice: float = 0.3
    partial_onset: float = 0.04
    reaction_time_missing: float = 0.03


@dataclass(frozen=True)
class Medication:
    """Concomitant medication and prior therapies.

    Attributes:
        partial_start: share of partial dates; over half in real CM (plan, section 7).
        prior_dmt_mean: mean number of prior therapies beyond the first, CARE-MS II.
        uncertain_prior: share of prior therapies whose partial end may lie after day 0.
        routine_rate: other medicines a year.
    """

    partial_start: float = 0.55
    prior_dmt_mean: float = 0.5
    uncertain_prior: float = 0.012
    routine_rate: float = 0.5


@dataclass(frozen=True)
class Parameters:
    """All parameters of the model.

    Attributes:
        last_date: last simulated day; no extract can have a later cut-off.
    """

    last_date: date = date(2017, 10, 4)
    enrolment: Enrolment = field(default_factory=Enrolment)
    retention: Retention = field(default_factory=Retention)
    disease: Disease = field(default_factory=Disease)
    retreatment: Retreatment = field(default_factory=Retreatment)
    disability: Disability = field(default_factory=Disability)
    conduct: Conduct = field(default_factory=Conduct)
    safety: Safety = field(default_factory=Safety)
    medication: Medication = field(default_factory=Medication)
