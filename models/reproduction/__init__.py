"""results.reproduction: each value that the paper prints beside the one computed here.

Belongs here: reading a computed value from its source, comparing it at printed precision. The
one part of the pipeline that knows printed values: they are data (`published.csv`), and so is
where each comes from (`mapping.csv`). Does not belong here: estimating anything.
"""

from models.reproduction.compare import compare_with_published

__all__ = ["compare_with_published"]
