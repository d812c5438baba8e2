"""One training by several processes of this machine: begun together, and ended together where one of them ends badly.

What torchrun does for several machines; here whatever goes wrong is told in one line, that of the first process if it
has one. The others write what they say to a file.
"""

import argparse
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from nas.run.directory import create_directory
from nas.run.interrupt import Terminated, exit_status
from nas.run.lifeline import end_with
from nas.space.own import code_allowed, is_code_allowed

Run = Callable[[argparse.Namespace], int]  # a command, by its module's name for it
PATIENCE = 5.0  # seconds that the first process has to say what went wrong, if it went wrong there too
LAST = 15.0  # seconds that it has to end once it was told to


def launch(run: Run, args: argparse.Namespace) -> int:
    """Runs a command with these arguments as `args.processes` processes; the exit status."""
    count, args.processes = args.processes, 1
    made = None if args.to else create_directory("runs", None, f"train-{Path(args.arch).stem}")
    args.to = args.to or str(made)
    context = multiprocessing.get_context("spawn")
    processes: list[BaseProcess] = []
    listening: list[Connection] = []
    with tempfile.TemporaryDirectory() as logs:
        port = _free_port()
        try:
            for rank in range(count):
                ours, theirs = context.Pipe(duplex=False)
                log = None if rank == 0 else f"{logs}/{rank}"
                process: BaseProcess = context.Process(
                    target=_work, args=(run, rank, count, port, log, theirs, args, is_code_allowed())
                )
                process.start()
                theirs.close()
                processes.append(process)
                listening.append(ours)
            return _watch(processes, listening, Path(logs), args)
        except KeyboardInterrupt as stopped:  # a terminal sends Ctrl-C to all of them
            if isinstance(stopped, Terminated):
                os.kill(processes[0].pid or 0, signal.SIGTERM)
            processes[0].join(LAST)
            return exit_status(stopped)
        finally:
            for process in processes:
                process.kill()
                process.join()
            if made is not None and not any(made.iterdir()):
                made.rmdir()


def _watch(
    processes: Sequence[BaseProcess], listening: Sequence[Connection], logs: Path, args: argparse.Namespace
) -> int:
    """Until all have ended, or one badly; the exit status."""
    running = list(range(len(processes)))
    while running:
        wait([processes[rank].sentinel for rank in running] + [listening[rank] for rank in running])
        for rank in list(running):
            status = _failed(listening[rank])
            if status is not None:
                processes[0].join(PATIENCE)
                if processes[0].exitcode is None:
                    print((logs / str(rank)).read_text(errors="replace").strip().splitlines()[-1], file=sys.stderr)
                return processes[0].exitcode or status
            code = processes[rank].exitcode
            if code is None:
                continue
            running.remove(rank)
            if code < 0:
                what = f"process {rank} of {len(processes)} was killed (signal {-code}), and the others were ended"
                hint = f"to go on from its last whole epoch: the same command with --to {args.to}"
                print(f"error: {args.arch}: {what}; {hint}", file=sys.stderr)
                return 1
            if code > 0:
                return code
    return 0


def _failed(connection: Connection) -> int | None:
    """With which status, if it has said so."""
    try:
        return int(connection.recv()) if connection.poll() else None
    except EOFError:
        return None


def _work(
    run: Run,
    rank: int,
    count: int,
    port: int,
    log: str | None,
    connection: Connection,
    args: argparse.Namespace,
    allowed: bool,
) -> None:
    """One process."""
    from nas.cli.command import guarded
    from nas.training.threads import cores

    end_with(os.getppid())
    if log is not None:
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, sys.stdout.fileno())
        os.dup2(file, sys.stderr.fileno())
    os.environ.setdefault("NAS_THREADS", str(max(1, cores() // count)))
    os.environ |= {"WORLD_SIZE": str(count), "LOCAL_WORLD_SIZE": str(count), "RANK": str(rank), "LOCAL_RANK": str(rank)}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    with code_allowed(allowed):
        status = guarded(lambda: run(args))
    sys.stdout.flush()
    sys.stderr.flush()
    if status and rank:
        connection.send(status)
        time.sleep(2 * PATIENCE)  # the first process may be about to say the same
    sys.exit(status)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
