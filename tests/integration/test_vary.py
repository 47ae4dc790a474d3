"""`topaz vary`: every endpoint under other rules, and nothing changed by it."""

from datetime import date

import pytest
from support.published import published_state

from orchestration.cli import main
from orchestration.settings import change_rules
from orchestration.vary import vary
from transforms.rules import Rules
from warehouse.contracts.results import KEY
from warehouse.database import query
from warehouse.release import current

CUT = "2017-10-04"
RULES = Rules(date(2017, 10, 4), 8)


def test_the_rules_that_stand_move_nothing(published_lake):
    found = vary(published_lake.work(CUT), RULES)
    assert found.rows.height == 0
    assert found.n_compared > 8000


def test_it_finds_what_the_scenario_of_the_release_finds(published_lake):
    found = vary(published_lake.work(CUT), change_rules(RULES, ["confirmation_days=183"]))
    rows = query(
        current(published_lake).database,
        "SELECT * FROM results.sensitivity WHERE scenario = 'confirmation-183-days' "
        "AND (value IS DISTINCT FROM value_primary OR value_text <> text_primary)",
    )
    cell = [name for name in KEY if name != "scenario"]
    assert rows.height > 0
    varied = found.rows.select(*cell, value="varied", value_primary="value").sort(cell)
    assert varied.equals(rows.select(*cell, "value", "value_primary").sort(cell))


def test_it_prints_the_rows_that_come_out_otherwise_and_publishes_nothing(published_lake, capsys):
    before = published_state(published_lake)
    root = ["--root", str(published_lake.root)]
    assert main(["vary", "confirmation_days=183", "--analysis", "cdw", *root]) == 0
    out = capsys.readouterr().out
    assert "cdw.km" in out
    assert "cdi.km" not in out
    assert "confirmation_days=183" in out.splitlines()[-1]
    assert "Nothing was published" in out
    assert published_state(published_lake) == before


@pytest.mark.parametrize(
    ("rule", "code", "message"),
    [
        ("confirmation_day=183", 2, "has no setting 'confirmation_day'"),
        ("confirmation_days", 2, "is no change of a rule"),
        ("confirmation_days=-1", 2, "must be at least 0, got -1"),
    ],
)
def test_a_mistake_is_named(published_lake, capsys, rule, code, message):
    assert main(["vary", rule, "--root", str(published_lake.root)]) == code
    told = capsys.readouterr().err
    assert message in told
    assert "Traceback" not in told


def test_a_cut_that_was_not_refreshed_is_named(published_lake, capsys):
    command = ["vary", "iar_hours=48", "--cut", "2016-10-04", "--root", str(published_lake.root)]
    assert main(command) == 6
    assert "topaz refresh --cut 2016-10-04" in capsys.readouterr().err
