from dataclasses import replace
from datetime import date

import pytest

from expectations.suites import QuarantineLimits
from orchestration import fingerprint
from orchestration.fingerprint import gate_versions, planned_versions, release_versions
from orchestration.tables import INPUTS
from transforms.rules import Rules
from warehouse.manifest import DatasetFile, Selection, Transfer

RULES = Rules(cutoff=date(2017, 10, 4), horizon_years=8)
LIMITS = QuarantineLimits()


def transfers(**hashes: str) -> Selection:
    crosswalk = hashes.pop("CROSSWALK", None)
    file = DatasetFile("CROSSWALK", "crosswalk.csv", 1, 80, crosswalk) if crosswalk else None
    return Selection(tuple(_transfer(study, hashes) for study in ("CAMMS323", "LPS13649")), file)


def _transfer(study: str, hashes: dict[str, str]) -> Transfer:
    folder = f"{study}/2017-10-20"
    files = (
        DatasetFile(name, f"{folder}/{name.lower()}.xpt", 1, 80, hashes.get(name, "00"))
        for name in ("DM", "CE", "AE")
    )
    return Transfer(study, date(2017, 10, 20), date(2017, 10, 4), folder, tuple(files))


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def downstream(*tables: str) -> set[str]:
    found = set(tables)
    for name, inputs in INPUTS.items():
        if found & set(inputs):
            found.add(name)
    return found


def planned(rules: Rules = RULES, **hashes: str) -> dict[str, str]:
    return planned_versions(transfers(**hashes), rules)


def test_same_inputs_code_and_rules_are_the_same_versions():
    assert planned() == planned()


def test_the_order_of_the_transfers_does_not_matter():
    backwards = Selection(transfers().transfers[::-1])
    assert planned_versions(backwards, RULES) == planned()


def test_every_table_has_a_version_of_its_own():
    assert list(planned()) == list(INPUTS)
    assert len(set(planned().values())) == len(INPUTS)


def test_a_new_file_changes_its_table_and_what_lies_below():
    moved = changed(planned(), planned(AE="11"))
    # Why a number is missing is told of all files together.
    assert moved == downstream("raw.ae", "quarantine.ae", "raw.special_missing")


def test_the_crosswalk_changes_everything():
    assert changed(planned(), planned(CROSSWALK="11")) == set(INPUTS)


def test_a_changed_rule_changes_what_is_derived_but_no_raw_table():
    moved = changed(planned(), planned(replace(RULES, relapse_merge_days=7)))
    assert moved == {name for name in INPUTS if not name.startswith(("raw.", "quarantine."))}


def test_a_raw_table_is_the_same_at_every_cut():
    other = replace(RULES, cutoff=date(2016, 10, 4), horizon_years=7)
    same = set(INPUTS) - changed(planned(), planned(other))
    assert same == {name for name in INPUTS if name.startswith(("raw.", "quarantine."))}


def test_a_code_in_a_content_rule_changes_the_raw_tables_that_it_parts():
    other = replace(RULES, codes=replace(RULES.codes, edss_test="EDSS0102"))
    moved = {name for name in changed(planned(), planned(other)) if name.startswith("raw.")}
    assert moved == {"raw.qs"}


def test_changed_code_changes_its_table_and_what_lies_below(monkeypatch):
    before = planned()
    code_version = fingerprint.code_version
    monkeypatch.setattr(
        fingerprint,
        "code_version",
        lambda module: "new" if module == "transforms.relapse" else code_version(module),
    )
    assert changed(before, planned()) == downstream("core.relapse")


@pytest.mark.parametrize("module", ["orchestration.buckets", "orchestration.compute"])
def test_what_calls_the_functions_of_tables_changes_all_that_is_derived(monkeypatch, module):
    before = planned()
    source = fingerprint._source
    monkeypatch.setattr(
        fingerprint, "_source", lambda name: source(name) + "# new" * (name == module)
    )
    raw = {name for name in INPUTS if name.startswith(("raw.", "quarantine."))}
    assert changed(before, planned()) == set(INPUTS) - raw


@pytest.mark.parametrize("name", ["models/arr.py", "models/reproduction/printed.csv"])
def test_the_project_s_code_is_its_modules_and_the_tables_beside_them(monkeypatch, tmp_path, name):
    for path in ("models/arr.py", "models/reproduction/printed.csv"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("before")
    monkeypatch.setattr(fingerprint, "_ROOT", tmp_path)
    before = fingerprint.project_code()
    assert fingerprint.project_code() == before
    (tmp_path / name).write_text("after")
    assert fingerprint.project_code() != before


def test_code_version_sees_the_modules_that_a_module_imports():
    closure = fingerprint._closure("transforms.relapse")
    assert {"transforms.relapse", "transforms.rules", "warehouse.contracts.core"} <= closure
    assert "transforms.course" not in closure
    assert not any(name.startswith(("orchestration", "simulation")) for name in closure)


@pytest.mark.parametrize("what", ["gates", "release", "landing"])
def test_a_release_is_also_made_of_its_gates_and_its_publishing(what):
    assert what in release_versions(planned(), gate_versions(RULES, LIMITS))


def test_gates_of_other_rules_or_limits_are_other_gates():
    before = gate_versions(RULES, LIMITS)
    codes = replace(RULES.codes, relapse_category="RELAPSE")
    assert "raw.ce" in changed(before, gate_versions(replace(RULES, codes=codes), LIMITS))
    limits = QuarantineLimits(most_percent=2.0)
    assert changed(before, gate_versions(RULES, limits)) == {
        name for name in INPUTS if name.startswith("quarantine.")
    }
