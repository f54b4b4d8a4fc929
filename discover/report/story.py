"""What the report says in words: the result in two sentences, and what was not tested.

Plain text; the templates escape it.
"""

from discover.accuracy import Accuracy
from discover.dataset import Variable
from discover.notation import Box, count, percent, shown
from discover.notation.boxes import Leaf
from discover.record import Equation, Hypothesis, Run
from discover.report.rows import r2_text


def title(run: Run) -> str:
    """The recipe's own title, or one made from the target.

    Args:
        run: A finished run.
    """
    target = run.table.target.name
    if run.recipe.task == "relation":
        return run.recipe.title or f"Relations in {run.table.name}"
    return run.recipe.title or (f"A law for {target}" if run.beats_null else f"No law for {target}")


def headline(run: Run) -> str:
    """The result in one sentence; where there is none, that."""
    target = run.table.target.name
    test = run.law.accuracy.get("test")
    if run.recipe.task == "relation":
        return _relations(run)
    if run.law.origin == "mean":
        return f"No law was found for {target}: nothing that was tried beats its mean."
    if not run.beats_null:
        return f"No law was found for {target} that beats the null control."
    if test is None:
        return f"A law for {target} was found; it was not measured on test rows."
    if run.law.claim == "zero":
        return (
            f"On {_rows(test)} that nobody fitted, the recommended boundary has "
            f"{percent(test.accuracy or 0.0, 2)} on the right side: it is zero where {target} "
            "changes, and positive where it has its larger value."
        )
    return (
        f"On {_rows(test)} that nobody fitted, the recommended law gives {target} with an rms "
        f"error of {_with_unit(test)} and r² = {r2_text(test.r2)}{_hit_clause(test)}."
    )


def abstract(run: Run) -> tuple[str, ...]:
    """Sentences that put the result beside the mean, the hypotheses and the null control."""
    if run.recipe.task == "relation":
        return _control(run)
    if not run.beats_null:
        return (*_why_none(run), *(_hypothesis(run, h) for h in run.hypotheses))
    used = len(run.law.variables)
    offered = len(run.table.features)
    size = (
        f"It uses {used} of {plural(offered, 'column')} and "
        f"{plural(len(run.law.constants), 'fitted constant')}; "
        f"its expression has {plural(run.law.complexity, 'node')}."
    )
    hypotheses = (_hypothesis(run, h) for h in run.hypotheses)
    return (size, *hypotheses, *beyond(run), *_control(run), *run.cautions)


def beyond(run: Run) -> tuple[str, ...]:
    """How far the recommended law and the hypotheses hold on a second table, if there was one."""
    if run.beyond is None:
        return ()
    reached = run.law.accuracy.get("extrapolation")
    if reached is None:
        return (f"{run.beyond.path} lacks a column of the recommended law, to try it there.",)
    said = [
        f"On {count(reached.n)} rows of {run.beyond.path}, beyond the range of this table, where "
        f"nothing was fitted, it has r² = {r2_text(reached.r2)}{_hit_clause(reached)}."
    ]
    for each in run.hypotheses:
        theirs = each.law.accuracy.get("extrapolation")
        if theirs is not None:
            said.append(
                f"There the hypothesis “{each.name}” has r² = {r2_text(theirs.r2)}"
                f"{_hit_clause(theirs)}."
            )
    return tuple(said)


def _relations(run: Run) -> str:
    offered = plural(len(run.table.features), "column")
    if not run.beats_null:
        return f"No relation was found between these {offered}: nothing beats shuffled columns."
    exact = sum((law.accuracy["test"].accuracy or 0.0) > 0.5 for law in run.laws)
    return (
        f"Among {offered}, {plural(len(run.laws), 'relation')} were found that explain more than "
        f"half of a column; {exact or 'none'} of them hold exactly on most rows that nobody fitted."
    )


def _why_none(run: Run) -> tuple[str, ...]:
    if run.law.origin == "mean":
        return ("The formula here is that mean.", *_control(run))
    return (
        "What stands here is the best expression that was found, but shuffled targets let one "
        "expect as much: it should not be taken for a law.",
        *_control(run),
    )


