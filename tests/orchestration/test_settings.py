from datetime import date, timedelta
from pathlib import Path

import pytest

from orchestration.settings import (
    SETTINGS_FILE,
    Operations,
    SettingsError,
    as_parameters,
    change_rules,
    load_operations,
    load_rules,
)
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
        'cdw_rise_points = 2\n[terms]\nitp = ["Purpura"]\n'
        '[codes]\ntreated_arm = "ALEMTUZUMAB"\n[horizon_years]\n"2017-10-04" = 7\n'
    )
    rules = load_rules(tmp_path, "2017-10-04")
    assert rules.relapse_merge_days == 0
    assert rules.landmark_day == 72 * 30.4375
    assert rules.mri_after_months == (3, 12)
    assert rules.codes.treated_arm == "ALEMTUZUMAB"
    assert rules.terms.itp == ("Purpura",)
    assert rules.cdw_rise_points == 2
    assert rules.horizon_years == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[rules\n", "cannot be read"),
        ("[rule]\n", r"unknown section \['rule'\]"),
        ("[rules]\nrelapse_merge = 1\n", "no setting 'relapse_merge'.*relapse_merge_days"),
        ('[rules]\nrelapse_merge_days = "a"\n', "must be of the kind of its default, 30"),
        ("[rules]\nrelapse_merge_days = true\n", "must be of the kind of its default, 30"),
        ("[rules]\nis_gap_at_risk = 1\n", "is_gap_at_risk = 1 must be of .* default, true"),
        ("[rules]\nlandmark_month = 8.5\n", "landmark_month = 8.5 must be a whole number"),
        ("[rules]\nlandmark_month = 0\n", "rules: landmark_month must be at least 1, got 0"),
        ("[rules]\nrelapse_merge_days = -1\n", "relapse_merge_days must be at least 0, got -1"),
        ("[rules]\nedss_step_months = 0\n", "edss_step_months must be at least 1, got 0"),
        ("[rules]\nedss_step_months = -6\n", "edss_step_months must be at least 1, got -6"),
        ("[rules]\nedss_step_months = 5\n", "edss_step_months must divide 12"),
        ("[rules]\nmri_after_months = 3\n", r"mri_after_months = 3 must .* default, \[3, 15\]"),
        ("[rules]\nmri_after_months = [3]\n", r"mri_after_months = \[3\] must be of the kind"),
        ('[rules]\nmri_after_months = ["a", "b"]\n', r"mri_after_months = \['a', 'b'\] must be"),
        ("[rules]\nmri_after_months = [3, true]\n", r"mri_after_months = \[3, True\] must be"),
        ("[rules]\nmri_after_months = [15, 3]\n", r"a later last month, got \(15, 3\)"),
        ("[rules]\nmri_after_months = [-3, 3]\n", r"first month from 0 .* got \(-3, 3\)"),
        ("[rules]\ncutoff = 2017-10-04\n", "no setting 'cutoff'"),
        ("[rules]\nterms = 1\n", "no setting 'terms'"),
        ("[rules]\ncdw_rise_points = -0.5\n", "cdw_rise_points must be at least 0, got -0.5"),
        ("[rules]\ncdw_rise_points = true\n", "cdw_rise_points = True must be of the kind"),
        ('[rules]\ncdi_after_course = "new"\n', "cdi_after_course must be one of new onset, at"),
        ('[terms]\nitp = "Purpura"\n', r"\[terms\] itp = 'Purpura' must be of the kind"),
        ("[codes]\ncore_studies = [1]\n", r"\[codes\] core_studies = \[1\] must be of the kind"),
        ('[codes]\ncore_studies = "A"\n', r"\[codes\] core_studies = 'A' must be of the kind"),
        ("[codes]\ncore_studies = []\n", "codes: core_studies must name at least one study"),
        ('[codes]\ncourse_label_pattern = "("\n', r"course_label_pattern must .* got '\('"),
        ('[codes]\ncourse_label_pattern = "COURSE"\n', "whose first group is the course number"),
        ("rules = 5\n", r"rules = 5 must be a section: write \[rules\]"),
        ("horizon_years = 5\n", r"horizon_years = 5 must be a section"),
        ("[[codes]]\n", r"codes = \[\{\}\] must be a section"),
        ('[horizon_years]\n"2017-10-04" = 0\n', '"2017-10-04" = 0 must be a whole number'),
        ('[horizon_years]\n"2017-10-04" = "8"\n', "\"2017-10-04\" = '8' must be a whole number"),
        ('[horizon_years]\n"2017-10-04" = true\n', '"2017-10-04" = True must be a whole number'),
        ('[horizon_years]\n"2018-10-04" = -1\n', '"2018-10-04" = -1 must be a whole number'),
        ("[horizon_years]\nfoo = 3\n", r"\[horizon_years\] foo = 3 must have a cut-off date"),
        ("[horizon_years]\n20171004 = 3\n", r"20171004 = 3 must have a cut-off date"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text, message):
    (tmp_path / SETTINGS_FILE).write_text(text)
    with pytest.raises(SettingsError, match=message) as error:
        load_rules(tmp_path, "2017-10-04")
    assert str(tmp_path / SETTINGS_FILE) in str(error.value)


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        ("4 Oct 2017", "YYYY-MM-DD"),
        ("20171004", "YYYY-MM-DD"),
        ("2017-W40-3", "YYYY-MM-DD"),
        ("2009-10-04", "at least a year after"),
    ],
)
def test_a_cut_that_is_none_is_named(tmp_path, cut, message):
    with pytest.raises(SettingsError, match=message):
        load_rules(tmp_path, cut)


