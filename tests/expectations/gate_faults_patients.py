"""Faults of the raw and core tables."""

from datetime import date

from gate_faults import (
    CE,
    COURSE,
    DM,
    EX,
    FOLLOW_UP,
    I1,
    I2,
    I3,
    NAN,
    NV,
    P1,
    P2,
    P3,
    PATIENT,
    POPULATION,
    QS,
    RELAPSE,
    change,
    copy,
    everything_removed,
    fault,
    remove,
)

from warehouse.contracts.core import EXCLUSION_REASONS

REGISTER_FAULTS = (
    fault(
        "raw.crosswalk",
        "names_a_patient",
        change("raw.crosswalk", person_id="P9"),
        keys=({"study_id": "CAMMS03409", "usubjid": "E1", "person_id": "P9", "line": 2},),
    ),
)

RAW_FAULTS = (
    everything_removed(DM),
    fault(DM, "treated_arm_occurs", *(change(DM, row, actarmcd="ALEMTUZ") for row in (0, 2))),
    fault(
        DM,
        "code_occurs_by_study",
        *(change(DM, row, sex="FEMALE") for row in range(5)),
        *(copy(DM, sex="FEMALE", usubjid=f"F{n}") for n in range(10)),
    ),
    fault(DM, "sex_is_coded", change(DM, 2, sex="FEMALE"), keys=({**P2, "sex": "FEMALE"},)),
    fault(DM, "death_not_before_consent", change(DM, 2, dthdtc="2007-11"), keys=(P2,)),
    fault(DM, "treated_has_consent", change(DM, rficdtc=None), keys=(P1,)),
    fault(DM, "death_flag_with_date", change(DM, 2, dthfl=None), keys=(P2,)),
    fault(
        DM, "death_has_day", change(DM, 2, dthdtc="2012-06"), keys=({**P2, "dthdtc": "2012-06"},)
    ),
    fault(DM, "known_from_core_study", change(DM, 3, usubjid="P4"), keys=({"usubjid": "P4"},)),
    fault(DM, "one_core_study", copy(DM, 2, studyid="CAMMS32400507"), keys=(P2,)),
    fault(DM, "adult_age", change(DM, 4, age=17.0), keys=(P3,)),
    everything_removed(EX),
    fault(
        EX,
        "infusion_not_before_consent",
        change(EX, exstdtc="2007-11-30T23:00"),
        keys=({**P1, "exseq": 1.0, "exstdtc": "2007-11-30T23:00", "rficdtc": "2007-12-01"},),
    ),
    fault(
        EX,
        "treated_arm_has_infusion",
        *(change(EX, n, extrt="OTHER") for n in range(4)),
        keys=({"studyid": "CAMMS323", **P1},),
    ),
    fault(
        EX,
        "treated_arm_has_infusions",
        *(change(EX, n, exdose=0.0) for n in range(4)),
        keys=({"studyid": "CAMMS323", "n_patients": 2, "n_without": 1},),
    ),
    fault(EX, "not_after_death", change(EX, 4, exstdtc="2012-06-11"), keys=(P2,)),
    fault(EX, "infusion_has_dose", change(EX, 1, exdose=None), keys=({**P1, "exseq": 2.0},)),
    fault(EX, "infusion_has_day", change(EX, 1, exstdtc="2009-01"), keys=({**P1, "exseq": 2.0},)),
    fault(EX, "infusion_ends_after_start", change(EX, exendtc="2007-12-31"), keys=(P1,)),
    fault(EX, "usual_dose", change(EX, exdose=13.0), keys=(P1,)),
    fault("raw.suppex", "qualifies_a_record", change("raw.suppex", idvarval="4"), keys=(P1,)),
    fault("raw.suppex", "known_retreatment_reason", change("raw.suppex", qval="WISH"), keys=(P1,)),
    fault(
        CE,
        "not_after_death",
        change(CE, 1, cestdtc="2012-07"),
        keys=({**P2, "ceseq": 1.0, "cestdtc": "2012-07", "dthdtc": "2012-06-10"},),
    ),
    fault(CE, "relapse_has_year", change(CE, cestdtc=None), keys=(P1,)),
    fault(
        CE,
        "code_occurs_by_study",
        *(change(CE, n, cecat="RELAPSX") for n in range(2)),
        *(copy(CE, cecat="RELAPSX", ceseq=float(n)) for n in range(3, 13)),
    ),
    fault(CE, "relapses_per_patient", *(copy(CE, ceseq=float(n)) for n in range(3, 50))),
    fault("raw.suppce", "qualifies_a_record", change("raw.suppce", idvar="CESPID"), keys=(P1,)),
    fault("raw.suppce", "confirmation_is_yes_or_no", change("raw.suppce", qval=None), keys=(P1,)),
    fault(
        "raw.suppce",
        "share_of_confirmed_relapses",
        *(change("raw.suppce", row, qval="N") for row in (0, 1)),
        keys=({"observed": 0.0},),
    ),
    fault(QS, "edss_scores", change(QS, 1, qsstresn=0.5), keys=({**P1, "qsseq": 2.0},)),
    fault(QS, "edss_scores", change(QS, 1, qsstresn=10.5), keys=({**P1, "qsseq": 2.0},)),
    fault(QS, "edss_scores", change(QS, 1, qsstresn=NAN), keys=({**P1, "qsstresn": "nan"},)),
    fault(QS, "not_after_death", change(QS, 2, qsdtc="2013"), keys=(P2,)),
    fault(
        QS,
        "code_occurs_by_study",
        *(change(QS, n, qstestcd="EDSX") for n in range(3)),
        *(copy(QS, qstestcd="EDSX", qsseq=float(n)) for n in range(4, 14)),
    ),
    fault(QS, "edss_has_day", change(QS, 2, qsdtc="2008-01"), keys=(P2,)),
    fault(
        NV,
        "code_occurs_by_study",
        *(change(NV, n, nvcat="MRX") for n in range(3)),
        *(copy(NV, nvcat="MRX", nvseq=float(n)) for n in range(4, 14)),
    ),
    fault(NV, "scan_has_day", change(NV, 2, nvdtc="2010-12"), keys=(P2,)),
    fault(NV, "lesion_counts", change(NV, nvstresn=1.5), keys=({**P1, "nvseq": 1.0},)),
    fault(NV, "brain_parenchymal_fraction", change(NV, 1, nvstresn=82.0), keys=(P1,)),
    fault(NV, "not_after_death", change(NV, 2, nvdtc="2012-06-11"), keys=(P2,)),
    fault("raw.ae", "serious_is_yes_or_no", change("raw.ae", aeser=None), keys=(P1,)),
    fault("raw.ae", "event_ends_after_start", change("raw.ae", aeendtc="2007"), keys=(P1,)),
    fault("raw.cm", "known_relation_to_point", change("raw.cm", cmenrtpt="CONTINUING"), keys=(P1,)),
    fault("raw.cm", "therapy_ends_after_start", change("raw.cm", cmendtc="2004-12"), keys=(P1,)),
    fault("raw.cm", "therapy_has_time", change("raw.cm", cmstdtc=None, cmendtc=None), keys=(P1,)),
    fault("raw.ds", "participation_end_told", change("raw.ds", dsstdtc=None), keys=(P1,)),
    fault("raw.sc", "history_counts", change("raw.sc", scstresn=-1.0), keys=(P1,)),
)

