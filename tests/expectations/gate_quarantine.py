"""Quarantine, registers and delivered files of the tiny world (`gate_world`).

One row of each dataset but DM is put aside.
"""

from datetime import date

from gate_patients import CORE, EXTENSION, Row, World

from warehouse.contracts import QUARANTINE


def quarantine_tables(raw: World) -> World:
    """For each dataset but DM the last row of the core study's file, which repeated another."""
    return {
        contract.sql_name: []
        if name == "dm"
        else [
            {
                "source_file": f"{CORE}/2017-10-20/{name}.xpt",
                "source_row": 1 + sum(row["studyid"] == CORE for row in raw[f"raw.{name}"]),
                "expectation": "unique_key",
                "rule_id": "",
                "study_id": CORE,
                "usubjid": "P1",
                "record_key": "seq=1",
                "offending": "repeats row 1",
                "message": "One row per key.",
                "record": "{}",
            }
        ]
        for name, contract in QUARANTINE.items()
    }


def registers() -> World:
    """One person who had another identifier in the extension, one number with a reason."""
    return {
        "raw.crosswalk": [
            {
                "source_file": "crosswalk.csv",
                "source_row": 1,
                "study_id": EXTENSION,
                "usubjid": "E1",
                "person_id": "P1",
            }
        ],
        "raw.special_missing": [
            {
                "source_file": f"{CORE}/2017-10-20/nv.sas7bdat",
                "source_row": 7,
                "study_id": CORE,
                "dataset": "NV",
                "variable": "nvstresn",
                "code": "A",
            }
        ],
    }


def transfers(raw: World, quarantine: World) -> list[Row]:
    """What was delivered: one row per file, with the records that are in either table."""
    files = [row["source_file"] for table in (*raw.values(), *quarantine.values()) for row in table]
    return [
        {
            "study_id": file.split("/")[0],
            "transfer_date": date(2017, 10, 20),
            "cutoff": date(2017, 10, 4),
            "folder": file.rpartition("/")[0],
            "dataset": file.rpartition("/")[2].removesuffix(".xpt").upper(),
            "file": file,
            "records": files.count(file),
            "bytes": 1,
            "sha256": "0" * 64,
        }
        for file in sorted(set(files))
    ]
