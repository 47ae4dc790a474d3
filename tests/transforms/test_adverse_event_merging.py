"""E-12: which records are the same event, as told one by one."""

from collections import defaultdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from transform_spec import STUDY, Trial

RECORD = st.fixed_dictionaries(
    {
        "usubjid": st.sampled_from(["P1", "P2"]),
        "studyid": st.sampled_from(["C1", "E", "T"]),
        "aedecod": st.sampled_from(["Asthma", "Fever", None]),
        "aestdtc": st.sampled_from(
            ["2009-01-01", "2009-01-01T10:00", "2009-01-01T09:00:30", "2009-01", "2009", None]
        ),
        "aeser": st.sampled_from(["Y", "N", None]),
        "aesdth": st.sampled_from(["Y", "N", None]),
    }
)


def told_one_by_one(records: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Events: the nth record of each study with the same person, term and start is one event."""
    rank = {study: place for place, study in enumerate(("C1", "E", "T"))}
    events: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    seen: dict[Any, int] = defaultdict(int)
    for number, record in sorted(
        enumerate(records), key=lambda item: (rank[item[1]["studyid"]], item[0])
    ):
        text = record["aestdtc"]
        key: Any = (record["usubjid"], record["aedecod"], text and text[:10])
        if record["aedecod"] is None or text is None:
            key = (*key, number)
        nth = seen[key, record["studyid"]]
        seen[key, record["studyid"]] += 1
        events[key, nth].append(record)
    return sorted(
        (
            group[0]["usubjid"],
            STUDY[group[0]["studyid"]],
            str(group[0]["aedecod"]),
            str(group[0]["aestdtc"]),
            any(row["aeser"] == "Y" for row in group),
            any(row["aesdth"] == "Y" for row in group),
            str(
                min(
                    (row["aestdtc"][11:] for row in group if "T" in str(row["aestdtc"])), default=""
                )
            ),
        )
        for group in events.values()
    )


@settings(max_examples=150, deadline=None)
@given(records=st.lists(RECORD, max_size=14))
def test_e12_records_of_one_event(records: list[dict[str, Any]]) -> None:
    trial = Trial().person("P1").person("P2")
    for record in records:
        trial.add("ae", **record)
    got = trial.derive("adverse_event")
    told = sorted(
        (
            row["person_id"],
            row["study_id"],
            str(row["preferred_term"]),
            str(row["onset_text"]),
            row["is_serious"],
            row["is_fatal"],
            "" if row["onset_at"] is None else f"{row['onset_at']:%H:%M:%S}".removesuffix(":00"),
        )
        for row in got.to_dicts()
    )
    assert told == told_one_by_one(records)
    for _, numbers in got.group_by("person_id", maintain_order=True):
        assert numbers["event_number"].to_list() == [*range(1, numbers.height + 1)]
