"""Parts of a large roster solved by Celery workers, on this machine or on others.

`crew` sends the parts, `work` is the task's side, `channel` what both say to each other through Redis. Any failure of
Redis or of a worker costs time, never the job: what nobody takes is solved by worker processes of the job's own.
"""
