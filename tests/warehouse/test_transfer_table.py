from dataclasses import replace

from support.gate import selected
from support.landing import write_landing

from warehouse.manifest import DatasetFile, Selection, Transfer
from warehouse.transfer_table import from_frame, to_frame


def ordered(transfers: tuple[Transfer, ...]) -> list[Transfer]:
    sorted_files = (
        replace(transfer, datasets=tuple(sorted(transfer.datasets, key=lambda file: file.name)))
        for transfer in transfers
    )
    return sorted(sorted_files, key=lambda transfer: transfer.study_id)


def test_a_selection_comes_back_as_it_went_in(tmp_path):
    selection = selected(write_landing(tmp_path / "landing"))
    assert list(from_frame(to_frame(selection)).transfers) == ordered(selection.transfers)
    assert from_frame(to_frame(selection)).crosswalk is None


def test_the_crosswalk_goes_with_it(tmp_path):
    crosswalk = DatasetFile("CROSSWALK", "crosswalk.csv", 2, 60, "00")
    transfers = selected(write_landing(tmp_path / "landing")).transfers
    frame = to_frame(Selection(transfers, crosswalk))
    assert from_frame(frame).crosswalk == crosswalk
    assert frame.filter(dataset="CROSSWALK").collect()["study_id"].to_list() == ["ALL"]
