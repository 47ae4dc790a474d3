"""What must be true of what was observed: CE, QS, NV, AE, CM, DS, SC.

Belongs here: rules on single records of these datasets and against DM. Does not belong here:
relapses, scores and scans as derived (the core suites).
"""

from expectations.raw_exposure import code_occurs_by_study, not_after_death
from expectations.sql import EDSS_SCORES, certainly_before, sql_list, sql_text
from expectations.suite import Expectation, failing_rows, unlikely_aggregate
from transforms.rules import Rules
from warehouse.contracts import TableContract


def ce_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on clinical events: relapses."""
    relapse = (
        f"t.cecat = {sql_text(rules.codes.relapse_category)} AND t.ceoccur IS DISTINCT FROM 'N'"
    )
    return (
        code_occurs_by_study("a relapse", "E-01", relapse),
        not_after_death(contract, "cestdtc", "A relapse", "E-01", relapse),
        failing_rows(
            contract,
            "relapse_has_year",
            "content",
            "E-01",
            "A relapse has no onset date, not even a year: it cannot be counted. Query the site.",
            where=f"{relapse} AND t.cestdtc IS NULL",
            show=("t.ceterm", "t.cestdtc"),
        ),
        unlikely_aggregate(
            "relapses_per_patient",
            "E-01",
            "On average more than 20 relapses per patient with one: look for duplicated records "
            "or another meaning of CECAT.",
            observed="count(*) / nullif(count(DISTINCT t.usubjid), 0)",
            where=relapse,
            likely="observed <= 20",
        ),
    )


def qs_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on questionnaires: EDSS."""
    codes = rules.codes
    edss = f"t.qscat = {sql_text(codes.edss_category)} AND t.qstestcd = {sql_text(codes.edss_test)}"
    return (
        failing_rows(
            contract,
            "edss_scores",
            "content",
            "E-06",
            "An EDSS score is none of 0, 1, 1.5, 2, … 10 (half points; 0.5 does not exist). Query "
            "the site.",
            where=f"{edss} AND t.qsstresn NOT IN {sql_list(EDSS_SCORES)}",
            show=("t.qsstresn", "t.visit", "t.qsdtc"),
        ),
        code_occurs_by_study("an EDSS score", "E-06", edss),
        not_after_death(contract, "qsdtc", "An EDSS assessment", "E-06", edss),
        failing_rows(
            contract,
            "edss_has_day",
            "plausibility",
            "E-06",
            "An EDSS score has no complete date: it can stand for no visit.",
            where=f"{edss} AND t.qsstresn IS NOT NULL AND coalesce(length(t.qsdtc), 0) < 10",
            show=("t.qsdtc",),
        ),
    )


def nv_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on brain MRI."""
    codes = rules.codes
    mri = f"t.nvcat = {sql_text(codes.mri_category)}"
    counts = sql_list((codes.gd_test, codes.t2_test, codes.t1_test))
    return (
        code_occurs_by_study("a lesion count", "E-10", f"{mri} AND t.nvtestcd IN {counts}"),
        failing_rows(
            contract,
            "lesion_counts",
            "content",
            "E-10",
            "A lesion count is not a whole number from 0. Query the reading centre.",
            where=f"{mri} AND t.nvtestcd IN {counts} "
            "AND (t.nvstresn < 0 OR t.nvstresn <> floor(t.nvstresn))",
            show=("t.nvtestcd", "t.nvstresn"),
        ),
        failing_rows(
            contract,
            "brain_parenchymal_fraction",
            "content",
            "E-10",
            "A brain parenchymal fraction lies outside 0 to 1; percentages must be delivered as "
            "fractions.",
            where=f"{mri} AND t.nvtestcd = {sql_text(codes.bpf_test)} "
            "AND NOT (t.nvstresn > 0 AND t.nvstresn < 1)",
            show=("t.nvstresn",),
        ),
        failing_rows(
            contract,
            "scan_has_day",
            "plausibility",
            "E-10",
            "A value of a brain scan has no complete date: it belongs to no scan.",
            where=f"{mri} AND t.nvstresn IS NOT NULL AND coalesce(length(t.nvdtc), 0) < 10",
            show=("t.nvtestcd", "t.nvdtc"),
        ),
        not_after_death(
            contract,
            "nvdtc",
            "A scan",
            "E-10",
            f"{mri} AND t.nvstat IS DISTINCT FROM {sql_text(codes.not_done)}",
        ),
    )


def ae_expectations(contract: TableContract, _rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on adverse events."""
    return (
        failing_rows(
            contract,
            "serious_is_yes_or_no",
            "content",
            "E-12",
            "AESER is neither Y nor N: the event would count as not serious. Query the site.",
            where="coalesce(t.aeser, '') NOT IN ('Y', 'N')",
            show=("t.aeterm", "t.aeser"),
        ),
        failing_rows(
            contract,
            "event_ends_after_start",
            "plausibility",
            "E-12",
            "An adverse event ends before it starts.",
            where=certainly_before("t.aeendtc", "t.aestdtc"),
            show=("t.aestdtc", "t.aeendtc"),
        ),
    )


