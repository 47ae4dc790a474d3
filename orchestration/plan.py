"""What a refresh would do: which cut, and whether it is published already.

Belongs here: the comparison of landing with what is published; it runs nothing and imports no
Dagster, so that "nothing new" is said within a second or two.
"""

from dataclasses import dataclass

from orchestration import fingerprint
from orchestration.settings import as_parameters, load_rules
from warehouse import release
from warehouse.lake import Lake
from warehouse.landing import TransferRefused, check_reached, newest_cutoff, select_transfers


@dataclass(frozen=True)
class RefreshPlan:
    """One cut to refresh; `published` is the release that already holds it, if there is one."""

    data_cut: str
    published: release.Release | None


def plan_refresh(lake: Lake, data_cut: str | None = None) -> RefreshPlan:
    """Compare what is in landing, code and rules with the published releases.

    Args:
        lake: the lake.
        data_cut: cut-off date; None = the newest in landing.

    Raises:
        TransferRefused: landing holds no transfer that tells a cut, or reaches this one.
        SettingsError: the cut or the settings have a mistake.
    """
    data_cut = data_cut or newest_cutoff(lake.landing).isoformat()
    rules = load_rules(lake.root, data_cut)
    check_reached(lake.landing, rules.cutoff)
    try:
        transfers = select_transfers(lake.landing, rules.cutoff)
    except TransferRefused:
        # The run itself refuses it, so that the refusal is on record.
        return RefreshPlan(data_cut, None)
    parameters = as_parameters(rules)
    planned = fingerprint.planned_versions(transfers, parameters)
    versions = fingerprint.release_versions(planned, parameters)
    found = release.find(lake, release.release_id(data_cut, versions))
    shown = release.current(lake)
    is_shown = (
        found is not None
        and shown is not None
        and (shown.release_id == found.release_id or shown.data_cut > data_cut)
        and not release.damage(found)
    )
    return RefreshPlan(data_cut, found if is_shown else None)
