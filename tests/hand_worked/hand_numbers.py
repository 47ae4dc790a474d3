"""The numbers of the hand-worked patients, worked out on paper from the analysis plan.

Each table below is drawn from `hand_patients.py` with a pencil: which relapse falls into which
window, and how long each patient was at risk in it. `hand_expected.py` turns the tables
into numbers with closed forms alone (`hand_formulas.py`); nothing of the product is used.

    end of efficacy follow-up (T-06), exclusive
    P01 2922  horizon                      P07 1600  last visit 1599, then withdrew
    P02 2912  the day after the cut-off    P08 2922
    P03 1301  dropped out on day 1300      P09 2922
    P04 1801  died on day 1800             P10 2000  Course 6
    P05 2922  P06 2922                     P11 2922

    relapses that count (E-01), by the day of onset; a row ends with the patient's follow-up
         Y1      | Y2   | Y3          | Y4        | Y5        | Y6   | Y7   | Y8
    P01  100 131 | 500  |             |           | 1826      |      | 2300 |
    P02  15      |      |             |           |           |      |      | 2911
    P03  365     |      |             | 1250
    P04          |      | 740 800 860 |           | 1790
    P05          |      | 960 1000    |           |           | 2008 |      |
    P06  360     | 690  |             |           |           |      |      |
    P07          |      | 770         | 1261      |
    P08          |      | 1000        | 1290      | 1665 1700 | 2100 |      |
    P09          |      |             |           |           |      | 2500 |
    P10          |      |             | 1134 1400 | 1600      |
    P11          |      |             | 1300      | 1461      |      |      |

    days at risk in windows that follow-up cuts
    P02 Y8        2912 - 2556.75 = 355.25      P10 Y6               2000 - 1826.25 = 173.75
    P03 Y4        1301 - 1095.75 = 205.25      P10 Course 5, M12..M24
    P04 Y5        1801 - 1461    = 340           2000 - (1500 + 365.25) = 134.75
    P07 Y5        1600 - 1461    = 139         P07 Course 3, M12..M24
    P09 Course 4, M12..M24                       1600 - (1100 + 365.25) = 134.75
      2922 - (2550 + 365.25) = 6.75

The windows around a course:
    P05 Course 3 on 1000   [634.75, 1000)  [1000, 1365.25) …    960 | 1000, … 2008 in M24..M36
    P06 Course 3 on  700   [334.75,  700)  [ 700, 1065.25) …    360 690 | none
    P07 Course 3 on 1100   [734.75, 1100)  [1100, 1465.25) …    770 | 1261
    P08 Course 4 on 1300   [934.75, 1300)  [1300, 1665.25) …    1000 1290 | 1665, 1700, 2100
    P09 Course 4 on 2550   [2184.75, 2550) [2550, 2915.25) …    2500 | none
    P10 Course 5 on 1500   [1134.75, 1500) [1500, 1865.25) …    1400 | 1600 (1134 is too early)
    P11 Course 5 on 1600   [1234.75, 1600) [1600, 1965.25) …    1300 1461 | none

Readings where the plan is silent: relapse-free shares have Wald limits, as E-10 has them for MRI,
and none at 0 and 100%; a Kaplan-Meier curve that has come down to 0 stays 0 (nobody is left to
change it), while one above 0 is not evaluable past its last patient (E-09).
"""

