# What parts may do at AWS by themselves. What is not here, no part may.

locals {
  uses_data_key = {
    Effect    = "Allow"
    Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
    Resource  = var.data_key
    Condition = { StringEquals = { "kms:ViaService" = "s3.${var.platform.region}.amazonaws.com" } }
  }

  # As the registry's S3 driver asks for (CNCF distribution, "S3 storage driver", permission scopes).
  writes_blobs = [
    {
      Effect   = "Allow"
      Action   = ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"]
      Resource = var.buckets.blobs.arn
    },
    {
      Effect   = "Allow"
      Action   = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"]
      Resource = "${var.buckets.blobs.arn}/*"
    },
    local.uses_data_key,
  ]

  writes_media = [
    { Effect = "Allow", Action = ["s3:ListBucket"], Resource = var.buckets.media.arn },
    {
      Effect   = "Allow"
      Action   = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"]
      Resource = "${var.buckets.media.arn}/*"
    },
    local.uses_data_key,
  ]

  takes_leases = [for statement in [
    { Effect = "Allow", Action = ["dynamodb:GetItem", "dynamodb:PutItem"], Resource = try(var.leases.arn, "") },
    {
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = var.data_key
      Condition = { StringEquals = { "kms:ViaService" = "dynamodb.${var.platform.region}.amazonaws.com" } }
    },
  ] : statement if var.leases != null]
}
