"""Makes extracts of simulated patients in the format of real transfers.

Belongs here: the model of the patients and the writing of extracts. The pipeline does not
know it: it reads what lies in the landing folder, whoever made it.
"""
