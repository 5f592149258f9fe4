# Each process: its image, command, variables, secrets, keys and permissions. Commands are those of docker-compose.yml.

locals {
  probe = ["CMD", "python", "deploy/compose/probe.py"]

  shop = {
    image       = var.images.shop
    environment = merge(local.environment, { DJANGO_SETTINGS_MODULE = "config.settings.production" })
    secrets     = local.secrets_of_sales
    keys        = "public"
    statements  = []
    port        = null
    health      = null
  }

  parts = {
    web = merge(local.shop, {
      command    = ["gunicorn", "config.wsgi:application", "--config", "python:config.processes.gunicorn", "--bind", "0.0.0.0:8000", "--workers", "2"]
      secrets    = local.secrets_with_mail
      port       = 8000
      statements = local.writes_media
      # As at the load balancer: ready before it is used, and five minutes until it is given up.
      health = { command = concat(local.probe, ["http://127.0.0.1:8000/readyz"]), interval = 30, retries = 10 }
    })

    # The only part that can read the keys it signs with.
    token = merge(local.shop, {
      command     = ["python", "-m", "config.processes.token_server", "--host", "0.0.0.0"]
      environment = merge(local.environment, { DJANGO_SETTINGS_MODULE = "config.settings.token" })
      secrets     = local.secrets_of_all
      port        = 8000
      keys        = "leaves"
      health      = { command = concat(local.probe, ["http://127.0.0.1:8000/auth/jwks.json"]), interval = 10, retries = 3 }
    })

    inner = merge(local.shop, {
      command     = ["python", "-m", "config.processes.inner_server", "--host", "0.0.0.0", "--workers", "2"]
      environment = merge(local.environment, { DJANGO_SETTINGS_MODULE = "config.settings.inner" })
      secrets     = merge(local.secrets_of_all, local.secrets_of_stream)
      port        = 8000
      health      = { command = concat(local.probe, ["http://127.0.0.1:8000/metrics"]), interval = 10, retries = 3 }
    })

    scheduler = merge(local.shop, {
      command = ["celery", "--quiet", "-A", "config", "beat", "--loglevel", "INFO", "--schedule", "/tmp/schedule", "--pidfile", ""]
      health  = { command = ["CMD-SHELL", "find /tmp -name 'schedule*' -mmin -7 | grep --quiet ."], interval = 60, retries = 5 }
    })

    events = merge(local.shop, {
      command = ["python", "-m", "config.processes.events", "--consumers", "1", "--health-file", "/tmp/well"]
      secrets = merge(local.secrets_of_sales, local.secrets_of_stream)
      # Touched each second while the consumer says something.
      health = { command = ["CMD-SHELL", "find /tmp/well -mmin -1 | grep --quiet ."], interval = 60, retries = 5 }
    })

    registry = {
      image       = var.images.registry
      command     = []
      port        = 5000
      environment = local.registry
      secrets     = { for name in ["LAYERSTORE_EVENTS_SECRET", "LAYERSTORE_REGISTRY_SECRET"] : name => var.secrets[name] }
      keys        = "public"
      statements  = local.writes_blobs
      health      = { command = ["CMD", "wget", "--quiet", "--spider", "http://127.0.0.1:5000/"], interval = 10, retries = 3 }
    }

    edge = {
      image       = var.images.edge
      command     = []
      port        = 8443
      environment = local.edge
      secrets     = {}
      keys        = null
      statements  = []
      health      = null # the load balancer asks
      # As the user of nginx's own image, who alone can then read the key.
      prepares = { image = var.images.shop, command = ["python", "deploy/aws/edge_certificate.py", "/tmp/edge.pem"], user = "101:101" }
    }
  }

  registry = {
    LAYERSTORE_PUBLIC_URL        = "https://${var.domain}"
    LAYERSTORE_SERVICE           = lookup(var.settings, "LAYERSTORE_SERVICE", "layerstore")
    LAYERSTORE_REGISTRY_REGION   = var.platform.region
    LAYERSTORE_REGISTRY_BUCKET   = var.buckets.blobs.name
    LAYERSTORE_REGISTRY_LISTEN   = "0.0.0.0:5000"
    LAYERSTORE_REGISTRY_READONLY = "false"
    LAYERSTORE_REGISTRY_TRUST    = lookup(var.settings, "LAYERSTORE_REGISTRY_TRUST", "rootcertbundle")
    LAYERSTORE_TRUSTED_KEYS      = lookup(var.settings, "LAYERSTORE_REGISTRY_TRUST", "rootcertbundle") == "jwks" ? "/srv/keys/jwks.json" : "/srv/keys/bundle.pem"
    LAYERSTORE_INNER_URL         = "http://inner:8000"
    OTEL_TRACES_EXPORTER         = "none"
  }

  edge = {
    LAYERSTORE_PUBLIC_URL       = "https://${var.domain}"
    LAYERSTORE_LISTEN           = "8443 ssl"
    LAYERSTORE_CERTIFICATE      = "/tmp/edge.pem"
    LAYERSTORE_WEB_ADDRESS      = "web:8000"
    LAYERSTORE_TOKEN_ADDRESS    = "token:8000"
    LAYERSTORE_REGISTRY_ADDRESS = "registry:5000"
    LAYERSTORE_TRUSTED_PROXY    = var.vpc_cidr
  }

  workers = { for name, worker in var.workers : "worker-${name}" => merge(local.shop, {
    command    = concat(["python", "-m", "config.processes.worker"], worker.lanes)
    secrets    = local.secrets_with_mail
    statements = local.takes_leases
    health = {
      # Each lane answers for itself.
      command = ["CMD-SHELL", join("", [
        "celery -A config inspect ping --timeout 5 --destination \"",
        join(",", [for lane in worker.lanes : "${split("=", lane)[0]}@$(hostname)"]),
        "\" | test \"$(grep --count pong)\" = ${length(worker.lanes)}",
      ])]
      interval = 60
      retries  = 5
    }
  }) }
}
