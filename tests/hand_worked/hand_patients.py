"""The hand-worked patients: eleven who are analysed and nine who are left out, as text.

All whole numbers are days since the patient's own day 0 (T-02), so that the arithmetic of
`hand_numbers.py` can be followed with a pencil; `hand_sdtm.py` turns them into SDTM rows with
ISO 8601 dates. What the tables do not tell is the same for everybody: consent ten days before
day 0, infusions on consecutive days (five in Course 1, three later), an EDSS of 2.0 at each
visit; a study is COMPLETED at its last visit if the patient entered the next one.

Marks of time that every patient shares:

    year              1       2       3        4        5        6        7        8
    begins on day     0  365.25   730.5  1095.75   1461.0  1826.25   2191.5  2556.75
    landmark ("Month 85") = 84 months = 2556.75        horizon end = 8 years = 2922

    day 0        cut-off 2017-10-04 is day
    2008-01-01   3564   (10 years - 89 days; leap days in 2008, 2012, 2016)
    2008-03-01   3504
    2008-06-01   3412
    2009-10-15   2911   = 2922 - 11: this patient cannot reach the horizon
"""

# study: I = CAMMS323, II = CAMMS32400507. `core`, `ext`, `topaz`: visits in the study, the first
# being the day of entry; "-" = never entered. `prior`: relapses in the 12 months before enrolment.
PEOPLE = """
id  study planned  actual   day0       prior courses                  core  ext      topaz
P01 I     ALEM12   ALEM12   2008-01-01 2     0,365                    0,731 731,2192 2192,3300
P02 II    ALEM24   ALEM12   2009-10-15 1     0,366                    0,731 731,2192 2192,2911,2915
P03 I     ALEM12   ALEM12   2008-03-01 1     0,366                    0,731 740,1200 -
P04 II    ALEM12   ALEM12   2008-01-01 3     0,366                    0,731 731,1700 -
P05 I     ALEM12   ALEM12   2008-01-01 1     0,366,1000               0,731 731,2192 2192,3300
P06 II    ALEM12   ALEM12   2008-06-01 2     0,366,700                0,731 731,2192 2192,3300
P07 I     ALEM12   ALEM12   2008-01-01 2     0,366,1100               0,740 800,1599 -
P08 II    ALEM12   ALEM12   2008-01-01 1     0,366,800,1300           0,731 731,2192 2192,3300
P09 I     ALEM12   ALEM12   2008-01-01 2     0,366,900,2550,3600      0,731 731,2192 2192,3300,3610
P10 II    ALEM12   ALEM12   2008-01-01 1     0,366,700,1066,1500,2000 0,731 731,2192 2192,3300
P11 I     ALEM12   ALEM12   2008-01-01 2     0,400,800,1200,1600      0,731 731,2192 2192,3300
P12 II    IFNB1A   IFNB1A   2008-01-01 1     740,1106                 0,731 731,2192 2192,3300
P13 I     SCRNFAIL SCRNFAIL 2008-01-01 1     -                        -     -        -
P14 I     ALEM12   ALEM12   2008-01-01 1     0,366                    0,731 -        -
P15 II    ALEM12   ALEM12   2008-01-01 1     0,366,1000               0,731 731,2192 2192,3300
P16 II    ALEM12   ALEM12   2008-06-01 1     0,366                    0,731 731,2192 2192,3300
P17 I     ALEM12   ALEM12   2008-01-01 1     0                        0,731 731,2192 2192,3300
P18 I     ALEM12   ALEM12   2008-01-01 1     0,366,2557               0,731 731,2192 2192,3300
P19 II    ALEM12   ALEM12   2008-01-01 1     0,366,1000,3000          0,731 731,2192 2192,3300
P20 II    ALEM24   ALEM24   2008-01-01 1     0,366                    0,731 731,2192 2192,3300
"""

