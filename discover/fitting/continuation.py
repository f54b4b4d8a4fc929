"""How the edges of a trained network go on where no row has been.

The coefficients of a spline that no row sees are whatever the training left there, and a new row
that ends up just beyond the others is answered by them: an error of 1e-8 between the rows can be
one of 1e-3 a hundredth of the range outside. Here they are set to what the neighbourhood suggests.
Nothing is trained, and where there are rows the functions stay as they are.
"""

from dataclasses import replace

import torch
from torch import Tensor

from discover.basis import BSpline, WithBase
from discover.kan import Kan
from discover.kan.derivatives import trace

# Weight of the smoothness, against the mean over rows of functions of size one: far below what
# one row weighs, far above rounding.
_SMOOTH = 1e-8
# Pull on the base function, so that it takes no part in what splines can do.
_HOLD = 1e-6
_ORDER = 4
# More rows than these say no more about where rows are.
_ROWS = 20_000


def continued(kan: Kan, x: Tensor) -> Kan:
    """The same functions where there are rows, continued as cubics where there are none.

    Each edge is fitted to itself on its own rows, with a tiny penalty on the fourth differences
    of its coefficients, which vanish for one cubic over all intervals. Networks whose basis is
    not local are returned as they are, as are layers of straight lines.

    Args:
        kan: A trained population.
        x: Its training rows ``[n, inputs]``, scaled.

    Source: P. Eilers, B. Marx, Statistical Science 11 (1996) 89; this use of it is ours.

    Example:
        >>> from discover.basis import BSpline
        >>> from discover.kan import Shape, create
        >>> x = torch.linspace(-1, 0.5, 60, dtype=torch.float64)[:, None]
        >>> kan = create(Shape.of([1, 1]), BSpline(), 8, seeds=[0], low=x[0], high=-x[0])
        >>> broken = kan.with_coef([kan.layers[0].coef.clone()])
        >>> broken.layers[0].coef[..., -1] += 1.0
        >>> at = torch.ones(1, 1, dtype=torch.float64)
        >>> mended = continued(broken, x)
        >>> bool(abs(broken(at) - kan(at)) > 0.1), bool(abs(mended(at) - kan(at)) < 1e-3)
        (True, True)
    """
    splines = kan.basis.splines if isinstance(kan.basis, WithBase) else kan.basis
    count = splines.size(kan.grid)
    if not isinstance(splines, BSpline) or count <= _ORDER:
        return kan
    roughness = x.new_zeros(kan.functions, kan.functions)
    differences = torch.eye(count, dtype=x.dtype, device=x.device).diff(n=_ORDER, dim=0)
    roughness[:count, :count] = differences.mT @ differences
    roughness.diagonal()[count:] = _HOLD
    rows = x[:: -(-len(x) // _ROWS)]
    layers = []
    for depth, functions in enumerate(trace(kan, kan.lift(rows)).functions):
        layer = kan.layers[depth]
        if depth in kan.linear:
            layers.append(layer)
            continue
        by_input = functions.expand(kan.population, -1, -1, -1).transpose(1, 2)
        gram = by_input.mT @ by_input / len(rows)
        seen = torch.einsum("pibc,poic->poib", gram, layer.coef)
        damped = (gram + _SMOOTH * roughness)[:, None]
        coef, failed = torch.linalg.solve_ex(damped, seen[..., None])
        usable = bool((failed == 0).all() and coef.isfinite().all())
        layers.append(replace(layer, coef=coef[..., 0]) if usable else layer)
    return replace(kan, layers=tuple(layers))
