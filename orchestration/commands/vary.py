"""`topaz vary`: every endpoint under other rules, beside what stands."""

import argparse

from orchestration.commands.command import (
    EXIT_NOTHING,
    Commands,
    Stop,
    print_rows,
    published,
    register,
)


def add(commands: Commands) -> None:
    """Register the command."""
    vary = register(
        commands,
        "vary",
        run,
        "every endpoint under other rules, beside what stands (nothing is written)",
        "topaz vary confirmation_days=183 --analysis cdw.km",
    )
    vary.add_argument("rules", nargs="+", metavar="RULE=VALUE", help="fields of [rules]")
    vary.add_argument("--cut", help="cut-off date (default: that of the published release)")
    vary.add_argument("--analysis", default="", help="only analysis ids that begin with this")


def run(options: argparse.Namespace) -> int:
    """Run `topaz vary`; its exit code."""
    from orchestration.settings import change_rules, load_rules
    from warehouse.lake import Lake, TableNotReady

    data_cut = options.cut or published(options)[1].data_cut
    lake = Lake(options.root)
    rules = change_rules(load_rules(lake.root, data_cut), options.rules)
    import polars as pl

    from orchestration.vary import vary

    try:
        found = vary(lake.work(data_cut), rules)
    except TableNotReady as error:
        raise Stop(EXIT_NOTHING, f"{error} Run `topaz refresh --cut {data_cut}` first.") from None
    shown = found.rows.filter(pl.col("analysis_id").str.starts_with(options.analysis))
    told = shown.select(pl.exclude("population", "scenario", "value", "varied"))
    print_rows(told.rename({"value_text": "as published", "varied_text": "varied"}), as_csv=False)
    print(
        f"Cut {data_cut}, {', '.join(options.rules)}: {found.rows.height} of {found.n_compared} "
        f"result rows come out otherwise ({shown.height} shown). Nothing was published."
    )
    return 0
