resource "aws_cloudwatch_log_group" "this" {
  name              = "/${var.platform.name}/${var.part}"
  retention_in_days = var.platform.log_days
  kms_key_id        = var.platform.logs_key
}

locals {
  log = {
    logDriver = "awslogs"
    options = {
      awslogs-group         = aws_cloudwatch_log_group.this.name
      awslogs-region        = var.platform.region
      awslogs-stream-prefix = var.part
      # A shop that cannot write its log goes on; what does not fit into this is lost.
      mode            = "non-blocking"
      max-buffer-size = "4m"
    }
  }
  confined = {
    image                  = var.image
    readonlyRootFilesystem = true
    privileged             = false
    linuxParameters        = { capabilities = { drop = ["ALL"], add = [] }, initProcessEnabled = true }
    mountPoints            = [{ sourceVolume = "scratch", containerPath = "/tmp", readOnly = false }]
    logConfiguration       = local.log
  }

  # A volume of Fargate belongs to root. This gives the one thing that may be written the mode that /tmp has everywhere.
  scratch = merge(local.confined, {
    name       = "scratch"
    essential  = false
    user       = "0:0"
    entryPoint = ["chmod", "1777", "/tmp"]
  })

  prepare = [for before in var.prepares == null ? [] : [var.prepares] : merge(local.confined, {
    name      = "prepare"
    essential = false
    image     = before.image
    user      = before.user
    command   = before.command
    dependsOn = [{ containerName = "scratch", condition = "SUCCESS" }]
  })]

  main = merge(
    local.confined,
    {
      name        = var.part
      essential   = true
      dependsOn   = [for container in concat([local.scratch], local.prepare) : { containerName = container.name, condition = "SUCCESS" }]
      stopTimeout = 30
      environment = [for name in sort(keys(var.environment)) : { name = name, value = var.environment[name] }]
      secrets     = [for name in sort(keys(var.secrets)) : { name = name, valueFrom = var.secrets[name] }]
      mountPoints = concat(local.confined.mountPoints, [
        for point in local.keys : { sourceVolume = "keys", containerPath = "/srv/keys", readOnly = point != "keys" }
      ])
      portMappings = var.port == null ? [] : [{ name = var.part, containerPort = var.port, hostPort = var.port, protocol = "tcp" }]
    },
    length(var.command) == 0 ? {} : { command = var.command },
    var.health == null ? {} : {
      healthCheck = {
        command     = var.health.command
        interval    = var.health.interval
        retries     = var.health.retries
        timeout     = min(30, var.health.interval)
        startPeriod = 60
      }
    },
  )
}

resource "aws_ecs_task_definition" "this" {
  family                   = "${var.platform.name}-${var.part}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.size.cpu
  memory                   = var.size.memory
  execution_role_arn       = aws_iam_role.starts.arn
  task_role_arn            = aws_iam_role.does.arn
  container_definitions    = jsonencode(concat([local.scratch, local.main], local.prepare))

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.platform.architecture
  }

  volume {
    name = "scratch"
  }

  dynamic "volume" {
    for_each = local.keys

    content {
      name = "keys"

      efs_volume_configuration {
        file_system_id     = var.platform.keys_volume.id
        transit_encryption = "ENABLED"

        authorization_config {
          access_point_id = var.platform.keys_volume.access_points[volume.value].id
          iam             = "ENABLED"
        }
      }
    }
  }
}
