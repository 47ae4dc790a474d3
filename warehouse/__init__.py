"""Where data rest: reading extracts, table contracts, the work area, releases, queries.

Belongs here: everything that touches files. Does not belong here: what data mean
(`transforms`), what is estimated (`models`), what must hold (`expectations`).
"""
