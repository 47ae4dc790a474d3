"""Specification tests: for each rule of the analysis plan small drawn tables and the answer.

`case` says what a case is, `world` runs it, `catalogue` lists all cases, `page` writes them as
`docs/specification.md`. The other modules hold the cases, one family of rules each.
"""

import sys
from pathlib import Path

# `transform_spec` lies beside the tests of the transforms. Pytest finds it only where that folder
# is collected too, and the page is written without pytest. Last in the path: it hides nothing.
sys.path.append(str(Path(__file__).parents[1] / "transforms"))
