"""The rules of one analysis: a cut, the open choices of the plan, codes and terms.

Every open choice of the analysis plan is a field with the plan's default, so that an
alternative is a changed field and never a changed line of code.
"""

from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

import polars as pl

from warehouse.contracts.coded import plain_code

DAYS_PER_YEAR = 365.25
#: T-03: twelve equal months a year; the footnotes of Figure 1 rule out 28 and 30 days.
DAYS_PER_MONTH = DAYS_PER_YEAR / 12

#: Numbers of which 0 means nothing; all others may be 0.
_AT_LEAST_1 = ("horizon_years", "edss_step_months", "landmark_month")

#: Fields of `Codes` that are compared as they stand: names of studies, a regular expression.
_NOT_SPELLED = ("core_studies", "extension_study", "topaz_study", "course_label_pattern")

#: Readings of an improvement after a course (E-08), the default first.
CDI_AFTER_COURSE = ("new onset", "at once", "course baseline")


@dataclass(frozen=True)
class Codes:
    """How an extract spells things; defaults as in the landing contract.

    Another sponsor's codes are other values of these fields. Codes are compared without regard to
    case and to blanks around them: the raw layer spells coded variables in upper case
    (`warehouse.contracts.coded`), and so are the codes here, however they are given.
    """

    core_studies: tuple[str, ...] = ("CAMMS323", "CAMMS32400507")
    extension_study: str = "CAMMS03409"
    topaz_study: str = "LPS13649"
    treated_arm: str = "ALEM12"
    alemtuzumab: str = "ALEMTUZUMAB"
    #: Regular expression, in any case, whose first group is the course number in a visit label
    #: (C-01).
    course_label_pattern: str = r"COURSE\s+(\d+)"
    retreatment_reason_qualifier: str = "RETRSN"
    relapse_category: str = "MS RELAPSE"
    confirmed_relapse_qualifier: str = "CONFFL"
    edss_category: str = "EDSS"
    edss_test: str = "EDSS0101"
    functional_system_category: str = "KFSS"
    #: Scores of a functional system that say that it was not assessed; of an EDSS 9 is a score.
    functional_system_not_assessed: tuple[float, ...] = (9.0, 99.0)
    unscheduled_visit_prefix: str = "UNSCHEDULED"
    relapse_visit: str = "RELAPSE ASSESSMENT"
    mri_category: str = "MRI BRAIN"
    gd_test: str = "GDLESCNT"
    t2_test: str = "T2NEWENL"
    t1_test: str = "T1HYPNEW"
    bpf_test: str = "BPF"
    not_done: str = "NOT DONE"
    dmt_category: str = "DISEASE MODIFYING THERAPY"
    #: CMENRTPT: the therapy went on at, or ended before, the point named by CMENTPT.
    ongoing: tuple[str, ...] = ("ONGOING", "AFTER")
    before: str = "BEFORE"
    #: Visits that CMENTPT may name and that lie on or before day 0.
    visits_before_day0: tuple[str, ...] = ("SCREENING", "BASELINE")
    disposition_category: str = "DISPOSITION EVENT"
    study_participation: str = "STUDY PARTICIPATION"
    completed: str = "COMPLETED"
    died: str = "DEATH"
    relapses_prior_1_year_test: str = "RELPY1"
    relapses_prior_2_years_test: str = "RELPY2"
    history_category: str = "MS HISTORY"
    initial_relapse: str = "INITIAL RELAPSE"
    female: str = "F"

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name not in _NOT_SPELLED:
                # A frozen dataclass has no other way to put its own fields in order.
                object.__setattr__(self, item.name, _spelled_codes(value))
        if not self.core_studies:
            raise ValueError("codes: core_studies must name at least one study, got ()")
        pattern = self.course_label_pattern
        try:
            # Asked of Polars, which applies it: its expressions are not those of Python's `re`.
            groups = pl.Series([""]).str.extract_groups(pattern).struct.fields
        except pl.exceptions.ComputeError:
            groups = []
        if not groups:
            raise ValueError(
                "codes: course_label_pattern must be a regular expression (without look-around) "
                f"whose first group is the course number, got {pattern!r}"
            )


def _spelled_codes(value: Any) -> Any:
    """A code, or each of several, as the raw layer spells it; numbers stay."""
    if isinstance(value, tuple):
        return tuple(map(_spelled_codes, value))
    return plain_code(value) if isinstance(value, str) else value


