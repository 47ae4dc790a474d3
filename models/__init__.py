"""What is estimated: tables and rules in, result rows out; no I/O.

Belongs here: estimators and their endpoints, one module per family. Does not belong here:
what a relapse or a window is (`transforms`), files, databases, gates.
"""
