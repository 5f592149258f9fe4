# Steps, each run to its end and right to be run again: `database` makes the shop's role and database, `keys` the signing keys, `migrate`
# the tables. All run before a new version is started, so the version before must work with the new tables (docs/operations.md, "Upgrade").

locals {
  bundle = "https://truststore.pki.rds.amazonaws.com/${var.platform.region}/${var.platform.region}-bundle.pem"

  steps = {
    database = {
      command = ["python", "deploy/aws/database.py"]
      # RDS made the master's password and changes it; nothing else ever has it.
      secrets = {
        PGPASSWORD                 = var.secrets.PGPASSWORD
        LAYERSTORE_MASTER_USER     = "${var.database.master_secret}:username::"
        LAYERSTORE_MASTER_PASSWORD = "${var.database.master_secret}:password::"
      }
      environment    = { LAYERSTORE_DATABASE_URL = local.environment.LAYERSTORE_DATABASE_URL }
      keys           = "public"
      security_group = "steps"
    }

    keys = {
      command = ["sh", "-euc", join(" && ", [
        # Made here with the modes of the Dockerfile; what is written there later follows them.
        "mkdir -p /srv/keys/leaves /srv/keys/authority && chmod 2750 /srv/keys/leaves && chmod 700 /srv/keys/authority",
        "python deploy/aws/certificates.py ${local.bundle} ${local.ca_file}",
        "python manage.py signing_keys init && python manage.py signing_keys renew",
      ])]
      secrets        = local.secrets_of_all
      environment    = merge(local.environment, { DJANGO_SETTINGS_MODULE = "config.settings.token" })
      keys           = "keys"
      security_group = "keys"
    }

    migrate = {
      command        = ["sh", "-euc", "python manage.py migrate --noinput && python manage.py check --database default"]
      secrets        = local.secrets_of_sales
      environment    = local.shop.environment
      keys           = "public"
      security_group = "steps"
    }
  }
  # The order: the certificates that the database is known by come with the keys.
  order = ["keys", "database", "migrate"]
}

module "step" {
  source         = "../service"
  for_each       = local.steps
  part           = each.key
  platform       = local.platform
  image          = var.images.shop
  command        = each.value.command
  environment    = each.value.environment
  secrets        = each.value.secrets
  size           = { cpu = 512, memory = 1024, min = 0, max = 0 }
  security_group = var.security_groups[each.value.security_group]
  keys           = each.value.keys
  runs           = "once"
}

# The machine that applies this starts them one by one, by the AWS command line, and ends the apply if one fails: nothing new is started then.
resource "terraform_data" "migrated" {
  count            = var.started ? 1 : 0
  triggers_replace = [for step in local.order : module.step[step].task_definition]

  provisioner "local-exec" {
    interpreter = ["/bin/sh", "-euc"]
    command = join("\n", [
      for step in local.order :
      "'${path.module}/run-step' '${var.platform.region}' '${aws_ecs_cluster.this.name}' '${module.step[step].task_definition}' '${join(",", var.platform.subnets)}' '${var.security_groups[local.steps[step].security_group]}'"
    ])
  }
}

# Signing keys are renewed when they are due; every day somebody asks.
resource "aws_scheduler_schedule" "keys" {
  name                = "${var.platform.name}-keys"
  schedule_expression = "rate(1 day)"
  state               = var.started ? "ENABLED" : "DISABLED"
  kms_key_arn         = var.data_key

  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 60
  }

  target {
    arn      = aws_ecs_cluster.this.arn
    role_arn = aws_iam_role.renews.arn

    ecs_parameters {
      task_definition_arn = module.step["keys"].task_definition
      launch_type         = "FARGATE"

      network_configuration {
        subnets          = var.platform.subnets
        security_groups  = [var.security_groups.keys]
        assign_public_ip = false
      }
    }

    retry_policy {
      maximum_retry_attempts = 5
    }
  }
}

resource "aws_iam_role" "renews" {
  name = "${var.platform.name}-renews-keys"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = var.platform.account } }
    }]
  })
}

resource "aws_iam_role_policy" "renews" {
  role = aws_iam_role.renews.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "ecs:RunTask"
        Resource  = module.step["keys"].task_definition
        Condition = { ArnEquals = { "ecs:cluster" = aws_ecs_cluster.this.arn } }
      },
      { Effect = "Allow", Action = "iam:PassRole", Resource = values(module.step["keys"].roles) },
      { Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = var.data_key },
    ]
  })
}
