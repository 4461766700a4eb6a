"""Entry point of a worker process."""

from pipeline.executors.worker_loop import serve_tasks

serve_tasks()
