"""What the histories of a trial must keep to: every bound, and where it comes from.

X… are rows of companion publications, P… rows of the paper, letters with a number rules of the
analysis plan. "Seen" = in natural trials, simulate_trial(811, seed=1 ... 5, 20 ... 25), and in as
many of the steered model from which half of the pool is drawn (reconstruction.pool.VARIED, seeds
1 ... 3, 20 ... 25): the bound lies around all of them with room for the choice. What the companion
papers tell is meant loosely: the choice aims at the paper alone.
"""

import math

#: Measures that must be 0, and why.
NEVER = {
    "EDSS off the scale": "E-06",
    "EDSS after death": "nobody is examined after death",
    "visits: months off the schedule": "P0038, P0039: 3-monthly, in TOPAZ 6-monthly",
    "visits: the same month twice": "one visit per month of the schedule",
    "relapses: told three times within 30 days": "E-01: a second report is rare, a third absurd",
    "courses: early Courses 2": "Figure 1 tells of early Courses 3, 4 and 5 only",
    "infusions: two on a day": "C-02: daily infusions",
    "infusions: dose other than 12 mg": "P0017, C-03",
    "infusions: outside participation": "given at a visit of the study that tells it",
    "infusions: after death": "the same",
    "identity: ill-formed USUBJIDs": "study, site and subject, as in DM",
    "identity: subject numbers used twice": "one person, one number",
    "identity: persons twice in a study": "key of DM",
    "identity: strangers in a later study": "T-01: core, extension, TOPAZ",
    "identity: in TOPAZ without extension": "T-01",
    "identity: sex, race or site not the same everywhere": "T-01: one identity",
    "identity: persons who grow younger": "AGE at entry of each study",
    "sites: in two countries": "a site is a place",
    "records: of another study or domain": "SDTM",
    "records: of persons not in DM": "SDTM",
    "records: sequences that do not count from 1": "SDTM: --SEQ unique within person",
    "records: qualifiers without their row, or twice": "SDTM: SUPP-- point to rows",
    "dates: seen outside participation": "consent to end of participation of the study",
    "dates: told from before consent or after leaving": "first consent to leaving or death",
    "dates: after the last cut-off": "T-04",
    "dates: after death": "no record of the dead",
    "dates: ends before the beginning": "SDTM",
    "phases: entered before the one before ended": "T-01",
    "deaths: flag without date, or date without flag": "SDTM",
    "deaths: without a fatal event, or the reverse": "SDTM: AESDTH and DTHFL agree",
    "deaths: fatal events that end on another day": "the event ends with the death",
    "twins: same days and scores": "nobody twice, moved in time or not",
    "twins: same courses and relapses": "the same",
}

_SEEN = "seen"
_EVEN = "even but for chance; seen"
_P_VALUE = "patients of a site differ as much as others do"

