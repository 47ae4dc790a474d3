"""What looks at landing make of transfers as they come, change and go."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.landing import edit_manifest, list_again, write_dataset, write_landing
from support.senders import (
    EVERYBODY,
    HOUR,
    MINUTE,
    NOV,
    NOW,
    OCT,
    RULES,
    SEP,
    cut_short,
    deliver,
    dm,
    half_a_file,
    half_a_manifest,
    lake_of_closed_studies,
    looked,
    no_file,
    no_manifest,
    preallocated_file,
    publish,
    rules_of,
    select,
    state,
    stated_as_it_is,
    topaz,
)

from warehouse.contracts.raw import REQUIRED_DATASETS
from warehouse.files import atomic_write, file_sha256, to_json
from warehouse.intake import look, unknown_folders
from warehouse.lake import Lake
from warehouse.landing import TransferRefused
from warehouse.ledger import Ledger
from warehouse.manifest import Finding
from warehouse.readers import reader_for
from warehouse.selection import TOPAZ_STUDY


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return lake_of_closed_studies(tmp_path / "lake")


# --- arriving ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spoil",
    [no_manifest, half_a_manifest, no_file, half_a_file, preallocated_file],
)
def test_what_may_still_arrive_is_judged_when_nothing_has_changed_for_the_settling_time(
    lake: Lake, spoil: Callable[[Path], None]
) -> None:
    folder = deliver(lake, OCT)
    spoil(lake.landing / folder)
    entry = looked(lake)[folder]
    assert (entry.state, entry.first_seen, entry.due_at) == ("incomplete", NOW, NOW + HOUR)
    assert state(lake, folder, NOW + HOUR - MINUTE) == "incomplete"
    settled = looked(lake, NOW + HOUR)[folder]
    assert (settled.state, settled.due_at, settled.reasons) == ("refused", None, entry.reasons)


def test_each_change_begins_the_settling_time_anew(lake: Lake) -> None:
    folder = deliver(lake, OCT)
    whole = cut_short(lake, folder)
    looked(lake)
    dm(lake, folder).write_bytes(whole[:-40])
    assert state(lake, folder, NOW + HOUR) == "incomplete"
    assert state(lake, folder, NOW + 2 * HOUR - MINUTE) == "incomplete"
    dm(lake, folder).write_bytes(whole)
    entry = looked(lake, NOW + 2 * HOUR - MINUTE)[folder]
    assert (entry.state, entry.reasons, entry.first_seen) == ("new", (), NOW)


def test_one_that_was_refused_half_copied_is_taken_when_it_is_whole(lake: Lake) -> None:
    folder = deliver(lake, OCT)
    whole = cut_short(lake, folder)
    looked(lake)
    assert state(lake, folder, NOW + HOUR) == "refused"
    dm(lake, folder).write_bytes(whole)
    assert state(lake, folder, NOW + 2 * HOUR) == "new"


def _other_study(folder: Path) -> None:
    edit_manifest(folder, lambda manifest: manifest.update(study="CAMMS323"))


def _lacks_ae(folder: Path) -> None:
    (folder / "ae.xpt").unlink()
    kept = lambda manifest: [one for one in manifest["datasets"] if one["name"] != "AE"]  # noqa: E731
    edit_manifest(folder, lambda manifest: manifest.update(datasets=kept(manifest)))


def _lacks_ae_and_half_of_dm(folder: Path) -> None:
    _lacks_ae(folder)
    half_a_file(folder)


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (stated_as_it_is, "file-format"),
        (_other_study, "manifest-study"),
        (_lacks_ae, "required-dataset"),
        (_lacks_ae_and_half_of_dm, "required-dataset"),
    ],
)
def test_what_waiting_cannot_mend_is_refused_at_once(
    lake: Lake, spoil: Callable[[Path], None], rule: str
) -> None:
    folder = deliver(lake, OCT)
    spoil(lake.landing / folder)
    entry = looked(lake)[folder]
    assert entry.state == "refused"
    assert rule in rules_of(entry)


def test_a_cut_that_still_arrives_is_refused_with_when_it_will_be_judged(lake: Lake) -> None:
    folder = deliver(lake, OCT)
    cut_short(lake, folder)
    with pytest.raises(TransferRefused) as refused:
        select(lake)
    arriving, *others = refused.value.findings
    assert arriving == Finding(
        TOPAZ_STUDY,
        folder,
        "incomplete",
        "is still arriving: last change 2017-11-20 08:00 UTC. It is taken when it matches its "
        "manifest, and judged as it is if nothing changes until 2017-11-20 09:00 UTC",
    )
    assert [other.rule for other in others] == ["bytes", "file-format"]


def test_a_file_that_may_not_be_read_is_said_and_read_when_it_may(lake: Lake, monkeypatch) -> None:
    folder = deliver(lake, OCT)
    with monkeypatch.context() as context:
        context.setattr("warehouse.landing.file_sha256", _refuse_to_read)
        entry = looked(lake)[folder]
    assert entry.state == "incomplete"
    assert str(entry.reasons[0]).endswith(
        "dm.xpt [file-unreadable]: cannot be read (Permission denied). Let the account that runs "
        "TOPAZ read it"
    )
    dm(lake, folder).chmod(0o600)
    assert state(lake, folder, NOW + MINUTE) == "new"


def _refuse_to_read(path: Path) -> str:
    raise PermissionError(13, "Permission denied", str(path))


def test_a_folder_that_may_not_be_read_holds_no_other_back(lake: Lake, monkeypatch) -> None:
    closed, other = deliver(lake, SEP), deliver(lake, OCT)
    listed, read = Path.iterdir, Path.read_text

    def refusing(call):
        def refused(path: Path, *args, **kwargs):
            if closed in str(path):
                raise PermissionError(13, "Permission denied", str(path))
            return call(path, *args, **kwargs)

        return refused

    with monkeypatch.context() as context:
        context.setattr(Path, "iterdir", refusing(listed))
        context.setattr(Path, "read_text", refusing(read))
        found = looked(lake)
    assert (found[closed].state, found[other].state) == ("incomplete", "new")
    assert "cannot be read (Permission denied). Let the account" in str(found[closed].reasons[0])
    assert state(lake, closed, NOW + MINUTE) == "new"


def test_a_manifest_that_may_not_be_read_is_said(lake: Lake) -> None:
    folder = deliver(lake, OCT)
    (lake.landing / folder / "manifest.json").unlink()
    (lake.landing / folder / "manifest.json").mkdir()
    (reason,) = looked(lake)[folder].reasons
    assert reason.message.startswith("cannot be read (Is a directory). Let the account")


# --- judged once -------------------------------------------------------------------------------


def test_unchanged_files_are_not_hashed_again(lake: Lake, monkeypatch) -> None:
    deliver(lake, OCT)
    before = looked(lake)
    monkeypatch.setattr("warehouse.landing.file_sha256", _refuse_to_read)
    assert looked(lake, NOW + HOUR) == before


def test_a_touched_transfer_is_what_it_was(lake: Lake) -> None:
    folder = deliver(lake, OCT)
    looked(lake)
    Ledger(lake.root).refuse([Finding(TOPAZ_STUDY, folder, "gate of raw.dm", "rows lost")], "1")
    dm(lake, folder).touch()
    entry = looked(lake, NOW + HOUR)[folder]
    assert (entry.state, rules_of(entry)) == ("refused", ["gate of raw.dm"])
    # Other code or settings judge again.
    assert state(lake, folder, NOW + HOUR, replace(RULES, version="2")) == "new"


def test_what_a_run_refused_is_judged_again_when_its_content_changes(lake: Lake) -> None:
    folder = deliver(lake, OCT)
    looked(lake)
    Ledger(lake.root).refuse([Finding(TOPAZ_STUDY, folder, "gate of raw.dm", "rows lost")], "1")
    assert state(lake, folder) == "refused"
    deliver(lake, OCT, (*EVERYBODY, "P4"))
    assert state(lake, folder) == "new"


def test_other_code_or_settings_do_not_judge_again_what_was_used(lake: Lake, monkeypatch) -> None:
    folder = deliver(lake, OCT)
    publish(lake, OCT)
    monkeypatch.setattr("warehouse.landing.file_sha256", _refuse_to_read)
    assert state(lake, folder, NOW, replace(RULES, version="2")) == "accepted"


def test_an_accepted_transfer_that_is_copied_again_stays_accepted(lake: Lake) -> None:
    folder = deliver(lake, OCT)
    publish(lake, OCT)
    whole = cut_short(lake, folder)
    assert state(lake, folder) == "incomplete"
    dm(lake, folder).write_bytes(whole)
    entry = looked(lake)[folder]
    assert (entry.state, entry.used_by, entry.has_served) == ("accepted", ("r1",), True)


def test_hidden_files_are_no_part_of_a_transfer(lake: Lake) -> None:
    folder = deliver(lake, OCT)
    before = looked(lake)[folder]
    (lake.landing / folder / ".DS_Store").write_bytes(b"")
    (lake.landing / folder / ".dm.xpt.Xy12").write_bytes(b"half")
    assert looked(lake, NOW + HOUR)[folder] == before


def test_a_file_that_is_renamed_is_read_under_its_new_name(lake: Lake) -> None:
    folder = deliver(lake, OCT)
    publish(lake, OCT)
    dm(lake, folder).rename(lake.landing / folder / "DM.XPT")

    def rename(manifest: dict) -> None:
        for entry in manifest["datasets"]:
            entry["file"] = {"dm.xpt": "DM.XPT"}.get(entry["file"], entry["file"])

    edit_manifest(lake.landing / folder, rename)
    entry = looked(lake)[folder]
    assert entry.state == "accepted"
    files = [file.file for file in select(lake).transfers[-1].datasets]
    assert f"{folder}/DM.XPT" in files
    assert all((lake.landing / file).is_file() for file in files)


def test_a_clock_that_was_ahead_holds_nothing_back(lake: Lake) -> None:
    folder = deliver(lake, OCT)
    no_file(lake.landing / folder)
    assert state(lake, folder, NOW + timedelta(days=9999)) == "incomplete"
    assert state(lake, folder) == "incomplete"
    assert state(lake, folder, NOW + HOUR) == "refused"


def test_an_accepted_transfer_with_other_content_is_new(lake: Lake) -> None:
    folder = deliver(lake, OCT)
    publish(lake, OCT)
    deliver(lake, OCT, (*EVERYBODY, "P4"))
    entry = looked(lake)[folder]
    assert (entry.state, entry.has_served) == ("new", False)


def test_a_transfer_that_is_gone_is_kept_in_mind_and_not_used(lake: Lake) -> None:
    deliver(lake, SEP)
    folder = deliver(lake, OCT)
    publish(lake, OCT)
    (lake.landing / folder).rename(lake.root / "aside")
    entry = looked(lake)[folder]
    assert (entry.state, entry.is_present, entry.is_usable) == ("accepted", False, False)
    with pytest.raises(TransferRefused, match="reaches the cut-off 2017-10-04"):
        select(lake)
    (lake.root / "aside").rename(lake.landing / folder)
    assert topaz(select(lake)) == folder


# --- beside others -----------------------------------------------------------------------------


def test_the_same_content_twice_is_one_transfer(lake: Lake) -> None:
    first = deliver(lake, OCT)
    second = deliver(lake, OCT, day=date(2017, 10, 25))
    entries = looked(lake)
    assert entries[first].state == "new"
    assert (entries[second].state, rules_of(entries[second])) == ("superseded", ["duplicate"])
    assert entries[second].reasons[0].message == (
        f"repeats {first}, file by file; that one is used"
    )
    assert topaz(select(lake)) == first


def test_a_repeat_that_comes_under_an_earlier_date_changes_nothing(lake: Lake) -> None:
    second = deliver(lake, OCT, day=date(2017, 10, 25))
    publish(lake, OCT)
    first = deliver(lake, OCT)
    entries = looked(lake)
    assert (entries[second].state, entries[first].state) == ("accepted", "superseded")
    assert topaz(select(lake)) == second


def test_a_repeat_of_a_refused_transfer_is_refused(lake: Lake) -> None:
    first = deliver(lake, OCT)
    looked(lake)
    refusal = Finding(TOPAZ_STUDY, first, "gate of raw.dm", "rows lost")
    Ledger(lake.root).refuse([refusal], "1")
    second = deliver(lake, OCT, day=date(2017, 10, 25))
    assert looked(lake)[second].reasons == (refusal,)


def test_a_repeat_takes_the_place_of_what_is_gone(lake: Lake) -> None:
    first = deliver(lake, OCT)
    second = deliver(lake, OCT, day=date(2017, 10, 25))
    looked(lake)
    shutil.rmtree(lake.landing / first)
    assert state(lake, second) == "new"


def test_the_patients_of_a_split_dm_are_held_against_the_last_transfer(lake: Lake) -> None:
    deliver(lake, SEP)
    folder = deliver(lake, OCT, EVERYBODY[:2])
    dm(lake, folder).rename(lake.landing / folder / "dma.xpt")

    def split(manifest: dict) -> None:
        for entry in manifest["datasets"]:
            if entry["name"] == "DM":
                entry.update(name="DMA", file="dma.xpt")

    path = lake.landing / folder / "dma.xpt"
    rows = reader_for(path).read(path).collect().rename(str.upper)
    path.unlink()
    write_dataset(path, "DMA", rows)
    edit_manifest(lake.landing / folder, split)
    list_again(lake.landing / folder, "DMA", 2)
    (reason,) = looked(lake)[folder].reasons
    assert (reason.rule, reason.file) == ("patient-dropped", f"{folder}/dma.xpt")
    assert "P3" in reason.message


def test_rows_of_another_study_are_refused(lake: Lake) -> None:
    write_landing(
        lake.root / "other", {"CAMMS323": {"DM": [{"usubjid": "C1"}]}}, cutoff=OCT,
        transfer_date=date(2017, 10, 18),
    )  # fmt: skip
    folder = deliver(lake, OCT)
    shutil.copyfile(lake.root / "other/CAMMS323/2017-10-18/dm.xpt", dm(lake, folder))
    list_again(lake.landing / folder, "DM", 1)
    entry = looked(lake)[folder]
    assert entry.reasons == (
        Finding(
            TOPAZ_STUDY,
            f"{folder}/dm.xpt",
            "study-id",
            "has 1 of 1 rows of STUDYID 'CAMMS323' in the folder of LPS13649. Move the transfer to "
            "its study's folder, or ask the sender for the right files",
        ),
    )


def test_a_patient_who_was_there_may_not_be_missing(lake: Lake) -> None:
    before, folder = deliver(lake, SEP), deliver(lake, OCT, ("P1", "P3", "P4"))
    entry = looked(lake)[folder]
    assert entry.reasons == (
        Finding(
            TOPAZ_STUDY,
            f"{folder}/dm.xpt",
            "patient-dropped",
            f"lacks 1 of the 3 patients of {before}: P2. A cumulative transfer keeps everybody. "
            "Ask the sender for them; list patients who withdrew their consent in settings.toml, "
            "[transfers] withdrawn",
        ),
    )


def test_many_missing_patients_are_counted(lake: Lake) -> None:
    deliver(lake, SEP, [f"P{n:02}" for n in range(1, 14)])
    folder = deliver(lake, OCT, ["P13"])
    assert "lacks 12 of the 13 patients" in looked(lake)[folder].reasons[0].message
    assert "P09, P10 and 2 more. A" in looked(lake)[folder].reasons[0].message


def test_a_patient_who_withdrew_may_be_missing(lake: Lake) -> None:
    deliver(lake, SEP)
    folder = deliver(lake, OCT, ("P1", "P3"))
    assert state(lake, folder) == "refused"
    rules = replace(RULES, withdrawn=("P2",), version="2")
    assert state(lake, folder, NOW, rules) == "new"


@pytest.mark.parametrize(
    ("before", "after"),
    [(EVERYBODY, ("P1", "Q2", "P3")), (("P1", "Q2", "P3"), EVERYBODY)],
)
def test_a_patient_under_another_usubjid_is_not_missing(
    lake: Lake, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    deliver(lake, SEP, before)
    folder = deliver(lake, OCT, after)
    assert state(lake, folder) == "refused"
    crosswalk = "study,usubjid,person_id\nLPS13649,Q2,P2\n"
    (lake.landing / "crosswalk.csv").write_text(crosswalk)
    assert state(lake, folder) == "new"


def test_a_transfer_is_held_against_what_lies_there_now(lake: Lake) -> None:
    first = deliver(lake, SEP)
    folder = deliver(lake, OCT, ("P1", "P3"))
    assert state(lake, folder) == "refused"
    # The one with a patient too many is taken away: nobody is missing any more.
    (lake.landing / first).rename(lake.root / "aside")
    assert state(lake, folder) == "new"
    (lake.root / "aside").rename(lake.landing / first)
    assert state(lake, folder) == "refused"


def test_a_dropped_patient_is_held_against_the_last_usable_transfer(lake: Lake) -> None:
    deliver(lake, SEP)
    deliver(lake, OCT, ("P1", "P3"))
    folder = deliver(lake, NOV, ("P1", "P3"))
    assert rules_of(looked(lake)[folder]) == ["patient-dropped"]


ARRIVALS = [
    (SEP, EVERYBODY, None),
    (OCT, ("P1", "P3"), None),  # lacks a patient
    (OCT, EVERYBODY, date(2017, 10, 20)),
    (OCT, EVERYBODY, date(2017, 10, 25)),  # the same again
    (NOV, ("P1", "P2", "P3", "P4"), None),
]


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    order=st.sampled_from(list(permutations(ARRIVALS))), looks=st.lists(st.booleans(), max_size=5)
)
def test_in_whichever_order_transfers_arrive_the_same_comes_of_them(
    lake: Lake, order: tuple[tuple, ...], looks: list[bool]
) -> None:
    shutil.rmtree(lake.landing / TOPAZ_STUDY, ignore_errors=True)
    shutil.rmtree(lake.root / "ledger", ignore_errors=True)
    for at, (cutoff, patients, day) in enumerate(order):
        deliver(lake, cutoff, patients, day=day)
        if at < len(looks) and looks[at]:
            looked(lake, NOW + at * MINUTE)
    states = {folder: entry.state for folder, entry in looked(lake, NOW + HOUR).items()}
    assert states == {
        "LPS13649/2017-09-18": "new",
        "LPS13649/2017-10-18": "refused",
        "LPS13649/2017-10-20": "new",
        "LPS13649/2017-10-25": "superseded",
        "LPS13649/2017-11-18": "new",
    }
    now = NOW + HOUR
    assert topaz(select(lake, SEP, now)) == "LPS13649/2017-09-18"
    assert topaz(select(lake, OCT, now)) == "LPS13649/2017-10-20"
    assert topaz(select(lake, NOV, now)) == "LPS13649/2017-11-18"


def test_folders_of_no_study_harm_nothing_and_are_named(lake: Lake) -> None:
    deliver(lake, OCT)
    (lake.landing / "LPS1364/2017-10-18").mkdir(parents=True)
    (lake.landing / ".mirror").mkdir()
    select(lake)
    assert unknown_folders(lake.landing) == ("LPS1364",)
    assert unknown_folders(lake.root / "nowhere") == ()


# --- a lake without a ledger -------------------------------------------------------------------


def test_a_lost_ledger_learns_from_the_releases_what_was_accepted(lake: Lake) -> None:
    older, newer = deliver(lake, SEP), deliver(lake, OCT, ("P1", "P3", "P4"))
    changed = deliver(lake, OCT, (*EVERYBODY, "P5"), day=date(2017, 10, 25))
    for at, folder in enumerate((older, newer, changed)):
        closed = [f"{study}/2016-10-20" for study in REQUIRED_DATASETS if study != TOPAZ_STUDY]
        files = [
            path.relative_to(lake.landing).as_posix()
            for one in (*closed, folder)
            for path in (lake.landing / one).glob("*.xpt")
        ]
        manifest = {
            "release_id": f"r{at}",
            "data_cut": f"2017-10-0{at}",
            "created_at": "2017-10-20",
            "inputs": [
                {"file": file, "sha256": file_sha256(lake.landing / file)} for file in files
            ],
        }
        atomic_write(lake.releases / f"r{at}" / "manifest.json", to_json(manifest))
    deliver(lake, OCT, (*EVERYBODY, "P6"), day=date(2017, 10, 25))
    found = look(lake, RULES, NOW)
    assert {one.folder: (one.state, one.used_by) for one in found} == {
        "CAMMS03409/2016-10-20": ("accepted", ("r0", "r1", "r2")),
        "CAMMS323/2016-10-20": ("accepted", ("r0", "r1", "r2")),
        "CAMMS32400507/2016-10-20": ("accepted", ("r0", "r1", "r2")),
        older: ("superseded", ("r0",)),
        # It was used, whatever is missing in it.
        newer: ("accepted", ("r1",)),
        # Its files are no longer those that the release was made from, and P4 is missing in them.
        changed: ("refused", ()),
    }
    assert all(one.has_served for one in found if one.used_by)


def test_a_lake_without_landing_gets_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(TransferRefused, match=r"landing .*does not exist\. Put transfers into"):
        look(Lake(tmp_path / "misspelt"), RULES, NOW)
    assert not (tmp_path / "misspelt").exists()
