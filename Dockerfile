# Layerstore as images. Targets: `shop` (the default: what a production runs) and `demo` (the shop, the Stripe sandbox and the sale); for a
# cluster, which mounts no folder of a host, `edge` (nginx) and `registry` (its content in S3), with what docker-compose.yml mounts.
#   docker build --tag layerstore .          docker build --target edge --tag layerstore-edge .
# Behind a proxy or with your own bases: --build-arg PYTHON_IMAGE=…, NGINX_IMAGE=…, REGISTRY_IMAGE=…, and docker's own http_proxy, https_proxy.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm
ARG NGINX_IMAGE=nginx:1.28
ARG REGISTRY_IMAGE=registry:3
ARG EXACTLY="--no-deps --require-hashes --only-binary=:all: --no-compile --no-cache-dir --disable-pip-version-check"

FROM ${PYTHON_IMAGE} AS base
ENV PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

# The libraries: what the lock names and nothing else, by hash; then the question whether one lacks another. Everything of the shop stands
# on them: a copy of them into another stage would take longer than to install them, and pip leaves nothing beside them.
FROM base AS libraries
ARG EXACTLY
RUN python3 -m venv /opt/venv
COPY requirements/cluster.txt /requirements/
RUN pip install ${EXACTLY} --requirement /requirements/cluster.txt && pip check

# A user for the shop, one for the commands that change signing keys, one for the registry of docker-compose.yml; and the folders
# that volumes are mounted on, for a fresh volume takes over their owner and mode.
FROM libraries AS ground
RUN groupadd --gid 10001 layerstore \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin layerstore \
 && useradd --uid 10002 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin keys \
 && groupadd --gid 10003 registry \
 && useradd --uid 10003 --gid 10003 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin registry \
 && install -d -o layerstore -g layerstore -m 0755 /srv/static /srv/media /srv/settings/edge \
 && install -d -o layerstore -g layerstore -m 0750 /srv/settings/shop \
 && install -d -o layerstore -g registry -m 2750 /srv/settings/registry \
 && install -d -o layerstore -g layerstore -m 0700 /srv/demo \
 && install -d -o registry -g registry -m 0700 /srv/registry \
 && install -d -o keys -g layerstore -m 0755 /srv/keys \
 && install -d -o keys -g layerstore -m 0700 /srv/keys/authority \
 && install -d -o keys -g layerstore -m 2750 /srv/keys/leaves
WORKDIR /srv/layerstore
# The numbers of a container's processes lie in memory that no other container has, and end with it.
ENV PROMETHEUS_MULTIPROC_DIR=/dev/shm \
    LAYERSTORE_STATIC_ROOT=/srv/static \
    LAYERSTORE_MEDIA_ROOT=/srv/media \
    LAYERSTORE_KEYS_DIR=/srv/keys

FROM ground AS source
COPY manage.py ./
COPY common common
COPY accounts accounts
COPY outbox outbox
COPY audit audit
COPY marketplace marketplace
COPY registry_auth registry_auth
COPY billing billing
COPY config config
COPY locale locale
COPY templates templates
COPY static static
COPY deploy/compose deploy/compose
COPY deploy/aws deploy/aws

FROM ground AS demo
ARG EXACTLY
COPY requirements/sandbox.txt /requirements/
RUN pip install ${EXACTLY} --requirement /requirements/sandbox.txt && pip check
COPY --from=source /srv/layerstore /srv/layerstore
COPY tools/__init__.py tools/
COPY tools/sandbox tools/sandbox
USER 10001:10001
CMD ["python", "-m", "tools.sandbox", "--help"]

# Static files by the names that carry a hash of their content, and the page for when no web process answers. What is loaded for it is
# compiled for good: no process of the shop may write its own code, and each would else compile all of it whenever it starts.
FROM source AS installed
RUN pybabel compile --domain=django --directory=locale
RUN LAYERSTORE_SECRET_KEY=build LAYERSTORE_TOKEN_KEYS=build LAYERSTORE_EVENTS_SECRET=build LAYERSTORE_DATABASE_URL=postgresql:/// LAYERSTORE_REDIS_URL=redis:// \
    PYTHONDONTWRITEBYTECODE= python manage.py make_static /srv/static/errors

FROM ${NGINX_IMAGE} AS edge
COPY deploy/compose/start /etc/layerstore/compose/
COPY deploy/nginx /etc/layerstore/nginx
COPY --from=installed /srv/static /srv/static
RUN mkdir -p /var/log/nginx && ln -sf /dev/stdout /var/log/nginx/access.log
ENV LAYERSTORE_LISTEN=8080 \
    LAYERSTORE_STATIC_ROOT=/srv/static \
    LAYERSTORE_MEDIA_ROOT=/srv/media \
    LAYERSTORE_ERRORS_ROOT=/srv/static/errors \
    LAYERSTORE_RUN=/tmp \
    LAYERSTORE_LOG=/var/log/nginx \
    LAYERSTORE_MIME_TYPES=/etc/nginx/mime.types \
    LAYERSTORE_NGINX_USER= \
    LAYERSTORE_TRUSTED_PROXY= \
    LAYERSTORE_RESOLVER= \
    LAYERSTORE_CERTIFICATE=
USER 101:101
EXPOSE 8080
STOPSIGNAL SIGQUIT
ENTRYPOINT ["/etc/layerstore/nginx/start"]
CMD ["nginx", "-e", "stderr", "-c", "/tmp/nginx.conf"]

FROM ${REGISTRY_IMAGE} AS registry
COPY deploy/compose/start /etc/layerstore/compose/
COPY deploy/registry /etc/layerstore/registry
ENV LAYERSTORE_REGISTRY_LISTEN=0.0.0.0:5000 \
    LAYERSTORE_REGISTRY_READONLY=false \
    LAYERSTORE_REGISTRY_TRUST=rootcertbundle \
    LAYERSTORE_REGISTRY_ENDPOINT= \
    LAYERSTORE_REGISTRY_PATH_STYLE=false \
    LAYERSTORE_SERVICE=layerstore
USER 10003:10003
EXPOSE 5000
ENTRYPOINT ["/etc/layerstore/compose/start", "/dev/null", "/etc/layerstore/registry/3-s3.yml.template=/tmp/config.yml", "--"]
CMD ["registry", "serve", "/tmp/config.yml"]

FROM installed AS shop
COPY --from=installed --chown=10001:10001 /srv/static /srv/static
ENV DJANGO_SETTINGS_MODULE=config.settings.production
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn", "config.wsgi:application", "--config", "python:config.processes.gunicorn", "--bind", "0.0.0.0:8000"]
