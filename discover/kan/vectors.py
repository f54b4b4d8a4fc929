"""Sums over short vectors at places that are only known when a program runs, for compiled code.

What the compiler makes of a loop over four numbers is four operations: it cannot know that what is
written is not what is read next. Here it is told, and does them at once.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_Value = Any  # llvmlite has no types


class _Writer:
    """Writes operations on vectors of so many numbers of one kind."""

    def __init__(self, context: Any, builder: Any, signature: Any) -> None:
        self.context, self.builder, self.arguments = context, builder, signature.args
        number = context.get_value_type(self.arguments[0].dtype)
        self.vector = ir.VectorType(number, self.arguments[-1].count)
        # An array's numbers lie at multiples of their own size, no more is known.
        self.align = context.get_abi_sizeof(number)

    def place(self, argument: int, array: _Value, index: _Value) -> _Value:
        """Where a number of an array lies."""
        whole = self.context.make_array(self.arguments[argument])
        return self.builder.gep(whole(self.context, self.builder, array).data, [index])

    def read(self, place: _Value) -> _Value:
        """What lies there, of an array that nobody writes to meanwhile."""
        value = self.builder.load(place, align=self.align)
        value.set_metadata("invariant.load", self.builder.module.add_metadata([]))
        return value

    def wide(self, place: _Value) -> _Value:
        """The same place, as that of a vector."""
        return self.builder.bitcast(place, self.vector.as_pointer())

    def times(self, factor: _Value, vector: _Value) -> _Value:
        """A multiple of a vector."""
        nothing = ir.Constant(self.vector, ir.Undefined)
        one = self.builder.insert_element(nothing, factor, ir.IntType(32)(0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), self.vector.count), None)
        every = self.builder.shuffle_vector(one, nothing, zeros)
        return self.builder.fmul(every, vector, flags=("contract",))

    def write(self, vector: _Value, place: _Value) -> None:
        """Put a vector there."""
        self.builder.store(vector, self.wide(place), align=self.align)

    def add(self, vector: _Value, place: _Value) -> None:
        """Add a vector to what lies there."""
        old = self.builder.load(self.wide(place), align=self.align)
        self.write(self.builder.fadd(old, vector, flags=("contract",)), place)


def _scaled(finish: Callable[[_Writer, _Value, _Value], None]) -> Callable[..., _Value]:
    """Code that makes a multiple of a vector and does something with it at a place."""

    def write(context, builder, signature, values):  # type: ignore[no-untyped-def]
        to = _Writer(context, builder, signature)
        target, at, factor, source, start, _ = values
        vector = to.read(to.wide(to.place(3, source, start)))
        finish(to, to.times(factor, vector), to.place(0, target, at))
        return context.get_dummy_value()

    return write


@intrinsic
def put_scaled(  # type: ignore[no-untyped-def]
    typing, target, at, factor, source, start, lanes
):
    """``target[at:at+w] = factor * source[start:start+w]``, else as :func:`add_scaled`."""
    where = types.int64
    return types.void(target, where, target.dtype, source, where, lanes), _scaled(_Writer.write)


@intrinsic
def add_scaled(  # type: ignore[no-untyped-def]
    typing, target, at, factor, source, start, lanes
):
    """``target[at:at+w] += factor * source[start:start+w]``, where `lanes` has `w` numbers.

    The arrays have one axis and share no memory; places are not checked.
    """
    where = types.int64
    return types.void(target, where, target.dtype, source, where, lanes), _scaled(_Writer.add)


@intrinsic
def add_outer(  # type: ignore[no-untyped-def]
    typing, target, at, step, source, left, right, lanes
):
    """The outer product of ``source[left:left+w]`` and ``source[right:right+w]``, added.

    Row `i` of it is added to ``target[at+i*step:at+i*step+w]``; else as :func:`add_scaled`.
    """

    def write(context, builder, signature, values):  # type: ignore[no-untyped-def]
        to = _Writer(context, builder, signature)
        target, at, step, source, left, right, _ = values
        vector = to.read(to.wide(to.place(3, source, right)))
        for i in range(to.vector.count):
            factor = to.read(to.place(3, source, builder.add(left, left.type(i))))
            to.add(to.times(factor, vector), to.place(0, target, at))
            at = builder.add(at, step)
        return context.get_dummy_value()

    where = types.int64
    return types.void(target, where, where, source, where, where, lanes), write
