"""When things run and what is seen: Dagster assets, gates, partitions, jobs, command line.

Belongs here: thin wrappers around functions of the other packages. Does not belong here:
any rule, estimate or file format. Nothing imports this package.
"""
