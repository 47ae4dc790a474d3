"""What the data mean: pure Polars, LazyFrame in, LazyFrame out, one module per table.

Belongs here: the rules of the analysis plan that turn raw records into patients, courses,
events, populations and windows. Does not belong here: reading or writing files, estimates.
"""
