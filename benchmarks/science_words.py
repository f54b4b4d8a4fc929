"""What the page of the shipped examples says between its tables."""

HEAD = """\
# The shipped examples

Written by `make science`: each recipe is run as a user would run it, in a process of its own with
one thread, and its recommended law compared with what is known. Seconds are processor time, with
the start of the program. Nothing that is known is seen by `discover`.

"""

OLDER = """\
{older} of the {all} answers of `discover` were made by earlier states of its code; `make science`
makes them anew.
"""

FIELDS = """\
What drives the change in time of what was measured? Noise is a share of each field's spread,
drawn once (seed 0). `found` says whether all terms of the equations are there and no other;
`worst` is then the largest relative error of a coefficient, and `asked` what it was meant to stay
below. On the right PySINDy 2.1 in its weak form on the same samples: a library as the recipe asks
it of `discover` (polynomials of the fields up to a degree times their derivatives; for the
pendulum also sines and cosines, which `discover` has to find), 400 test functions, of seven
thresholds for plain and for normalised columns the one that leaves least, with a price for each
term. `best` is the worst coefficient of that of its settings that comes nearest to the truth,
chosen by who knows it. For the wave, of second order in time, it is given the smoothed rate of
the string as a second field.
"""

TIED = """\
No column is the target: which are tied together at all? The share is that of the variance of the
column that stands alone in the relation; a row obeys exactly what it misses by less than a
millionth of that column's spread. Unseen rows.
"""

SIDES = """\
Which states of a chain conduct? The law is the boundary between extended and localised states, an
expression that is zero there; `right side` is the share of unseen states on the right side of it,
`asked` what it was meant to reach, within 0.3 points of theory for the mosaic chains. Theory,
that of an endless chain, is scored on the same states of finite ones. Asked of the form: the true
one, with coefficients within 2 %.
"""

TABLES = """\
A law of each table with a target, on unseen rows. `nodes` counts the symbols of the law; `error`
is the root mean squared error over that of the target itself; `rows hit` is the share of answers
that are right once they are rounded, where the target is a class or an even number. Asked of the
knots: r2 at least 0.94 and hits no fewer than the human law's, with at most 15 nodes (five seeds
and black boxes: [knots.md](knots.md)). The planets are asked for Kepler's law, `exp-sin` for the
formula its rows are drawn from; what is drawn from Jacobi's elliptic sine has no short formula,
and the law approximates it.
"""