@dataclass(frozen=True)
class Terms:
    """Which adverse events make a category: AEDECODs, for infections the body system (E-12)."""

    infection_body_system: str = "Infections and infestations"
    thyroid: tuple[str, ...] = (
        "Hyperthyroidism",
        "Hypothyroidism",
        "Basedow's disease",
        "Autoimmune thyroiditis",
        "Thyroiditis",
        "Goitre",
        "Autoimmune hypothyroidism",
        "Autoimmune hyperthyroidism",
        "Blood thyroid stimulating hormone increased",
        "Blood thyroid stimulating hormone decreased",
        "Thyroid disorder",
        "Endocrine ophthalmopathy",
    )
    itp: tuple[str, ...] = (
        "Immune thrombocytopenic purpura",
        "Immune thrombocytopenia",
        "Autoimmune thrombocytopenia",
    )
    nephropathy: tuple[str, ...] = (
        "Anti-glomerular basement membrane disease",
        "Glomerulonephritis membranous",
        "Glomerulonephritis",
        "Goodpasture's syndrome",
    )
    malignancy: tuple[str, ...] = (
        "Basal cell carcinoma",
        "Squamous cell carcinoma of skin",
        "Squamous cell carcinoma",
        "Malignant melanoma",
        "Malignant melanoma in situ",
        "Papillary thyroid cancer",
        "Breast cancer",
        "Metastases to liver",
        "Cervix carcinoma",
        "Colon cancer",
        "Lung neoplasm malignant",
        "Ovarian cancer",
        "Renal cell carcinoma",
        "Lymphoma",
    )


