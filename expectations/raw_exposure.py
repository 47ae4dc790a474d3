"""What must be true of patients (DM), infusions (EX) and the qualifiers of records (SUPP--).

Belongs here: rules on these datasets of one transfer, and between them. Does not belong here:
courses, day 0, analysis sets (the core suites).
"""

from expectations.sql import certainly_before, sql_list, sql_text
from expectations.suite import (
    Expectation,
    Severity,
    failing_query,
    failing_rows,
    minimum_rows,
    unlikely_aggregate,
)
from transforms.protocol import PROTOCOL
from transforms.rules import Rules
from warehouse.contracts import TableContract


def not_after_death(
    contract: TableContract, date_name: str, what: str, rule_id: str, where: str
) -> Expectation:
    """Expect no record of a kind (`where`) to be certainly later than the death of its patient."""
    return failing_rows(
        contract,
        "not_after_death",
        "content",
        rule_id,
        f"{what} is dated after the patient's death: one of the two dates is wrong. Query the "
        "site.",
        joins="JOIN (SELECT usubjid, min(dthdtc) AS dthdtc FROM raw.dm GROUP BY usubjid) AS d "
        "ON d.usubjid = t.usubjid",
        where=f"{where} AND {certainly_before('d.dthdtc', f't.{date_name}')}",
        show=(f"t.{date_name}", "d.dthdtc"),
    )


def code_occurs_by_study(what: str, rule_id: str, where: str) -> Expectation:
    """Expect every study with ten rows or more to have one of a kind (`where`).

    A study that spells a code in its own way would otherwise lose all its records in silence.
    """
    return failing_query(
        "code_occurs_by_study",
        "structural",
        rule_id,
        f"A study has rows here but not one is {what}: compare the codes of its extract with the "
        "configured ones.",
        query="SELECT t.studyid, count(*) AS n_rows FROM batch AS t GROUP BY t.studyid "
        f"HAVING count(*) >= 10 AND count(*) FILTER (WHERE {where}) = 0 ORDER BY t.studyid",
    )


#: CDISC's codelist of sexes.
_SEX = ("F", "M", "U", "UNDIFFERENTIATED", "INTERSEX")


