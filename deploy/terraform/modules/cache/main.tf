# Redis: queue, cache, counters. It may be emptied without losing a sale, so it is copied to a second zone and not backed up.

resource "aws_elasticache_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnets
}

resource "aws_elasticache_parameter_group" "this" {
  name   = "${var.name}-redis7"
  family = "redis7"

  # A full queue must fail loudly; evicting its tasks would lose them without a word.
  parameter {
    name  = "maxmemory-policy"
    value = "noeviction"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_elasticache_replication_group" "this" {
  replication_group_id = var.name
  description          = "Layerstore: queue, cache, counters"
  engine               = "redis"
  engine_version       = "7.1"
  node_type            = var.size.node_type
  num_cache_clusters   = var.size.nodes

  automatic_failover_enabled = true
  multi_az_enabled           = true
  subnet_group_name          = aws_elasticache_subnet_group.this.name
  security_group_ids         = [var.security_group]
  parameter_group_name       = aws_elasticache_parameter_group.this.name

  at_rest_encryption_enabled = true
  kms_key_id                 = var.data_key
  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  user_group_ids             = [aws_elasticache_user_group.this.user_group_id]

  auto_minor_version_upgrade = true
  apply_immediately          = false
}

# The user's password would stand in Terraform's state. CloudFormation has AWS make it and hand it to the user, so that neither state nor
# the machine that applies it ever sees it.
resource "aws_cloudformation_stack" "user" {
  name          = "${var.name}-cache-user"
  template_body = jsonencode(local.template)
}

locals {
  secret   = { KmsKeyId = var.secrets_key }
  password = "{{resolve:secretsmanager:$${Password}}}"
  kept     = { DeletionPolicy = "Retain", UpdateReplacePolicy = "Retain" }

  template = {
    AWSTemplateFormatVersion = "2010-09-09"
    Resources = {
      Password = merge(local.kept, {
        Type = "AWS::SecretsManager::Secret"
        Properties = merge(local.secret, {
          Name                 = "${var.name}/cache-password"
          GenerateSecretString = { PasswordLength = 64, ExcludePunctuation = true }
        })
      })
      User = {
        Type = "AWS::ElastiCache::User"
        Properties = {
          UserId       = "${var.name}-shop"
          UserName     = "layerstore"
          Engine       = "redis"
          AccessString = "on ~* &* +@all -@dangerous +info"
          Passwords    = [{ "Fn::Sub" = local.password }]
        }
      }
    }
    Outputs = {
      User     = { Value = { Ref = "User" } }
      Password = { Value = { Ref = "Password" } }
    }
  }
}

# Whoever does not say who they are gets nothing.
resource "aws_elasticache_user" "nobody" {
  user_id       = "${var.name}-nobody"
  user_name     = "default"
  engine        = "redis"
  access_string = "off -@all"

  authentication_mode {
    type = "no-password-required"
  }
}

resource "aws_elasticache_user_group" "this" {
  user_group_id = var.name
  engine        = "redis"
  user_ids      = [aws_elasticache_user.nobody.user_id, aws_cloudformation_stack.user.outputs["User"]]
}

# The whole address as one secret, for the shop has one variable for it.
resource "aws_cloudformation_stack" "address" {
  name = "${var.name}-cache-address"
  template_body = jsonencode({
    AWSTemplateFormatVersion = "2010-09-09"
    Resources = {
      Address = {
        Type = "AWS::SecretsManager::Secret"
        Properties = merge(local.secret, {
          Name = "${var.name}/redis-url"
          SecretString = join("", [
            "rediss://layerstore:{{resolve:secretsmanager:${aws_cloudformation_stack.user.outputs["Password"]}}}",
            "@${aws_elasticache_replication_group.this.primary_endpoint_address}:6379/0?ssl_cert_reqs=required",
          ])
        })
      }
    }
    Outputs = { Address = { Value = { Ref = "Address" } } }
  })
}
