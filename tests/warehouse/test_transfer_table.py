from dataclasses import replace

from support.landing import CUTOFF, write_landing

from warehouse.landing import Transfer, select_transfers
from warehouse.transfer_table import from_frame, to_frame


def ordered(transfers: tuple[Transfer, ...]) -> list[Transfer]:
    sorted_files = (
        replace(transfer, datasets=tuple(sorted(transfer.datasets, key=lambda file: file.name)))
        for transfer in transfers
    )
    return sorted(sorted_files, key=lambda transfer: transfer.study_id)


def test_transfers_come_back_as_they_went_in(tmp_path):
    transfers = select_transfers(write_landing(tmp_path), CUTOFF)
    assert list(from_frame(to_frame(transfers))) == ordered(transfers)