@dataclass(frozen=True)
class Rules:
    """One analysis, whole: what is counted, over which days (analysis plan, sections 1-5).

    Attributes:
        cutoff: last day that enters, inclusive (T-04).
        horizon_years: years from day 0 that are analysed (T-04).
        course_gap_days: a new course starts when more days than this have passed since the
            previous infusion (C-01).
        relapse_merge_days: an onset at most this many days after the previous kept onset is
            the same relapse (E-01).
        death_contact_days: a death is a contact if within this many days of the last visit
            (T-06).
        core_years: planned length of the core studies, from day 0 (T-01).
        extension_years: planned length of the extension, from the entry into it (T-01).
        study_end_grace_days: days after a study's planned end until who has no disposition
            record, and none in the next study, has left (E-16).
        edss_tolerance_days: half-width of an EDSS analysis visit (T-07).
        edss_tolerance_topaz_days: the same in TOPAZ, where visits are 6-monthly (T-07).
        mri_tolerance_days: half-width of an MRI analysis visit (T-07).
        mri_before_extra_days: a scan this many days earlier than the 12 months before a
            course still stands for them (E-11).
        mri_after_months: first and last month, half-open, in which the first scan stands for
            the 12 months after a course (E-11).
        edss_step_months: spacing of EDSS analysis visits (E-06).
        is_gap_at_risk: whether the days between two studies are at risk (W-05).
        cdw_rise_points: rise of the EDSS that is a worsening (E-07).
        cdw_rise_from_zero_points: the same from a reference of 0 (E-07).
        cdi_fall_points: fall of the EDSS that is an improvement (E-08).
        cdi_least_reference_points: least core baseline of a patient who can improve (E-08).
        cdi_after_course: what counts as improvement after a course (E-08): "new onset", against
            core baseline, by an improved visit that follows one that is not; "at once", against
            core baseline, the first improved visit after the course; "course baseline".
        confirmation_days: days from onset after which a visit confirms (E-07).
        confirmation_early_days: days by which the confirming visit may lie earlier than that.
        confirmation_late_days: days by which it may lie later; None = without bound.
        is_confirmed_at_every_visit: whether all visits up to the confirming one must hold the
            change, or that one alone (E-07).
        is_sustained_to_end: whether all later visits must hold it, too.
        is_last_visit_confirmed: whether a change first seen at the last visit counts.
        relapse_shadow_days: a visit fewer than this many days after a relapse's onset does not
            confirm; 0 = none is barred.
        is_unscheduled_counted: whether unscheduled and relapse visits start, confirm and break
            a run (E-07).
        is_visit_after_horizon_counted: whether visits of the last analysis visit after the
            horizon end confirm and censor, as they count for the EDSS (T-07); else none on or
            after the end of efficacy follow-up does (T-06).
        iar_hours: hours after the end of an infusion that make an event a reaction (E-13).
        landmark_month: month before which a group-defining course must lie; None = the
            month 12 months before the horizon end, "Month 85" at horizon 8 (section 3).
    """

    cutoff: date
    horizon_years: int
    course_gap_days: int = 30
    relapse_merge_days: int = 30
    death_contact_days: int = 183
    core_years: int = 2
    extension_years: int = 4
    study_end_grace_days: int = 183
    edss_tolerance_days: int = 45
    edss_tolerance_topaz_days: int = 91
    mri_tolerance_days: int = 183
    mri_before_extra_days: int = 45
    mri_after_months: tuple[int, int] = (3, 15)
    edss_step_months: int = 6
    is_gap_at_risk: bool = True
    cdw_rise_points: float = 1.0
    cdw_rise_from_zero_points: float = 1.5
    cdi_fall_points: float = 1.0
    cdi_least_reference_points: float = 2.0
    cdi_after_course: str = "new onset"
    confirmation_days: int = 168
    confirmation_early_days: int = 0
    confirmation_late_days: int | None = None
    is_confirmed_at_every_visit: bool = True
    is_sustained_to_end: bool = False
    is_last_visit_confirmed: bool = False
    relapse_shadow_days: int = 0
    is_unscheduled_counted: bool = False
    is_visit_after_horizon_counted: bool = True
    iar_hours: int = 24
    landmark_month: int | None = None
    codes: Codes = field(default_factory=Codes)
    terms: Terms = field(default_factory=Terms)

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            least = 1 if item.name in _AT_LEAST_1 else 0
            if isinstance(value, int | float) and value < least:
                raise ValueError(f"rules: {item.name} must be at least {least}, got {value}")
        first, last = self.mri_after_months
        if not 0 <= first < last:
            raise ValueError(
                "rules: mri_after_months must be a first month from 0 and a later last month, got "
                f"{self.mri_after_months}"
            )
        if self.cdi_after_course not in CDI_AFTER_COURSE:
            raise ValueError(
                f"rules: cdi_after_course must be one of {', '.join(CDI_AFTER_COURSE)}, got "
                f"{self.cdi_after_course!r}"
            )
        if 12 % self.edss_step_months:
            raise ValueError(
                f"rules: edss_step_months must divide 12, got {self.edss_step_months}: the ends of"
                " years must be EDSS analysis visits (E-06)"
            )

    @property
    def data_cut(self) -> str:
        """Key of the cut: its cut-off date in ISO 8601."""
        return self.cutoff.isoformat()

    @property
    def horizon_end_day(self) -> float:
        """First day, elapsed since day 0, that is not analysed (T-05)."""
        return self.horizon_years * DAYS_PER_YEAR

    @property
    def landmark_day(self) -> float:
        """A group-defining course must lie before this day (section 3, "Month 85").

        "Before Month 85" is read as before the end of month 84, the only reading that makes
        it the same as 12 months of potential follow-up before Month 96.
        """
        return (self.month_of_landmark - 1) * DAYS_PER_MONTH

    @property
    def month_of_landmark(self) -> int:
        """Month before which a group-defining course must lie: 85 at horizon 8 (section 3)."""
        if self.landmark_month is None:
            return 12 * (self.horizon_years - 1) + 1
        return self.landmark_month

    @property
    def least_follow_up_months(self) -> int:
        """Potential follow-up after the last course that the landmark leaves (section 3)."""
        return 12 * self.horizon_years - (self.month_of_landmark - 1)

    @property
    def confirmation_months(self) -> float:
        """`confirmation_days` in months: 6 less the tolerance of a visit is 5.5 (E-07)."""
        return self.confirmation_days / DAYS_PER_MONTH

    @property
    def first_mri_after_month(self) -> int:
        """First month after a course whose scan stands for the 12 months after it (E-11)."""
        return self.mri_after_months[0]


def default_horizon_years(cutoff: date) -> int:
    """Horizon of a cut by its date (T-04): 8 at 2017-10-04, 7 a year earlier.

    The horizon grows by one year at each 4 October, so that it is the whole years for which
    the last patients of the core studies (treated until October 2009) have been followed.
    """
    years = cutoff.year - 2009
    return years if (cutoff.month, cutoff.day) >= (10, 4) else years - 1
