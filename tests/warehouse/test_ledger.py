"""The ledger keeps what it was told, whoever reads it when."""

import json
import stat
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from warehouse.ledger import Attempt, Entry, Ledger, LedgerDamaged
from warehouse.manifest import DatasetFile, Finding, Selection

NOW = datetime(2017, 11, 1, 5, 0, tzinfo=UTC)
CUT = "2017-10-04"
WAITS = (timedelta(minutes=5), timedelta(hours=1))


def entry(study="LPS13649", day=date(2017, 10, 20), cutoff=date(2017, 10, 4), **more) -> Entry:
    folder = f"{study}/{day}"
    return Entry(
        study_id=study,
        folder=folder,
        transfer_date=day,
        cutoff=cutoff,
        datasets=(DatasetFile("DM", f"{folder}/dm.xpt", 3, 80, "00"),),
        signature="signature",
        notes=("dm.xpt is no UTF-8",),
        first_seen=NOW,
        changed_at=NOW,
        judged_by="version",
        **{"state": "new", "reasons": (), "content": f"content of {folder}", **more},
    )


def filled(root, *entries: Entry) -> Ledger:
    ledger = Ledger(root)
    with ledger.editing() as book:
        book.update({one.folder: one for one in entries})
    return ledger


def test_entries_come_back_as_they_went_in(tmp_path):
    reason = Finding("LPS13649", "LPS13649/2017-11-20/dm.xpt", "bytes", "too short")
    entries = (
        entry(),
        entry(day=date(2017, 11, 20), cutoff=None, state="refused", reasons=(reason,)),
        entry(study="CAMMS323", used_by=("a", "b"), state="accepted", is_present=False),
        entry(study="CAMMS03409", state="incomplete", due_at=NOW, held_against="x y"),
    )
    found = filled(tmp_path, *entries).entries()
    assert set(found) == set(entries)
    assert [one.study_id for one in found] == ["CAMMS03409", "CAMMS323", "LPS13649", "LPS13649"]


def test_the_folder_is_its_owner_s_alone(tmp_path):
    filled(tmp_path, entry())
    assert stat.S_IMODE((tmp_path / "ledger").stat().st_mode) == 0o700


def test_editing_that_fails_changes_nothing(tmp_path):
    ledger = filled(tmp_path, entry())
    before = ledger.transfers_file.read_bytes()

    def spoil() -> None:
        with ledger.editing() as book:
            book.clear()
            raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        spoil()
    assert ledger.transfers_file.read_bytes() == before


def test_editing_that_changes_nothing_writes_nothing(tmp_path):
    ledger = filled(tmp_path, entry())
    written = ledger.transfers_file.stat().st_mtime_ns
    with ledger.editing():
        pass
    assert ledger.transfers_file.stat().st_mtime_ns == written


@pytest.mark.parametrize("text", ["", "[{", '{"a": 1}', '[{"study_id": "x"}]', "[3]"])
def test_a_damaged_ledger_says_what_to_do(tmp_path, text):
    ledger = filled(tmp_path, entry())
    ledger.transfers_file.write_text(text)
    with pytest.raises(LedgerDamaged, match=r"transfers\.json cannot be read .* Restore it"):
        ledger.entries()
    with pytest.raises(LedgerDamaged), ledger.editing():
        pass
    assert ledger.transfers_file.read_text() == text


def selection(*entries: Entry) -> Selection:
    return Selection(tuple(one.transfer() for one in entries))


def states(ledger: Ledger) -> dict[str, str]:
    return {one.folder: one.state for one in ledger.entries()}


def test_a_newer_accepted_transfer_takes_the_place_of_an_older_one(tmp_path):
    october = entry()
    november = entry(day=date(2017, 11, 20), cutoff=date(2017, 11, 4))
    ledger = filled(tmp_path, october, november)
    ledger.accept(selection(october), "r1")
    assert states(ledger) == {october.folder: "accepted", november.folder: "new"}
    ledger.accept(selection(november), "r2")
    assert states(ledger) == {october.folder: "superseded", november.folder: "accepted"}
    told = {one.folder: one for one in ledger.entries()}
    assert told[october.folder].reasons[0].rule == "superseded"
    assert november.folder in told[october.folder].reasons[0].message
    # The older cut is made again: it was used, and is still not the newest.
    ledger.accept(selection(october), "r3")
    assert states(ledger) == {october.folder: "superseded", november.folder: "accepted"}
    used = {one.folder: one.used_by for one in ledger.entries()}
    assert used == {october.folder: ("r1", "r3"), november.folder: ("r2",)}


def test_a_release_that_is_made_twice_is_noted_once(tmp_path):
    ledger = filled(tmp_path, entry())
    for _ in range(2):
        ledger.accept(selection(entry()), "r1")
    assert ledger.entries()[0].used_by == ("r1",)


def test_a_new_transfer_of_the_same_cutoff_is_superseded_one_of_an_older_cut_is_not(tmp_path):
    older, first = entry(day=date(2017, 9, 20), cutoff=date(2017, 9, 4)), entry()
    second = entry(day=date(2017, 10, 25))
    ledger = filled(tmp_path, older, first, second)
    ledger.accept(selection(second), "r1")
    # The older cut is still to be made; the first delivery of this one has had its day.
    assert states(ledger) == {
        older.folder: "new", first.folder: "superseded", second.folder: "accepted"
    }  # fmt: skip


