# The signing keys: three folders of one encrypted file system, each behind an access point of its own (ADR 0020). Who may mount
# which is said by the roles of the tasks; a client that shows no role mounts nothing.

locals {
  shop = 10001 # the users of the Dockerfile
  keys = 10002

  # Folder, who a client acts as, and how the folder is made.
  access_points = {
    public    = { path = "/keys", user = local.shop }
    leaves    = { path = "/leaves", user = local.shop }
    publish   = { path = "/keys", user = local.keys }
    sign      = { path = "/leaves", user = local.keys }
    authority = { path = "/authority", user = local.keys }
  }
  modes = { "/keys" = "755", "/leaves" = "2750", "/authority" = "700" }
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
    gid = local.shop
  }

  root_directory {
    path = each.value.path

    creation_info {
      owner_uid   = local.keys
      owner_gid   = local.shop
      permissions = local.modes[each.value.path]
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
