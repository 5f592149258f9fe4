"""The queue, the worker and the scheduler. A job's own limits and schedule are declared with it (`common/jobs.py`)."""

from config import env


def broker_url(redis_url: str) -> str:
    """Return a Redis address as Celery spells it: a socket under a scheme of its own, whose database is its virtual host."""
    return redis_url.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")


CELERY_BROKER_URL = broker_url(env.REDIS_URL.read())
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 1,
    "socket_connect_timeout": 1,
    "visibility_timeout": 600,
    "max_retries": 0,  # whoever queues does not wait for Redis to come back: the sweep does it
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
# Acknowledged when it starts: what a dead worker leaves behind has a row, which a sweep finds sooner than Redis would redeliver the task.
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "config.schedule:ScheduleOfLastRuns"
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = True  # each lane's, by its name
CELERY_TASK_ROUTES = ["config.celery.lane_of"]
