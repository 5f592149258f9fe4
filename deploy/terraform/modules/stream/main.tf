# Kafka, for the registry's events of a large shop. Three brokers, each record on all, acknowledged by two at least.

resource "aws_msk_configuration" "this" {
  name           = var.name
  kafka_versions = [var.kafka_version]
  server_properties = join("\n", [
    "auto.create.topics.enable=false",
    "default.replication.factor=3",
    "min.insync.replicas=2",
    "unclean.leader.election.enable=false",
    "num.partitions=${var.size.partitions}",
    "log.retention.hours=${var.size.hours}",
  ])
}

resource "aws_msk_cluster" "this" {
  cluster_name           = var.name
  kafka_version          = var.kafka_version
  number_of_broker_nodes = 3

  broker_node_group_info {
    instance_type   = var.size.instance_type
    client_subnets  = var.subnets
    security_groups = [var.security_group]

    storage_info {
      ebs_storage_info {
        volume_size = var.size.storage_gb
      }
    }

    connectivity_info {
      public_access {
        type = "DISABLED"
      }
    }
  }

  configuration_info {
    arn      = aws_msk_configuration.this.arn
    revision = aws_msk_configuration.this.latest_revision
  }

  client_authentication {
    unauthenticated = false

    sasl {
      scram = true
    }
  }

  encryption_info {
    encryption_at_rest_kms_key_arn = var.data_key

    encryption_in_transit {
      client_broker = "TLS"
      in_cluster    = true
    }
  }

  logging_info {
    broker_logs {
      cloudwatch_logs {
        enabled   = true
        log_group = aws_cloudwatch_log_group.this.name
      }
    }
  }

  enhanced_monitoring = "PER_TOPIC_PER_BROKER"

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/${var.name}/stream"
  retention_in_days = var.log_days
  kms_key_id        = var.logs_key
}

# Made by AWS, as all random secrets; MSK wants the name to begin so and a key of our own.
resource "aws_cloudformation_stack" "user" {
  name = "${var.name}-stream-user"
  template_body = jsonencode({
    AWSTemplateFormatVersion = "2010-09-09"
    Resources = {
      User = {
        Type                = "AWS::SecretsManager::Secret"
        DeletionPolicy      = "Retain"
        UpdateReplacePolicy = "Retain"
        Properties = {
          Name     = "AmazonMSK_${var.name}"
          KmsKeyId = var.secrets_key
          GenerateSecretString = {
            SecretStringTemplate = jsonencode({ username = "layerstore" })
            GenerateStringKey    = "password"
            PasswordLength       = 64
            ExcludePunctuation   = true
          }
        }
      }
    }
    Outputs = { User = { Value = { Ref = "User" } } }
  })
}

resource "aws_secretsmanager_secret_policy" "user" {
  secret_arn = aws_cloudformation_stack.user.outputs["User"]
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "KafkaComparesWithIt"
      Effect    = "Allow"
      Principal = { Service = "kafka.amazonaws.com" }
      Action    = "secretsmanager:GetSecretValue"
      Resource  = aws_cloudformation_stack.user.outputs["User"]
    }]
  })
}

resource "aws_msk_scram_secret_association" "this" {
  cluster_arn     = aws_msk_cluster.this.arn
  secret_arn_list = [aws_cloudformation_stack.user.outputs["User"]]
}
