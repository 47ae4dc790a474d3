"""`python -m benchmarks.faults`."""

import sys

from benchmarks.faults.study import main

sys.exit(main())
