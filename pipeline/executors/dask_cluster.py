"""Run tasks on a Dask cluster. The only module that imports distributed."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any
from urllib.parse import urlsplit

from pipeline.errors import DependencyError, WeerslagError
from pipeline.executors.task_messages import run_task
from pipeline.executors.worker_process import run_task_isolated


class DaskExecutor(Executor):
    """A Dask cluster that shares the disk of the cache. Each task runs in a child process of a Dask worker.

    Dask's ``cancel`` does not stop running work (dask/distributed 4694); the timeout of the child process does.
    """

    def __init__(self, client: Any) -> None:
        """Use the cluster that ``client`` is connected to."""
        self._client, self._executor = client, client.get_executor(pure=False, retries=2)
        self.workers = max(1, sum(client.nthreads().values()))

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queue one task on the cluster."""
        if fn is not run_task or kwargs:
            raise TypeError("a cluster takes submit(run_task, message)")
        future: Future[Any] = self._executor.submit(run_task_isolated, *args)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002  # Executor's
        """Disconnect. Dask's own executor has no ``cancel_futures``."""
        self._executor.shutdown(wait=wait and not cancel_futures)
        self._client.close()


def connect_to_dask(address: str) -> DaskExecutor:
    """Connect to a scheduler with TLS, or on this machine.

    Raises:
        DependencyError: Dask is not installed.
        WeerslagError: No scheduler responds, or it is open to everyone on the network.
    """
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme != "tls" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise WeerslagError(
            f"the Dask scheduler `{address}` is not protected by TLS",
            hint="Use a scheduler with tls://, or one on this machine.",
        )
    try:
        from distributed import Client  # noqa: PLC0415  # 1.3 s, and only for those who have a cluster
    except ImportError as error:
        raise DependencyError("Dask is not installed", hint="pip install 'weerslag[cluster]'") from error
    try:
        return DaskExecutor(Client(parts.geturl(), timeout=10))  # type: ignore[no-untyped-call]  # distributed's own
    except (OSError, TimeoutError) as error:
        raise WeerslagError(f"no Dask scheduler answers at {address}", hint="Start one: dask scheduler") from error