def dm_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on demographics."""
    codes = rules.codes
    core = sql_list(codes.core_studies)
    return (
        minimum_rows("structural", "C-03", "DM is empty: no study delivered a patient."),
        failing_query(
            "treated_arm_occurs",
            "structural",
            "C-03",
            f"No patient of a core study has ACTARMCD {codes.treated_arm}: everyone would be "
            "excluded. Compare the arm codes of the extract with the configured ones.",
            query=f"SELECT n_treated FROM (SELECT count(*) AS n_treated FROM batch "
            f"WHERE studyid IN {core} AND {_is_of_arm('actarmcd', rules)}) AS c "
            "WHERE n_treated = 0",
        ),
        code_occurs_by_study("a woman (SEX)", "E-15", f"t.sex = {sql_text(codes.female)}"),
        failing_rows(
            contract,
            "sex_is_coded",
            "plausibility",
            "E-15",
            "SEX is neither a term of CDISC nor the configured code of a woman: the patient counts "
            "as no woman. Query the site.",
            where=f"t.sex NOT IN {sql_list(sorted({*_SEX, codes.female}))}",
            show=("t.sex",),
        ),
        failing_rows(
            contract,
            "death_not_before_consent",
            "content",
            "T-08",
            "The patient died before signing the informed consent: one of the two dates is wrong. "
            "Query the site.",
            where=certainly_before("t.dthdtc", "t.rficdtc"),
            show=("t.dthdtc", "t.rficdtc"),
        ),
        failing_rows(
            contract,
            "treated_has_consent",
            "content",
            "C-03",
            "A patient treated in a core study has no date of informed consent (RFICDTC); "
            "infusions cannot be checked against it. Query the site.",
            where=f"t.studyid IN {core} AND {_is_of_arm('t.actarmcd', rules)} "
            "AND t.rficdtc IS NULL",
            show=("t.actarmcd",),
        ),
        failing_rows(
            contract,
            "death_flag_with_date",
            "plausibility",
            "T-08",
            "DTHFL and DTHDTC disagree: a death without a date ends no follow-up, a date without "
            "the flag is no death in the safety tables.",
            where="(t.dthfl IS NOT DISTINCT FROM 'Y') <> (t.dthdtc IS NOT NULL)",
            show=("t.dthfl", "t.dthdtc"),
        ),
        failing_rows(
            contract,
            "death_has_day",
            "plausibility",
            "T-06",
            "The day of death is known only to month or year: the earliest possible "
            "day counts, but none before the last contact. Query the site.",
            where="length(t.dthdtc) < 10",
            show=("t.dthdtc",),
        ),
        *_one_person_one_id(rules),
        failing_rows(
            contract,
            "adult_age",
            "plausibility",
            "E-15",
            "Age at core study entry outside 18 to 60 years: the protocols admit 18 to 50 (CARE-MS "
            "I) and 18 to 55 (CARE-MS II).",
            where=f"t.studyid IN {core} AND t.age NOT BETWEEN 18 AND 60",
            show=("t.age",),
        ),
    )


def crosswalk_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:  # noqa: ARG001
    """Expectations on the crosswalk."""
    return (
        failing_rows(
            contract,
            "names_a_patient",
            "plausibility",
            "T-01",
            "A line of crosswalk.csv joins nobody: its study has no DM record of this USUBJID. "
            "Compare study and USUBJID with the extract, letter by letter; a patient who has "
            "withdrawn or has not been delivered yet may stay in the file.",
            joins="LEFT JOIN (SELECT DISTINCT split_part(source_file, '/', 1) AS study_id, "
            "usubjid AS person_id FROM raw.dm) AS d USING (study_id, person_id)",
            where="d.person_id IS NULL",
            show=("t.person_id", "t.source_row + 1 AS line"),
        ),
    )


def _one_person_one_id(rules: Rules) -> tuple[Expectation, Expectation]:
    """Warn of patients who may be known under several identifiers (T-01)."""
    codes = rules.codes
    core = sql_list(codes.core_studies)
    remedy = (
        "If it is one person under two USUBJIDs, name the person in crosswalk.csv in the landing "
        "folder (study, usubjid, person_id); else query the site."
    )
    return (
        failing_query(
            "known_from_core_study",
            "plausibility",
            "T-01",
            "A patient of a follow-on study has no DM record in a core study, and is left out of "
            f"all results. {remedy}",
            query="SELECT t.studyid, t.usubjid FROM batch AS t "
            f"WHERE t.studyid NOT IN {core} AND NOT EXISTS (SELECT 1 FROM batch AS c "
            f"WHERE c.usubjid = t.usubjid AND c.studyid IN {core}) "
            "ORDER BY t.studyid, t.usubjid",
        ),
        failing_query(
            "one_core_study",
            "plausibility",
            "T-01",
            "A patient has DM records in more than one core study, and nobody was treated in two; "
            "the treated record counts, else the one of the last consent. If two persons bear one "
            "USUBJID, name each in crosswalk.csv in the landing folder (study, usubjid, "
            "person_id); else query the site.",
            query="SELECT t.usubjid, string_agg(DISTINCT t.studyid, ', ' ORDER BY t.studyid) "
            f"AS studies FROM batch AS t WHERE t.studyid IN {core} GROUP BY t.usubjid "
            "HAVING count(DISTINCT t.studyid) > 1 ORDER BY t.usubjid",
        ),
    )


def ex_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on exposure."""
    codes = rules.codes
    given = f"t.extrt = {sql_text(codes.alemtuzumab)} AND t.exdose > 0"
    doses = (PROTOCOL.dose_mg, PROTOCOL.other_arm_dose_mg)
    return (
        minimum_rows("structural", "C-01", "EX is empty: no study delivered an infusion."),
        *_treated_have_infusions(rules, given),
        failing_rows(
            contract,
            "infusion_not_before_consent",
            "content",
            "C-01",
            "An alemtuzumab infusion is dated before the patient's informed consent to the study: "
            "one of the two dates is wrong. Query the site.",
            joins="JOIN raw.dm AS d ON d.studyid = t.studyid AND d.usubjid = t.usubjid",
            where=f"{given} AND {certainly_before('t.exstdtc', 'd.rficdtc')}",
            show=("t.exstdtc", "d.rficdtc"),
        ),
        not_after_death(contract, "exstdtc", "An alemtuzumab infusion", "C-01", given),
        failing_rows(
            contract,
            "infusion_has_dose",
            "content",
            "C-01",
            "An alemtuzumab infusion has no dose or a negative one; 0 means not given. Without a "
            "dose it would silently not count. Query the site.",
            where=f"t.extrt = {sql_text(rules.codes.alemtuzumab)} "
            "AND (t.exdose IS NULL OR t.exdose < 0)",
            show=("t.exdose", "t.exstdtc"),
        ),
        failing_rows(
            contract,
            "infusion_has_day",
            "content",
            "C-01",
            "An alemtuzumab infusion that was given has no complete start date; courses are built "
            "from days. Query the site.",
            where=f"{given} AND coalesce(length(t.exstdtc), 0) < 10",
            show=("t.exstdtc",),
        ),
        failing_rows(
            contract,
            "infusion_ends_after_start",
            "content",
            "E-13",
            "An alemtuzumab infusion ends before it starts. Query the site.",
            where=f"{given} AND {certainly_before('t.exendtc', 't.exstdtc')}",
            show=("t.exstdtc", "t.exendtc"),
        ),
        failing_rows(
            contract,
            "usual_dose",
            "plausibility",
            "C-02",
            f"An alemtuzumab infusion of another dose than {doses[0]} or {doses[1]} mg.",
            where=f"{given} AND t.exdose NOT IN {doses}",
            show=("t.exdose",),
        ),
    )