# Relapses / time at risk of each patient of the group: "2/1y" = 2 in a year of 365.25 days,
# "1/205.25" = 1 in 205.25 days, "-" = not at risk. fit: P = Poisson, the negative binomial's
# boundary k = 0; NB = inside; 0 = no events. Last column: rate (95% CI) as shown.
ARR = {
    ("2-courses", "core-baseline"): """
window   P01   P02       P03      P04   fit rate
M-12..M0 2/1y  1/1y      1/1y     3/1y  P   1.75 (0.83 to 3.67)
Y1       2/1y  1/1y      1/1y     0/1y  P   1.00 (0.38 to 2.66)
Y2       1/1y  0/1y      0/1y     0/1y  P   0.25 (0.04 to 1.77)
Y3       0/1y  0/1y      0/1y     3/1y  NB  0.75 (0.07 to 8.60)
Y4       0/1y  0/1y      1/205.25 0/1y  P   0.28 (0.04 to 1.99)
Y5       1/1y  0/1y      -        1/340 P   0.68 (0.17 to 2.73)
Y6       0/1y  0/1y      -        -     0   0.00 (0.00 to 1.84)
Y7       1/1y  0/1y      -        -     P   0.50 (0.07 to 3.55)
Y8       0/1y  1/355.25  -        -     P   0.51 (0.07 to 3.60)
Y0..Y1   2/1y  1/1y      1/1y     0/1y  P   1.00 (0.38 to 2.66)
Y0..Y2   3/2y  1/2y      1/2y     0/2y  P   0.63 (0.26 to 1.50)
Y0..Y3   3/3y  1/3y      1/3y     3/3y  P   0.67 (0.33 to 1.33)
Y0..Y4   3/4y  1/4y      2/1301   3/4y  P   0.58 (0.30 to 1.11)
Y0..Y5   4/5y  1/5y      2/1301   4/1801 P  0.59 (0.33 to 1.07)
Y0..Y6   4/6y  1/6y      2/1301   4/1801 P  0.54 (0.30 to 0.97)
Y0..Y7   5/7y  1/7y      2/1301   4/1801 P  0.53 (0.30 to 0.94)
Y0..Y8   5/8y  2/2912    2/1301   4/1801 P  0.53 (0.31 to 0.92)
""",
    ("3-courses", "core-baseline"): """
window   P05   P06   P07    fit rate
M-12..M0 1/1y  2/1y  2/1y   P   1.67 (0.69 to 4.00)
Y1       0/1y  1/1y  0/1y   P   0.33 (0.05 to 2.37)
Y2       0/1y  1/1y  0/1y   P   0.33 (0.05 to 2.37)
Y3       2/1y  0/1y  1/1y   P   1.00 (0.32 to 3.10)
Y4       0/1y  0/1y  1/1y   P   0.33 (0.05 to 2.37)
Y5       0/1y  0/1y  0/139  0   0.00 (0.00 to 1.55)
Y6       1/1y  0/1y  -      P   0.50 (0.07 to 3.55)
Y7       0/1y  0/1y  -      0   0.00 (0.00 to 1.84)
Y8       0/1y  0/1y  -      0   0.00 (0.00 to 1.84)
Y0..Y1   0/1y  1/1y  0/1y   P   0.33 (0.05 to 2.37)
Y0..Y2   0/2y  2/2y  0/2y   NB  0.33 (0.05 to 2.26)
Y0..Y3   2/3y  2/3y  1/3y   P   0.56 (0.23 to 1.33)
Y0..Y4   2/4y  2/4y  2/4y   P   0.50 (0.22 to 1.11)
Y0..Y5   2/5y  2/5y  2/1600 P   0.42 (0.19 to 0.93)
Y0..Y6   3/6y  2/6y  2/1600 P   0.43 (0.20 to 0.90)
Y0..Y7   3/7y  2/7y  2/1600 P   0.38 (0.18 to 0.80)
Y0..Y8   3/8y  2/8y  2/1600 P   0.34 (0.16 to 0.72)
""",
    ("3-courses", "course-3"): """
window   P05   P06   P07      fit rate
M-12..M0 1/1y  2/1y  1/1y     P   1.33 (0.50 to 3.55)
M0..M12  1/1y  0/1y  1/1y     P   0.67 (0.17 to 2.67)
M12..M24 0/1y  0/1y  0/134.75 0   0.00 (0.00 to 1.56)
M24..M36 1/1y  0/1y  -        P   0.50 (0.07 to 3.55)
M0..M24  1/2y  0/2y  1/500    P   0.37 (0.09 to 1.49)
M0..M36  2/3y  0/3y  1/500    P   0.41 (0.13 to 1.26)
""",
    ("4-courses", "core-baseline"): """
window   P08   P09   fit rate
M-12..M0 1/1y  2/1y  P   1.50 (0.48 to 4.65)
Y1       0/1y  0/1y  0   0.00 (0.00 to 1.84)
Y2       0/1y  0/1y  0   0.00 (0.00 to 1.84)
Y3       1/1y  0/1y  P   0.50 (0.07 to 3.55)
Y4       1/1y  0/1y  P   0.50 (0.07 to 3.55)
Y5       2/1y  0/1y  P   1.00 (0.25 to 4.00)
Y6       1/1y  0/1y  P   0.50 (0.07 to 3.55)
Y7       0/1y  1/1y  P   0.50 (0.07 to 3.55)
Y8       0/1y  0/1y  0   0.00 (0.00 to 1.84)
Y0..Y1   0/1y  0/1y  0   0.00 (0.00 to 1.84)
Y0..Y2   0/2y  0/2y  0   0.00 (0.00 to 0.92)
Y0..Y3   1/3y  0/3y  P   0.17 (0.02 to 1.18)
Y0..Y4   2/4y  0/4y  P   0.25 (0.06 to 1.00)
Y0..Y5   4/5y  0/5y  NB  0.40 (0.05 to 2.97)
Y0..Y6   5/6y  0/6y  NB  0.42 (0.05 to 3.61)
Y0..Y7   5/7y  1/7y  NB  0.43 (0.16 to 1.12)
Y0..Y8   5/8y  1/8y  NB  0.38 (0.14 to 0.98)
""",
    ("4-courses", "course-4"): """
window   P08   P09    fit rate
M-12..M0 2/1y  1/1y   P   1.50 (0.48 to 4.65)
M0..M12  1/1y  0/1y   P   0.50 (0.07 to 3.55)
M12..M24 1/1y  0/6.75 P   0.98 (0.14 to 6.97)
M24..M36 1/1y  -      P   1.00 (0.14 to 7.10)
M0..M24  2/2y  0/372  P   0.66 (0.17 to 2.65)
M0..M36  3/3y  0/372  P   0.75 (0.24 to 2.31)
""",
    ("5plus-courses", "core-baseline"): """
window   P10      P11   fit rate
M-12..M0 1/1y     2/1y  P   1.50 (0.48 to 4.65)
Y1       0/1y     0/1y  0   0.00 (0.00 to 1.84)
Y2       0/1y     0/1y  0   0.00 (0.00 to 1.84)
Y3       0/1y     0/1y  0   0.00 (0.00 to 1.84)
Y4       2/1y     1/1y  P   1.50 (0.48 to 4.65)
Y5       1/1y     1/1y  P   1.00 (0.25 to 4.00)
Y6       0/173.75 0/1y  0   0.00 (0.00 to 2.50)
Y7       -        0/1y  0   0.00 (0.00 to 3.69)
Y8       -        0/1y  0   0.00 (0.00 to 3.69)
Y0..Y1   0/1y     0/1y  0   0.00 (0.00 to 1.84)
Y0..Y2   0/2y     0/2y  0   0.00 (0.00 to 0.92)
Y0..Y3   0/3y     0/3y  0   0.00 (0.00 to 0.61)
Y0..Y4   2/4y     1/4y  P   0.38 (0.12 to 1.16)
Y0..Y5   3/5y     2/5y  P   0.50 (0.21 to 1.20)
Y0..Y6   3/2000   2/6y  P   0.44 (0.18 to 1.05)
Y0..Y7   3/2000   2/7y  P   0.40 (0.17 to 0.96)
Y0..Y8   3/2000   2/8y  P   0.37 (0.15 to 0.89)
""",
    ("5plus-courses", "course-5"): """
window   P10      P11   fit rate
M-12..M0 1/1y     2/1y  P   1.50 (0.48 to 4.65)
M0..M12  1/1y     0/1y  P   0.50 (0.07 to 3.55)
M12..M24 0/134.75 0/1y  0   0.00 (0.00 to 2.69)
M24..M36 -        0/1y  0   0.00 (0.00 to 3.69)
M0..M24  1/500    0/2y  P   0.30 (0.04 to 2.11)
M0..M36  1/500    0/3y  P   0.23 (0.03 to 1.62)
""",
}

