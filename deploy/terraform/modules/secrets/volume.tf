# The signing keys: one encrypted folder, whose modes are those of the Dockerfile. Three access points lead to it, and each makes whoever
# comes through it one user, whatever they are in their container; so `leaves` is read by the group of the token process alone (ADR 0020).
# Who may come through which is said by the roles of the tasks; a client that shows no role mounts nothing.

locals {
  shop = 10001 # users and group of the Dockerfile
  keys = 10002

  access_points = {
    public = { user = local.shop, group = 65534 } # nogroup: reads what everybody may
    leaves = { user = local.shop, group = local.shop }
    keys   = { user = local.keys, group = local.shop }
  }
}

resource "aws_efs_file_system" "keys" {
  creation_token = "${var.name}-keys"
  encrypted      = true
  kms_key_id     = aws_kms_key.this["secrets"].arn
  tags           = { Name = "${var.name} keys" }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_efs_backup_policy" "keys" {
  file_system_id = aws_efs_file_system.keys.id

  backup_policy {
    status = "ENABLED"
  }
}

resource "aws_efs_mount_target" "keys" {
  count           = length(var.subnets)
  file_system_id  = aws_efs_file_system.keys.id
  subnet_id       = var.subnets[count.index]
  security_groups = [var.security_group]
}

resource "aws_efs_access_point" "keys" {
  for_each       = local.access_points
  file_system_id = aws_efs_file_system.keys.id
  tags           = { Name = "${var.name} ${each.key}" }

  posix_user {
    uid = each.value.user
    gid = each.value.group
  }

  root_directory {
    path = "/keys"

    creation_info {
      owner_uid   = local.keys
      owner_gid   = local.shop
      permissions = "755"
    }
  }
}

# With a policy, the default (everybody who reaches it may mount it) no longer holds.
resource "aws_efs_file_system_policy" "keys" {
  file_system_id = aws_efs_file_system.keys.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "NothingWithoutTls"
        Effect    = "Deny"
        Principal = { AWS = "*" }
        Action    = "*"
        Resource  = aws_efs_file_system.keys.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "NobodyIsRoot"
        Effect    = "Deny"
        Principal = { AWS = "*" }
        Action    = "elasticfilesystem:ClientRootAccess"
        Resource  = aws_efs_file_system.keys.arn
      },
    ]
  })
}