def test_what_changed_while_it_was_read_is_not_accepted(tmp_path):
    read = entry()
    other_bytes = (replace(read.datasets[0], sha256="11"),)
    for changed in (
        replace(read, datasets=other_bytes),
        replace(read, cutoff=date(2017, 10, 5)),
        replace(read, state="incomplete"),
    ):
        ledger = filled(tmp_path, changed)
        ledger.accept(selection(read), "r1")
        assert ledger.entries() == (changed,)
        ledger.refuse([blame(read)], "version 2", selection(read))
        assert ledger.entries() == (changed,)


def test_other_content_in_a_folder_begins_with_no_release(tmp_path):
    ledger = filled(tmp_path, entry())
    ledger.accept(selection(entry()), "r1")
    with ledger.editing() as book:
        changed = replace(book[entry().folder], content="other", state="new")
        book[entry().folder] = changed
    assert not ledger.entries()[0].has_served
    ledger.accept(selection(changed), "r2")
    assert ledger.entries()[0].used_by == ("r2",)
    assert ledger.entries()[0].has_served


def blame(one: Entry) -> Finding:
    return Finding(one.study_id, f"{one.folder}/dm.xpt", "gate of raw.dm", "rows were lost")


def test_only_transfers_that_served_no_release_are_refused_by_a_run(tmp_path):
    used = entry(study="CAMMS323")
    repeat = entry("CAMMS323", date(2017, 10, 27), state="superseded", content=used.content)
    ledger = filled(tmp_path, used, repeat, entry())
    ledger.accept(selection(used), "r1")
    ledger.refuse([blame(used), blame(entry())], "version 2", selection(used, entry()))
    assert states(ledger) == {
        used.folder: "accepted", repeat.folder: "superseded", entry().folder: "refused"
    }  # fmt: skip
    refused = ledger.entries()[2]
    assert refused.reasons == (blame(entry()),)
    assert refused.judged_by == "version 2"


def test_a_repeat_is_refused_with_what_it_repeats(tmp_path):
    repeat = entry(day=date(2017, 10, 27), state="superseded", content=entry().content)
    other = entry(day=date(2017, 11, 3))
    ledger = filled(tmp_path, entry(), repeat, other)
    ledger.refuse([blame(entry())], "version 2")
    assert states(ledger) == {
        entry().folder: "refused", repeat.folder: "refused", other.folder: "new"
    }  # fmt: skip


def attempt(n: int = 1, outcome="requested", release_id="r1") -> Attempt:
    return Attempt(CUT, release_id, outcome, "why", NOW, n)


def test_an_attempt_is_noted_again_with_its_end(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.record_attempt(attempt())
    ledger.record_attempt(replace(attempt(), outcome="failed"))
    ledger.record_attempt(Attempt("2016-10-04", "r0", "published", "", NOW, 1))
    assert ledger.attempts(CUT) == (attempt(outcome="failed"),)


@pytest.mark.parametrize(
    ("outcomes", "wait"),
    [
        (["failed"], WAITS[0]),
        (["requested"], WAITS[0]),
        (["failed", "refused"], WAITS[1]),
        (["failed", "failed"], WAITS[1]),
        (["failed"] * 3, None),
        (["failed", "requested", "failed"], None),
        (["failed", "stopped"], None),
        (["stopped", "failed"], None),
    ],
)
def test_a_cut_is_tried_again_only_where_that_may_help(tmp_path, outcomes, wait):
    ledger = Ledger(tmp_path)
    for n, outcome in enumerate(outcomes, start=1):
        ledger.record_attempt(replace(attempt(n, outcome), at=NOW + timedelta(days=n)))
    last = NOW + timedelta(days=len(outcomes))
    assert ledger.next_try(CUT, "r1", WAITS) == (None if wait is None else last + wait)
    # Other data, code or settings make another release: that one has all its tries.
    assert ledger.next_try(CUT, "r2", WAITS) < NOW


@pytest.mark.parametrize("outcomes", [["published"], ["failed", "failed", "failed", "published"]])
def test_what_was_published_once_may_be_made_again(tmp_path, outcomes):
    ledger = Ledger(tmp_path)
    for n, outcome in enumerate(outcomes, start=1):
        ledger.record_attempt(attempt(n, outcome))
    assert ledger.next_try(CUT, "r1", WAITS) < NOW
    ledger.record_attempt(attempt(len(outcomes) + 1, "failed"))
    assert ledger.next_try(CUT, "r1", WAITS) == NOW + WAITS[0]


def test_without_waits_there_is_one_try(tmp_path):
    ledger = Ledger(tmp_path)
    assert ledger.next_try(CUT, "r1", ()) < NOW
    ledger.record_attempt(attempt(1, "failed"))
    assert ledger.next_try(CUT, "r1", ()) is None


def test_the_end_of_a_run_is_noted_with_its_last_try(tmp_path):
    ledger = Ledger(tmp_path)
    for n in (1, 2):
        ledger.record_attempt(attempt(n))
    ledger.end_attempt(CUT, "r1", "published", "", NOW)
    assert [one.outcome for one in ledger.attempts(CUT)] == ["requested", "published"]
    ledger.end_attempt(CUT, "by hand", "stopped", "a gate", NOW)
    assert [one.n for one in ledger.attempts(CUT) if one.release_id == "by hand"] == [1]


def test_the_files_are_readable_json(tmp_path):
    ledger = filled(tmp_path, entry())
    (written,) = json.loads(ledger.transfers_file.read_text())
    assert written["cutoff"] == "2017-10-04"
    assert written["state"] == "new"
