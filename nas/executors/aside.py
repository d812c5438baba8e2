"""Ray begins and ends beside the main thread, so that a signal never meets it half way."""

import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

THREAD = ThreadPoolExecutor(1, "ray")
PATIENCE = 0.02  # seconds


def aside(function: Callable[..., Any], *arguments: Any, **options: Any) -> None:
    """Calls what begins or ends Ray, on a thread that stays: the kernel ends Ray's processes with the thread that
    began them. Not on the main thread, where Ray takes SIGTERM for itself, and does not survive an exception of ours
    half way. Its C++ part sets other handlers beneath Python's, so ours is put back as long as it lasts."""
    handler = signal.getsignal(signal.SIGTERM)
    stopped: KeyboardInterrupt | None = None
    call = THREAD.submit(function, *arguments, **options)
    while not call.done():
        try:
            wait([call], timeout=PATIENCE)
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGTERM, handler)
        except KeyboardInterrupt as stop:
            stopped = stop
    if stopped is not None:
        raise stopped
    call.result()