def _hypothesis(run: Run, hypothesis: Hypothesis) -> str:
    theirs, ours = hypothesis.law.accuracy.get("test"), run.law.accuracy.get("test")
    name = f"The hypothesis “{hypothesis.name}”"
    if theirs is None:
        return f"{name} was not measured on test rows."
    same = ours is not None and ours.n == theirs.n
    if hypothesis.law.claim == "zero":
        where = "of the same rows" if same else f"of {_rows(theirs)}"
        return f"{name} has {percent(theirs.accuracy or 0.0, 2)} {where} on the right side."
    where = "the same rows" if same else _rows(theirs)
    better = same and ours is not None and float(f"{theirs.rms:.3g}") < float(f"{ours.rms:.3g}")
    return (
        f"{name}, refitted on the training rows, reaches r² = {r2_text(theirs.r2)} and an rms "
        f"error of {_with_unit(theirs)}{_hit_clause(theirs)} on {where}"
        f"{', less than that of the recommended law' if better else ''}."
    )


def _control(run: Run) -> tuple[str, ...]:
    if run.null is None:
        return ("No null control was run.",)
    best = max(run.null.r2, default=float("nan"))
    if run.recipe.task == "relation":
        return (
            f"Where all columns were shuffled apart, {count(run.null.repeats)} times, networks "
            f"explained at most {r2_text(best)} of the variance of any column; the first relation "
            f"explains {r2_text(run.null.observed)} (p = {shown(run.null.p_value, 2)}).",
        )
    if run.forecast is not None:
        return (
            f"For {count(run.null.repeats)} left-hand sides that were shifted in time and space, "
            f"the best sums of as many terms reached at most r² = {r2_text(best)}, against "
            f"{r2_text(run.null.observed)} for the true one (p = {shown(run.null.p_value, 2)}).",
            *(_other(equation) for equation in run.others),
            *run.forecast.sentences(),
        )
    return (
        f"On {count(run.null.repeats)} shuffled copies of the target, this law refitted and a "
        f"network of its shape trained anew reached at most r² = {r2_text(best)}, against "
        f"{r2_text(run.null.observed)} on the true one (p = {shown(run.null.p_value, 2)}).",
    )


def _other(equation: Equation) -> str:
    test = equation.law.accuracy["test"]
    control = "" if equation.beats_null else ", which does not beat its null control"
    return (
        f"The equation for {equation.target.name} has an rms error of {_with_unit(test)} and "
        f"r² = {r2_text(test.r2)} on {_rows(test)}{control}."
    )


def rounding(run: Run) -> str:
    """How an ordinal law becomes an answer, in one sentence; empty for other tasks."""
    if run.rounding is None or run.law.claim == "zero":
        return ""
    step, offset = run.rounding.levels.step, run.rounding.levels.offset
    multiple = "integer" if step == 1 else f"multiple of {step:.6g}"
    levels = f"{offset:.6g} plus a {multiple}" if offset else multiple
    return (
        f"The answer is the {levels} that is nearest to {shown(run.rounding.scale, 4)} times the "
        "law; this factor was fitted on training rows."
    )


