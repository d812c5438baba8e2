"""A process that does not outlive the one that started it, however that ends."""

import os
import threading
import time

LOOK_SECONDS = 0.5  # seconds


def end_with(parent: int) -> None:
    """Ends this process, whatever it does, within a second after its parent (a process id) has ended.

    Looked at from a thread of its own: the kernel hands an orphan to another parent.
    """
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)
