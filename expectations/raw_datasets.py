"""What must be true of every raw table beyond its contract: provenance, identity, dates.

Belongs here: rules that every SDTM dataset shares. Does not belong here: completeness of the
files (the landing gate), rules of one dataset (`raw_exposure`, `raw_events`).
"""

from expectations.generic import record_once
from expectations.sql import sql_list, sql_text
from expectations.suite import Expectation, failing_rows
from transforms.rules import Rules
from warehouse.contracts import TableContract

# Right-truncated date or date-time without a zone, as SDTM writes it.
_TWO = "[0-9]{2}"
_ISO_8601 = rf"{_TWO}{_TWO}(-{_TWO}(-{_TWO}(T{_TWO}(:{_TWO}(:{_TWO}([.][0-9]+)?)?)?)?)?)?"


def dataset_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on a raw table that follow from its being an SDTM dataset."""
    codes = rules.codes
    studies = (*codes.core_studies, codes.extension_study, codes.topaz_study)
    supplement = contract.name.startswith("supp")
    domain = "rdomain" if supplement else "domain"
    own = [contract.name.removeprefix("supp").upper()]
    if contract.name == "qs":
        # EDSS may come as disease response, RS; its rows keep their domain.
        own.append("RS")
    expectations = [
        record_once(contract),
        failing_rows(
            contract,
            "known_study",
            "structural",
            "T-01",
            f"STUDYID must be one of {', '.join(studies)}; another study's file lies in the "
            "landing folder, or the codes need it.",
            where=f"t.studyid NOT IN {sql_list(studies)}",
            show=("t.source_file",),
        ),
        failing_rows(
            contract,
            "study_of_folder",
            "structural",
            "T-01",
            "STUDYID is not the study in whose landing folder the file lies: a file of another "
            "study was sent, or it was put into the wrong folder. Ask the sender.",
            where="split_part(t.source_file, '/', 1) <> t.studyid",
            show=("t.source_file",),
        ),
        failing_rows(
            contract,
            "own_domain",
            "structural",
            "",
            f"{domain.upper()} must be {' or '.join(own)}: the file holds another dataset than its "
            "name says.",
            where=f"t.{domain} NOT IN {sql_list(own)}",
            show=(f"t.{domain}", "t.source_file"),
        ),
    ]
    dates = [column.name for column in contract.columns if column.name.endswith("dtc")]
    if dates:
        expectations.append(_dates(contract, dates))
    if contract.name != "dm":
        expectations += [_after_cutoff(contract, name, rules) for name in dates[:1]]
        expectations.append(
            failing_rows(
                contract,
                "patient_in_dm",
                "content",
                "",
                "The patient has no record in raw.dm of the same study: DM is incomplete, the "
                "USUBJID is misspelt, or the patient's DM record is in quarantine itself. Ask the "
                "data manager of the study.",
                where="NOT EXISTS (SELECT 1 FROM raw.dm AS d "
                "WHERE d.studyid = t.studyid AND d.usubjid = t.usubjid)",
            )
        )
    return tuple(expectations)


def _after_cutoff(contract: TableContract, start: str, rules: Rules) -> Expectation:
    # ISO 8601 texts sort as the days do; a partial date is later only if all its days are.
    return failing_rows(
        contract,
        "after_cutoff",
        "plausibility",
        "T-04",
        f"Records are dated after the cut-off {rules.data_cut}. They are left out; look whether "
        "the transfer's cut-off is the one that its manifest states.",
        where=f"left(t.{start}, 10) > {sql_text(rules.data_cut)}",
        show=(f"t.{start}",),
    )


def _dates(contract: TableContract, columns: list[str]) -> Expectation:
    # The pattern admits month 13 and 30 February; the cast of the text, completed to a day, not.
    def broken(name: str) -> str:
        return (
            f"t.{name} IS NOT NULL AND (NOT regexp_full_match(t.{name}, {sql_text(_ISO_8601)}) "
            f"OR try_cast(CASE length(t.{name}) WHEN 4 THEN t.{name} || '-01-01' "
            f"WHEN 7 THEN t.{name} || '-01' ELSE left(t.{name}, 10) END AS DATE) IS NULL)"
        )

    named = ", ".join(
        f"CASE WHEN {broken(name)} THEN '{name} = ' || t.{name} END" for name in columns
    )
    return failing_rows(
        contract,
        "iso_8601_dates",
        "content",
        "",
        "A date is not ISO 8601 (YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm[:ss]) or not in "
        "the calendar. Correct it at the source; an unknown part is left out at the right.",
        where=" OR ".join(f"({broken(name)})" for name in columns),
        show=(f"concat_ws(', ', {named}) AS broken_dates",),
    )