def limits(run: Run) -> tuple[str, ...]:
    """What this run did not test, so that nobody takes it for more than it is."""
    recipe = run.recipe
    if run.forecast is not None:
        return _limits_of_equations(run)
    if recipe.task == "relation":
        return _limits_of_relations(run)
    by = recipe.data.split.by
    dealt = (
        f"rows that share {by} stay together"
        if by
        else "rows were dealt one by one, so that near-copies of a row may sit on both sides"
    )
    outside = "Nothing here tests the law outside the range of these data."
    if run.beyond is not None:
        outside = f"Outside their range it was tried on {run.beyond.path} alone."
    out = [
        f"Test rows come from the same table as the rows that were fitted ({dealt}). {outside}",
        "The law was chosen among many on training and validation rows. Its intervals are for the "
        "constants of the form that was chosen; they do not cover the choice of the form.",
        f"Laws of more than {recipe.law.max_complexity} nodes were not looked for, and one seed "
        f"({recipe.seed}) was used. Another form of the same size may hold as well: the front "
        "shows what was almost as good.",
        "Errors in the columns themselves were not modelled, and nothing here says what causes "
        "what.",
        "Fitted constants carry the units that make the law consistent; that these units are "
        "physically sensible was not checked.",
    ]
    if run.null is None:
        out.append("No null control was run: the law was not compared with shuffled targets.")
    else:
        least = 1 / (1 + run.null.repeats)
        out.append(
            f"{count(run.null.repeats)} shuffles cannot give a p-value below {shown(least, 2)}."
        )
    if not run.hypotheses:
        out.append("No hypothesis was given: the law was compared only with the mean.")
    if run.recipe.data.sigma is not None:
        out.append(
            f"Rows were weighted by 1/σ², σ from the column {run.recipe.data.sigma}, where laws "
            "are fitted, chosen and scored; networks and the search for "
            "proposals saw fewer of the rows with large σ, and counted those alike."
        )
    dropped = sum(run.table.source.dropped.values())
    if dropped:
        out.append(
            f"{count(dropped)} rows of the file were left out; the law was not tested on them."
        )
    return tuple(out)


def _limits_of_equations(run: Run) -> tuple[str, ...]:
    config = run.recipe.equation
    kinds = f"derivatives up to order {config.derivatives} of monomials up to degree "
    unknown = ", and functions of a single field from the library" if config.curves else ""
    return (
        f"Right-hand sides were looked for among {kinds}{config.degree}{unknown}. Delays, "
        "dependence on place or time, and products such as u times u_xx alone were not.",
        "Noise was taken to be white, equal everywhere and independent between fields.",
        "Test rows and forecasts lie in the future of the rows that were fitted, or on other "
        "trajectories, of the same experiment: other regimes may have other terms.",
        "Intervals are for the constants of the form that was chosen; they come from leaving out "
        "blocks of rows, and do not cover the choice of the form.",
        "That the units of the constants are physically sensible was not checked.",
    )


def _limits_of_relations(run: Run) -> tuple[str, ...]:
    return (
        "Only relations that can be solved for one of their columns were looked for, by networks "
        "that see at most 1,500 rows; what explains less than half of a column was left aside.",
        "Relations that follow from others are listed beside them.",
        "Where several sets of columns explain a column equally well, each network keeps one of "
        "them; another seed may keep another.",
        f"Laws of more than {run.recipe.law.max_complexity} nodes were not looked for.",
        "Test rows come from the same table as the rows that were fitted, and nothing here says "
        "what causes what.",
    )


def _rows(accuracy: Accuracy) -> str:
    return f"{count(accuracy.n)} {accuracy.split} rows"


def _with_unit(accuracy: Accuracy) -> str:
    value = shown(accuracy.rms, 3)
    return f"{value} (dimensionless)" if accuracy.unit == "1" else f"{value} {accuracy.unit}"


def _hit_clause(accuracy: Accuracy) -> str:
    if accuracy.accuracy is None:
        return ""
    return f"; after rounding it hits {percent(accuracy.accuracy)} of the rows exactly"


def span(run: Run, variable: Variable) -> str:
    """The range of a column in words, such as ``, 0.2 to 2``; empty where it is not known."""
    ends = run.table.ranges.get(variable.name)
    return "" if ends is None else f", {shown(ends[0], 3)} to {shown(ends[1], 3)}"


def said(variable: Variable, sign: Box) -> str:
    """A column in words beside its sign: its name, unless the sign says it, and its meaning."""
    same = isinstance(sign, Leaf) and sign.text == variable.name
    words = [] if same else [variable.name]
    return ": ".join([*words, variable.meaning] if variable.meaning else words)


def plural(n: int, word: str) -> str:
    """A number of things in words.

    Example:
        >>> plural(1, "node"), plural(0, "node"), plural(12, "node")
        ('1 node', 'no nodes', '12 nodes')
    """
    return f"{n or 'no'} {word}{'' if n == 1 else 's'}"
