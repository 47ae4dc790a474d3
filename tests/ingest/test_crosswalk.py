"""Which USUBJIDs are one person: the file, its faults, and what it does to the raw tables."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.gate import selected
from support.landing import write_landing

from warehouse.contracts import RAW, REGISTERS
from warehouse.crosswalk import CrosswalkError, read_crosswalk
from warehouse.raw import RawTableError, build_raw_table

HEADER = "study,usubjid,person_id\n"
STUDIES = ("CAMMS323", "CAMMS03409", "LPS13649")
PERSONS = ("P-01", "P-02", "P-03")


def crosswalk(folder: Path, text: str) -> Path:
    path = folder / "crosswalk.csv"
    path.write_text(text, encoding="utf-8")
    return path


def faults(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(CrosswalkError) as error:
        read_crosswalk(crosswalk(folder, text))
    return error.value.faults


def test_rows_come_in_order_stripped_with_their_number(tmp_path: Path) -> None:
    text = "person_id,usubjid,study\nP-01, T1 ,LPS13649\nP-02,E2,CAMMS03409\n"
    assert read_crosswalk(crosswalk(tmp_path, text)).rows() == [
        ("LPS13649", "T1", "P-01", 1),
        ("CAMMS03409", "E2", "P-02", 2),
    ]


def test_a_line_said_twice_counts_once(tmp_path: Path) -> None:
    text = f"{HEADER}LPS13649,T1,P-01\nLPS13649,T1,P-01\n"
    assert read_crosswalk(crosswalk(tmp_path, text)).height == 1


def test_one_person_may_have_an_identifier_in_each_study(tmp_path: Path) -> None:
    text = f"{HEADER}LPS13649,T1,P-01\nCAMMS03409,E1,P-01\n"
    assert read_crosswalk(crosswalk(tmp_path, text)).height == 2


def test_a_crosswalk_without_a_line_names_nobody(tmp_path: Path) -> None:
    assert read_crosswalk(crosswalk(tmp_path, HEADER)).is_empty()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("LPS13649,T1,\n", "line 2: a cell is blank. Fill it in, or remove the line"),
        ("LPS13649,  ,P-01\n", "line 2: a cell is blank. Fill it in, or remove the line"),
        ("LPS13649,T1\n", "line 2: a cell is blank. Fill it in, or remove the line"),
        (
            "LPS1,T1,P-01\n",
            "line 2: 'LPS1' is no study of the trial; these are CAMMS323, CAMMS32400507, "
            "CAMMS03409, LPS13649",
        ),
        (
            "LPS13649,T1,P-01\nLPS13649,T1,P-02\n",
            "lines 2, 3: USUBJID T1 of LPS13649 is said to be 2 persons, P-01, P-02. Keep the "
            "right line",
        ),
        (
            "LPS13649,T1,P-01\nCAMMS03409,T1,P-01\nLPS13649,T2,P-01\n",
            "lines 2, 4: P-01 has 2 USUBJIDs in LPS13649, T1, T2; a person takes part in a study "
            "once. Keep the USUBJID that was enrolled, and have the other left out of the extract",
        ),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path: Path, lines: str, message: str) -> None:
    assert faults(tmp_path, HEADER + lines) == (message,)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    found = faults(tmp_path, f"{HEADER}LPS13649,T1,\nLPS1,T2,P-02\nLPS13649,T3,P-03\n")
    assert [fault.split(":")[0] for fault in found] == ["line 2", "line 3"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"study,usubjid\nLPS13649,T1\n", "lacks the column person_id; it has study, usubjid. Its"),
        (b"", "does not end with a line end: it may have been cut short"),
        (b"study,usubjid,person_id\nLPS13649,T1,P-0", "does not end with a line end"),
        (b"\n", "is no CSV text in UTF-8: "),
        (b"study,usubjid,person_id\nLPS13649,T1,P-01,x\n", "is no CSV text in UTF-8: "),
        (b"study,usubjid,person_id\nLPS13649,T1,P\xe9\n", "is no CSV text in UTF-8: "),
    ],
)
def test_a_file_that_is_no_crosswalk(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "crosswalk.csv"
    path.write_bytes(content)
    with pytest.raises(CrosswalkError) as error:
        read_crosswalk(path)
    (fault,) = error.value.faults
    assert fault.startswith(message)


# --- what it does to the raw tables -------------------------------------------------------------


def landing_of(folder: Path, names: dict[tuple[str, str], str], text: str | None) -> Path:
    """Three studies of three persons, each under the names that a study gives them."""
    tables = {
        study: {
            "DM": [{"usubjid": names.get((study, one), one), "sex": "F"} for one in PERSONS],
            "AE": [
                {"usubjid": names.get((study, one), one), "aeseq": at + 1.0, "aeterm": "fever"}
                for at, one in enumerate(PERSONS)
            ],
        }
        for study in STUDIES
    }
    landing = write_landing(folder, tables)
    if text is not None:
        crosswalk(landing, text)
    return landing


def test_usubjid_becomes_the_person_and_the_register_keeps_what_was_delivered(
    tmp_path: Path,
) -> None:
    names = {("LPS13649", "P-01"): "T1"}
    landing = landing_of(tmp_path / "landing", names, f"{HEADER}LPS13649,T1,P-01\n")
    selection = selected(landing)
    ae = build_raw_table(RAW["ae"], selection, landing).collect()
    assert ae.filter(studyid="LPS13649")["usubjid"].to_list() == list(PERSONS)
    register = build_raw_table(REGISTERS["crosswalk"], selection, landing).collect()
    assert register.schema == REGISTERS["crosswalk"].schema
    assert register.rows() == [("crosswalk.csv", 1, "LPS13649", "T1", "P-01")]


def test_an_identifier_is_another_person_in_another_study(tmp_path: Path) -> None:
    # P-02 of TOPAZ is P-01 elsewhere, and the other way round; P-02 of CARE-MS I stays.
    text = f"{HEADER}LPS13649,P-02,P-01\nLPS13649,P-01,P-02\n"
    landing = landing_of(tmp_path / "landing", {}, text)
    ae = build_raw_table(RAW["ae"], selected(landing), landing).collect()
    subjects = {
        study: ae.filter(studyid=study).sort("aeseq")["usubjid"].to_list() for study in STUDIES
    }
    assert subjects["LPS13649"] == ["P-02", "P-01", "P-03"]
    assert subjects["CAMMS323"] == ["P-01", "P-02", "P-03"]


def test_without_a_crosswalk_the_register_is_empty(tmp_path: Path) -> None:
    landing = landing_of(tmp_path / "landing", {}, None)
    register = build_raw_table(REGISTERS["crosswalk"], selected(landing), landing).collect()
    assert register.schema == REGISTERS["crosswalk"].schema
    assert register.is_empty()


def test_a_crosswalk_that_changed_after_the_gate_is_refused(tmp_path: Path) -> None:
    landing = landing_of(tmp_path / "landing", {}, f"{HEADER}LPS13649,P-01,P-09\n")
    selection = selected(landing)
    crosswalk(landing, f"{HEADER}LPS13649,P-01,P-08\n")
    message = "crosswalk.csv is missing or has changed since the landing gate passed it"
    with pytest.raises(RawTableError, match=message):
        build_raw_table(RAW["dm"], selection, landing)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    renamed=st.dictionaries(
        st.tuples(st.sampled_from(STUDIES), st.sampled_from(PERSONS)),
        st.text("ABCXYZ019-", min_size=6, max_size=12),
        max_size=9,
    ).filter(
        # Within a study, the names that it gives differ.
        lambda names: len({(study, new) for (study, _), new in names.items()}) == len(names)
    )
)
def test_renaming_with_a_crosswalk_changes_no_raw_table(
    tmp_path_factory: pytest.TempPathFactory, renamed: dict[tuple[str, str], str]
) -> None:
    folder = tmp_path_factory.mktemp("renaming")
    plain = landing_of(folder / "plain", {}, None)
    lines = [f"{study},{new},{old}\n" for (study, old), new in renamed.items()]
    other = landing_of(folder / "renamed", renamed, HEADER + "".join(lines))
    for name in ("dm", "ae"):
        before, after = (
            build_raw_table(RAW[name], selected(landing), landing).collect()
            for landing in (plain, other)
        )
        assert after.equals(before)
