# The one door.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "dns_tls" {
  command = plan

  module {
    source = "./modules/dns_tls"
  }

  variables {
    name           = "shop"
    domain         = "shop.example.com"
    zone           = "Z0"
    vpc            = "vpc-0"
    subnets        = ["subnet-a", "subnet-b"]
    security_group = "sg-balancer"
  }

  assert {
    condition = (
      aws_lb_listener.https.protocol == "HTTPS" && aws_lb_listener.https.ssl_policy == "ELBSecurityPolicy-TLS13-1-2-2021-06" &&
      aws_lb_target_group.edge.protocol == "HTTPS" && aws_lb_target_group.edge.health_check[0].protocol == "HTTPS" &&
      aws_lb_listener.http.default_action[0].type == "redirect" && aws_lb_listener.http.default_action[0].redirect[0].protocol == "HTTPS"
    )
    error_message = "TLS 1.2 at least, and TLS on to the edge; what comes without is sent there."
  }

  assert {
    condition     = aws_lb.this.enable_deletion_protection && aws_lb.this.drop_invalid_header_fields && aws_lb.this.preserve_host_header && aws_lb.this.security_groups == toset(["sg-balancer"])
    error_message = "The load balancer cannot be deleted by mistake, passes no malformed header, and passes the Host that the edge compares."
  }

  assert {
    condition     = aws_lb.this.xff_header_processing_mode == "append"
    error_message = "The last address of X-Forwarded-For is the client's: the edge believes that one."
  }

  assert {
    condition = (
      aws_lb_target_group.edge.health_check[0].path == "/readyz" && aws_lb_target_group.edge.health_check[0].matcher == "200" &&
      aws_lb_target_group.edge.health_check[0].unhealthy_threshold * aws_lb_target_group.edge.health_check[0].interval >= 300
    )
    error_message = "A task takes no request before the shop is ready, and an outage of five minutes ends none."
  }

  assert {
    condition     = aws_lb_target_group.edge.deregistration_delay == "120"
    error_message = "A task that goes has two minutes for layers that are on their way, before it is told to stop."
  }

  assert {
    condition     = length(aws_lb.this.access_logs) == 0
    error_message = "The load balancer logs no request: it would keep the secrets in queries."
  }
}

run "alarms" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  variables {
    name                 = "shop"
    account              = "123456789012"
    mails                = ["staff@example.com"]
    logs_key             = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000109"
    cluster              = "shop"
    services             = { web = { name = "web", min = 2 }, token = { name = "token", min = 2 } }
    log_groups           = { web = "/shop/web", token = "/shop/token" }
    balancer             = { load_balancer = "app/shop/0", target_group = "targetgroup/shop/0" }
    certificate          = "arn:aws:acm:eu-central-1:123456789012:certificate/0"
    database             = "shop"
    database_connections = 320
    cache_nodes          = ["shop-001", "shop-002"]
    stream               = "shop"
    leases               = "shop-leases"
  }

  assert {
    condition = toset([for alarm in aws_cloudwatch_metric_alarm.this : trimprefix(alarm.alarm_name, "shop: ")]) == toset([
      "not ready", "server errors", "balancer errors", "certificate", "web tasks", "token tasks", "web errors", "token errors",
      "database disk", "database processor", "database memory", "database connections",
      "shop-001 memory", "shop-001 processor", "shop-002 memory", "shop-002 processor", "stream copies", "stream disk", "leases",
    ])
    error_message = "These wake somebody."
  }

  assert {
    condition     = alltrue([for alarm in values(aws_cloudwatch_metric_alarm.this) : alarm.alarm_actions == toset([aws_sns_topic.this.arn])]) && length(aws_sns_topic_subscription.mail) == 1 && aws_sns_topic.this.kms_master_key_id == var.logs_key
    error_message = "Every alarm is sent to somebody, encrypted."
  }

  assert {
    condition     = alltrue([for name, alarm in aws_cloudwatch_metric_alarm.this : alarm.treat_missing_data == "breaching" if strcontains(name, "tasks") || strcontains(name, "not ready") || strcontains(name, "database")])
    error_message = "Silence of a part that should speak is an alarm."
  }

  assert {
    condition = alltrue([
      for part, filter in aws_cloudwatch_log_metric_filter.errors :
      filter.pattern == "{ $.level = \"ERROR\" || $.level = \"CRITICAL\" }" && filter.metric_transformation[0].name == aws_cloudwatch_metric_alarm.this["${part} errors"].metric_name
    ])
    error_message = "Each ERROR in a JSON log is counted where its alarm looks."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.failed.event_pattern).detail.containers.exitCode == [{ "anything-but" = 0 }]
    error_message = "A step that fails, as the daily renewal of signing keys, is heard of."
  }
}
