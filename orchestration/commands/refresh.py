"""`topaz refresh`: landing to published results, one cut or all of them."""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from orchestration.commands.command import (
    EXIT_BUSY,
    EXIT_DEFECT,
    EXIT_INTERRUPTED,
    EXIT_REFUSED,
    EXIT_STOPPED,
    EXIT_USAGE,
    Commands,
    Stop,
    register,
)

if TYPE_CHECKING:
    from orchestration.refresh import Problem
    from warehouse.lake import Lake
    from warehouse.release import Release

#: A run with several problems is told by the first of these.
_EXIT_BY_KIND = (
    ("interrupted", EXIT_INTERRUPTED),
    ("defect", EXIT_DEFECT),
    ("settings", EXIT_USAGE),
    ("storage", EXIT_USAGE),
    ("busy", EXIT_BUSY),
    ("refused", EXIT_REFUSED),
    ("stopped", EXIT_STOPPED),
)


def add(commands: Commands) -> None:
    """Register the command."""
    refresh = register(
        commands,
        "refresh",
        run,
        "take the extracts in landing to published results, gated at every stage",
        "topaz refresh --cut 2017-10-04",
    )
    cut = refresh.add_mutually_exclusive_group()
    cut.add_argument("--cut", help="cut-off date (default: the newest in landing)")
    cut.add_argument(
        "--all-cuts", action="store_true", help="each cut-off in landing, oldest first"
    )
    refresh.add_argument(
        "--force",
        action="store_true",
        help="compute every table anew, even if nothing is new since the last release",
    )


def run(options: argparse.Namespace) -> int:
    """Run `topaz refresh`; its exit code."""
    from orchestration.plan import deliverable_cuts
    from orchestration.transfers import findings_of_transfers
    from warehouse.lake import Lake

    lake = Lake(options.root)
    _copy_store(lake)
    cuts: Sequence[str | None] = deliverable_cuts(lake) if options.all_cuts else [options.cut]
    for cut in cuts:
        made = _refresh_cut(lake, cut, is_forced=options.force)
    _print_results(lake, made)
    for line in findings_of_transfers(lake):
        print(line, file=sys.stderr)
    return 0


def _copy_store(lake: "Lake") -> None:
    """Copy what is new in the object store, if landing follows one."""
    from orchestration.settings import load_operations

    url = load_operations(lake.root).landing_url
    if url is None:
        return
    from warehouse.mirror import mirror

    print(f"Copying what is new in {url} …", flush=True)
    print(f"{mirror(url, lake.landing).describe()}.")


def _refresh_cut(lake: "Lake", cut: str | None, *, is_forced: bool) -> "Release":
    """The release of a cut, made now unless there is one of the same extracts, code and rules."""
    from orchestration.plan import plan_refresh
    from warehouse import release

    plan = plan_refresh(lake, cut)
    if plan.published is not None and not is_forced:
        print(
            f"Nothing new: release {plan.published.release_id} was made from the extracts in "
            f"{lake.landing}, with this code and these rules. (--force computes it anew.)"
        )
        return plan.published
    print(f"Refreshing cut {plan.data_cut} …", flush=True)
    from orchestration.refresh import run_refresh

    outcome = run_refresh(lake, plan.data_cut, is_anew=is_forced)
    made = release.find(lake, outcome.release_id) if outcome.release_id else None
    if made is None:
        _explain(lake, outcome.problems)
    return made


def _explain(lake: "Lake", problems: "Sequence[Problem]") -> NoReturn:
    """Say why a run did not publish, and that what is published stays."""
    from warehouse import release

    shown = release.current(lake)
    stays = f"release {shown.release_id}" if shown else "nothing"
    text = "\n".join(f"{problem.step}: {problem.text}" for problem in problems)
    kinds = {problem.kind for problem in problems}
    code = next((code for kind, code in _EXIT_BY_KIND if kind in kinds), EXIT_DEFECT)
    raise Stop(code, f"the refresh stopped; published is, as before, {stays}.\n{text}")


def _print_results(lake: "Lake", made: "Release") -> None:
    from orchestration.rollback import pin_notice
    from orchestration.summary import summary
    from warehouse import release

    shown = release.current(lake)
    print(summary(made, lake))
    if shown is not None and shown.release_id != made.release_id:
        why = pin_notice(lake) or f"its cut-off {shown.data_cut} is the newer one."
        print(
            f"\nReaders still see release {shown.release_id}: {why} This release lies in "
            f"{made.folder}."
        )
