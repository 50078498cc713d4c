"""The pool: a client's tasks, from `submit` to their results. Map: tasks.py (the decisions) · futures.py · shipping.py
(tasks as bytes) · pool.py (the thread that talks to the coordinator) · mapping.py (`map`) · executor.py."""