def _is_of_arm(actarmcd: str, rules: Rules) -> str:
    # Raw tables keep arm codes as delivered; the treated arm's is compared as `core.patient` does.
    return f"upper(trim({actarmcd})) = {sql_text(rules.codes.treated_arm)}"


def _treated_have_infusions(rules: Rules, given: str) -> tuple[Expectation, Expectation]:
    """Expect patients of the treated arm to have an infusion: each (warns), most (stops).

    No row of EX is to blame for one that is not there. One patient without counts as not treated
    (C-03); many are no matter of patients.
    """
    codes = rules.codes
    without = f"""
        SELECT d.studyid, d.usubjid, d.actarmcd, NOT EXISTS (SELECT 1 FROM batch AS t
            WHERE t.studyid = d.studyid AND t.usubjid = d.usubjid AND {given}) AS is_without
        FROM raw.dm AS d WHERE d.studyid IN {sql_list(codes.core_studies)}
            AND {_is_of_arm("d.actarmcd", rules)}"""
    return (
        failing_query(
            "treated_arm_has_infusion",
            "plausibility",
            "C-03",
            f"The actual arm is {codes.treated_arm}, but no infusion of {codes.alemtuzumab} is "
            "recorded in that study: the arm is wrong, or EX is incomplete. The patient counts as "
            "not treated. Query the site.",
            query=f"SELECT studyid, usubjid, actarmcd FROM ({without}) AS d WHERE is_without "
            "ORDER BY studyid, usubjid",
        ),
        failing_query(
            "treated_arm_has_infusions",
            "structural",
            "C-03",
            f"More than a tenth of the patients of a study with actual arm {codes.treated_arm} "
            f"have no infusion of {codes.alemtuzumab}: EX is incomplete, or it names the drug "
            "otherwise than the settings do.",
            query="SELECT studyid, n_patients, n_without FROM (SELECT studyid, "
            f"count(*) AS n_patients, count(*) FILTER (is_without) AS n_without FROM ({without}) "
            "AS d GROUP BY studyid) AS s WHERE 10 * n_without > n_patients ORDER BY studyid",
        ),
    )


def suppex_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on the qualifiers of exposure records."""
    return (
        _qualifies_a_record(contract, "ex", "C-04"),
        _qualifier_values(
            contract,
            "known_retreatment_reason",
            "plausibility",
            "C-04",
            rules.codes.retreatment_reason_qualifier,
            ("RELAPSE", "MRI ACTIVITY", "RELAPSE AND MRI ACTIVITY", "OTHER"),
        ),
    )


def suppce_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on the qualifiers of clinical events."""
    confirmation = rules.codes.confirmed_relapse_qualifier
    return (
        _qualifies_a_record(contract, "ce", "E-01"),
        _qualifier_values(
            contract, "confirmation_is_yes_or_no", "content", "E-01", confirmation, ("Y", "N")
        ),
        unlikely_aggregate(
            "share_of_confirmed_relapses",
            "E-01",
            "Less than half of the relapses judged are confirmed: compare the codes of the "
            f"qualifier {confirmation} with the extract.",
            observed="avg((t.qval = 'Y')::DOUBLE)",
            where=f"t.qnam = {sql_text(confirmation)}",
            likely="observed >= 0.5",
        ),
    )


def _qualifies_a_record(contract: TableContract, parent: str, rule_id: str) -> Expectation:
    sequence = f"{parent}seq"
    return failing_rows(
        contract,
        "qualifies_a_record",
        "content",
        rule_id,
        f"IDVAR and IDVARVAL name no record of {parent.upper()}: the qualifier would be lost "
        "without a trace. Ask the data manager of the study.",
        where=f"t.idvar <> '{sequence.upper()}' OR NOT EXISTS (SELECT 1 FROM raw.{parent} AS p "
        f"WHERE p.studyid = t.studyid AND p.usubjid = t.usubjid "
        f"AND p.{sequence} = try_cast(t.idvarval AS DOUBLE))",
    )


def _qualifier_values(
    contract: TableContract,
    name: str,
    severity: Severity,
    rule_id: str,
    qualifier: str,
    values: tuple[str, ...],
) -> Expectation:
    return failing_rows(
        contract,
        name,
        severity,
        rule_id,
        f"QVAL of {qualifier} is none of {', '.join(values)}. Query the site.",
        where=f"t.qnam = {sql_text(qualifier)} AND coalesce(t.qval, '') NOT IN {sql_list(values)}",
        show=("t.qval",),
    )
