"""What a figure was measured on and with."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path


def describe(*packages: str) -> str:
    """Return machine and versions as lines of Markdown."""
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return (
        f"- machine: {_processor()}, {os.cpu_count()} cores, {_memory_gb():.0f} GB, "
        f"{platform.system()} {platform.release().split('-')[0]}\n"
        f"- software: Python {platform.python_version()}, {versions}"
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def seconds(call: Callable[[], object], runs: int = 5) -> tuple[float, float]:
    """Return median and maximum of the seconds that a call takes, after one call not counted."""
    call()
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken), max(taken)
