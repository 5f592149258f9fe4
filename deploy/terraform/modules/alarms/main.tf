# What wakes somebody, and nothing else: each alarm says what is wrong and where docs/operations.md goes on. They go to one topic.

resource "aws_sns_topic" "this" {
  name              = "${var.name}-alarms"
  kms_master_key_id = var.logs_key
}

resource "aws_sns_topic_subscription" "mail" {
  for_each  = toset(var.mails)
  topic_arn = aws_sns_topic.this.arn
  protocol  = "email"
  endpoint  = each.key
}

# An ERROR of ours means that somebody must look (docs/operations.md, "Health, metrics, logs").
resource "aws_cloudwatch_log_metric_filter" "errors" {
  for_each       = var.log_groups
  name           = "errors"
  log_group_name = each.value
  pattern        = "{ $.level = \"ERROR\" || $.level = \"CRITICAL\" }"

  metric_transformation {
    namespace     = var.name
    name          = "errors-${each.key}"
    value         = "1"
    default_value = "0"
  }
}

locals {
  balancer = { LoadBalancer = var.balancer.load_balancer }
  target   = merge(local.balancer, { TargetGroup = var.balancer.target_group })
  database = { DBInstanceIdentifier = var.database }
  gigabyte = 1024 * 1024 * 1024

  # Each: the metric, its dimensions, the comparison, and for how many minutes of how many it must hold.
  # `missing` is what silence means: breaching where the part itself would have spoken.
  fixed = {
    "not ready" = {
      about  = "No edge is ready (/readyz): a part is away for five minutes. See: When a part is away"
      metric = ["AWS/ApplicationELB", "HealthyHostCount"], dimensions = local.target, statistic = "Minimum"
      is     = "LessThanThreshold", threshold = 1, minutes = 5, missing = "breaching"
    }
    "server errors" = {
      about  = "Answers of status 5xx from the edge or behind it"
      metric = ["AWS/ApplicationELB", "HTTPCode_Target_5XX_Count"], dimensions = local.balancer, statistic = "Sum"
      is     = "GreaterThanThreshold", threshold = 20, minutes = 5, missing = "notBreaching"
    }
    "balancer errors" = {
      about  = "The load balancer reaches no edge"
      metric = ["AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count"], dimensions = local.balancer, statistic = "Sum"
      is     = "GreaterThanThreshold", threshold = 20, minutes = 5, missing = "notBreaching"
    }
    "database disk" = {
      about  = "Less than 10 GB are free for PostgreSQL, although storage grows by itself"
      metric = ["AWS/RDS", "FreeStorageSpace"], dimensions = local.database, statistic = "Minimum"
      is     = "LessThanThreshold", threshold = 10 * local.gigabyte, minutes = 15, missing = "breaching"
    }
    "database processor" = {
      about  = "PostgreSQL is busy for a quarter of an hour"
      metric = ["AWS/RDS", "CPUUtilization"], dimensions = local.database, statistic = "Average"
      is     = "GreaterThanThreshold", threshold = 85, minutes = 15, missing = "breaching"
    }
    "database memory" = {
      about  = "PostgreSQL has less than 256 MB of memory to spare"
      metric = ["AWS/RDS", "FreeableMemory"], dimensions = local.database, statistic = "Minimum"
      is     = "LessThanThreshold", threshold = local.gigabyte / 4, minutes = 15, missing = "breaching"
    }
    "database connections" = {
      about  = "PostgreSQL has nearly all the connections that it takes"
      metric = ["AWS/RDS", "DatabaseConnections"], dimensions = local.database, statistic = "Maximum"
      is     = "GreaterThanThreshold", threshold = var.database_connections, minutes = 5, missing = "breaching"
    }
    "certificate" = {
      about  = "The certificate ends within 21 days and was not renewed: its DNS record is gone"
      metric = ["AWS/CertificateManager", "DaysToExpiry"], dimensions = { CertificateArn = var.certificate }, statistic = "Minimum"
      is     = "LessThanThreshold", threshold = 21, minutes = 1440, missing = "notBreaching"
    }
  }

  services = { for part, service in var.services : "${part} tasks" => {
    about  = "Fewer tasks of ${part} run than it needs"
    metric = ["ECS/ContainerInsights", "RunningTaskCount"], dimensions = { ClusterName = var.cluster, ServiceName = service.name }, statistic = "Minimum"
    is     = "LessThanThreshold", threshold = service.min, minutes = 10, missing = "breaching"
  } }

  errors = { for part, group in var.log_groups : "${part} errors" => {
    about  = "${part} has logged an ERROR"
    metric = [var.name, "errors-${part}"], dimensions = {}, statistic = "Sum"
    is     = "GreaterThanThreshold", threshold = 0, minutes = 1, missing = "notBreaching"
  } }

  cache = merge([for node in var.cache_nodes : {
    "${node} memory" = {
      about  = "Redis is nearly full, and takes no task when it is"
      metric = ["AWS/ElastiCache", "DatabaseMemoryUsagePercentage"], dimensions = { CacheClusterId = node }, statistic = "Maximum"
      is     = "GreaterThanThreshold", threshold = 80, minutes = 5, missing = "breaching"
    }
    "${node} processor" = {
      about  = "Redis's one thread is busy"
      metric = ["AWS/ElastiCache", "EngineCPUUtilization"], dimensions = { CacheClusterId = node }, statistic = "Average"
      is     = "GreaterThanThreshold", threshold = 80, minutes = 15, missing = "breaching"
    }
  }]...)

  stream = var.stream == null ? {} : {
    "stream copies" = {
      about  = "Partitions without all their copies: a broker is down"
      metric = ["AWS/Kafka", "UnderReplicatedPartitions"], dimensions = { "Cluster Name" = var.stream }, statistic = "Maximum"
      is     = "GreaterThanThreshold", threshold = 0, minutes = 15, missing = "breaching"
    }
    "stream disk" = {
      about  = "A broker's disk is nearly full"
      metric = ["AWS/Kafka", "KafkaDataLogsDiskUsed"], dimensions = { "Cluster Name" = var.stream }, statistic = "Maximum"
      is     = "GreaterThanThreshold", threshold = 80, minutes = 15, missing = "notBreaching"
    }
  }

  leases = var.leases == null ? {} : {
    "leases" = {
      about  = "DynamoDB fails for requests about leases: jobs run late"
      metric = ["AWS/DynamoDB", "SystemErrors"], dimensions = { TableName = var.leases }, statistic = "Sum"
      is     = "GreaterThanThreshold", threshold = 0, minutes = 5, missing = "notBreaching"
    }
  }

  all = merge(local.fixed, local.services, local.errors, local.cache, local.stream, local.leases)
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each            = local.all
  alarm_name          = "${var.name}: ${each.key}"
  alarm_description   = each.value.about
  namespace           = each.value.metric[0]
  metric_name         = each.value.metric[1]
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = each.value.is
  threshold           = each.value.threshold
  period              = each.value.minutes >= 1440 ? 86400 : 60
  evaluation_periods  = each.value.minutes >= 1440 ? 1 : each.value.minutes
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}

