# Keys of KMS: what is stored, what is secret and what is logged are opened by different ones.

data "aws_caller_identity" "me" {}
data "aws_partition" "here" {}
data "aws_region" "here" {}

locals {
  account = "arn:${data.aws_partition.here.partition}:iam::${data.aws_caller_identity.me.account_id}:root"
  # The account's own policies decide who may use a key; the services that act by themselves are named here.
  services = {
    data    = []
    secrets = []
    logs    = ["logs.${data.aws_region.here.name}.amazonaws.com", "cloudwatch.amazonaws.com", "events.amazonaws.com"]
  }
}

resource "aws_kms_key" "this" {
  for_each                = local.services
  description             = "${var.name}: ${each.key}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{ Sid = "Account", Effect = "Allow", Principal = { AWS = local.account }, Action = "kms:*", Resource = "*" }],
      [for service in each.value : {
        Sid       = title(split(".", service)[0])
        Effect    = "Allow"
        Principal = { Service = service }
        Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.me.account_id } }
      } if !startswith(service, "logs.")],
      [for service in each.value : {
        Sid       = "Logs"
        Effect    = "Allow"
        Principal = { Service = service }
        Action    = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
        Resource  = "*"
        Condition = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:${data.aws_partition.here.partition}:logs:*:${data.aws_caller_identity.me.account_id}:*" } }
      } if startswith(service, "logs.")],
    )
  })

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "this" {
  for_each      = aws_kms_key.this
  name          = "alias/${var.name}-${each.key}"
  target_key_id = each.value.key_id
}
