"""The entry point of a worker process."""

from pipeline.executors import serve_tasks

serve_tasks()
