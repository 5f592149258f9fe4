# What runs: ECS on Fargate, one task for each process of docker-compose.yml, in images of ours.

resource "aws_ecs_cluster" "this" {
  name = var.platform.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_service_discovery_http_namespace" "this" {
  name = var.platform.name
}

# Service Connect gives each task a certificate of a few days from here, so that what goes between parts is encrypted.
resource "aws_acmpca_certificate_authority" "between" {
  type       = "ROOT"
  usage_mode = "SHORT_LIVED_CERTIFICATE"
  tags       = { AmazonECSManaged = "true" } # ECS's own policy lets it use no other

  certificate_authority_configuration {
    key_algorithm     = "EC_prime256v1"
    signing_algorithm = "SHA256WITHECDSA"

    subject {
      common_name = "${var.platform.name} between parts"
    }
  }
}

resource "aws_acmpca_certificate" "between" {
  certificate_authority_arn   = aws_acmpca_certificate_authority.between.arn
  certificate_signing_request = aws_acmpca_certificate_authority.between.certificate_signing_request
  signing_algorithm           = "SHA256WITHECDSA"
  template_arn                = "arn:${var.platform.partition}:acm-pca:::template/RootCACertificate/V1"

  validity {
    type  = "YEARS"
    value = 10
  }
}

resource "aws_acmpca_certificate_authority_certificate" "between" {
  certificate_authority_arn = aws_acmpca_certificate_authority.between.arn
  certificate               = aws_acmpca_certificate.between.certificate
  certificate_chain         = aws_acmpca_certificate.between.certificate_chain
}

resource "aws_iam_role" "certificates" {
  name = "${var.platform.name}-certificates"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = var.platform.account } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "certificates" {
  role       = aws_iam_role.certificates.name
  policy_arn = "arn:${var.platform.partition}:iam::aws:policy/service-role/AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity"
}

# The key that each certificate's private half is kept under is ours.
resource "aws_iam_role_policy" "certificates" {
  role = aws_iam_role.certificates.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyPair", "kms:DescribeKey"]
      Resource = var.platform.secrets_key
    }]
  })
}

locals {
  platform = merge(var.platform, {
    cluster   = { arn = aws_ecs_cluster.this.arn, name = aws_ecs_cluster.this.name }
    namespace = aws_service_discovery_http_namespace.this.arn
    tls = {
      authority = aws_acmpca_certificate_authority_certificate.between.certificate_authority_arn
      role      = aws_iam_role.certificates.arn
    }
  })
  runs = var.started ? "always" : "not yet"
}

# A task learns of the others once, when it starts. So these start in the order in which they are asked, and the migrations before all.

module "first" {
  source         = "../service"
  for_each       = { for part in ["inner", "token"] : part => local.parts[part] }
  part           = each.key
  platform       = local.platform
  image          = each.value.image
  command        = each.value.command
  environment    = each.value.environment
  secrets        = each.value.secrets
  size           = var.sizes[each.key]
  security_group = var.security_groups[each.key]
  port           = each.value.port
  health         = each.value.health
  keys           = each.value.keys
  statements     = each.value.statements
  runs           = local.runs
  depends_on     = [terraform_data.migrated, aws_iam_role_policy_attachment.certificates, aws_iam_role_policy.certificates]
}

module "registry" {
  source         = "../service"
  part           = "registry"
  platform       = local.platform
  image          = local.parts.registry.image
  command        = local.parts.registry.command
  environment    = local.parts.registry.environment
  secrets        = local.parts.registry.secrets
  size           = var.sizes.registry
  security_group = var.security_groups.registry
  port           = local.parts.registry.port
  health         = local.parts.registry.health
  keys           = local.parts.registry.keys
  statements     = local.parts.registry.statements
  runs           = local.runs
  depends_on     = [module.first]
}

module "second" {
  source         = "../service"
  for_each       = merge({ for part in concat(["web", "scheduler"], var.stream == null ? [] : ["events"]) : part => local.parts[part] }, local.workers)
  part           = each.key
  platform       = local.platform
  image          = each.value.image
  command        = each.value.command
  environment    = each.value.environment
  secrets        = each.value.secrets
  size           = startswith(each.key, "worker") ? var.workers[trimprefix(each.key, "worker-")].size : var.sizes[each.key]
  security_group = var.security_groups[startswith(each.key, "worker") ? "worker" : each.key]
  port           = each.value.port
  health         = each.value.health
  keys           = each.value.keys
  statements     = each.value.statements
  runs           = local.runs
  depends_on     = [module.registry]
}

module "edge" {
  source         = "../service"
  part           = "edge"
  platform       = local.platform
  image          = local.parts.edge.image
  command        = local.parts.edge.command
  environment    = local.parts.edge.environment
  secrets        = local.parts.edge.secrets
  size           = var.sizes.edge
  security_group = var.security_groups.edge
  port           = local.parts.edge.port
  health         = local.parts.edge.health
  keys           = local.parts.edge.keys
  statements     = local.parts.edge.statements
  target_group   = var.target_group
  prepares       = local.parts.edge.prepares
  runs           = local.runs
  depends_on     = [module.second]
}
