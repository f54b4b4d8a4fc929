"""The first search: which columns matter."""

from discover.attribution import connected, effects
from discover.kan import Shape
from discover.search.setting import Setting
from discover.search.thinning import SHORT, criterion, refitted
from discover.training import Schedule


def columns(setting: Setting) -> tuple[tuple[str, ...], dict[str, float]]:
    """The columns that matter, and everybody's share of the effects on the output.

    Columns are taken away one at a time, that which is missed least first, as long as the
    criterion does not rise.
    """
    table, trainer = setting.table, setting.trainer
    rows, unseen = table.few()
    d = len(table.names)
    shapes = [Shape.of([d, 2, 1]), Shape.of([d, 1, 1]), Shape.of([d, 1])]
    shape = next((s for s in shapes if setting.affordable(s, len(rows[1]))), shapes[-1])
    kan, penalty = setting.fresh(shape)
    schedule = Schedule(steps=2 * setting.config.steps // 3)
    sparse = trainer.fit(kan, rows, schedule, penalty=penalty).kan
    fitted, strength = refitted(sparse, penalty, rows, unseen, trainer)
    score = criterion(fitted.validation, fitted.kan.edges)
    best = int(score.argmin())
    setting.tried(fitted, best, strength[best], "all columns")
    weight = effects(fitted.kan.members([best]), rows[0], setting.seed)[0]
    weight = weight / weight.sum().clamp_min(1e-300)
    attribution = dict(zip(table.names, weight.tolist(), strict=True))
    current, value = fitted.kan.members([best]), score[best]
    while not trainer.late:
        used = current.layers[0].mask[0].amax(0).nonzero()[:, 0].tolist()
        if len(used) < 2:
            break
        masks = [la.mask.repeat(len(used), 1, 1) for la in current.layers]
        for row, column in enumerate(used):
            masks[0][row, :, column] = 0
        smaller = connected(current.members([0] * len(used)).with_masks(masks))
        fitted = trainer.fit(smaller, rows, SHORT, validation=unseen)
        score = criterion(fitted.validation, fitted.kan.edges)
        best = int(score.argmin())
        if not score[best] < value:
            break
        current, value = fitted.kan.members([best]), score[best]
        setting.tried(fitted, best, 0.0, f"without {table.names[used[best]]}")
    alive = current.layers[0].mask[0].amax(0) > 0
    kept = tuple(n for n, on in zip(table.names, alive.tolist(), strict=True) if on)
    return kept or table.names, attribution
