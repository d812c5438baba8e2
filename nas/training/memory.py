"""What a training frees stays with the process: by default glibc hands each large tensor back to the kernel, and the
next one is made of fresh pages that the kernel clears one by one at their first touch."""

import ctypes
import functools

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # mallopt's names for them, in malloc.h
LARGE, LARGEST_BEFORE = 1 << 30, 32 << 20  # bytes; older versions of glibc refuse more than the second


@functools.cache
def keep_freed_memory() -> bool:
    """Asks glibc for it, once a process; returns whether it agreed (other C libraries have no such setting)."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    agreed = mallopt(MMAP_THRESHOLD, LARGE) or mallopt(MMAP_THRESHOLD, LARGEST_BEFORE)
    return bool(agreed and mallopt(TRIM_THRESHOLD, 2**31 - 1))
