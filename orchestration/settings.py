"""What a lake is set to: the plan's defaults, changed by the lake's `settings.toml`.

Belongs here: reading settings. The file is optional and stands at the root of the lake, so
that the command line, the sensor and the web UI all work by the same:

    [rules]                      # any field of transforms.rules.Rules
    relapse_merge_days = 0

    [codes]                      # any field of transforms.rules.Codes
    treated_arm = "ALEMTUZUMAB12"

    [terms]                      # any field of transforms.rules.Terms
    malignancy = ["Breast cancer", "Lymphoma"]

    [horizon_years]              # years of a cut, where not the default of T-04
    "2018-10-04" = 8

and how the lake is operated, which no number hangs on:

    [landing]
    url = "s3://bucket/prefix"   # copied into landing/ before each look; default: landing/ itself

    [transfers]
    settling_minutes = 60        # nothing changed for so long: judged, whatever is missing
    withdrawn = ["…"]            # USUBJIDs that a transfer may lack

    [quarantine]
    most_percent = 1.0           # of a dataset's rows; more stop the cut
    tolerated_rows = 5           # but so many never do

    [runs]
    retry_minutes = [5, 60]      # after a failure that data did not cause, tried again after these

    [retention]
    releases = 0                 # whole releases that are kept; 0: all
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from transforms.rules import Codes, Rules, Terms, default_horizon_years

SETTINGS_FILE = "settings.toml"
#: Section and key of each field of `Operations`.
_OPERATIONS = {
    "landing_url": ("landing", "url"),
    "settling_minutes": ("transfers", "settling_minutes"),
    "withdrawn": ("transfers", "withdrawn"),
    "quarantine_most_percent": ("quarantine", "most_percent"),
    "quarantine_tolerated_rows": ("quarantine", "tolerated_rows"),
    "retry_minutes": ("runs", "retry_minutes"),
    "kept_releases": ("retention", "releases"),
}
#: Above any number of minutes, rows or releases that means something.
_LONGEST = 10_000_000
#: What a default does not show.
_KINDS = {"landing_url": "a text", "withdrawn": 'a list of texts, ["…"]'}
_OF_OPERATIONS = tuple(dict.fromkeys(section for section, _ in _OPERATIONS.values()))
_SECTIONS = ("rules", "codes", "terms", "horizon_years", *_OF_OPERATIONS)
#: Fields that name the cut itself; a setting for all cuts cannot hold them.
_OF_THE_CUT = ("cutoff", "horizon_years", "codes", "terms")


class SettingsError(ValueError):
    """The settings file has a mistake; the message names it."""


class CutTooEarly(SettingsError):
    """A cut lies before any result can be told of it, and no setting says otherwise."""


@dataclass(frozen=True)
class Operations:
    """How a lake is operated. None of it is a rule of the analysis.

    Attributes:
        landing_url: object store whose content is copied into landing; None if files are put there.
        settling_minutes: how long nothing must have changed in a transfer that does not match its
            manifest until it is judged.
        withdrawn: USUBJIDs that a transfer may lack, though an earlier one had them.
        quarantine_most_percent: of a dataset's rows; if more are put aside, the cut stops.
        quarantine_tolerated_rows: so many rows of a dataset may always be put aside.
        retry_minutes: how long to wait after the first failure of a refresh, the second …, until
            it is tried again; none after the last. Other data, code or settings begin anew.
        kept_releases: whole releases that are kept; 0 keeps all.
    """

    landing_url: str | None = None
    settling_minutes: float = 60.0
    withdrawn: tuple[str, ...] = ()
    quarantine_most_percent: float = 1.0
    quarantine_tolerated_rows: int = 5
    retry_minutes: tuple[float, ...] = (5.0, 60.0)
    kept_releases: int = 0

    @property
    def retry_waits(self) -> tuple[timedelta, ...]:
        """`retry_minutes` as spans of time."""
        return tuple(timedelta(minutes=minutes) for minutes in self.retry_minutes)


def load_operations(root: Path) -> Operations:
    """How the lake at `root` is operated.

    Raises:
        SettingsError: a setting is unknown, of the wrong type or negative.
    """
    path = root / SETTINGS_FILE
    settings = _read(path) if path.is_file() else {}
    found = {}
    for section in _OF_OPERATIONS:
        names = {key: name for name, (part, key) in _OPERATIONS.items() if part == section}
        for key, value in settings.get(section, {}).items():
            if key not in names:
                message = (
                    f"{path}: [{section}] has no setting {key!r}; it may have {sorted(names)}."
                )
                raise SettingsError(message)
            found[names[key]] = _operation(path, section, key, names[key], value)
    return Operations(**found)


def settings_faults(root: Path) -> list[str]:
    """Why no cut can be refreshed with the settings of the lake at `root`; empty if all are right.

    A fault that is one of both kinds of settings, a file that cannot be read, is told once.
    """
    faults: dict[str, None] = {}
    for load in (load_operations, lambda root: load_rules(root, "2017-10-04")):
        try:
            load(root)
        except SettingsError as error:
            faults[str(error)] = None
    return list(faults)


def _operation(path: Path, section: str, key: str, name: str, given: Any) -> Any:
    """A setting of `Operations`, checked."""
    value = tuple(given) if isinstance(given, list) else given
    # The one text; it has no default whose kind could be named.
    wanted = str if name == "landing_url" else get_type_hints(Operations)[name]
    if not _fits(value, wanted):
        default = json.dumps(getattr(Operations, name))
        kind = _KINDS.get(name, f"of the kind of its default, {default}")
        message = f"{path}: [{section}] {key} = {given!r} must be {kind}."
        raise SettingsError(message)
    most = 100 if name == "quarantine_most_percent" else _LONGEST
    numbers = value if isinstance(value, tuple) else (value,)
    # Not `one > most`: TOML has nan.
    if any(type(one) in (int, float) and not 0 <= one <= most for one in numbers):
        message = f"{path}: [{section}] {key} = {given!r} must be from 0 to {most:,}."
        raise SettingsError(message)
    return value


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
        raise CutTooEarly(message)
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
