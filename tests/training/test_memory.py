import platform

from nas.training.memory import keep_freed_memory


def test_glibc_agrees_and_is_asked_once() -> None:
    assert keep_freed_memory() is keep_freed_memory()
    if platform.libc_ver()[0] == "glibc":
        assert keep_freed_memory()
