"""Groups of patients that results are told for: analysis set, name, rule, who is in.

Who is in a set is decided in `core.population`; here its flags become members.
"""

from dataclasses import dataclass

import polars as pl

from models.cells import RULE_OF_GROUP
from warehouse.contracts.core import GROUPS


@dataclass(frozen=True)
class AnalysisGroup:
    """One group of a result row.

    Attributes:
        population: analysis set.
        group_id: group within it.
        is_member: expression on `core.population`.
        rule_id: rule that defines the group.
    """

    population: str
    group_id: str
    is_member: pl.Expr
    rule_id: str


def _group(name: str, population: str = "efficacy") -> AnalysisGroup:
    is_member = pl.col("group_id").eq_missing(name)
    return AnalysisGroup(population, name, is_member, RULE_OF_GROUP[name])


TREATED = AnalysisGroup("treated", "overall", pl.col("is_treated"), "S-01")
ADDITIONAL = AnalysisGroup("additional", "additional-courses", pl.col("is_additional"), "S-09")
EFFICACY_GROUPS = tuple(_group(name) for name in GROUPS)
#: Columns of Table 1 (E-15).
BASELINE_GROUPS = (TREATED, *EFFICACY_GROUPS)
#: Columns of Table 2, and the groups by number of courses beside them (E-12).
SAFETY_GROUPS = (TREATED, _group(GROUPS[0], "safety"), ADDITIONAL, *EFFICACY_GROUPS[1:])
