"""python -m config.processes.inner_server: the inner listener, on the token process's server."""

from collections.abc import Sequence

from config.processes.token_server import options_of, serve

SETTINGS = "config.settings.inner"
INNER = "config.wsgi_inner.application"
# Notifications that arrive together are stored together, so each thread that waits for the commit makes it cheaper for the others.
THREADS = 16


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM, then answer what has begun."""
    prog = "config.processes.inner_server"
    serve("inner", options_of(arguments, prog=prog, about=__doc__, application=INNER, workers=1, threads=THREADS), django_settings=SETTINGS)


if __name__ == "__main__":
    main()
