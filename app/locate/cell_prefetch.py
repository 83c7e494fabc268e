"""`prefetch`: ask the processor for a place of an array before it is read."""

# What numba hands to an intrinsic has no types of its own.
# ruff: noqa: ANN401

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic


def _fetch(typing_context: Any, array: Any, index: Any) -> Any:
    """Bring ``array[index]`` into the cache; costs one instruction and never waits or fails.

    The instruction is ``llvm.prefetch`` (LLVM Language Reference) to read, into the first cache.
    """
    del typing_context

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        function = builder.module.declare_intrinsic("llvm.prefetch.p0", fnty=kind)
        place = builder.bitcast(builder.gep(data, [arguments[1]]), byte)
        read, near, content = word(0), word(3), word(1)
        builder.call(function, [place, read, near, content])
        return context.get_dummy_value()

    return types.void(array, index), emit


prefetch = cast("Callable[[Any, Any], None]", intrinsic(_fetch))
