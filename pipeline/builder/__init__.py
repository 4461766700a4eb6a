"""Plan and run the tasks of a build, and replace ``public/`` and ``press/``.

Start at ``build.run_build``. Nothing is re-exported here, so that a worker process imports only the functions of its tasks.
"""
