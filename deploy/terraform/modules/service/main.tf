# A part of the shop as a service of ECS on Fargate. A new version starts beside the old one, takes over once it is healthy, and is taken
# back if it does not become so.

resource "aws_ecs_service" "this" {
  count                              = var.runs == "always" ? 1 : 0
  name                               = var.part
  cluster                            = var.platform.cluster.arn
  task_definition                    = aws_ecs_task_definition.this.arn
  desired_count                      = var.size.min
  launch_type                        = "FARGATE"
  platform_version                   = "LATEST"
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  wait_for_steady_state              = true
  enable_execute_command             = false
  availability_zone_rebalancing      = "ENABLED"
  propagate_tags                     = "SERVICE"
  health_check_grace_period_seconds  = var.target_group == null ? null : 120

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.platform.subnets
    security_groups  = [var.security_group]
    assign_public_ip = false
  }

  dynamic "load_balancer" {
    for_each = var.target_group == null ? [] : [var.target_group]

    content {
      target_group_arn = load_balancer.value
      container_name   = var.part
      container_port   = var.port
    }
  }

  # Parts find each other as PART:PORT by a proxy beside each, which knows the tasks that there are at the moment. It passes bytes on, so
  # that nothing is added to a header or cut off by its time limits, and encrypts them on their way.
  service_connect_configuration {
    enabled   = true
    namespace = var.platform.namespace

    log_configuration {
      log_driver = local.log.logDriver
      options    = merge(local.log.options, { awslogs-stream-prefix = "proxy" })
    }

    dynamic "service" {
      for_each = var.port == null || var.target_group != null ? [] : [var.port]

      content {
        port_name      = var.part
        discovery_name = var.part

        client_alias {
          dns_name = var.part
          port     = service.value
        }

        tls {
          kms_key  = var.platform.secrets_key
          role_arn = var.platform.tls.role

          issuer_cert_authority {
            aws_pca_authority_arn = var.platform.tls.authority
          }
        }
      }
    }
  }

  lifecycle {
    ignore_changes = [desired_count] # scaled below
  }
}

resource "aws_appautoscaling_target" "this" {
  count              = length(aws_ecs_service.this)
  service_namespace  = "ecs"
  resource_id        = "service/${var.platform.cluster.name}/${aws_ecs_service.this[0].name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = var.size.min
  max_capacity       = var.size.max
}

resource "aws_appautoscaling_policy" "processor" {
  count              = var.size.max > var.size.min ? length(aws_ecs_service.this) : 0
  name               = "${var.part}-processor"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this[0].service_namespace
  resource_id        = aws_appautoscaling_target.this[0].resource_id
  scalable_dimension = aws_appautoscaling_target.this[0].scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = 50
    scale_in_cooldown  = 300
    scale_out_cooldown = 60

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}
