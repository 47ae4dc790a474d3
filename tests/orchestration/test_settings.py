from datetime import date
from pathlib import Path

import pytest

from orchestration.settings import SETTINGS_FILE, SettingsError, as_parameters, load_rules
from transforms.rules import Rules


def test_without_a_file_the_plan_s_defaults_hold(tmp_path):
    assert load_rules(tmp_path, "2017-10-04") == Rules(date(2017, 10, 4), 8)


@pytest.mark.parametrize(
    ("cut", "years"), [("2017-10-04", 8), ("2016-10-04", 7), ("2017-10-03", 7), ("2018-01-31", 8)]
)
def test_the_horizon_follows_the_cut(tmp_path, cut, years):
    assert load_rules(tmp_path, cut).horizon_years == years


def test_settings_change_rules_codes_and_horizon(tmp_path):
    (tmp_path / SETTINGS_FILE).write_text(
        "[rules]\nrelapse_merge_days = 0\nlandmark_month = 73\nmri_after_months = [3, 12]\n"
        '[codes]\ntreated_arm = "ALEMTUZUMAB"\n[horizon_years]\n"2017-10-04" = 7\n'
    )
    rules = load_rules(tmp_path, "2017-10-04")
    assert rules.relapse_merge_days == 0
    assert rules.landmark_day == 72 * 30.4375
    assert rules.mri_after_months == (3, 12)
    assert rules.codes.treated_arm == "ALEMTUZUMAB"
    assert rules.horizon_years == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[rules\n", "cannot be read"),
        ("[rule]\n", r"unknown section \['rule'\]"),
        ("[rules]\nrelapse_merge = 1\n", "no setting 'relapse_merge'.*relapse_merge_days"),
        ('[rules]\nrelapse_merge_days = "a"\n', "must be of the kind of its default, 30"),
        ("[rules]\nrelapse_merge_days = true\n", "must be of the kind of its default, 30"),
        ("[rules]\nedss_step_months = 5\n", "edss_step_months must divide 12"),
        ("[rules]\ncutoff = 2017-10-04\n", "no setting 'cutoff'"),
        ('[horizon_years]\n"2017-10-04" = 0\n', "horizon of 0 years"),
        ('[horizon_years]\n"2017-10-04" = "8"\n', "horizon of 8 years"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text, message):
    (tmp_path / SETTINGS_FILE).write_text(text)
    with pytest.raises(SettingsError, match=message):
        load_rules(tmp_path, "2017-10-04")


@pytest.mark.parametrize(
    ("cut", "message"), [("4 Oct 2017", "YYYY-MM-DD"), ("2009-10-04", "at least a year after")]
)
def test_a_cut_that_is_none_is_named(tmp_path, cut, message):
    with pytest.raises(SettingsError, match=message):
        load_rules(tmp_path, cut)


def test_parameters_hold_every_rule_as_json_values(tmp_path):
    parameters = as_parameters(load_rules(tmp_path, "2017-10-04"))
    assert parameters["cutoff"] == "2017-10-04"
    assert parameters["codes"]["treated_arm"] == "ALEM12"
