"""What a run notes in the ledger: why it stopped, and what it published.

Belongs here: the notes of a run. Does not belong here: the ledger itself, or what a sensor notes
when it asks for a run (`orchestration.watch`).
"""

from datetime import UTC, datetime

from orchestration.fingerprint import planned_versions
from orchestration.plan import judging_version, planned_release
from orchestration.settings import load_rules
from orchestration.tables import INPUTS, TRANSFER
from warehouse.files import atomic_write
from warehouse.gate_page import gate_page
from warehouse.gate_result import gate_results
from warehouse.lake import GateRecord, Lake
from warehouse.ledger import Ledger
from warehouse.manifest import Finding, Selection
from warehouse.raw import RawTableError
from warehouse.release import GATE_PAGE
from warehouse.transfer_table import from_frame


def note_stop(lake: Lake, data_cut: str, table: str, gate: GateRecord) -> None:
    """Note that a gate stopped a cut, and refuse the new transfers that it blames.

    A gate that names files blames the transfers that they are of; another one blames the one that
    no release has used yet, or nobody if there are several: the release is then not tried again,
    and whichever is mended makes another one. The page of gates is written for whoever looks why.
    """
    selection = from_frame(lake.work(data_cut).scan(TRANSFER))
    text = str(gate.report["text"])
    ledger = Ledger(lake.root)
    ledger.refuse(
        [
            Finding(study, file, f"gate of {table}", text)
            for study, file in _blamed(ledger, selection, gate)
        ],
        judging_version(lake),
        selection,
    )
    release = planned_release(lake, data_cut, selection)
    ledger.end_attempt(data_cut, release, "stopped", text, datetime.now(UTC))
    write_gate_page(lake, data_cut, selection)


def note_misfit(lake: Lake, selection: Selection, data_cut: str, misfit: RawTableError) -> None:
    """Note that a file holds what its table cannot, and refuse the transfer that it is of."""
    ledger = Ledger(lake.root)
    # A finding names its file itself.
    message = str(misfit).removeprefix(misfit.file).lstrip(", ")
    finding = Finding(misfit.file.split("/")[0], misfit.file, "value", message)
    ledger.refuse([finding], judging_version(lake), selection)
    release = planned_release(lake, data_cut, selection)
    ledger.end_attempt(data_cut, release, "refused", str(misfit), datetime.now(UTC))


def note_release(lake: Lake, selection: Selection, data_cut: str, release_id: str) -> None:
    """Note that a release was made from a selection."""
    ledger = Ledger(lake.root)
    ledger.accept(selection, release_id)
    ledger.end_attempt(data_cut, release_id, "published", "", datetime.now(UTC))
    # Where the tables' records in Dagster point: no longer the page of an earlier stop.
    page = lake.releases / release_id / "results" / GATE_PAGE
    atomic_write(lake.work(data_cut).root / GATE_PAGE, page.read_bytes())


def write_gate_page(lake: Lake, data_cut: str, selection: Selection) -> None:
    """Write the page of the gates of a cut that was stopped, of those that have looked at it."""
    work = lake.work(data_cut)
    planned = planned_versions(selection, load_rules(lake.root, data_cut))
    asked = [
        name
        for name in INPUTS
        if (gate := work.gate(name)) is not None and gate.data_version == planned[name]
    ]
    page = gate_page(gate_results(work, asked), data_cut=data_cut, release_id=None)
    atomic_write(work.root / GATE_PAGE, page.encode())


def _blamed(ledger: Ledger, selection: Selection, gate: GateRecord) -> list[tuple[str, str]]:
    """Study and folder of the transfers that a failed gate blames."""
    files = {
        key["source_file"]
        for outcome in gate.report["outcomes"]
        if not outcome["passed"] and outcome["severity"] != "plausibility"
        for key in outcome["failing_keys"]
        if "source_file" in key
    }
    if files:
        blamed = [
            transfer
            for transfer in selection.transfers
            if any(file.file in files for file in transfer.datasets)
        ]
    else:
        served = {entry.folder for entry in ledger.entries() if entry.has_served}
        unserved = [one for one in selection.transfers if one.folder not in served]
        blamed = unserved if len(unserved) == 1 else []
    return [(transfer.study_id, transfer.folder) for transfer in blamed]
