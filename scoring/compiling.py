"""Compiles loops over arrays of numbers, for `compiled.py` and `compiled_state.py`."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a loop when it is first called, and keep the result beside the code or in the user's cache.

    Where neither may be written to, as in a container that runs read-only, each process compiles for itself.
    """
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:
        return njit(nogil=True)(function)


@intrinsic
def prefetch(typing: Any, array: Any, row: Any, byte: Any) -> Any:
    """Ask for the line of the processor's cache that holds a byte of a row of an array, and do not wait for it.

    What is asked for is only a hint; where the rows lie all over a table, as those of hashed features do, waiting for
    one after another takes most of the time.
    """

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        made = context.make_array(signature.args[0])(context, builder, arguments[0])
        stride = cgutils.unpack_tuple(builder, made.strides)[0]
        place = builder.add(builder.mul(arguments[1], stride), arguments[2])
        address = builder.gep(builder.bitcast(made.data, ir.IntType(8).as_pointer()), [place])
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [address.type, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        # To be read, kept in all caches, data.
        builder.call(function, [address, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp), write