#: Measure -> least, greatest, where the bound comes from.
BOUNDS: dict[str, tuple[float, float, str]] = {
    **{name: (0, 0, why) for name, why in NEVER.items()},
    # EDSS
    "EDSS steps: share unchanged": (
        0.44,
        0.62,
        "an EDSS repeats itself in half of the visits; seen",
    ),
    "EDSS steps: share above 1 point": (
        0.005,
        0.05,
        "relapses at visits; 1 point is the noise; seen",
    ),
    "EDSS steps: share of 2 points or more": (0.002, 0.02, "relapses at visits; seen"),
    "EDSS steps: share of 3 points or more": (0.0003, 0.008, "severe relapses; seen"),
    "EDSS steps: largest": (2.5, 9.0, "the model's relapses have no greatest size; seen 5 to 8.5"),
    "EDSS steps: share upwards of all changes": (0.44, 0.54, "little net change; P0229; seen"),
    "EDSS: correlation with the score before": (
        0.90,
        0.98,
        "a slow course under a small error; seen",
    ),
    "EDSS: mean of the SD within a person": (0.40, 0.85, "P0229-31: change has SD 1.17; seen"),
    "EDSS: persons who never change": (0.0, 0.04, _SEEN),
    "EDSS: largest score": (6.0, 9.5, "some need help to walk, nobody is dead of MS; seen"),
    "functional systems: share of assessments with seven": (1, 1, "KFSS101 to KFSS107"),
    "functional systems: rank correlation with EDSS": (0.97, 1.0, "Kurtzke's table; seen"),
    "functional systems: largest grade": (3, 6, "scale of the functional systems"),
    # visits and scans
    "visits: missed of those planned": (0.012, 0.05, "few visits are missed; seen"),
    "visits: most days off": (15, 30, "visit window; the model cuts at 28 days"),
    "EDSS: share not done of scheduled visits": (0.008, 0.04, _SEEN),
    "visits, core: share off their day": (0.8, 0.95, "SD of 4 days; seen"),
    "visits, core: SD of days off": (3, 5, _SEEN),
    "visits, core: median spacing": (90, 93, "P0038: 3 months"),
    "visits, extension: share off their day": (0.88, 0.97, "SD of 6 days; seen"),
    "visits, extension: SD of days off": (5, 7, _SEEN),
    "visits, extension: median spacing": (90, 93, "P0038: 3 months"),
    "visits, TOPAZ: share off their day": (0.92, 0.995, "SD of 12 days; seen"),
    "visits, TOPAZ: SD of days off": (10, 14, _SEEN),
    "visits, TOPAZ: median spacing": (180, 186, "P0039: 6 months"),
    "scans: median spacing": (363, 373, "yearly; gaps between studies make it longer"),
    "scans: share 11 to 13 months apart": (0.85, 0.97, _SEEN),
    "scans: share exactly 365 or 366 days apart": (0.03, 0.15, "no scan by the calendar; seen"),
    "scans: for each year of follow-up": (0.84, 0.97, "yearly, a few missed; seen"),
    "scans: share with all four values": (0.98, 1, "counts and BPF come from one reading"),
    "scans: share with new T2 lesions": (0.18, 0.42, "X0455-6: 46% in two years; P0234; seen"),
    "scans: share with Gd-enhancing lesions": (0.02, 0.10, "X0453-4: 7 and 9% at Month 24; seen"),
    "scans: most new T2 lesions": (5, 20, _SEEN),
    # relapses
    "relapses: share told again within 30 days": (0.003, 0.03, "1.5% on purpose (E-01); seen"),
    "relapses: share 31 to 60 days after the one before": (
        0.02,
        0.13,
        "no heap at the bound; seen",
    ),
    "relapses: variance over mean of the number per person": (1.5, 3.5, "frailty; seen"),
    "relapses: most of one person": (5, 17, _SEEN),
    "relapses: on the commonest day of the month": (1.0, 1.8, _EVEN),
    "relapses: in the commonest month of the year": (1.0, 1.4, _EVEN),
    "relapses: in the rarest month of the year": (0.65, 1.0, _EVEN),
    "relapses: on the commonest weekday": (1.0, 1.3, _EVEN),
    "visits: on the commonest weekday": (1.0, 1.08, _EVEN),
    "visits: in the commonest month of the year": (1.0, 1.2, _EVEN),
    "ARR in Year 1": (0.08, 0.30, "X0429, X0441: 0.18 and 0.26 in two years; seen"),
    "ARR in Year 2": (0.10, 0.34, "the same"),
    **{
        f"ARR in Year {year}": (0.10, 0.26, "X0504-6, X0513-5, X0496: 0.14 to 0.23; seen")
        for year in range(3, 9)
    },
    "ARR in the year before Course 3": (0.60, 1.15, "P0001 0.73 of 144 of them; seen"),
    "ARR in the year after Course 3": (0.03, 0.38, "P0003 0.07 of those with no Course 4; seen"),
    "ARR in the year after Course 3, given a Course 4": (
        0.2,
        0.8,
        "activity leads to it; seen 0.35 to 0.62",
    ),
    "ARR in the year before Course 4": (0.55, 1.20, "P0002 0.74, X0485 0.75; seen"),
    "ARR in the year after Course 4": (0.03, 0.50, "X0486 0.19; seen 0.21 to 0.46"),
    "ARR in the year after Course 4, given a Course 5": (
        0.2,
        1.2,
        "activity leads to Course 5; seen 0.41 to 0.75",
    ),
    # courses
    "courses: early Courses 6 and later": (0, 10, "not told by the paper; seen 1 to 8"),
    "courses: shortest interval": (330, 365, "P0118: day 330"),
    "courses: most of one person": (6, 9, "P0316: a Course 6; yearly at most; seen"),
    "courses: median day of Course 2": (366, 380, "P0020: 12 months"),
    "courses: share with Course 2 of those on study": (0.97, 1.0, "X0462: 791 of 811; seen"),
    "Course 1: share with five infusions": (0.96, 0.998, "P0018; some are stopped"),
    "Course 1: most infusions": (5, 5, "P0018"),
    "later courses: share with three infusions": (0.96, 0.998, "P0019; some are stopped"),
    "later courses: most infusions": (3, 3, "P0019"),
    "infusions: share with a day between": (0.0, 0.01, "consecutive days but for dose 0"),
    "infusions: share not given": (0.0, 0.01, "dose 0 is told now and then"),
    "courses for a relapse: share with one since the last course": (
        0.96,
        1,
        "P0027; partial dates",
    ),
    "courses for MRI activity: share with lesions since the last course": (0.99, 1, "P0028"),
    "courses for both: share with both since the last course": (0.94, 1, "P0027, P0028"),
    "additional courses: share without relapse, lesions or other reason": (0, 0.02, "P0027-8"),
    "additional courses: share for other or no stated reason": (0.01, 0.10, "P0073-6: 4 to 8%"),
    "additional courses: median days since the last activity": (20, 90, "decision and date; seen"),
    # who goes with whom
    "joint: rank correlation of EDSS with age": (-0.12, 0.45, "drawn apart; in MS weakly positive"),
    "joint: fewest of a cell of age by EDSS": (15, 90, "no combination is empty; seen 34 or more"),
    "joint: rank correlation of relapses with new lesions": (0.30, 0.80, "one disease; seen"),
    "joint: rank correlation of relapses with courses": (
        0.40,
        0.85,
        "P0027: relapses bring courses",
    ),
    "joint: rank correlation of lesions with courses": (0.30, 0.80, "P0028: lesions bring courses"),
    "joint: rank correlation of relapses with EDSS change": (0.02, 0.45, "relapses leave residues"),
    "joint: rank correlation of baseline Gd with relapses": (
        -0.12,
        0.35,
        "drawn apart; weak in MS",
    ),
    "sites: p of a difference in age": (0.001, 0.9999, _P_VALUE),
    "sites: p of a difference in female": (0.001, 0.9999, _P_VALUE),
    "sites: p of a difference in edss": (0.001, 0.9999, _P_VALUE),
    # the two core studies
    "arms: CARE-MS I": (376, 376, "C-03, X0401"),
    "arms: CARE-MS II, planned 12 mg": (426, 426, "C-03, X0414"),
    "arms: CARE-MS II, planned 24 mg": (9, 9, "C-03, X0484"),
    "CARE-MS I: mean age": (31.5, 35.5, "X0402: 33.0"),
    "CARE-MS I: SD of age": (6.5, 9.5, "X0403: 8.0"),
    "CARE-MS I: mean baseline EDSS": (1.8, 2.2, "X0404: 2.0"),
    "CARE-MS I: SD of baseline EDSS": (0.6, 1.0, "X0405: 0.8"),
    "CARE-MS I: mean years since the first relapse": (1.7, 2.5, "X0406: 2.1"),
    "CARE-MS I: SD of years since the first relapse": (1.0, 1.8, "X0407: 1.4"),
    "CARE-MS I: mean relapses in the year before": (1.5, 2.0, "X0408: 1.8"),
    "CARE-MS I: SD of relapses in the year before": (0.6, 1.0, "X0409: 0.8"),
    "CARE-MS I: mean baseline Gd lesions": (1.4, 3.2, "X0410: 2.3"),
    "CARE-MS I: SD of baseline Gd lesions": (3.5, 7.5, "X0411: 5.1"),
    "CARE-MS I: share female": (0.57, 0.73, "X0427: 243 of 376"),
    "CARE-MS I: youngest": (18, 20, "of age"),
    "CARE-MS I: oldest": (48, 55, "upper limit of both studies"),
    "CARE-MS I: ARR in two years": (0.10, 0.30, "X0429: 0.18"),
    "CARE-MS I: share without relapse in two years": (0.62, 0.86, "X0432: 77.6%"),
    "CARE-MS I: mean EDSS change at Year 2": (-0.6, 0.05, "X0438: -0.14; P0229; seen"),
    "CARE-MS II: mean age": (32.5, 36.5, "X0415: 34.8"),
    "CARE-MS II: SD of age": (6.5, 9.8, "X0416: 8.4"),
    "CARE-MS II: mean baseline EDSS": (2.45, 2.95, "X0417: 2.7"),
    "CARE-MS II: SD of baseline EDSS": (0.9, 1.5, "X0418: 1.3"),
    "CARE-MS II: mean years since the first relapse": (3.9, 5.0, "X0419: 4.5"),
    "CARE-MS II: SD of years since the first relapse": (2.0, 3.2, "X0420: 2.7"),
    "CARE-MS II: mean relapses in the year before": (1.45, 1.95, "X0421: 1.7"),
    "CARE-MS II: SD of relapses in the year before": (0.65, 1.05, "X0422: 0.9"),
    "CARE-MS II: mean baseline Gd lesions": (1.4, 3.2, "X0423: 2.3"),
    "CARE-MS II: SD of baseline Gd lesions": (3.5, 8.0, "X0424: 6.0"),
    "CARE-MS II: share female": (0.58, 0.74, "X0428: 281 of 426"),
    "CARE-MS II: youngest": (18, 20, "of age"),
    "CARE-MS II: oldest": (48, 55, "upper limit of both studies"),
    "CARE-MS II: ARR in two years": (0.14, 0.36, "X0441: 0.26"),
    "CARE-MS II: share without relapse in two years": (0.56, 0.80, "X0444: 65.4%"),
    "CARE-MS II: mean EDSS change at Year 2": (-0.65, 0.05, "X0450: -0.17; P0229; seen"),
    # persons, places, time on study
    "sites: number": (230, 295, "101 and 194 sites; some have nobody"),
    "sites: most patients": (8, 25, "1,568 persons at 295 sites; seen 12 to 15"),
    "sites: mean patients": (5, 7, "the same"),
    "persons: of all arms": (1550, 1590, "randomised, not treated and screen failures; seen"),
    "phases: longest core study": (735, 765, "P0014: two years, closing visit within a month"),
    "phases: share with a core study of 23 to 25 months": (0.90, 0.98, "drop-out of 2% a year"),
    "phases: longest gap": (60, 300, "half have none, the others 25 days in the mean; seen"),
    "phases: share who entered the extension": (0.88, 0.95, "P0042: 742 of 811"),
    "phases: share who entered TOPAZ": (0.70, 0.85, "X0519: 336 of CARE-MS II; seen"),
    "deaths: of those treated with 12 mg": (8, 30, "P0387: 16, and those after Year 8; seen"),
    "adverse events: for each year of follow-up": (2.4, 4.0, _SEEN),
    "twins: largest share of visits on the same elapsed day": (0.2, 0.6, "chance alone; seen"),
}


def broken(measured: dict[str, float]) -> dict[str, str]:
    """Measures out of their bounds, each with what was found, what was expected and why."""
    found = {}
    for name, value in measured.items():
        low, high, why = BOUNDS[name]
        if math.isnan(value) or not low <= value <= high:
            found[name] = f"{name}: {value:.4g} is not from {low} to {high} ({why})"
    return found