CORE_FAULTS = (
    everything_removed(PATIENT),
    fault(
        PATIENT, "not_after_cutoff", change(PATIENT, 1, death_date=date(2017, 10, 5)), keys=(I2,)
    ),
    fault(
        PATIENT,
        "death_range",
        change(PATIENT, 1, death_date=date(2012, 6, 11), is_death_date_partial=True),
        keys=(I2,),
    ),
    fault(
        PATIENT, "death_range", change(PATIENT, 1, death_latest_date=date(2012, 6, 30)), keys=(I2,)
    ),
    fault(PATIENT, "death_range", change(PATIENT, 1, is_death_date_partial=None), keys=(I2,)),
    fault(PATIENT, "death_range", change(PATIENT, 1, death_latest_date=None), keys=(I2,)),
    fault(PATIENT, "entered_with_date", change(PATIENT, has_entered_topaz=True), keys=(I1,)),
    fault(PATIENT, "treated_as_planned_for", change(PATIENT, 2, is_treated=True), keys=(I3,)),
    fault(PATIENT, "dates_in_order", change(PATIENT, consent_date=date(2008, 1, 2)), keys=(I1,)),
    fault(PATIENT, "topaz_after_extension", change(PATIENT, 2, has_entered_topaz=True), keys=(I3,)),
    fault(PATIENT, "prior_relapses_add_up", change(PATIENT, relapses_prior_2_years=1), keys=(I1,)),
    fault(
        PATIENT,
        "prior_relapses_mean",
        *(change(PATIENT, row, relapses_prior_1_year=0) for row in (0, 1)),
        keys=({"observed": 0.0},),
    ),
    everything_removed(COURSE),
    fault(
        COURSE,
        "not_after_cutoff",
        change(COURSE, 2, last_infusion_date=date(2017, 10, 5)),
        keys=({**I1, "course_number": 3},),
    ),
    fault(COURSE, "numbered_in_order", change(COURSE, 2, course_number=4), keys=(I1,)),
    fault(
        COURSE,
        "courses_apart",
        change(COURSE, 1, last_infusion_date=date(2010, 12, 2)),
        keys=({**I1, "course_number": 3},),
    ),
    fault(COURSE, "courses_apart", change(COURSE, 1, days_since_previous_course=1), keys=(I1,)),
    fault(COURSE, "course_day_from_day0", change(COURSE, 1, course_day=367), keys=(I1,)),
    fault(COURSE, "first_course_is_day0", change(COURSE, 0, course_day=1), keys=(I1,)),
    fault(COURSE, "something_given", change(COURSE, 0, total_dose_mg=0.0), keys=(I1,)),
    fault(COURSE, "flags_follow_days", change(COURSE, 1, is_early=True), keys=(I1,)),
    fault(COURSE, "flags_follow_days", change(COURSE, 1, is_through_horizon=False), keys=(I1,)),
    fault(COURSE, "not_after_death", change(COURSE, 4, course_date=date(2012, 6, 11)), keys=(I2,)),
    fault(COURSE, "usual_number_of_infusions", change(COURSE, 1, n_infusions=4), keys=(I1,)),
    fault(
        COURSE,
        "visit_labels_agree",
        change(COURSE, 1, is_label_disagreeing=True),
        keys=({"observed": 0.2},),
    ),
    fault(RELAPSE, "not_after_cutoff", change(RELAPSE, onset_date=date(2017, 10, 5)), keys=(I1,)),
    fault(RELAPSE, "onset_range", change(RELAPSE, onset_date=date(2009, 2, 5)), keys=(I1,)),
    fault(RELAPSE, "onset_range", change(RELAPSE, 1, onset_imputation=None), keys=(I2,)),
    fault(RELAPSE, "numbered_in_order", change(RELAPSE, relapse_number=2), keys=(I1,)),
    fault(RELAPSE, "onset_day_from_day0", change(RELAPSE, onset_day=None), keys=(I1,)),
    fault(
        RELAPSE,
        "relapses_apart",
        copy(RELAPSE, relapse_number=2, onset_date=date(2009, 3, 6), onset_day=430),
        keys=({**I1, "relapse_number": 2},),
    ),
    fault(
        RELAPSE,
        "not_after_death",
        change(RELAPSE, 1, onset_date=date(2012, 7, 1), is_onset_imputed=False),
        keys=({**I2, "onset_date": "2012-07-01", "death_latest_date": "2012-06-10"},),
    ),
    fault(
        "core.edss",
        "not_after_cutoff",
        change("core.edss", assessment_date=date(2017, 10, 5)),
        keys=(I1,),
    ),
    fault(
        "core.edss", "assessment_day_from_day0", change("core.edss", assessment_day=0), keys=(I1,)
    ),
    fault("core.edss", "edss_scores", change("core.edss", edss_points=0.5), keys=(I1,)),
    fault(
        "core.edss",
        "not_after_death",
        change("core.edss", 1, assessment_date=date(2012, 7, 1)),
        keys=(I2,),
    ),
    fault(
        "core.edss",
        "edss_median",
        *(change("core.edss", row, edss_points=7.0) for row in range(6)),
        keys=({"observed": 7.0},),
    ),
    fault(
        "core.mri_scan",
        "not_after_cutoff",
        change("core.mri_scan", scan_date=date(2017, 10, 5)),
        keys=(I1,),
    ),
    fault("core.mri_scan", "scan_day_from_day0", change("core.mri_scan", scan_day=0), keys=(I1,)),
    fault("core.mri_scan", "measures_in_range", change("core.mri_scan", bpf=1.2), keys=(I1,)),
    fault("core.mri_scan", "measures_in_range", change("core.mri_scan", gd_lesions=-1), keys=(I1,)),
    fault(
        "core.mri_scan",
        "not_after_death",
        change("core.mri_scan", 1, scan_date=date(2012, 7, 1)),
        keys=(I2,),
    ),
    fault(
        "core.adverse_event",
        "not_after_cutoff",
        change("core.adverse_event", onset_earliest_date=date(2017, 10, 5)),
        keys=(I1,),
    ),
    fault(
        "core.adverse_event",
        "numbered_in_order",
        change("core.adverse_event", event_number=2),
        keys=(I1,),
    ),
    fault(
        "core.adverse_event",
        "onset_range",
        change("core.adverse_event", onset_latest_date=date(2008, 1, 31)),
        keys=(I1,),
    ),
    fault(
        "core.adverse_event",
        "on_study_from_day0",
        change("core.adverse_event", onset_day=-1),
        keys=(I1,),
    ),
    fault(
        "core.adverse_event",
        "onset_not_after_death",
        change("core.adverse_event", 1, onset_earliest_date=date(2012, 7, 1)),
        keys=(I2,),
    ),
    fault(
        "core.other_dmt",
        "not_after_cutoff",
        change("core.other_dmt", start_earliest_date=date(2017, 10, 5)),
        keys=(I1,),
    ),
    fault(
        "core.other_dmt", "numbered_in_order", change("core.other_dmt", dmt_number=0), keys=(I1,)
    ),
    fault(
        "core.other_dmt",
        "start_range",
        change("core.other_dmt", start_latest_date=date(2004, 12, 31)),
        keys=(I1,),
    ),
    fault("core.other_dmt", "one_decision", change("core.other_dmt", is_counted=True), keys=(I1,)),
    fault(
        "core.other_dmt",
        "share_of_uncertain_decisions",
        change("core.other_dmt", is_decision_uncertain=True),
        keys=({"observed": 1.0},),
    ),
    everything_removed(FOLLOW_UP),
    fault(FOLLOW_UP, "persons_complete", remove(FOLLOW_UP), keys=({**I1, "problem": "missing"},)),
    fault(
        FOLLOW_UP,
        "persons_complete",
        copy(FOLLOW_UP, person_id="P3"),
        keys=({**I3, "problem": "foreign"},),
    ),
    fault(FOLLOW_UP, "within_horizon", change(FOLLOW_UP, efficacy_end_day=2922.5), keys=(I1,)),
    fault(FOLLOW_UP, "within_cutoff", change(FOLLOW_UP, safety_end_day=3566.0), keys=(I1,)),
    fault(FOLLOW_UP, "death_day_possible", change(FOLLOW_UP, 1, death_day=None), keys=(I2,)),
    fault(FOLLOW_UP, "death_day_possible", change(FOLLOW_UP, 1, death_day=1592), keys=(I2,)),
    # The end is not that of its reason; the reason's end is not the first; the reason is none of
    # that day's.
    fault(
        FOLLOW_UP, "end_has_its_reason", change(FOLLOW_UP, 1, efficacy_end_day=1582.0), keys=(I2,)
    ),
    fault(FOLLOW_UP, "end_has_its_reason", change(FOLLOW_UP, course_6_day=2000), keys=(I1,)),
    fault(FOLLOW_UP, "end_has_its_reason", change(FOLLOW_UP, last_contact_day=2000), keys=(I1,)),
    fault(
        FOLLOW_UP,
        "end_has_its_reason",
        change(FOLLOW_UP, efficacy_end_reason="cut-off"),
        keys=({**I1, "efficacy_end_day": 2922.0, "first_end_day": 2922.0},),
    ),
    fault(
        FOLLOW_UP, "safety_not_before_efficacy", change(FOLLOW_UP, safety_end_day=99.0), keys=(I1,)
    ),
    fault(FOLLOW_UP, "gaps_add_up", change(FOLLOW_UP, gap_days=7), keys=(I1,)),
    fault(FOLLOW_UP, "short_gaps", change(FOLLOW_UP, gap_days=731), keys=(I1,)),
    everything_removed(POPULATION),
    fault(
        POPULATION, "persons_complete", remove(POPULATION, 2), keys=({**I3, "problem": "missing"},)
    ),
    fault(POPULATION, "in_or_excluded", change(POPULATION, is_efficacy=False), keys=(I1,)),
    fault(
        POPULATION,
        "in_or_excluded",
        change(POPULATION, exclusion_reason=EXCLUSION_REASONS[2]),
        keys=(I1,),
    ),
    fault(POPULATION, "sets_nested", change(POPULATION, is_extension=False), keys=(I1,)),
    fault(POPULATION, "sets_nested", change(POPULATION, 1, is_safety=False), keys=(I2,)),
    fault(
        POPULATION, "group_has_its_courses", change(POPULATION, group_id="4-courses"), keys=(I1,)
    ),
    fault(
        POPULATION,
        "reason_follows_sets",
        change(POPULATION, 2, exclusion_reason="other DMT"),
        keys=({**I3, "exclusion_reason": "other DMT", "expected_reason": EXCLUSION_REASONS[0]},),
    ),
    fault(POPULATION, "courses_counted", change(POPULATION, courses_through_cutoff=4), keys=(I1,)),
    fault(POPULATION, "treated_as_in_patient", change(POPULATION, 2, is_treated=True), keys=(I3,)),
)
