"""The pages that tell what the code does name everything that there is."""

import re
from dataclasses import fields
from pathlib import Path

from orchestration.commands.command import EXIT_CODES
from transforms.rules import Codes, Rules, Terms
from warehouse.contracts import ALL

DOCS = Path(__file__).parents[2] / "docs"
RULES = (DOCS / "rules.md").read_text(encoding="utf-8")
README = (DOCS.parent / "README.md").read_text(encoding="utf-8")


def test_every_rule_that_a_table_names_is_explained():
    told = set(re.findall(r"^\| ([A-Z]-\d\d) \|", RULES, flags=re.MULTILINE))
    assert {rule for table in ALL for rule in table.rule_ids} <= told


def test_every_setting_is_listed():
    settings = {field.name for target in (Rules, Codes, Terms) for field in fields(target)}
    settings -= {"cutoff", "codes", "terms"}
    assert settings <= set(re.findall(r"\w+", RULES))


def test_the_readme_s_links_lead_somewhere():
    targets = re.findall(r"\]\((docs/[^)#]+)\)", README)
    assert targets
    assert [target for target in targets if not (DOCS.parent / target).is_file()] == []


def test_the_readme_lists_the_exit_codes_of_the_program():
    listed = set(re.findall(r"\b(\d+)\s[a-z]", README.split("Exit codes:")[1].split(".")[0]))
    assert listed == set(re.findall(r"^  (\d+)", EXIT_CODES, flags=re.MULTILINE))
