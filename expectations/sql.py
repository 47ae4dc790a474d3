"""Small pieces of SQL that many expectations share.

Belongs here: literals and comparisons as text. Does not belong here: any single expectation.
"""

from collections.abc import Mapping, Sequence

#: 0, then 1 to 10 in half points: 0.5 does not exist (E-06).
EDSS_SCORES = (0.0, *(half_points / 2 for half_points in range(2, 21)))


def sql_text(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def sql_list(values: Sequence[str] | Sequence[float]) -> str:
    """Values as an SQL list in brackets."""
    return f"({', '.join(sql_text(v) if isinstance(v, str) else repr(v) for v in values)})"


def any_problem(problems: Mapping[str, str]) -> str:
    """Condition: one of these conditions holds; one that is null does not."""
    return " OR ".join(f"({condition})" for condition in problems.values())


def problem_text(problems: Mapping[str, str]) -> str:
    """Text: the names of the conditions that hold, separated by commas."""
    named = ", ".join(
        f"CASE WHEN {condition} THEN {sql_text(name)} END" for name, condition in problems.items()
    )
    return f"concat_ws(', ', {named})"


def shown_text(show: Sequence[str]) -> str:
    """Text: what is shown of a failing row, `qsstresn = 0.5, visit = MONTH 3`.

    Args:
        show: SQL expressions: a column (`t.qsstresn`), told with its name, or one that has a name
            of its own (`… AS problem`), which tells itself.
    """
    told = []
    for expression in show:
        itself, _, name = expression.rpartition(" AS ")
        column = sql_text(f"{expression.rpartition('.')[2]} = ")
        told.append(
            f"({itself})"
            if name and itself
            else f"{column} || coalesce(({expression})::VARCHAR, 'missing')"
        )
    return f"concat_ws(', ', {', '.join(told)})" if told else "''"


def certainly_before(earlier: str, later: str) -> str:
    """Condition: one possibly partial date text lies before another, whatever they leave out.

    Texts are compared by their common prefix: `2005-03` is certainly before `2005-04-10`, and
    neither before nor after `2005-03-10`. Times of day are left out: on the same day the clock
    of a consent form decides nothing.
    """
    length = f"least(length({earlier}), length({later}), 10)"
    return f"left({earlier}, {length}) < left({later}, {length})"
