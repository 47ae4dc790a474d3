"""The partitions of all tables: one data cut, named by its cut-off date."""

import dagster as dg

DATA_CUT = "data_cut"

#: Dynamic, since a cut comes into being when its first transfer lands.
data_cut = dg.DynamicPartitionsDefinition(name=DATA_CUT)
