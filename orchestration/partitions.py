"""The partitions of all tables: one data cut, named by its cut-off date."""

import dagster as dg

DATA_CUT = "data_cut"
#: Dagster's own tag of a run, which holds the cut that the run works on.
PARTITION_TAG = "dagster/partition"

#: Dynamic, since a cut comes into being when its first transfer lands.
data_cut = dg.DynamicPartitionsDefinition(name=DATA_CUT)
