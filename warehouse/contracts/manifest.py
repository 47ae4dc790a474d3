"""What a release's `manifest.json` says, field by field.

Belongs here: the names of the fields and what they mean. `warehouse.release.publish` writes the
one half; its caller hands in the other. No field names a patient.
"""

#: Handed to `publish`: what only the caller of a release knows.
DETAILS: dict[str, str] = {
    "created_at": "When it was published, ISO 8601",
    "dagster_run_id": "Run that published it; None outside Dagster",
    "inputs": "Delivered files: study, transfer date, cut-off, file, records, SHA-256; also the "
    "crosswalk (study ALL)",
    "parameters": "Rules and codes of the analysis, with cut-off and horizon",
    "operations": "Settings of operations: settling, withdrawn patients, quarantine, retention",
    "code": "`version` of the project, `fingerprint` over all its code",
    "libraries": "Packages and their versions",
    "python": "Version of Python",
    "seconds": "Duration of each step of the run",
}

#: Written by `publish` itself.
WRITTEN: dict[str, str] = {
    "release_id": "Cut-off date and fingerprint of inputs, code and rules",
    "data_cut": "Cut-off date of the data",
    "base_release_id": "Release shown before, that this one is compared with; None if none",
    "tables": "Of each table: versions, SHA-256, code version, inputs, rows",
    "gates": "Of each table: whether it passed, counts of expectations, warnings",
    "files": "SHA-256 of every file of the release, by its path",
}

MANIFEST_FIELDS: dict[str, str] = {**DETAILS, **WRITTEN}
