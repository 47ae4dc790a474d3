"""The partitions of all tables, data cuts named by their cut-off date, and the tags of runs."""

import dagster as dg

DATA_CUT = "data_cut"
#: Dagster's own tag of a run, which holds the cut that the run works on.
PARTITION_TAG = "dagster/partition"
#: Our tag of a run that computes every table anew, also those that lie there as they should be.
ANEW_TAG = "topaz/anew"

#: Dynamic, since a cut comes into being when its first transfer lands.
data_cut = dg.DynamicPartitionsDefinition(name=DATA_CUT)
