"""What changed from one release to another: rows, results, causes, the patients behind.

Belongs here: pure comparisons of two releases. Does not belong here: which two are compared
(`warehouse.release`), and how it is told (`orchestration.diff`).
"""