# onset: day, or an ISO 8601 text as reported. confirmed: Y, N, "-" = no qualifier at all.
RELAPSES = """
id  onset    confirmed  comment
P01 100      Y          counts
P01 130      Y          30 days after a kept onset: the same relapse (E-01)
P01 131      Y          31 days after the last KEPT onset: a second relapse
P01 400      N          not confirmed
P01 450      -          no record of confirmation: not confirmed
P01 490      N          not confirmed, so it absorbs nothing …
P01 500      Y          … and this one counts, though only 10 days later
P01 1826     Y          last day of Year 5 (ends at 1826.25)
P01 2300     Y          Year 7
P01 2922     Y          on the horizon end: after it (W-02, half-open)
P02 -10      Y          before day 0: absorbs none after it (E-01)
P02 15       Y          counts
P02 2911     Y          on the cut-off day, which is inclusive (T-04)
P02 2915     Y          after the cut-off
P03 365      Y          last day of Year 1 (ends at 365.25)
P03 1250     Y          after the last visit, before the drop-out was told (day 1300)
P03 1310     Y          after the end of follow-up
P04 740      Y          three relapses in Year 3
P04 800      Y          "
P04 860      Y          "
P04 1790     Y          ten days before the patient's death
P05 960      Y          before Course 3
P05 1000     Y          on the day of Course 3: after it (W-02)
P05 2013     Y          counts on 2013-07-01, day 2008
P06 360      Y          before Course 2, yet in the 12 months before the early Course 3 (W-04)
P06 690      Y          before Course 3
P07 770      Y          in the gap between core study (740) and extension (800): at risk (W-05)
P07 2011-06  Y          counts on 2011-06-15, day 1261
P08 1000     Y          before Course 4
P08 1290     Y          before Course 4
P08 1310     Y          20 days later, after Course 4: the same relapse, it was before
P08 1665     Y          last day of the 12 months after Course 4 (1300 + 365.25 = 1665.25)
P08 1700     Y          months 12-24
P08 2100     Y          months 24-36
P09 2500     Y          before Course 4
P10 1134     Y          the day before the 12 months before Course 5 begin (1134.75)
P10 1400     Y          before Course 5
P10 1600     Y          after Course 5
P10 2000     Y          on the day of Course 6: after it, so no longer counted
P11 1300     Y          before Course 5
P11 1461     Y          before Course 5; the first day of Year 5, not the last of Year 4
P12 760      Y          of a patient who is left out, as all below
P14 200      Y          "
P15 990      Y          "
P15 1100     Y          "
P16 100      Y          "
P17 100      Y          "
P18 2500     Y          "
P19 950      Y          "
P19 1050     Y          "
P20 100      Y          "
"""

# Odd infusions, beside those that follow from `courses`.
INFUSIONS = """
id  day   dose  comment
P09 2549  0     not given (dose 0): Course 4 begins on 2550, not here
P11 832   12    30 days after the last infusion of Course 3 (800, 801, 802): the same course
"""

# start, end: ISO 8601 texts, "-" = blank. DMT: category DISEASE MODIFYING THERAPY.
THERAPIES = """
id  study category name        start      end     status  comment
P02 core  DMT      INTERFERON  2006       -       -       surely begun before day 0, no end: prior
P08 core  DMT      GLATIRAMER  2004-03    2007-11 -       ended before day 0: prior
P05 ext   OTHER    STEROID     2010-09-28 -       -       treatment of a relapse: no DMT
P06 topaz DMT      NATALIZUMAB 2016-06-09 -       ONGOING day 2930, after the horizon: no matter
P15 ext   DMT      NATALIZUMAB 2012-02-10 -       ONGOING begun on day 1501: excludes
P16 core  DMT      GLATIRAMER  2008       2008    -       perhaps after 2008-06-01, day 0: excludes
"""

# Dispositions of study participation other than COMPLETED at the end of core and extension.
DISPOSITIONS = """
id  study  day   term
P03 ext    1300  LOST TO FOLLOW-UP
P04 ext    1800  DEATH
P07 ext    1599  WITHDRAWAL BY SUBJECT
"""


def read(table: str) -> list[dict[str, str]]:
    """Rows of a table drawn in text; the last column, often "comment", may hold several words."""
    header, *lines = table.strip().splitlines()
    names = header.split()
    return [dict(zip(names, line.split(maxsplit=len(names) - 1), strict=True)) for line in lines]
