from datetime import date

import pytest

from orchestration import fingerprint
from orchestration.fingerprint import planned_versions, release_versions
from orchestration.tables import INPUTS
from warehouse.landing import DatasetFile, Transfer


def transfers(**hashes: str) -> tuple[Transfer, ...]:
    return tuple(
        Transfer(
            study_id=study,
            transfer_date=date(2017, 10, 20),
            cutoff=date(2017, 10, 4),
            folder=f"{study}/2017-10-20",
            datasets=tuple(
                DatasetFile(
                    name=name,
                    file=f"{study}/2017-10-20/{name.lower()}.xpt",
                    records=1,
                    bytes=80,
                    sha256=hashes.get(name, "00"),
                )
                for name in ("DM", "CE", "AE")
            ),
        )
        for study in ("CAMMS323", "LPS13649")
    )


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def downstream(*tables: str) -> set[str]:
    found = set(tables)
    for name, inputs in INPUTS.items():
        if found & set(inputs):
            found.add(name)
    return found


def test_same_inputs_code_and_rules_are_the_same_versions():
    assert planned_versions(transfers(), {"a": 1}) == planned_versions(transfers(), {"a": 1})


def test_the_order_of_the_transfers_does_not_matter():
    backwards = tuple(reversed(transfers()))
    assert planned_versions(backwards, {}) == planned_versions(transfers(), {})


def test_a_new_file_changes_its_table_and_what_lies_below():
    before = planned_versions(transfers(), {})
    after = planned_versions(transfers(AE="11"), {})
    assert changed(before, after) == downstream("raw.ae")


def test_a_changed_rule_changes_what_is_derived_but_no_raw_table():
    moved = changed(
        planned_versions(transfers(), {"a": 1}), planned_versions(transfers(), {"a": 2})
    )
    assert moved == {name for name in INPUTS if not name.startswith("raw.")}


def test_changed_code_changes_its_table_and_what_lies_below(monkeypatch):
    before = planned_versions(transfers(), {})
    code_version = fingerprint.code_version
    monkeypatch.setattr(
        fingerprint,
        "code_version",
        lambda module: "new" if module == "transforms.relapse" else code_version(module),
    )
    assert changed(before, planned_versions(transfers(), {})) == downstream("core.relapse")


def test_code_version_sees_the_modules_that_a_module_imports():
    closure = fingerprint._closure("transforms.relapse")
    assert {"transforms.relapse", "transforms.rules", "warehouse.contracts.core"} <= closure
    assert "transforms.course" not in closure
    assert not any(name.startswith(("orchestration", "simulation")) for name in closure)


@pytest.mark.parametrize("what", ["gates", "release", "landing"])
def test_a_release_is_also_made_of_its_gates_and_its_publishing(what):
    assert what in release_versions(planned_versions(transfers(), {}), {})


def test_gates_of_other_rules_are_other_gates():
    assert fingerprint.gate_version({"codes": 1}) != fingerprint.gate_version({"codes": 2})