# Relapses in the 12 months before and after the course, one pair per patient (E-03).
BEFORE_AFTER = """
group         anchor   before after comment
3-courses     course-3 1,2,1  1,0,1 P05 P06 P07
4-courses     course-4 2,1    1,0   P08 P09
5plus-courses course-5 1,2    1,0   P10 P11
"""

# Relapse-free patients / patients that count (E-04), at the end of the window or in the year;
# and the Kaplan-Meier product, with events so far and number at risk at the mark (E-09).
# "-": not published for this window. S = product of (1 - 1/n) over the events, n at risk at each.
RELAPSE_FREE = {
    # first relapses: P01 100, P02 15, P03 365, P04 740
    ("2-courses", "core-baseline"): """
window cumulative per_year S           events at_risk
1      1/4        1/4      3/4*2/3*1/2 3      1
2      1/4        3/4      3/4*2/3*1/2 3      1
3      0/4        3/4      0           4      0
4      0/4        3/4      0           4      0
5      0/4        1/3      0           4      0
6      0/4        2/2      0           4      0
7      0/4        1/2      0           4      0
8      0/4        1/2      0           4      0
""",
    # first relapses: P05 960, P06 360, P07 770
    ("3-courses", "core-baseline"): """
window cumulative per_year S   events at_risk
1      2/3        2/3      2/3 1      2
2      2/3        2/3      2/3 1      2
3      0/3        1/3      0   3      0
4      0/3        2/3      0   3      0
5      0/3        2/2      0   3      0
6      0/3        1/2      0   3      0
7      0/3        2/2      0   3      0
8      0/3        2/2      0   3      0
""",
    # after Course 3: P05 on its day (0), P07 after 161 days, P06 free for 2222 days
    ("3-courses", "course-3"): """
window cumulative per_year S       events at_risk
0      0/3        0/3      -       -      -
1      1/3        1/3      2/3*1/2 2      1
2      1/3        2/2      2/3*1/2 2      1
3      1/3        1/2      2/3*1/2 2      1
""",
    # first relapses: P08 1000, P09 2500
    ("4-courses", "core-baseline"): """
window cumulative per_year S   events at_risk
1      2/2        2/2      1   0      2
2      2/2        2/2      1   0      2
3      1/2        1/2      1/2 1      1
4      1/2        1/2      1/2 1      1
5      1/2        1/2      1/2 1      1
6      1/2        1/2      1/2 1      1
7      0/2        1/2      0   2      0
8      0/2        2/2      0   2      0
""",
    # after Course 4: P08 after 365 days, P09 free for 372 days, so nobody is seen at month 24
    ("4-courses", "course-4"): """
window cumulative per_year S   events at_risk
0      0/2        0/2      -   -      -
1      1/2        1/2      1/2 1      1
2      1/2        0/1      NE  1      0
3      1/2        0/1      NE  1      0
""",
    # first relapses: P10 1134, P11 1300
    ("5plus-courses", "core-baseline"): """
window cumulative per_year S events at_risk
1      2/2        2/2      1 0      2
2      2/2        2/2      1 0      2
3      2/2        2/2      1 0      2
4      0/2        0/2      0 2      0
5      0/2        0/2      0 2      0
6      0/2        1/1      0 2      0
7      0/2        1/1      0 2      0
8      0/2        1/1      0 2      0
""",
    # after Course 5: P10 after 100 days, P11 free for 1322 days
    ("5plus-courses", "course-5"): """
window cumulative per_year S   events at_risk
0      0/2        0/2      -   -      -
1      1/2        1/2      1/2 1      1
2      1/2        1/1      1/2 1      1
3      1/2        1/1      1/2 1      1
""",
}

# The funnel (section 3): who is left, and who was left out. pct: of the 16 in the extension.
FUNNEL = """
kind      population   group              n  pct   label
set       consented    overall            20 -     consented
exclusion consented    overall            3  -     not 12 mg alemtuzumab as actual arm
set       treated      overall            17 -     treated
exclusion treated      overall            1  -     never entered the extension
set       extension    overall            16 100   extension
exclusion extension    overall            2  12.5  other DMT
set       no-other-dmt overall            14 87.5  no-other-dmt
exclusion no-other-dmt overall            1  6.25  one course
exclusion no-other-dmt overall            1  6.25  Course 3 after the landmark
set       safety       overall            12 75    safety
exclusion safety       overall            1  6.25  group-defining course after the landmark
set       efficacy     overall            11 68.75 efficacy
set       efficacy     2-courses          4  25    2-courses
set       efficacy     3-courses          3  18.75 3-courses
set       efficacy     4-courses          2  12.5  4-courses
set       efficacy     5plus-courses      2  12.5  5plus-courses
set       additional   additional-courses 8  50    additional-courses
"""
