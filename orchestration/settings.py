"""Which rules a run works by: the plan's defaults, changed by the lake's `settings.toml`.

Belongs here: reading settings. The file is optional and stands at the root of the lake, so
that the command line, the schedule and the web UI all work by the same rules:

    [rules]                      # any field of transforms.rules.Rules
    relapse_merge_days = 0

    [codes]                      # any field of transforms.rules.Codes
    treated_arm = "ALEMTUZUMAB12"

    [horizon_years]              # years of a cut, where not the default of T-04
    "2018-10-04" = 8
"""

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields
from datetime import date
from pathlib import Path
from typing import Any

from transforms.rules import Codes, Rules, default_horizon_years

SETTINGS_FILE = "settings.toml"
_SECTIONS = ("rules", "codes", "horizon_years")
#: Fields that name the cut itself; a setting for all cuts cannot hold them.
_OF_THE_CUT = ("cutoff", "horizon_years", "codes")


class SettingsError(ValueError):
    """The settings file has a mistake; the message names it."""


def load_rules(root: Path, data_cut: str) -> Rules:
    """The rules of one cut.

    Args:
        root: root of the lake, which may hold `settings.toml`.
        data_cut: cut-off date, ISO 8601.

    Raises:
        SettingsError: the cut is no date, or the file has an unknown or ill-typed setting.
    """
    try:
        cutoff = date.fromisoformat(data_cut)
    except ValueError:
        message = f"{data_cut!r} is no cut-off date: write it as YYYY-MM-DD, e.g. 2017-10-04."
        raise SettingsError(message) from None
    path = root / SETTINGS_FILE
    settings = _read(path) if path.is_file() else {}
    horizons = settings.get("horizon_years", {})
    horizon_years = horizons.get(data_cut, default_horizon_years(cutoff))
    if not isinstance(horizon_years, int) or horizon_years < 1:
        message = (
            f"The cut {data_cut} has a horizon of {horizon_years} years: a cut-off date must be "
            "at least a year after the last core patient's first course (October 2009), or name "
            f"its horizon under [horizon_years] in {path}."
        )
        raise SettingsError(message)
    codes = Codes(**_checked(path, "codes", Codes, settings.get("codes", {})))
    changed = _checked(path, "rules", Rules, settings.get("rules", {}))
    try:
        return Rules(cutoff=cutoff, horizon_years=horizon_years, codes=codes, **changed)
    except ValueError as error:
        message = f"{path}: {error}"
        raise SettingsError(message) from None


def as_parameters(rules: Rules) -> dict[str, Any]:
    """The rules as JSON values, for fingerprints and manifests."""
    values = asdict(rules)
    values["cutoff"] = rules.data_cut
    return values


def _read(path: Path) -> Mapping[str, Any]:
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{path} cannot be read: {error}. Mend the file, or remove it for the defaults."
        raise SettingsError(message) from None
    unknown = sorted(set(settings) - set(_SECTIONS))
    if unknown:
        message = f"{path}: unknown section {unknown}; it may have {list(_SECTIONS)}."
        raise SettingsError(message)
    return settings


def _checked(
    path: Path, section: str, target: type[Rules] | type[Codes], values: Mapping[str, Any]
) -> dict[str, Any]:
    defaults = {
        field.name: field.default
        for field in fields(target)
        if field.name not in _OF_THE_CUT and field.default is not MISSING
    }
    checked = {}
    for name, value in values.items():
        if name not in defaults:
            message = (
                f"{path}: [{section}] has no setting {name!r}; it may have {sorted(defaults)}."
            )
            raise SettingsError(message)
        value = tuple(value) if isinstance(value, list) else value
        # landmark_month has no value by default, so its type cannot be read off.
        wanted = int if defaults[name] is None else type(defaults[name])
        if type(value) is not wanted:
            message = (
                f"{path}: [{section}] {name} = {value!r} must be of the kind of its default, "
                f"{defaults[name]!r}."
            )
            raise SettingsError(message)
        checked[name] = value
    return checked
