"""What must be true of each table: Great Expectations suites as data, and one runner.

Belongs here: suites, severities, the run of a suite on DuckDB, the report of what failed.
Does not belong here: what happens when a gate fails (`orchestration`).
"""