#: CDISC's codelist of relations to a reference.
_STENRF = (
    *("BEFORE", "DURING", "DURING/AFTER", "AFTER"),
    *("COINCIDENT", "ONGOING", "U", "UNKNOWN"),
)


def cm_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on medications: disease-modifying therapies."""
    dmt = f"t.cmcat = {sql_text(rules.codes.dmt_category)}"
    relations = sorted({*_STENRF, *rules.codes.ongoing, rules.codes.before})
    return (
        failing_rows(
            contract,
            "known_relation_to_point",
            "content",
            "S-03",
            "CMENRTPT of a disease-modifying therapy is neither a term of CDISC nor a configured "
            "code: a therapy that goes on would count as one that does not. Query the site.",
            where=f"{dmt} AND t.cmenrtpt NOT IN {sql_list(relations)}",
            show=("t.cmtrt", "t.cmenrtpt"),
        ),
        failing_rows(
            contract,
            "therapy_ends_after_start",
            "content",
            "S-03",
            "A disease-modifying therapy ends before it starts: whether it excludes the patient "
            "cannot be told. Query the site.",
            where=f"{dmt} AND {certainly_before('t.cmendtc', 't.cmstdtc')}",
            show=("t.cmtrt", "t.cmstdtc", "t.cmendtc"),
        ),
        failing_rows(
            contract,
            "therapy_has_time",
            "plausibility",
            "S-03",
            "A disease-modifying therapy has neither start nor end nor a status relative to a "
            "reference: whether it excludes the patient hangs on a reading rule.",
            where=f"{dmt} AND t.cmstdtc IS NULL AND t.cmendtc IS NULL AND t.cmenrtpt IS NULL",
            show=("t.cmtrt",),
        ),
    )


def ds_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on disposition."""
    codes = rules.codes
    return (
        failing_rows(
            contract,
            "participation_end_told",
            "content",
            "E-16",
            "A disposition of study participation has no term or no date: retention cannot be "
            "told. Query the site.",
            where=f"t.dscat = {sql_text(codes.disposition_category)} "
            f"AND t.dsscat = {sql_text(codes.study_participation)} "
            "AND (t.dsdecod IS NULL OR t.dsstdtc IS NULL)",
            show=("t.dsdecod", "t.dsstdtc"),
        ),
    )


def sc_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on relapse counts before enrolment."""
    tests = sql_list(
        (rules.codes.relapses_prior_1_year_test, rules.codes.relapses_prior_2_years_test)
    )
    return (
        failing_rows(
            contract,
            "history_counts",
            "content",
            "W-01",
            "A number of relapses before enrolment is not a whole number from 0. Query the site.",
            where=f"t.sctestcd IN {tests} AND (t.scstresn < 0 OR t.scstresn <> floor(t.scstresn))",
            show=("t.sctestcd", "t.scstresn"),
        ),
    )
