# What each task is given and may do, and how a new version takes over.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  started      = true
  domain       = "shop.example.com"
  vpc_cidr     = "10.20.0.0/16"
  target_group = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/shop/0"
  data_key     = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-00000000da7a"
  database = {
    address       = "shop.000000000000.eu-central-1.rds.amazonaws.com:5432"
    master_secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:master"
  }
  buckets = {
    blobs = { name = "shop-blobs", arn = "arn:aws:s3:::shop-blobs" }
    media = { name = "shop-media", arn = "arn:aws:s3:::shop-media" }
  }
  leases = { name = "shop-leases", arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/shop-leases" }
  stream = {
    servers         = "b-1.shop.kafka.eu-central-1.amazonaws.com:9096"
    user            = "layerstore"
    password_secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:AmazonMSK_shop:password::"
    partitions      = 12
  }
  settings = { LAYERSTORE_STRIPE_COUNTRY = "DE" }
  images = {
    shop     = "shop@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    edge     = "edge@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    registry = "registry@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  }
  sizes = {
    edge      = { cpu = 256, memory = 512, min = 2, max = 4 }
    web       = { cpu = 512, memory = 1024, min = 2, max = 4 }
    token     = { cpu = 256, memory = 1024, min = 2, max = 4 }
    inner     = { cpu = 256, memory = 1024, min = 2, max = 4 }
    events    = { cpu = 256, memory = 1024, min = 2, max = 2 }
    registry  = { cpu = 512, memory = 1024, min = 2, max = 6 }
    scheduler = { cpu = 256, memory = 512, min = 2, max = 2 }
  }
  workers = {
    sales = { lanes = ["money", "mail=4"], size = { cpu = 512, memory = 1024, min = 2, max = 2 } }
    rest  = { lanes = ["registry", "drawing", "default", "batch"], size = { cpu = 512, memory = 1024, min = 2, max = 2 } }
  }
  security_groups = {
    for part in ["edge", "web", "token", "inner", "worker", "scheduler", "events", "registry", "steps", "keys"] : part => "sg-${part}"
  }
  secrets = {
    for name in [
      "LAYERSTORE_SECRET_KEY", "LAYERSTORE_TOKEN_KEYS", "LAYERSTORE_EVENTS_SECRET", "LAYERSTORE_REGISTRY_SECRET", "LAYERSTORE_REDIS_URL",
      "LAYERSTORE_EMAIL_URL", "PGPASSWORD", "STRIPE_CONNECT_WEBHOOK_SECRET", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET",
    ] : name => "arn:aws:secretsmanager:eu-central-1:123456789012:secret:${name}"
  }
  platform = {
    name         = "shop"
    account      = "123456789012"
    region       = "eu-central-1"
    partition    = "aws"
    subnets      = ["subnet-a", "subnet-b"]
    logs_key     = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000109"
    secrets_key  = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000005ec7"
    log_days     = 90
    architecture = "X86_64"
    keys_volume = {
      id  = "fs-0"
      arn = "arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-0"
      access_points = {
        for key in ["public", "leaves", "keys"] :
        key => { id = "fsap-${key}", arn = "arn:aws:elasticfilesystem:eu-central-1:123456789012:access-point/fsap-${key}" }
      }
    }
  }
}

run "services" {
  command = plan

  module {
    source = "./modules/services"
  }

  assert {
    condition = toset(keys(output.definitions)) == toset([
      "edge", "web", "token", "inner", "registry", "scheduler", "events", "worker-sales", "worker-rest", "database", "keys", "migrate",
    ])
    error_message = "Each process is a task of its own, and so is each step."
  }

  assert {
    condition = alltrue(flatten([for definition in values(output.definitions) : [for container in definition.containers : [
      container.readonlyRootFilesystem, !container.privileged, container.linuxParameters.capabilities.drop == ["ALL"],
      can(regex("@sha256:[0-9a-f]{64}$", container.image)),
      container.logConfiguration.logDriver == "awslogs",
    ]]]))
    error_message = "Each container is an image by digest, confined, with its log in CloudWatch."
  }

  assert {
    condition     = alltrue([for definition in values(output.definitions) : definition.containers[0].user == "0:0" && definition.containers[0].entryPoint == ["chmod", "1777", "/tmp"] && alltrue([for container in slice(definition.containers, 1, length(definition.containers)) : !startswith(try(container.user, "its own"), "0")])])
    error_message = "Only the container that prepares /tmp is root; the others are whom their image says."
  }

  assert {
    condition     = alltrue([for definition in values(output.definitions) : definition.containers[1].stopTimeout == 30])
    error_message = "Each process has thirty seconds to end what it has begun."
  }

  # Secrets.
  assert {
    condition = alltrue(flatten([for definition in values(output.definitions) : [
      for variable in definition.containers[1].environment : !can(regex("SECRET|PASSWORD|TOKEN_KEYS|REDIS_URL|EMAIL_URL", variable.name)) && !strcontains(variable.value, "secretsmanager")
    ]]))
    error_message = "No secret is among the variables that stand in a task's definition."
  }

  assert {
    condition = jsonencode({ for part, definition in output.definitions : part => sort([for secret in definition.containers[1].secrets : secret.name]) }) == jsonencode({
      edge     = []
      registry = ["LAYERSTORE_EVENTS_SECRET", "LAYERSTORE_REGISTRY_SECRET"]
      token    = ["LAYERSTORE_EVENTS_SECRET", "LAYERSTORE_REDIS_URL", "LAYERSTORE_SECRET_KEY", "LAYERSTORE_TOKEN_KEYS", "PGPASSWORD"]
      keys     = ["LAYERSTORE_EVENTS_SECRET", "LAYERSTORE_REDIS_URL", "LAYERSTORE_SECRET_KEY", "LAYERSTORE_TOKEN_KEYS", "PGPASSWORD"]
      inner    = ["LAYERSTORE_EVENTS_SECRET", "LAYERSTORE_KAFKA_PASSWORD", "LAYERSTORE_REDIS_URL", "LAYERSTORE_SECRET_KEY", "LAYERSTORE_TOKEN_KEYS", "PGPASSWORD"]
      events = [
        "LAYERSTORE_EVENTS_SECRET", "LAYERSTORE_KAFKA_PASSWORD", "LAYERSTORE_REDIS_URL", "LAYERSTORE_SECRET_KEY", "LAYERSTORE_TOKEN_KEYS",
        "PGPASSWORD", "STRIPE_CONNECT_WEBHOOK_SECRET", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET",
      ]
      scheduler      = ["LAYERSTORE_EVENTS_SECRET", "LAYERSTORE_REDIS_URL", "LAYERSTORE_SECRET_KEY", "LAYERSTORE_TOKEN_KEYS", "PGPASSWORD", "STRIPE_CONNECT_WEBHOOK_SECRET", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"]
      migrate        = ["LAYERSTORE_EVENTS_SECRET", "LAYERSTORE_REDIS_URL", "LAYERSTORE_SECRET_KEY", "LAYERSTORE_TOKEN_KEYS", "PGPASSWORD", "STRIPE_CONNECT_WEBHOOK_SECRET", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"]
      web            = ["LAYERSTORE_EMAIL_URL", "LAYERSTORE_EVENTS_SECRET", "LAYERSTORE_REDIS_URL", "LAYERSTORE_SECRET_KEY", "LAYERSTORE_TOKEN_KEYS", "PGPASSWORD", "STRIPE_CONNECT_WEBHOOK_SECRET", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"]
      "worker-sales" = ["LAYERSTORE_EMAIL_URL", "LAYERSTORE_EVENTS_SECRET", "LAYERSTORE_REDIS_URL", "LAYERSTORE_SECRET_KEY", "LAYERSTORE_TOKEN_KEYS", "PGPASSWORD", "STRIPE_CONNECT_WEBHOOK_SECRET", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"]
      "worker-rest"  = ["LAYERSTORE_EMAIL_URL", "LAYERSTORE_EVENTS_SECRET", "LAYERSTORE_REDIS_URL", "LAYERSTORE_SECRET_KEY", "LAYERSTORE_TOKEN_KEYS", "PGPASSWORD", "STRIPE_CONNECT_WEBHOOK_SECRET", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"]
      database       = ["LAYERSTORE_MASTER_PASSWORD", "LAYERSTORE_MASTER_USER", "PGPASSWORD"]
    })
    error_message = "Each part is given the secrets that its settings read, and no other. The master's password goes to one step."
  }

  assert {
    condition = alltrue(flatten([for definition in values(output.definitions) : [
      [for statement in definition.starts : statement.Resource != "*" || statement.Action == "ecr:GetAuthorizationToken"],
      [
        toset(flatten([for statement in definition.starts : statement.Resource if statement.Action == "secretsmanager:GetSecretValue"])) ==
        toset([for secret in definition.containers[1].secrets : join(":", slice(split(":", secret.valueFrom), 0, 7))])
      ],
    ]]))
    error_message = "What starts a task can read that task's own secrets and no other."
  }

  assert {
    condition = alltrue([
      for part in ["web", "token", "inner", "worker-sales", "worker-rest", "scheduler", "events", "migrate", "database"] : contains(
        [for variable in output.definitions[part].containers[1].environment : variable.value if variable.name == "LAYERSTORE_DATABASE_URL"],
        "postgresql://layerstore@shop.000000000000.eu-central-1.rds.amazonaws.com:5432/layerstore?sslmode=verify-full&sslrootcert=/srv/keys/database-ca.pem"
      )
    ])
    error_message = "PostgreSQL is spoken to by TLS, its certificate is compared with Amazon's own authority, and the address has no password."
  }

  # Who may do what at AWS.
  assert {
    condition = jsonencode({ for part, definition in output.definitions : part => sort([
      for statement in definition.does : "${join(" ", [for action in flatten([statement.Action]) : trimprefix(action, "elasticfilesystem:Client")])} ${split("fsap-", statement.Condition.StringEquals["elasticfilesystem:AccessPointArn"])[1]}"
      if can(statement.Condition.StringEquals["elasticfilesystem:AccessPointArn"])
      ]) }) == jsonencode({
      edge           = []
      token          = ["Mount leaves"]
      keys           = ["Mount Write keys"]
      web            = ["Mount public"]
      inner          = ["Mount public"]
      registry       = ["Mount public"]
      scheduler      = ["Mount public"]
      events         = ["Mount public"]
      migrate        = ["Mount public"]
      database       = ["Mount public"]
      "worker-sales" = ["Mount public"]
      "worker-rest"  = ["Mount public"]
    })
    error_message = "Only the token service reads the leaves' keys; only the key commands write, and read the authority's."
  }

  assert {
    condition = (
      strcontains(output.definitions["keys"].containers[1].command[2], "chmod 2750 /srv/keys/leaves && chmod 700 /srv/keys/authority") &&
      alltrue(flatten([for part, definition in output.definitions : [
        for mount in definition.containers[1].mountPoints : mount.readOnly || part == "keys" || mount.containerPath == "/tmp"
      ]]))
    )
    error_message = "The folders have the modes that keep others out, and nobody but the key commands mounts them to write."
  }

  assert {
    condition = jsonencode({ for name, resource in { blobs = "arn:aws:s3:::shop-blobs/*", media = "arn:aws:s3:::shop-media/*", leases = var.leases.arn } : name => sort([
      for part, definition in output.definitions : part if length([for statement in definition.does : 1 if contains(flatten([statement.Resource]), resource)]) > 0
      ]) }) == jsonencode({
      blobs  = ["registry"]
      media  = ["web"]
      leases = ["worker-rest", "worker-sales"]
    })
    error_message = "Only the registry writes blobs; pictures are for web, leases for the worker."
  }

  assert {
    condition = alltrue(flatten([for definition in values(output.definitions) : [for statement in definition.does : [
      !contains(flatten([statement.Resource]), "*"), [for action in flatten([statement.Action]) : !endswith(action, "*")]
    ]]]))
    error_message = "No part may do everything, or something everywhere."
  }

  # What answers whom.
  assert {
    condition = jsonencode({ for part, definition in output.definitions : part => join(" ", definition.containers[1].healthCheck.command) if can(definition.containers[1].healthCheck) }) == jsonencode({
      web            = "CMD python deploy/compose/probe.py http://127.0.0.1:8000/readyz"
      token          = "CMD python deploy/compose/probe.py http://127.0.0.1:8000/auth/jwks.json"
      inner          = "CMD python deploy/compose/probe.py http://127.0.0.1:8000/metrics"
      registry       = "CMD wget --quiet --spider http://127.0.0.1:5000/"
      events         = "CMD-SHELL find /tmp/well -mmin -1 | grep --quiet ."
      scheduler      = "CMD-SHELL find /tmp -name 'schedule*' -mmin -7 | grep --quiet ."
      "worker-sales" = "CMD-SHELL celery -A config inspect ping --timeout 5 --destination \"money@$(hostname),mail@$(hostname)\" | test \"$(grep --count pong)\" = 2"
      "worker-rest"  = "CMD-SHELL celery -A config inspect ping --timeout 5 --destination \"registry@$(hostname),drawing@$(hostname),default@$(hostname),batch@$(hostname)\" | test \"$(grep --count pong)\" = 4"
    })
    error_message = "Each process answers for itself; the edge is asked by the load balancer."
  }

  assert {
    condition     = jsonencode({ for name, worker in var.workers : name => output.definitions["worker-${name}"].containers[1].command }) == jsonencode({ sales = ["python", "-m", "config.processes.worker", "money", "mail=4"], rest = ["python", "-m", "config.processes.worker", "registry", "drawing", "default", "batch"] })
    error_message = "Each worker runs its lanes."
  }

  assert {
    condition     = aws_acmpca_certificate_authority.between.usage_mode == "SHORT_LIVED_CERTIFICATE"
    error_message = "Certificates between parts live for days."
  }

  assert {
    condition     = length(terraform_data.migrated) == 1 && local.order == ["keys", "database", "migrate"] && aws_scheduler_schedule.keys.state == "ENABLED"
    error_message = "The steps run before a new version, in order, and signing keys are renewed every day."
  }
}

run "service" {
  command = plan

  module {
    source = "./modules/service"
  }

  variables {
    part           = "web"
    image          = "shop@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    environment    = { LAYERSTORE_PUBLIC_URL = "https://shop.example.com" }
    size           = { cpu = 512, memory = 1024, min = 2, max = 4 }
    security_group = "sg-web"
    port           = 8000
    target_group   = null # the edge alone has one
    runs           = "always"
    platform = {
      name         = "shop"
      account      = "123456789012"
      region       = "eu-central-1"
      partition    = "aws"
      cluster      = { arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/shop", name = "shop" }
      namespace    = "arn:aws:servicediscovery:eu-central-1:123456789012:namespace/ns-0"
      subnets      = ["subnet-a", "subnet-b"]
      logs_key     = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000109"
      secrets_key  = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000005ec7"
      log_days     = 90
      architecture = "X86_64"
      keys_volume  = { id = "fs-0", arn = "arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-0", access_points = {} }
      tls          = { authority = "arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/0", role = "arn:aws:iam::123456789012:role/certificates" }
    }
  }

  assert {
    condition = alltrue([
      aws_ecs_service.this[0].deployment_circuit_breaker[0].enable, aws_ecs_service.this[0].deployment_circuit_breaker[0].rollback,
      aws_ecs_service.this[0].deployment_minimum_healthy_percent == 100, aws_ecs_service.this[0].deployment_maximum_percent == 200,
      aws_ecs_service.this[0].wait_for_steady_state,
    ])
    error_message = "A new version starts beside the old one, and is taken back if it does not become healthy."
  }

  assert {
    condition     = !aws_ecs_service.this[0].network_configuration[0].assign_public_ip && aws_ecs_service.this[0].network_configuration[0].security_groups == toset(["sg-web"]) && !aws_ecs_service.this[0].enable_execute_command
    error_message = "A task has no public address, its own group, and no way in for a shell."
  }

  assert {
    condition     = aws_ecs_service.this[0].service_connect_configuration[0].service[0].tls[0].issuer_cert_authority[0].aws_pca_authority_arn == var.platform.tls.authority
    error_message = "What goes between parts is encrypted."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 90 && aws_cloudwatch_log_group.this.kms_key_id == var.platform.logs_key
    error_message = "Logs are encrypted and end."
  }

  assert {
    condition = (
      aws_appautoscaling_target.this[0].min_capacity == 2 && aws_appautoscaling_target.this[0].max_capacity == 4 && length(aws_appautoscaling_policy.processor) == 1
    )
    error_message = "A busy service grows between its bounds."
  }
}

# Nothing of these may be applied at all.
run "refused" {
  command = plan

  module {
    source = "./modules/services"
  }

  variables {
    images = {
      shop     = "shop:latest"
      edge     = "edge@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      registry = "registry@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    }
    settings = { STRIPE_SECRET_KEY = "sk_live_of_nobody" }
    workers  = { mail = { lanes = ["mail"], size = { cpu = 512, memory = 1024, min = 2, max = 2 } } }
  }

  expect_failures = [var.images, var.settings, var.workers]
}
