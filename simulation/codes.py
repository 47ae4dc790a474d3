"""Codes and terms that simulated extracts use. Pure data; spelling as in the landing contract."""

from dataclasses import dataclass

#: Index = code of the study in the simulation; 0 and 1 are the core studies.
STUDIES = ("CAMMS323", "CAMMS32400507", "CAMMS03409", "LPS13649")
EPOCHS = ("TREATMENT", "EXTENSION", "LONG-TERM FOLLOW-UP")

#: Index = code of the arm in the simulation.
ARMS = ("ALEM12", "ALEM24", "IFNB1A", "SCRNFAIL", "NOTTRT")
ALEM12, ALEM24, IFNB1A, SCRNFAIL, NOTTRT = range(5)
ARM_NAMES = (
    "Alemtuzumab 12 mg",
    "Alemtuzumab 24 mg",
    "Interferon Beta-1a 44 ug",
    "Screen Failure",
    "Not Treated",
)

#: Index = reason why participation ended; 0 = completed.
DISPOSITIONS = (
    "COMPLETED",
    "WITHDRAWAL BY SUBJECT",
    "LOST TO FOLLOW-UP",
    "ADVERSE EVENT",
    "PHYSICIAN DECISION",
    "OTHER",
    "DEATH",
)
DISPOSITION_SHARES = (0.0, 0.52, 0.22, 0.08, 0.08, 0.10, 0.0)
COMPLETED, DIED = 0, 6

#: Index = reason for an additional course; the first means no record (none given).
RETREATMENT_REASONS = (None, "RELAPSE", "MRI ACTIVITY", "RELAPSE AND MRI ACTIVITY", "OTHER")
NO_REASON, OTHER_REASON = 0, 4


@dataclass(frozen=True)
class Arm:
    """A cell of the trial: core study, planned and actual arm, size beside 811 treated."""

    study: int
    planned: int
    actual: int
    size: int


#: Treated with 12 mg, whose sizes sum to 811 (C-03), then all others (CARE-MS I and II).
TREATED_ARMS = (
    Arm(0, ALEM12, ALEM12, 376),
    Arm(1, ALEM24, ALEM12, 9),
    Arm(1, ALEM12, ALEM12, 426),
)
OTHER_ARMS = (
    Arm(0, IFNB1A, IFNB1A, 187),
    Arm(0, ALEM12, NOTTRT, 10),
    Arm(0, IFNB1A, NOTTRT, 8),
    Arm(0, SCRNFAIL, SCRNFAIL, 60),
    Arm(1, ALEM24, ALEM24, 161),
    Arm(1, IFNB1A, IFNB1A, 202),
    Arm(1, ALEM12, NOTTRT, 10),
    Arm(1, IFNB1A, NOTTRT, 29),
    Arm(1, SCRNFAIL, SCRNFAIL, 90),
)
TREATED_SIZE = sum(arm.size for arm in TREATED_ARMS)

SITES = (101, 194)
COUNTRIES = ("USA", "POL", "RUS", "CAN", "GBR", "DEU", "CZE", "AUS", "UKR", "BRA", "SWE", "MEX")
COUNTRY_SHARES = (0.36, 0.11, 0.12, 0.06, 0.08, 0.06, 0.05, 0.05, 0.04, 0.03, 0.02, 0.02)
RACES = ("WHITE", "BLACK OR AFRICAN AMERICAN", "ASIAN", "OTHER")
RACE_SHARES = (0.92, 0.04, 0.01, 0.03)

KFSS_TESTS = (
    ("KFSS101", "KFSS1-Pyramidal Functions"),
    ("KFSS102", "KFSS1-Cerebellar Functions"),
    ("KFSS103", "KFSS1-Brain Stem Functions"),
    ("KFSS104", "KFSS1-Sensory Functions"),
    ("KFSS105", "KFSS1-Bowel and Bladder Functions"),
    ("KFSS106", "KFSS1-Visual or Optic Functions"),
    ("KFSS107", "KFSS1-Cerebral or Mental Functions"),
)
NV_TESTS = (
    ("GDLESCNT", "Number of Gd-Enhancing T1 Lesions"),
    ("T2NEWENL", "Number of New or Enlarging T2 Lesions"),
    ("T1HYPNEW", "Number of New T1 Hypointense Lesions"),
    ("BPF", "Brain Parenchymal Fraction"),
)

RELAPSE_TERMS = (
    "MS RELAPSE",
    "OPTIC NEURITIS LEFT EYE",
    "SENSORY RELAPSE",
    "MOTOR RELAPSE LEGS",
    "BRAINSTEM RELAPSE",
)
OTHER_EVENT_TERMS = (
    ("MS SYMPTOM WORSENING", "MS SYMPTOMS"),
    ("PSEUDORELAPSE WITH FEVER", "MS SYMPTOMS"),
    ("PREGNANCY", "PREGNANCY"),
)


@dataclass(frozen=True)
class TermList:
    """Preferred terms of one kind of adverse event: system organ class and shares."""

    body_system: str
    terms: tuple[str, ...]
    shares: tuple[float, ...]


