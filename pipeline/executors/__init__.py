"""Run tasks in this process, in worker processes, or on a Dask cluster.

Every executor is a ``concurrent.futures.Executor`` that takes ``submit(run_task, message)``. A message is JSON text, so that
nothing but text is pickled.
"""

from pipeline.executors.futures import copy_outcome as copy_outcome
from pipeline.executors.selection import check_executor_name as check_executor_name
from pipeline.executors.selection import count_workers as count_workers
from pipeline.executors.selection import find_blind_workers as find_blind_workers
from pipeline.executors.selection import open_executor as open_executor
from pipeline.executors.selection import start_worker as start_worker
from pipeline.executors.selection import take_notices as take_notices
from pipeline.executors.selection import takes_paths as takes_paths
from pipeline.executors.task_messages import describe_fault as describe_fault
from pipeline.executors.task_messages import deserialise_result as deserialise_result
from pipeline.executors.task_messages import find_object as find_object
from pipeline.executors.task_messages import name_object as name_object
from pipeline.executors.task_messages import run_task as run_task
from pipeline.executors.task_messages import serialise_task as serialise_task
from pipeline.executors.worker_pool import is_build_stopped as is_build_stopped
from pipeline.executors.worker_pool import run_task_pooled as run_task_pooled
from pipeline.executors.worker_process import run_task_isolated as run_task_isolated