def test_parameters_hold_every_rule_as_json_values(tmp_path):
    parameters = as_parameters(load_rules(tmp_path, "2017-10-04"))
    assert parameters["cutoff"] == "2017-10-04"
    assert parameters["codes"]["treated_arm"] == "ALEM12"


def test_rules_changed_on_the_command_line():
    rules = Rules(date(2017, 10, 4), 8)
    changed = change_rules(
        rules,
        ["confirmation_days=183", "is_gap_at_risk = false", "cdi_after_course=at once",
         "mri_after_months=[0, 12]"],
    )  # fmt: skip
    assert changed.confirmation_days == 183
    assert not changed.is_gap_at_risk
    assert changed.cdi_after_course == "at once"
    assert changed.mri_after_months == (0, 12)
    assert change_rules(changed, ["confirmation_days=168"]).is_gap_at_risk is False


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("confirmation_days", "'confirmation_days' is no change of a rule: write it as"),
        ("confirmation_day=1", r"the command line: \[rules\] has no setting 'confirmation_day'"),
        ("confirmation_days=soon", "confirmation_days = 'soon' must be of the kind"),
        ("confirmation_days=-1", "confirmation_days must be at least 0, got -1"),
    ],
)
def test_a_mistake_on_the_command_line_is_named(text, message):
    with pytest.raises(SettingsError, match=message):
        change_rules(Rules(date(2017, 10, 4), 8), [text])


def test_without_a_file_a_lake_is_operated_by_the_defaults(tmp_path):
    operations = load_operations(tmp_path)
    assert operations == Operations(None, 60, (), 1, 5, (5, 60), 0)
    assert operations.retry_waits == (timedelta(minutes=5), timedelta(hours=1))


def test_settings_say_how_a_lake_is_operated_and_change_no_rule(tmp_path):
    (tmp_path / SETTINGS_FILE).write_text(
        '[landing]\nurl = "s3://trial/landing"\n'
        '[transfers]\nsettling_minutes = 0.5\nwithdrawn = ["CM-1", "CM-2"]\n'
        "[quarantine]\nmost_percent = 2\ntolerated_rows = 0\n"
        "[runs]\nretry_minutes = []\n[retention]\nreleases = 12\n"
    )
    assert load_operations(tmp_path) == Operations(
        "s3://trial/landing", 0.5, ("CM-1", "CM-2"), 2, 0, (), 12
    )
    assert load_rules(tmp_path, "2017-10-04") == Rules(date(2017, 10, 4), 8)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[transfer]\n", r"unknown section \['transfer'\]; it may have .*'transfers'"),
        ("[transfers]\nsettling = 5\n", r"no setting 'settling'; it may have \['settling_minutes'"),
        ("landing = 5\n", r"landing = 5 must be a section: write \[landing\]"),
        ("[landing]\nurl = 5\n", r"\[landing\] url = 5 must be a text\."),
        (
            '[transfers]\nwithdrawn = "P1"\n',
            r"withdrawn = 'P1' must be a list of texts, \[\"…\"\]\.",
        ),
        ("[transfers]\nwithdrawn = [1]\n", r"withdrawn = \[1\] must be a list of texts"),
        ("[transfers]\nsettling_minutes = true\n", "= True must be of .* default, 60.0"),
        ("[transfers]\nsettling_minutes = -1\n", r"= -1 must be from 0 to 10,000,000\."),
        ("[transfers]\nsettling_minutes = nan\n", "= nan must be from 0"),
        ("[transfers]\nsettling_minutes = inf\n", "= inf must be from 0"),
        ("[quarantine]\nmost_percent = 101\n", r"= 101 must be from 0 to 100\."),
        ("[quarantine]\ntolerated_rows = 1.5\n", "= 1.5 must be of the kind of its default, 5"),
        ("[runs]\nretry_minutes = 5\n", r"= 5 must be of the kind of its default, \[5.0, 60.0\]"),
        ("[runs]\nretry_minutes = [5, -1]\n", r"= \[5, -1\] must be from 0"),
        ("[retention]\nreleases = -1\n", "= -1 must be from 0"),
    ],
)
def test_a_mistake_in_how_a_lake_is_operated_is_named(tmp_path, text, message):
    (tmp_path / SETTINGS_FILE).write_text(text)
    with pytest.raises(SettingsError, match=message) as error:
        load_operations(tmp_path)
    assert str(tmp_path / SETTINGS_FILE) in str(error.value)
