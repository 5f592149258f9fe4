# What AWS would answer, where a test or the provider's own checks look at it. Account 123456789012 is the one of AWS's own examples.

mock_data "aws_partition" {
  defaults = { partition = "aws" }
}

mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}

mock_data "aws_region" {
  defaults = { name = "eu-central-1" }
}

mock_resource "aws_kms_key" {
  defaults = { arn = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000" }
}

mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::123456789012:role/mocked" }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:mocked" }
}

mock_resource "aws_cloudformation_stack" {
  defaults = {
    outputs = {
      SecretKey      = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:secret-key"
      TokenKeys      = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:token-keys"
      EventsSecret   = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:events"
      RegistrySecret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:registry"
      Database       = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:database"
      Password       = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:cache-password"
      Address        = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:redis-url"
      User           = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:AmazonMSK_user"
    }
  }
}

mock_resource "aws_secretsmanager_secret" {
  defaults = { arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:given" }
}

mock_resource "aws_efs_file_system" {
  defaults = { arn = "arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-0", id = "fs-0" }
}

mock_resource "aws_efs_access_point" {
  defaults = { arn = "arn:aws:elasticfilesystem:eu-central-1:123456789012:access-point/fsap-0", id = "fsap-0" }
}

mock_resource "aws_s3_bucket" {
  defaults = { arn = "arn:aws:s3:::mocked", id = "mocked" }
}

mock_resource "aws_db_instance" {
  defaults = {
    endpoint           = "shop.000000000000.eu-central-1.rds.amazonaws.com:5432"
    master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!master" }]
  }
}

mock_resource "aws_dynamodb_table" {
  defaults = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/leases" }
}

mock_resource "aws_ecs_cluster" {
  defaults = { arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/mocked" }
}

mock_resource "aws_ecs_task_definition" {
  defaults = { arn = "arn:aws:ecs:eu-central-1:123456789012:task-definition/mocked:1" }
}

mock_resource "aws_service_discovery_http_namespace" {
  defaults = { arn = "arn:aws:servicediscovery:eu-central-1:123456789012:namespace/ns-0" }
}

mock_resource "aws_acmpca_certificate_authority" {
  defaults = { arn = "arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/0" }
}

mock_resource "aws_acmpca_certificate_authority_certificate" {
  defaults = { certificate_authority_arn = "arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/0" }
}

mock_resource "aws_lb" {
  defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/mocked/0", arn_suffix = "app/mocked/0" }
}

mock_resource "aws_lb_target_group" {
  defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/mocked/0", arn_suffix = "targetgroup/mocked/0" }
}

mock_resource "aws_acm_certificate" {
  defaults = {
    arn = "arn:aws:acm:eu-central-1:123456789012:certificate/0"
    domain_validation_options = [{
      domain_name           = "shop.example.com"
      resource_record_name  = "_proof.shop.example.com"
      resource_record_type  = "CNAME"
      resource_record_value = "_proof.acm-validations.aws"
    }]
  }
}

mock_resource "aws_acm_certificate_validation" {
  defaults = { certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/0" }
}

mock_resource "aws_sns_topic" {
  defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:mocked" }
}

mock_resource "aws_msk_configuration" {
  defaults = { arn = "arn:aws:kafka:eu-central-1:123456789012:configuration/mocked/0", latest_revision = 1 }
}

mock_resource "aws_msk_cluster" {
  defaults = {
    arn                          = "arn:aws:kafka:eu-central-1:123456789012:cluster/mocked/0"
    bootstrap_brokers_sasl_scram = "b-1.mocked.kafka.eu-central-1.amazonaws.com:9096"
  }
}

mock_resource "aws_elasticache_replication_group" {
  defaults = { primary_endpoint_address = "master.shop.cache.amazonaws.com", id = "shop" }
}

mock_resource "aws_elasticache_user_group" {
  defaults = { id = "shop" }
}
