"""The command line, `topaz`: simulate, refresh, status, sql, vary, reproduce, ui.

Belongs here: arguments, exit codes and what is printed. Every command imports what it needs
when it runs, so that `status` and `sql` start at once.
"""

import argparse
import os
import socket
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from polars import DataFrame

    from orchestration.refresh import Problem
    from warehouse.lake import Lake
    from warehouse.release import Release

EXIT_CODES = """\
exit codes:
  0  done (also: nothing new to do)
  1  a defect of this program: please report it with what was printed
  2  wrong arguments or settings, or a folder that cannot be read or written
  3  refused: a transfer in landing is incomplete, damaged or not what it says it is
  4  stopped: a gate failed, or tables were not fit to be published
  5  busy: another run works on the same cut
  6  nothing is published yet
  7  the SQL query was refused or failed
  130  interrupted
"""
EXIT_DEFECT, EXIT_USAGE, EXIT_REFUSED, EXIT_STOPPED, EXIT_BUSY = 1, 2, 3, 4, 5
EXIT_NOTHING, EXIT_QUERY, EXIT_INTERRUPTED = 6, 7, 130
#: A run with several problems is told by the first of these.
_EXIT_BY_KIND = (
    ("interrupted", EXIT_INTERRUPTED),
    ("defect", EXIT_DEFECT),
    ("settings", EXIT_USAGE),
    ("busy", EXIT_BUSY),
    ("refused", EXIT_REFUSED),
    ("stopped", EXIT_STOPPED),
)


