"""Parts worked on by the workers of a Dask cluster.

Dask runs a part again elsewhere when its worker is lost, so parts travel with their task: a part
that was laid down on a worker would be lost with it.
"""

from __future__ import annotations

import asyncio
import pickle
import re
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import lru_cache, partial
from itertools import islice
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import uuid4

from app.errors import WeigeError

P = TypeVar("P")
R = TypeVar("R")

REQUIREMENTS = "requirements-dask.txt"
_ADDRESS = re.compile(r"(tcp|tls|ws|wss)://[^\s/]+:\d{1,5}")
# An address where nobody listens is told of after this long, seconds.
CONNECT_S = 5.0
# A scheduler may wait for its workers to come up; a run does not wait longer, seconds.
WORKERS_S = 15.0
_WARN_ABOVE = "distributed.admin.large-graph-warning-threshold"
# Parts that wait for each thread of the cluster, so that none idles while results travel.
_WAITING = 1


class ClusterError(WeigeError):
    """A cluster cannot be reached, or cannot do the work."""

    code = "cluster"


class Cluster:
    """A Dask cluster that is running already; a context manager.

    Parameters
    ----------
    address
        Of its scheduler, such as ``tcp://host:8786``.

    Raises
    ------
    ClusterError
        If that is no address or Dask is not installed; when the context is entered, if nobody
        answers there.

    Notes
    -----
    Who can reach a scheduler can run any code on its workers: that is what Dask is for. Keep it
    in a network that is trusted.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        if not _ADDRESS.fullmatch(address):
            raise ClusterError(
                f"{address!r} is no address of a Dask scheduler",
                "It looks like tcp://host:8786.",
                message_zh=f"{address!r} 不是 Dask 调度器的地址",
                hint_zh="格式如 tcp://host:8786。",
            )
        try:
            import dask  # noqa: PLC0415 - an extra that few need
            import distributed  # noqa: PLC0415
        except ImportError as error:
            raise ClusterError(
                "a Dask cluster needs the package distributed, which is not installed",
                f"pip install -r {REQUIREMENTS}",
                message_zh="使用 Dask 集群需要软件包 distributed，尚未安装",
            ) from error
        self._dask: Any = distributed
        # Parts of some megabytes are meant to travel with their tasks.
        self._settings = partial(dask.config.set, {_WARN_ABOVE: "1GB"})
        self._open = ExitStack()
        self._client: Any = None

    def __enter__(self) -> Self:
        """Connect."""
        try:
            # In a thread of its own: this one may run an event loop, as a notebook's does.
            with ThreadPoolExecutor(1) as pool:
                pool.submit(lambda: asyncio.run(self._greet())).result()
            self._client = self._dask.Client(
                self.address, timeout=CONNECT_S, set_as_default=False, name="weige"
            )
            self._open.enter_context(self._settings())
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            raise ClusterError(
                f"no Dask scheduler answers at {self.address!r}",
                "Name one that runs, such as tcp://host:8786; python -m dask scheduler starts one.",
                message_zh=f"{self.address!r} 没有 Dask 调度器应答",
                hint_zh="请给出正在运行的调度器，如 tcp://host:8786；"
                "用 python -m dask scheduler 启动。",
            ) from error
        return self

    async def _greet(self) -> None:
        """Connect once and leave: a client would wait for ever for one who takes but never talks.

        Raises
        ------
        OSError, ValueError, TypeError, RuntimeError
            If there is none, or none that speaks as Dask does; a TimeoutError is an OSError.
        """
        own = self._dask.Security().get_connection_args("client")
        async with asyncio.timeout(CONNECT_S):
            comm = await self._dask.comm.connect(self.address, timeout=CONNECT_S, **own)
            await comm.close()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect, and give up what is still running there."""
        self._open.close()
        self._client.close(timeout=CONNECT_S)

    def in_order(
        self, job: Callable[[], Callable[[P], R]], parts: Iterable[P]
    ) -> Generator[R, None, None]:
        """Yield what the workers make of each part, in the order of the parts.

        Parameters
        ----------
        job
            Called once in each worker, before its first part; what it returns is called with the
            parts, in several threads at once. It can be pickled.
        parts
            Can be pickled; taken one by one, only so many ahead that no worker idles.

        Raises
        ------
        ClusterError
            If there is no worker, a worker lacks the code, or the cluster is lost.
        WeigeError
            What `job` or its work raises, at the place of the part.
        """
        coming = iter(parts)
        running: deque[Any] = deque()
        name, packed = f"weige-{uuid4().hex}", pickle.dumps(job)

        def send(count: int) -> None:
            for part in islice(coming, count):
                key = f"{name}-{uuid4().hex}"
                with self._told():
                    running.append(self._client.submit(_work, packed, part, key=key, pure=False))

        try:
            send(self._threads() * (1 + _WAITING) + 1)
            while running:
                with self._told():
                    result = running.popleft().result()
                send(1)
                yield result
                del result
        finally:
            self._client.cancel(list(running))

    def _threads(self) -> int:
        """Return how many threads the workers have, waiting for the first worker."""
        try:
            self._client.wait_for_workers(1, timeout=WORKERS_S)
        except TimeoutError as error:
            raise ClusterError(
                f"the Dask scheduler at {self.address!r} has had no worker for {WORKERS_S:.0f} s",
                "Start some: python -m dask worker ADDRESS, in the folder of Weige.",
                message_zh=f"{self.address!r} 的 Dask 调度器 {WORKERS_S:.0f} 秒内没有工作进程",
                hint_zh="请在 Weige 目录中启动：python -m dask worker 地址。",
            ) from error
        return sum(self._client.nthreads().values())

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say what went wrong in the cluster; errors of the work itself pass."""
        try:
            yield
        except WeigeError:
            raise
        except self._failures() as error:
            text = f"{type(error).__name__}: {error}"
            raise ClusterError(
                f"the Dask cluster at {self.address!r} failed: {text}",
                "Scheduler and workers need the same Weige and the same packages as here: start "
                "them in its folder, with its Python.",
                message_zh=f"{self.address!r} 的 Dask 集群出错：{text}",
                hint_zh="调度器和工作进程须与本机使用相同的 Weige 和软件包，"
                "请在其目录中用其 Python 启动。",
            ) from error

    def _failures(self) -> tuple[type[BaseException], ...]:
        """Return what Dask raises when the cluster cannot do the work."""
        core = self._dask
        return (
            core.KilledWorker,
            core.CancelledError,
            core.TimeoutError,
            OSError,  # a connection that was lost, among others
            ImportError,
            RuntimeError,
        )


def _work(job: bytes, part: object) -> object:
    """Run in a worker: do the job on one part."""
    with _OPENING:
        work = _opened(job)
    return work(part)


# One thread of a worker opens what all its threads use.
_OPENING = threading.Lock()


@lru_cache(maxsize=2)
def _opened(job: bytes) -> Callable[[object], object]:
    """Run in a worker: start a job that came pickled, once."""
    opened: Callable[[object], object] = pickle.loads(job)()  # noqa: S301 - Dask itself runs what comes
    return opened
