"""Chooses simulated people so that the results of the whole trial are those that the paper prints.

Belongs here: the pool of candidates, what each would contribute to every printed number, the
choice among them, and the writing of the histories that `simulation` keeps. It stands on top of
everything (simulation, transforms, models), and nothing imports it: neither the pipeline nor the
simulation knows that a choice was made. Run it with `python -m reconstruction.search`; the method
is told in `docs/reproduction.md`.
"""
