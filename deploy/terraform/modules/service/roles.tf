# Two roles for each part. `starts` belongs to ECS, which fetches the image, hands over the part's own secrets and writes its log.
# `does` is what the part itself is at AWS: nobody, unless statements say otherwise.

locals {
  keys = var.keys == null ? [] : [var.keys]
  trusts_ecs = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = var.platform.account } }
    }]
  })
  # `valueFrom` may name a member of a secret after its ARN of seven parts.
  secret_arns = sort(distinct([for source in values(var.secrets) : join(":", slice(split(":", source), 0, 7))]))

  mounts = [for point in local.keys : {
    Effect    = "Allow"
    Action    = concat(["elasticfilesystem:ClientMount"], point == "keys" ? ["elasticfilesystem:ClientWrite"] : [])
    Resource  = var.platform.keys_volume.arn
    Condition = { StringEquals = { "elasticfilesystem:AccessPointArn" = var.platform.keys_volume.access_points[point].arn } }
  }]
  statements = concat(local.mounts, var.statements)
}

resource "aws_iam_role" "starts" {
  name               = "${var.platform.name}-${var.part}-starts"
  assume_role_policy = local.trusts_ecs
}

resource "aws_iam_role_policy" "starts" {
  role = aws_iam_role.starts.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        { Effect = "Allow", Action = "ecr:GetAuthorizationToken", Resource = "*" },
        {
          Effect   = "Allow"
          Action   = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"]
          Resource = "arn:${var.platform.partition}:ecr:${var.platform.region}:${var.platform.account}:repository/*"
        },
        {
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "${aws_cloudwatch_log_group.this.arn}:*"
        },
      ],
      [for statement in [
        { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = local.secret_arns },
        {
          Effect    = "Allow"
          Action    = "kms:Decrypt"
          Resource  = var.platform.secrets_key
          Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${var.platform.region}.amazonaws.com" } }
        },
      ] : statement if length(local.secret_arns) > 0],
    )
  })
}

resource "aws_iam_role" "does" {
  name               = "${var.platform.name}-${var.part}"
  assume_role_policy = local.trusts_ecs
}

resource "aws_iam_role_policy" "does" {
  count  = length(local.statements) > 0 ? 1 : 0
  role   = aws_iam_role.does.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}