class Stop(Exception):
    """Ends a command with a message for the user and an exit code; never a traceback."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def run() -> NoReturn:
    """Entry point of the `topaz` script."""
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # DuckDB's binding fills the terminal with "nanobind: leaked" when the interpreter takes it
    # down in the company of Great Expectations. All is closed by now: leave without that.
    os._exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except Stop as stop:
        print(f"topaz: {stop}", file=sys.stderr)
        return stop.code
    except BrokenPipeError:
        # The reader of our output has left (`topaz sql … | head`): not our mistake.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("\ntopaz: interrupted; what is published is as it was.", file=sys.stderr)
        return EXIT_INTERRUPTED
    except OSError as error:
        print(f"topaz: {error.strerror}: {error.filename}", file=sys.stderr)
        return EXIT_USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="topaz",
        description="Re-analyses the CARE-MS / TOPAZ follow-up at a data cut: extracts in, "
        "gated result tables out.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    simulate = _command(
        commands,
        "simulate",
        _simulate,
        "write extracts of simulated patients into landing: the kept histories, or new ones",
        "topaz simulate                                    the kept histories, two cuts\n"
        "  topaz simulate --patients 811 --seed 20171004     new patients",
    )
    simulate.add_argument(
        "--patients",
        type=_whole_number(1),
        help="draw new patients, so many treated with 12 mg (default, if others are drawn: 811)",
    )
    simulate.add_argument(
        "--seed",
        type=_whole_number(0),
        help="draw new patients, from this random seed (default, if others are drawn: 20171004)",
    )
    simulate.add_argument(
        "--cutoff",
        type=_date,
        action="append",
        help="last day that the extracts know; repeat it for several cuts of the same people "
        "(default: 2016-10-04 and 2017-10-04; of new patients 2017-10-04)",
    )
    simulate.add_argument(
        "--format",
        choices=("xpt", "parquet"),
        default="xpt",
        help="parquet draws new patients, in batches and without the functional systems, for "
        "populations of any size (default: xpt)",
    )
    simulate.add_argument(
        "--if-empty", action="store_true", help="do nothing if landing holds anything"
    )

    refresh = _command(
        commands,
        "refresh",
        _refresh,
        "take the extracts in landing to published results, gated at every stage",
        "topaz refresh --cut 2017-10-04",
    )
    cut = refresh.add_mutually_exclusive_group()
    cut.add_argument("--cut", help="cut-off date (default: the newest in landing)")
    cut.add_argument(
        "--all-cuts", action="store_true", help="each cut-off in landing, oldest first"
    )
    refresh.add_argument(
        "--force", action="store_true", help="run even if nothing is new since the last release"
    )

    _command(
        commands,
        "status",
        _status,
        "what is published, from which extracts, and which gates it passed",
        "topaz status",
    )

    vary = _command(
        commands,
        "vary",
        _vary,
        "every endpoint under other rules, beside what stands (nothing is written)",
        "topaz vary confirmation_days=183 --analysis cdw.km",
    )
    vary.add_argument("rules", nargs="+", metavar="RULE=VALUE", help="fields of [rules]")
    vary.add_argument("--cut", help="cut-off date (default: that of the published release)")
    vary.add_argument("--analysis", default="", help="only analysis ids that begin with this")

    reproduce = _command(
        commands,
        "reproduce",
        _reproduce,
        "compare the published results with every value that the paper prints, worst first",
        "topaz reproduce --all",
    )
    reproduce.add_argument("--cut", help="cut-off date (default: that of the published release)")
    reproduce.add_argument("--all", action="store_true", help="list the values that match, too")

    ui = _command(
        commands,
        "ui",
        _ui,
        "open Dagster's web UI (formerly Dagit) and its scheduler",
        "topaz ui --port 3000",
    )
    ui.add_argument("--port", type=int, default=3000, help="on 127.0.0.1 (default: 3000)")

    sql = _command(
        commands,
        "sql",
        _sql,
        "query the published results (read-only, no other files)",
        "topaz sql \"SELECT group_id, rate FROM results.arr WHERE analysis_window = 'M0..M12'\"",
    )
    sql.add_argument("query", help="one SQL query; tables are results.*, history.*, audit.*")
    sql.add_argument("--csv", action="store_true", help="print CSV instead of a table")
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    function: Callable[[argparse.Namespace], int],
    summary: str,
    example: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"example:\n  {example}\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--root",
        type=Path,
        default=Path(os.environ.get("TOPAZ_ROOT", "var")),
        help="root folder of the lake (default: $TOPAZ_ROOT, else var)",
    )
    parser.set_defaults(command=function)
    return parser


def _whole_number(lowest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdecimal() or int(text) < lowest:
            message = f"{text} is no whole number from {lowest} on"
            raise argparse.ArgumentTypeError(message)
        return int(text)

    return parse


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"{text} is no date: write it as YYYY-MM-DD"
        raise argparse.ArgumentTypeError(message) from None


def _simulate(options: argparse.Namespace) -> int:
    from warehouse.lake import Lake

    lake = Lake(options.root)
    if lake.landing.is_dir() and any(lake.landing.iterdir()):
        if options.if_empty:
            print(f"Extracts lie in {lake.landing} already; none simulated.")
            return 0
        message = (
            f"{lake.landing} is not empty, and what was delivered is never overwritten. "
            "Move it away, or give another --root."
        )
        raise Stop(EXIT_USAGE, message)
    from orchestration.simulate import CutoffNotKept, draw, write_kept
    from simulation.histories import HistoriesDamaged

    if options.patients is None and options.seed is None and options.format == "xpt":
        try:
            write_kept(lake.landing, options.cutoff)
        except (CutoffNotKept, HistoriesDamaged) as error:
            raise Stop(EXIT_USAGE, str(error)) from None
    else:
        draw(
            lake.landing,
            lake.root / "truth",
            patients=811 if options.patients is None else options.patients,
            seed=20171004 if options.seed is None else options.seed,
            cutoffs=options.cutoff,
            format=options.format,
        )
    return 0


def _refresh(options: argparse.Namespace) -> int:
    from warehouse.lake import Lake
    from warehouse.landing import TransferRefused, delivered_cutoffs

    lake = Lake(options.root)
    cuts: list[str | None] = [options.cut]
    try:
        if options.all_cuts:
            cuts = [cutoff.isoformat() for cutoff in delivered_cutoffs(lake.landing)]
    except TransferRefused as error:
        raise Stop(EXIT_REFUSED, str(error)) from None
    for cut in cuts:
        made = _refresh_cut(lake, cut, is_forced=options.force)
    _print_results(lake, made)
    return 0


def _refresh_cut(lake: "Lake", cut: str | None, *, is_forced: bool) -> "Release":
    """The release of a cut, made now unless there is one of the same extracts, code and rules."""
    from orchestration.plan import plan_refresh
    from orchestration.settings import SettingsError
    from warehouse import release
    from warehouse.landing import TransferRefused

    try:
        plan = plan_refresh(lake, cut)
    except SettingsError as error:
        raise Stop(EXIT_USAGE, str(error)) from None
    except TransferRefused as error:
        raise Stop(EXIT_REFUSED, str(error)) from None
    if plan.published is not None and not is_forced:
        print(
            f"Nothing new: release {plan.published.release_id} was made from the extracts in "
            f"{lake.landing}, with this code and these rules. (--force runs it all the same.)"
        )
        return plan.published
    print(f"Refreshing cut {plan.data_cut} …", flush=True)
    from orchestration.refresh import run_refresh

    outcome = run_refresh(lake, plan.data_cut)
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
    from orchestration.summary import summary
    from warehouse import release

    shown = release.current(lake)
    print(summary(made, lake))
    if shown is not None and shown.release_id != made.release_id:
        print(
            f"\nReaders still see release {shown.release_id}: its cut-off {shown.data_cut} is the "
            f"newer one. This release lies in {made.folder}."
        )


def _status(options: argparse.Namespace) -> int:
    from orchestration.summary import status

    lake, shown = _published(options)
    print(status(shown, lake))
    return 0


def _sql(options: argparse.Namespace) -> int:
    import polars as pl

    from warehouse.database import QueryRefused, query

    _, shown = _published(options)
    try:
        rows = query(shown.database, options.query)
    except QueryRefused as error:
        raise Stop(EXIT_QUERY, str(error)) from None
    try:
        _print_rows(rows, as_csv=options.csv)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        message = f"a column of the answer cannot be shown ({error}): cast it to VARCHAR"
        raise Stop(EXIT_QUERY, message) from None
    return 0


def _vary(options: argparse.Namespace) -> int:
    from orchestration.settings import SettingsError, change_rules, load_rules
    from warehouse.lake import Lake, TableNotReady

    data_cut = options.cut or _published(options)[1].data_cut
    lake = Lake(options.root)
    try:
        rules = change_rules(load_rules(lake.root, data_cut), options.rules)
    except SettingsError as error:
        raise Stop(EXIT_USAGE, str(error)) from None
    import polars as pl

    from orchestration.vary import vary

    try:
        found = vary(lake.work(data_cut), rules)
    except TableNotReady as error:
        raise Stop(EXIT_NOTHING, f"{error} Run `topaz refresh --cut {data_cut}` first.") from None
    shown = found.rows.filter(pl.col("analysis_id").str.starts_with(options.analysis))
    told = shown.select(pl.exclude("population", "scenario", "value", "varied"))
    _print_rows(told.rename({"value_text": "as published", "varied_text": "varied"}), as_csv=False)
    print(
        f"Cut {data_cut}, {', '.join(options.rules)}: {found.rows.height} of {found.n_compared} "
        f"result rows come out otherwise ({shown.height} shown). Nothing was published."
    )
    return 0


def _reproduce(options: argparse.Namespace) -> int:
    from orchestration.reproduce import NotCompared, reproduction
    from warehouse import release

    lake, shown = _published(options)
    if options.cut:
        of_cut = [one for one in release.all_releases(lake) if one.data_cut == options.cut]
        if not of_cut:
            message = f"no release has the cut {options.cut}: run `topaz refresh --cut` with it."
            raise Stop(EXIT_NOTHING, message)
        shown = of_cut[-1]
    try:
        print(reproduction(shown, is_all_told=options.all))
    except NotCompared as error:
        raise Stop(EXIT_NOTHING, str(error)) from None
    return 0


def _print_rows(rows: "DataFrame", *, as_csv: bool) -> None:
    import polars as pl

    if as_csv:
        print(rows.write_csv(), end="")
        return
    with pl.Config(
        tbl_rows=-1, tbl_cols=-1, fmt_str_lengths=200, tbl_width_chars=-1,
        tbl_hide_column_data_types=True, tbl_hide_dataframe_shape=True, tbl_formatting="MARKDOWN",
    ):  # fmt: skip
        print(rows)


def _ui(options: argparse.Namespace) -> int:
    from orchestration.instance import open_instance
    from warehouse.lake import Lake

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", options.port))
        except OSError:
            message = f"port {options.port} is taken: try --port {options.port + 1}"
            raise Stop(EXIT_USAGE, message) from None
    open_instance(Lake(options.root)).dispose()
    dagster = Path(sys.executable).with_name("dagster")
    arguments = ["dev", "-m", "orchestration.definitions", "-h", "127.0.0.1"]
    print(f"Opening http://127.0.0.1:{options.port} (Ctrl-C ends it) …", flush=True)
    os.execv(dagster, [str(dagster), *arguments, "-p", str(options.port)])


def _published(options: argparse.Namespace) -> "tuple[Lake, Release]":
    from warehouse import release
    from warehouse.lake import Lake

    lake = Lake(options.root)
    try:
        shown = release.current(lake)
    except release.ReleaseRefused as error:
        raise Stop(EXIT_STOPPED, str(error)) from None
    if shown is None:
        message = f"nothing is published in {lake.root} yet: run `topaz refresh`."
        raise Stop(EXIT_NOTHING, message)
    return lake, shown


if __name__ == "__main__":
    run()
