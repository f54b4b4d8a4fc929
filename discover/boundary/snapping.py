"""Constants of a boundary that are really exact numbers, where the rows cannot tell."""

import numpy as np
import sympy as sp

from discover.law import Law
from discover.refit import Sample, refit, uncertainties, unlikeliness
from discover.simplify import tidy
from discover.simplify.snapping import near_number

_CHI_SQUARED = 6.63  # of one degree of freedom, at 99 %


def snapped(law: Law, train: Sample, validation: Sample) -> Law:
    """The boundary with exact numbers where the likelihood does not notice.

    A constant within three standard errors of an exact number, where that is no accident, becomes
    that number if the likelihood of neither training nor validation rows falls by more than fixing
    one right constant would explain (99 %).

    Args:
        law: A boundary; it is refitted first.
        train: Rows to fit to.
        validation: Rows to check on.
    """
    law = refit(law, train)
    while (simpler := _simpler(law, train, validation)) is not None:
        law = simpler
    return law


def tidied(law: Law, train: Sample) -> Law:
    """The boundary in its shortest form, its constants where they are.

    Args:
        law: A boundary.
        train: Rows on which the form must keep its values.
    """
    values = {constant.sympy: constant.value for constant in law.constants}
    samples = {constant.name: np.array([constant.value]) for constant in law.constants}
    return law.restated(tidy(law.form, samples | dict(train.columns)), values)


def _simpler(law: Law, train: Sample, validation: Sample) -> Law | None:
    errors = uncertainties(law, train)
    values = {constant.sympy: constant.value for constant in law.constants}
    for constant, error in zip(law.constants, errors, strict=True):
        for exact in near_number(constant.value, float(error)):
            form = law.form.xreplace({constant.sympy: exact})
            if form.has(sp.nan, sp.zoo, sp.oo):
                continue
            trial = refit(law.restated(form, values), train)
            if all(_unnoticed(trial, law, sample) for sample in (train, validation)):
                return trial
    return None


def _unnoticed(trial: Law, law: Law, sample: Sample) -> bool:
    """Whether the likelihood falls by no more than one right constant explains."""
    before, after = (unlikeliness(each, sample) for each in (law, trial))
    return 2 * len(sample.y) * (after - before) <= _CHI_SQUARED
