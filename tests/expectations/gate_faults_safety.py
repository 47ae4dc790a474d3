"""Faults of adverse events that count, and of line listings."""

from gate_faults import (
    COURSE,
    FOLLOW_UP,
    I1,
    I2,
    PATIENT,
    change,
    copy,
    everything_removed,
    fault,
    remove,
)

from transforms.rules import DAYS_PER_MONTH

EVENT, LISTED, AE = "windows.safety_event", "windows.line_listing", "core.adverse_event"

SAFETY_FAULTS = (
    everything_removed(EVENT),
    *(
        fault(EVENT, "every_event_once", edit, keys=({**I1, "problem": problem},))
        for edit, problem in (
            (remove(EVENT, 1), "missing"),
            (copy(EVENT, 1, event_number=4), "foreign"),
            (change(EVENT, 1, is_serious=False), "differs"),
            (change(EVENT, 1, is_infection=True), "differs"),
            (change(AE, 2, is_on_study=False), "foreign"),
            (change(AE, 2, onset_day=2922), "foreign"),
        )
    ),
    fault(
        EVENT,
        "every_event_once",
        change(PATIENT, 1, is_treated=False),
        keys=({**I2, "problem": "foreign"},),
    ),
    *(
        fault(
            EVENT,
            "categories_by_terms",
            change(EVENT, 1, **changed),
            keys=({**I1, "event_number": 2, "problem": problem},),
        )
        for changed, problem in (
            ({"is_thyroid": False, "is_autoimmune": False}, "is_thyroid"),
            ({"is_malignancy": True}, "is_malignancy"),
            ({"is_autoimmune": False}, "is_autoimmune"),
            ({"is_iar_by_date": True}, "is_iar_by_date"),
        )
    ),
    *(
        fault(
            EVENT,
            "last_course_before_onset",
            change(EVENT, 1, **changed),
            keys=({**I1, "event_number": 2, "problem": problem},),
        )
        for changed, problem in (
            ({"last_course_number": 4}, "no such course"),
            ({"last_course_number": 3, "days_since_last_course": -365}, "course after onset"),
            ({"last_course_number": 1, "days_since_last_course": 731}, "a later course"),
            ({"days_since_last_course": 364}, "days"),
        )
    ),
    fault(
        EVENT,
        "reactions_have_times",
        *(change(EVENT, row, is_iar_by_date=True) for row in (0, 3)),
        keys=({"observed": 1.0},),
    ),
    *(
        fault(LISTED, "all_listed", edit, keys=({**I1, "listing": listing, **numbers},))
        for edit, listing, numbers in (
            (remove(LISTED, 0), "autoimmune event", {"n_listed": 0, "n_expected": 1}),
            (remove(LISTED, 1), "malignancy", {"n_listed": 0, "n_expected": 1}),
            (copy(LISTED, 1, record_number=2), "malignancy", {"n_listed": 2, "n_expected": 1}),
            (change(COURSE, 1, is_early=True), "early course", {"n_listed": 0, "n_expected": 1}),
        )
    ),
    fault(
        LISTED,
        "all_listed",
        change(FOLLOW_UP, 1, death_day=1590),
        keys=({**I2, "n_listed": 0, "n_expected": 1}, {**I2, "n_listed": 1, "n_expected": 0}),
    ),
    *(
        fault(
            LISTED,
            "days_and_numbers",
            change(LISTED, 1, **changed),
            keys=({**I1, "listing": "malignancy", "problem": problem},),
        )
        for changed, problem in (
            ({"study_year": 3}, "study_year"),
            ({"months_since_last_course": 5.0}, "months_since_last_course"),
            (
                {"days_since_last_course": 150, "months_since_last_course": 150 / DAYS_PER_MONTH},
                "days_since_last_course",
            ),
            (
                {
                    "last_course_number": 2,
                    "days_since_last_course": 881,
                    "months_since_last_course": 881 / DAYS_PER_MONTH,
                },
                "last_course_number",
            ),
        )
    ),
    fault(LISTED, "days_and_numbers", change(LISTED, 1, record_number=2), keys=(I1,)),
    # An event on the day of a course lies after it; an early course is listed with the one before.
    fault(LISTED, "days_and_numbers", change(COURSE, 1, course_day=731), keys=(I1,)),
    fault(LISTED, "days_and_numbers", change(LISTED, 1, listing="early course"), keys=(I1,)),
    *(
        fault(
            LISTED,
            "sets_as_in_population",
            change(LISTED, 2, **{name: value}),
            keys=({**I2, "problem": problem},),
        )
        for name, value, problem in (
            ("is_safety", False, "is_safety"),
            ("is_additional", True, "is_additional"),
            ("group_id", None, "group_id"),
            ("is_fatal", False, "death"),
        )
    ),
)
