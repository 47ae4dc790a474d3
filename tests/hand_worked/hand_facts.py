"""Facts about single patients on paper: what stands behind the published numbers.

They are compared with the patient side of the release. Days are days since day 0; "-" = none.
"""

# Relapses that remain after confirmation and merging (E-01), up to the cut-off.
RELAPSE_DAYS = """
id  days                       records
P01 100,131,500,1826,2300,2922 2,1,1,1,1,1
P02 -10,15,2911                1,1,1
P03 365,1250,1310              1,1,1
P04 740,800,860,1790           1,1,1,1
P05 960,1000,2008              1,1,1
P06 360,690                    1,1
P07 770,1261                   1,1
P08 1000,1290,1665,1700,2100   1,2,1,1,1
P09 2500                       1
P10 1134,1400,1600,2000        1,1,1,1
P11 1300,1461                  1,1
"""

# Courses (C-01, C-02): all of these patients. last: last infusion. early: <12 months, 365.25 days.
COURSES = """
id  course day  last infusions early comment
P01 1      0    4    5         no    -
P01 2      365  367  3         yes   365 days are less than 12 months (T-03)
P06 1      0    4    5         no    -
P06 2      366  368  3         no    -
P06 3      700  702  3         yes   334 days
P09 1      0    4    5         no    -
P09 2      366  368  3         no    -
P09 3      900  902  3         no    -
P09 4      2550 2552 3         no    not 2549 (dose 0); the course of day 3600 is after the cut-off
P11 1      0    4    5         no    -
P11 2      400  402  3         no    -
P11 3      800  832  4         no    30 days without an infusion begin no new course
P11 4      1200 1202 3         no    -
P11 5      1600 1602 3         no    -
"""

# End of efficacy follow-up (T-06), on study through the horizon (E-16), days of the gap before
# the extension in which nothing was recorded (W-05).
FOLLOW_UP = """
id  end  on_study gap comment
P01 2922 yes      0   -
P02 2912 yes      0   the day after the cut-off; the visit of day 2915 is after it
P03 1301 no       8   732 ... 739; lost on day 1300
P04 1801 no       0   died on day 1800
P05 2922 yes      0   -
P06 2922 yes      0   -
P07 1600 no       59  741 ... 799; withdrew on day 1599
P08 2922 yes      0   -
P09 2922 yes      0   -
P10 2000 yes      0   Course 6 ends efficacy follow-up, not the patient's stay
P11 2922 yes      0   -
P14 732  no       0   left the core study and has no record in the next
"""

# Efficacy group, or the first reason that keeps the patient out (section 3).
POPULATION = """
id  through_horizon through_cutoff uncertain where
P01 2 2 no  2-courses
P02 2 2 no  2-courses
P03 2 2 no  2-courses
P04 2 2 no  2-courses
P05 3 3 no  3-courses
P06 3 3 no  3-courses
P07 3 3 no  3-courses
P08 4 4 no  4-courses
P09 4 4 no  4-courses
P10 6 6 no  5plus-courses
P11 5 5 no  5plus-courses
P12 - - no  not 12 mg alemtuzumab as actual arm
P13 - - no  not 12 mg alemtuzumab as actual arm
P14 2 2 no  never entered the extension
P15 3 3 no  other DMT
P16 2 2 yes other DMT
P17 1 1 no  one course
P18 3 3 no  Course 3 after the landmark
P19 3 4 no  group-defining course after the landmark
P20 - - no  not 12 mg alemtuzumab as actual arm
"""

# Windows (W-01 ... W-05). next = days at risk to the next course / relapses in them.
WINDOWS = """
id  anchor        window   start   end     at_risk relapses first next     complete overlaps
P01 core-baseline Y0..Y8   0       2922    2922    5        100   2922/5   yes      no
P02 core-baseline Y8       2556.75 2922    355.25  1        2911  355.25/1 no       no
P03 core-baseline Y4       1095.75 1461    205.25  1        1250  205.25/1 no       no
P04 core-baseline Y5       1461    1826.25 340     1        1790  340/1    no       no
P05 core-baseline Y3       730.5   1095.75 365.25  2        960   269.5/1  yes      no
P05 course-3      M-12..M0 634.75  1000    365.25  1        960   365.25/1 yes      no
P05 course-3      M0..M12  1000    1365.25 365.25  1        1000  365.25/1 yes      no
P06 course-3      M-12..M0 334.75  700     365.25  2        360   365.25/2 yes      yes
P07 course-3      M-12..M0 734.75  1100    365.25  1        770   365.25/1 yes      no
P07 course-3      M12..M24 1465.25 1830.5  134.75  0        -     134.75/0 no       no
P08 course-3      M12..M24 1165.25 1530.5  365.25  1        1290  134.75/1 yes      no
P09 course-4      M12..M24 2915.25 3280.5  6.75    0        -     6.75/0   no       no
P10 course-5      M0..M12  1500    1865.25 365.25  1        1600  365.25/1 yes      no
P10 course-5      M12..M24 1865.25 2230.5  134.75  0        -     134.75/0 no       no
"""

# Not at risk for a day: no row.
NO_WINDOWS = """
id  anchor        window
P03 core-baseline Y5
P04 core-baseline Y6
P07 course-3      M24..M36
P09 course-4      M24..M36
P10 core-baseline Y7
P10 course-5      M24..M36
"""
