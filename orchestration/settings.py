"""Which rules a run works by: the plan's defaults, changed by the lake's `settings.toml`.

Belongs here: reading settings. The file is optional and stands at the root of the lake, so
that the command line, the schedule and the web UI all work by the same rules:

    [rules]                      # any field of transforms.rules.Rules
    relapse_merge_days = 0

    [codes]                      # any field of transforms.rules.Codes
    treated_arm = "ALEMTUZUMAB12"

    [terms]                      # any field of transforms.rules.Terms
    malignancy = ["Breast cancer", "Lymphoma"]

    [horizon_years]              # years of a cut, where not the default of T-04
    "2018-10-04" = 8
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import date
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from transforms.rules import Codes, Rules, Terms, default_horizon_years

SETTINGS_FILE = "settings.toml"
_SECTIONS = ("rules", "codes", "terms", "horizon_years")
#: Fields that name the cut itself; a setting for all cuts cannot hold them.
_OF_THE_CUT = ("cutoff", "horizon_years", "codes", "terms")


class SettingsError(ValueError):
    """The settings file has a mistake; the message names it."""


def load_rules(root: Path, data_cut: str) -> Rules:
    """The rules of one cut.

    Args:
        root: root of the lake, which may hold `settings.toml`.
        data_cut: cut-off date, ISO 8601.

    Raises:
        SettingsError: the cut is no date, or the file has a setting that is unknown, of the
            wrong type or out of range.
    """
    cutoff = _date(data_cut)
    if cutoff is None:
        message = f"{data_cut!r} is no cut-off date: write it as YYYY-MM-DD, e.g. 2017-10-04."
        raise SettingsError(message)
    path = root / SETTINGS_FILE
    settings = _read(path) if path.is_file() else {}
    horizons = _checked_horizons(path, settings.get("horizon_years", {}))
    horizon_years = horizons.get(data_cut, default_horizon_years(cutoff))
    if horizon_years < 1:
        message = (
            f"The cut {data_cut} has a horizon of {horizon_years} years: a cut-off date must be "
            "at least a year after the last core patient's first course (October 2009), or name "
            f"its horizon under [horizon_years] in {path}."
        )
        raise SettingsError(message)
    of_codes = _checked(path, "codes", Codes, settings.get("codes", {}))
    of_terms = _checked(path, "terms", Terms, settings.get("terms", {}))
    of_rules = _checked(path, "rules", Rules, settings.get("rules", {}))
    try:
        return Rules(
            cutoff=cutoff,
            horizon_years=horizon_years,
            codes=Codes(**of_codes),
            terms=Terms(**of_terms),
            **of_rules,
        )
    except ValueError as error:
        message = f"{path}: {error}."
        raise SettingsError(message) from None


def change_rules(rules: Rules, assignments: Sequence[str]) -> Rules:
    """The rules with some fields set otherwise, as a command line gives them.

    Args:
        rules: the rules to begin with.
        assignments: each `field=value`, the value as in the settings file
            (`confirmation_days=183`, `is_gap_at_risk=false`, `mri_after_months=[0, 12]`); text
            needs no quotes.

    Raises:
        SettingsError: an assignment is no such thing, or out of range.
    """
    changes: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            message = f"{assignment!r} is no change of a rule: write it as confirmation_days=183."
            raise SettingsError(message)
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text
        changes |= _checked(Path("the command line"), "rules", Rules, {name.strip(): value})
    try:
        return replace(rules, **changes)
    except ValueError as error:
        raise SettingsError(f"{error}.") from None


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
    for section, values in settings.items():
        if not isinstance(values, dict):
            message = (
                f"{path}: {section} = {values!r} must be a section: write [{section}] on a line of "
                "its own, and below it one setting a line."
            )
            raise SettingsError(message)
    return settings


def _date(text: str) -> date | None:
    """The date that a text in the one form YYYY-MM-DD names, None for any other text."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # fromisoformat reads 20171004 and 2017-W40-3 too; a cut has one name.
    return day if day.isoformat() == text else None


def _checked_horizons(path: Path, horizons: Mapping[str, Any]) -> Mapping[str, int]:
    for data_cut, years in horizons.items():
        if _date(data_cut) is None:
            message = (
                f"{path}: [horizon_years] {data_cut} = {years!r} must have a cut-off date for its "
                'name, in quotes and written as YYYY-MM-DD, e.g. "2017-10-04" = 8.'
            )
            raise SettingsError(message)
        if type(years) is not int or years < 1:
            message = (
                f'{path}: [horizon_years] "{data_cut}" = {years!r} must be a whole number of years '
                "from 1."
            )
            raise SettingsError(message)
    return horizons


def _checked(
    path: Path, section: str, target: type[Rules | Codes | Terms], values: Mapping[str, Any]
) -> dict[str, Any]:
    types = get_type_hints(target)
    allowed = [field.name for field in fields(target) if field.name not in _OF_THE_CUT]
    checked = {}
    for name, value in values.items():
        if name not in allowed:
            message = f"{path}: [{section}] has no setting {name!r}; it may have {sorted(allowed)}."
            raise SettingsError(message)
        checked[name] = tuple(value) if isinstance(value, list) else value
        if not _fits(checked[name], types[name]):
            default = getattr(target, name)
            # A default in JSON reads as in TOML; landmark_month has none.
            kind = (
                f"of the kind of its default, {json.dumps(default)}"
                if default is not None
                else "a whole number"
            )
            message = f"{path}: [{section}] {name} = {value!r} must be {kind}."
            raise SettingsError(message)
    return checked


def _fits(value: Any, wanted: Any) -> bool:
    """Whether a value is of a field's type: a plain one, `int | None`, or a tuple of them."""
    if wanted is float:
        return type(value) in (int, float)
    if get_origin(wanted) is not tuple:
        # Not isinstance: in Python true is an int.
        return type(value) in (get_args(wanted) or (wanted,))
    if not isinstance(value, tuple):
        return False
    kinds = get_args(wanted)
    if kinds[-1] is Ellipsis:
        kinds = kinds[:1] * len(value)
    return len(value) == len(kinds) and all(map(_fits, value, kinds))
