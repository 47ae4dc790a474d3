"""McNemar's test of paired shares, in its three forms (E-11).

Here belongs the test. Which pairs are counted does not (`models.mri`).
"""

from dataclasses import dataclass

from scipy.stats import binomtest, chi2


@dataclass(frozen=True)
class McNemar:
    """P-values of the hypothesis that both directions of change are equally likely.

    Attributes:
        p: chi-square without continuity correction, as SAS PROC FREQ gives it.
        p_exact: binomial, two-sided.
        p_corrected: chi-square with continuity correction, as R's mcnemar.test gives it.
    """

    p: float | None
    p_exact: float
    p_corrected: float | None


def compare_pairs(b: int, c: int) -> McNemar:
    """Test discordant pairs.

    Args:
        b: pairs that changed one way.
        c: pairs that changed the other way.

    Returns:
        The p-values. Without a discordant pair both chi-squares are 0/0, so None; the exact
        test has one possible outcome, and p = 1.
    """
    n = b + c
    if n == 0:
        return McNemar(None, 1.0, None)
    difference = abs(b - c)
    return McNemar(
        p=float(chi2.sf(difference**2 / n, 1)),
        p_exact=float(binomtest(b, n).pvalue),
        # Equal numbers stay equal: the correction does not turn 0 into -1.
        p_corrected=float(chi2.sf(max(difference - 1, 0) ** 2 / n, 1)),
    )