_INFECTIONS = "Infections and infestations"
REACTIONS = (
    TermList("Nervous system disorders", ("Headache", "Dizziness", "Dysgeusia"), (9, 2, 1)),
    TermList(
        "Skin and subcutaneous tissue disorders", ("Rash", "Urticaria", "Pruritus"), (9, 4, 3)
    ),
    TermList(
        "General disorders and administration site conditions",
        ("Pyrexia", "Fatigue", "Chills", "Chest discomfort"),
        (6, 3, 2, 2),
    ),
    TermList("Gastrointestinal disorders", ("Nausea", "Vomiting", "Dyspepsia"), (5, 2, 1)),
    TermList("Psychiatric disorders", ("Insomnia",), (4,)),
    TermList("Vascular disorders", ("Flushing", "Hypotension"), (3, 1)),
)
INFECTIONS = (
    TermList(
        _INFECTIONS,
        (
            "Nasopharyngitis",
            "Upper respiratory tract infection",
            "Urinary tract infection",
            "Sinusitis",
            "Oral herpes",
            "Influenza",
            "Bronchitis",
            "Herpes zoster",
            "Pneumonia",
            "Appendicitis",
        ),
        (30, 18, 18, 10, 7, 7, 6, 3, 1, 0.3),
    ),
)
OTHERS = (
    TermList(
        "Nervous system disorders",
        ("Headache", "Paraesthesia", "Migraine", "Seizure"),
        (9, 4, 2, 0.2),
    ),
    TermList(
        "Musculoskeletal and connective tissue disorders",
        ("Back pain", "Arthralgia", "Pain in extremity"),
        (6, 5, 5),
    ),
    TermList("Psychiatric disorders", ("Depression", "Anxiety", "Insomnia"), (5, 3, 4)),
    TermList(
        "General disorders and administration site conditions", ("Fatigue", "Asthenia"), (6, 3)
    ),
    TermList("Gastrointestinal disorders", ("Diarrhoea", "Nausea", "Constipation"), (4, 3, 2)),
    TermList("Injury, poisoning and procedural complications", ("Contusion", "Fall"), (3, 3)),
    TermList("Vascular disorders", ("Hypertension",), (3,)),
    TermList("Hepatobiliary disorders", ("Cholelithiasis",), (0.5,)),
)
THYROID = (
    TermList(
        "Endocrine disorders",
        (
            "Hypothyroidism",
            "Hyperthyroidism",
            "Basedow's disease",
            "Autoimmune thyroiditis",
            "Goitre",
        ),
        (32, 25, 22, 8, 5),
    ),
    TermList(
        "Investigations",
        (
            "Blood thyroid stimulating hormone increased",
            "Blood thyroid stimulating hormone decreased",
        ),
        (4, 4),
    ),
)
ITP = (
    TermList(
        "Blood and lymphatic system disorders",
        ("Immune thrombocytopenic purpura", "Autoimmune thrombocytopenia"),
        (8, 2),
    ),
)
NEPHROPATHIES = (
    TermList(
        "Renal and urinary disorders",
        ("Anti-glomerular basement membrane disease", "Glomerulonephritis membranous"),
        (1, 1),
    ),
)
MALIGNANCIES = (
    TermList(
        "Neoplasms benign, malignant and unspecified (incl cysts and polyps)",
        (
            "Basal cell carcinoma",
            "Malignant melanoma",
            "Malignant melanoma in situ",
            "Papillary thyroid cancer",
            "Breast cancer",
            "Cervix carcinoma",
            "Squamous cell carcinoma of skin",
            # Of men, in place of those of women (`rare_events`).
            "Colon cancer",
            "Renal cell carcinoma",
        ),
        (4, 2, 2, 4, 4, 1, 1, 0, 0),
    ),
)
FATAL = (
    TermList(
        "General disorders and administration site conditions", ("Sudden death", "Death"), (2, 2)
    ),
    TermList(_INFECTIONS, ("Septic shock", "Sepsis"), (2, 2)),
    TermList("Injury, poisoning and procedural complications", ("Road traffic accident",), (2,)),
    TermList("Respiratory, thoracic and mediastinal disorders", ("Organising pneumonia",), (1,)),
    TermList("Cardiac disorders", ("Atrioventricular block", "Myocardial infarction"), (1, 1)),
    TermList("Psychiatric disorders", ("Completed suicide",), (1,)),
)
RELAPSE_EVENT = (TermList("Nervous system disorders", ("Multiple sclerosis relapse",), (1,)),)

DMT_CATEGORY = "DISEASE MODIFYING THERAPY"
PRIOR_DMTS = ("INTERFERON BETA-1A", "INTERFERON BETA-1B", "GLATIRAMER ACETATE", "NATALIZUMAB")
PRIOR_DMT_SHARES = (0.45, 0.25, 0.25, 0.05)
LATER_DMTS = (
    "FINGOLIMOD",
    "NATALIZUMAB",
    "GLATIRAMER ACETATE",
    "INTERFERON BETA-1A",
    "DIMETHYL FUMARATE",
    "RITUXIMAB",
)
LATER_DMT_SHARES = (0.22, 0.20, 0.2, 0.2, 0.1, 0.08)
ROUTINE_MEDICATIONS = (
    ("IBUPROFEN", "ANALGESICS"),
    ("PARACETAMOL", "ANALGESICS"),
    ("LEVOTHYROXINE", "THYROID THERAPY"),
    ("SERTRALINE", "PSYCHOTROPICS"),
    ("BACLOFEN", "SYMPTOMATIC MS THERAPY"),
    ("VITAMIN D", "VITAMINS"),
    ("AMOXICILLIN", "ANTIBIOTICS"),
)
MEDICAL_HISTORY = ("DEPRESSION", "MIGRAINE", "HYPERTENSION", "SEASONAL ALLERGY", "APPENDICECTOMY")