# A step that fails in the night (signing keys are renewed by one) says so in no log of a service.
resource "aws_cloudwatch_event_rule" "failed" {
  name        = "${var.name}-failed-step"
  description = "A task that was run once ended with another status than 0"
  event_pattern = jsonencode({
    source      = ["aws.ecs"]
    detail-type = ["ECS Task State Change"]
    detail = {
      clusterArn = [{ suffix = "/${var.cluster}" }]
      lastStatus = ["STOPPED"]
      group      = [{ prefix = "family:" }]
      containers = { exitCode = [{ anything-but = 0 }] }
    }
  })
}

resource "aws_cloudwatch_event_target" "failed" {
  rule = aws_cloudwatch_event_rule.failed.name
  arn  = aws_sns_topic.this.arn
}

# A deployment that was taken back.
resource "aws_cloudwatch_event_rule" "taken_back" {
  name        = "${var.name}-taken-back"
  description = "A new version did not become healthy"
  event_pattern = jsonencode({
    source      = ["aws.ecs"]
    detail-type = ["ECS Deployment State Change"]
    resources   = [{ wildcard = "*:service/${var.cluster}/*" }]
    detail      = { eventName = ["SERVICE_DEPLOYMENT_FAILED"] }
  })
}

resource "aws_cloudwatch_event_target" "taken_back" {
  rule = aws_cloudwatch_event_rule.taken_back.name
  arn  = aws_sns_topic.this.arn
}

resource "aws_sns_topic_policy" "this" {
  arn = aws_sns_topic.this.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AlarmsAndEvents"
      Effect    = "Allow"
      Principal = { Service = ["cloudwatch.amazonaws.com", "events.amazonaws.com"] }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.this.arn
      Condition = { StringEquals = { "aws:SourceAccount" = var.account } }
    }]
  })
}
