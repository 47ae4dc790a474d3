"""Groups of patients: who is a member (S-01 .. S-09)."""

import pytest
from trial_tables import table

from models.groups import (
    ADDITIONAL,
    BASELINE_GROUPS,
    EFFICACY_GROUPS,
    SAFETY_GROUPS,
    TREATED,
)
from warehouse.contracts import CORE
from warehouse.contracts.core import GROUPS
from warehouse.contracts.results import GROUP_IDS, POPULATIONS

PERSONS = {
    "none": {},
    "core": {"is_treated": True},
    "late": {"is_treated": True, "is_extension": True, "is_additional": True},
    "two": {"is_treated": True, "group_id": "2-courses"},
    "three": {"is_treated": True, "is_additional": True, "group_id": "3-courses"},
    "five": {"is_treated": True, "is_additional": True, "group_id": "5plus-courses"},
}


def listed(groups):
    rows = [
        {"person_id": person, "core_study_id": "CAMMS323", **flags}
        for person, flags in PERSONS.items()
    ]
    persons = table(CORE["population"], rows).collect()
    return {
        (group.population, group.group_id, person)
        for group in groups
        for person in persons.filter(group.is_member)["person_id"]
    }


@pytest.mark.parametrize(
    ("group", "persons"),
    [
        (TREATED, {"core", "late", "two", "three", "five"}),
        (ADDITIONAL, {"late", "three", "five"}),
        (EFFICACY_GROUPS[0], {"two"}),
        (EFFICACY_GROUPS[1], {"three"}),
        (EFFICACY_GROUPS[2], set()),
        (EFFICACY_GROUPS[3], {"five"}),
    ],
    ids=lambda item: getattr(item, "group_id", ""),
)
def test_members_of_a_group(group, persons):
    assert {person for _, _, person in listed([group])} == persons


def test_a_person_is_listed_once_for_each_group():
    assert {row for row in listed(SAFETY_GROUPS) if row[2] in ("two", "three")} == {
        ("treated", "overall", "two"),
        ("safety", "2-courses", "two"),
        ("treated", "overall", "three"),
        ("additional", "additional-courses", "three"),
        ("efficacy", "3-courses", "three"),
    }


def test_who_is_in_no_group_is_listed_nowhere():
    assert "none" not in {person for _, _, person in listed((*SAFETY_GROUPS, *BASELINE_GROUPS))}


def test_groups_are_named_as_in_the_contract_with_a_rule_of_their_own():
    groups = (*BASELINE_GROUPS, *SAFETY_GROUPS)
    assert {group.population for group in groups} <= set(POPULATIONS)
    assert {group.group_id for group in groups} <= set(GROUP_IDS)
    assert [group.group_id for group in EFFICACY_GROUPS] == list(GROUPS)
    assert [group.rule_id for group in EFFICACY_GROUPS] == ["S-04", "S-05", "S-06", "S-07"]
    assert (TREATED.rule_id, ADDITIONAL.rule_id) == ("S-01", "S-09")
    for columns in (BASELINE_GROUPS, SAFETY_GROUPS):
        assert len({(group.population, group.group_id) for group in columns}) == len(columns)
