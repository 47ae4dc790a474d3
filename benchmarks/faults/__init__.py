"""Deliberate faults of the pipeline, and the printed values that each costs.

`study` runs and reports; `ways` has the three ways in which a fault is let loose; the others list
the faults by what is broken: a setting, one step, a function, a statistic, a table.
"""
