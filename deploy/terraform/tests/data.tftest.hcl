# What is kept: encrypted, not public, protected from deletion, and to be had back.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  name           = "shop"
  account        = "123456789012"
  subnets        = ["subnet-a", "subnet-b", "subnet-c"]
  security_group = "sg-own"
  data_key       = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-00000000da7a"
  secrets_key    = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000005ec7"
  logs_key       = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000109"
  log_days       = 90
}

run "database" {
  command = plan

  module {
    source = "./modules/database"
  }

  variables {
    size = { instance_class = "db.t4g.medium", storage_gb = 50, max_storage_gb = 200, backup_days = 14 }
  }

  assert {
    condition     = aws_db_instance.this.storage_encrypted && aws_db_instance.this.kms_key_id == var.data_key && aws_db_instance.this.performance_insights_kms_key_id == var.data_key
    error_message = "PostgreSQL is encrypted by our own key."
  }

  assert {
    condition     = contains([for parameter in aws_db_parameter_group.this.parameter : "${parameter.name}=${parameter.value}"], "rds.force_ssl=1") && aws_db_instance.this.parameter_group_name == aws_db_parameter_group.this.name
    error_message = "PostgreSQL takes nobody without TLS."
  }

  assert {
    condition     = !aws_db_instance.this.publicly_accessible && aws_db_instance.this.vpc_security_group_ids == toset(["sg-own"])
    error_message = "PostgreSQL is reached by its callers alone."
  }

  assert {
    condition     = aws_db_instance.this.manage_master_user_password && aws_db_instance.this.password == null && aws_db_instance.this.master_user_secret_kms_key_id == var.secrets_key
    error_message = "AWS makes and keeps the master's password; no state has it."
  }

  assert {
    condition     = aws_db_instance.this.multi_az && aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot && !aws_db_instance.this.delete_automated_backups
    error_message = "PostgreSQL has a second zone, cannot be deleted by mistake, and leaves a snapshot and its backups when it is."
  }

  assert {
    condition     = aws_db_instance.this.backup_retention_period == 14 && aws_db_instance.this.copy_tags_to_snapshot
    error_message = "Any second of the last days can be gone back to."
  }
}

run "cache" {
  command = plan

  module {
    source = "./modules/cache"
  }

  variables {
    size = { node_type = "cache.t4g.small", nodes = 2 }
  }

  assert {
    condition = (
      aws_elasticache_replication_group.this.at_rest_encryption_enabled == "true" && aws_elasticache_replication_group.this.kms_key_id == var.data_key &&
      aws_elasticache_replication_group.this.transit_encryption_enabled && aws_elasticache_replication_group.this.transit_encryption_mode == "required"
    )
    error_message = "Redis is encrypted where it lies and on the way."
  }

  assert {
    condition = (
      aws_elasticache_replication_group.this.user_group_ids == toset([aws_elasticache_user_group.this.user_group_id]) &&
      aws_elasticache_user.nobody.access_string == "off -@all" && aws_elasticache_user.nobody.user_name == "default"
    )
    error_message = "Redis does nothing for whoever does not sign in."
  }

  assert {
    condition     = aws_elasticache_replication_group.this.security_group_ids == toset(["sg-own"]) && aws_elasticache_replication_group.this.multi_az_enabled && aws_elasticache_replication_group.this.automatic_failover_enabled
    error_message = "Redis is reached by its callers alone, and survives the loss of a zone."
  }

  assert {
    condition = (
      aws_elasticache_replication_group.this.auth_token == null &&
      jsondecode(aws_cloudformation_stack.user.template_body).Resources.Password.Properties.GenerateSecretString.PasswordLength >= 32 &&
      jsondecode(aws_cloudformation_stack.user.template_body).Resources.Password.Properties.KmsKeyId == var.secrets_key &&
      jsondecode(aws_cloudformation_stack.user.template_body).Resources.User.Properties.Passwords == [{ "Fn::Sub" = "{{resolve:secretsmanager:$${Password}}}" }] &&
      startswith(jsondecode(aws_cloudformation_stack.address.template_body).Resources.Address.Properties.SecretString, "rediss://layerstore:{{resolve:secretsmanager:arn:aws:secretsmanager:") &&
      endswith(jsondecode(aws_cloudformation_stack.address.template_body).Resources.Address.Properties.SecretString, ":6379/0?ssl_cert_reqs=required")
    )
    error_message = "AWS makes Redis's password and hands it to Redis and to the shop; no state has it. The address wants TLS and a certificate that holds."
  }
}

run "storage" {
  command = plan

  module {
    source = "./modules/storage"
  }

  variables {
    blob_writers  = ["arn:aws:iam::123456789012:role/shop-registry"]
    media_writers = ["arn:aws:iam::123456789012:role/shop-web"]
    deleted_days  = 14
  }

  assert {
    condition = toset(keys(aws_s3_bucket.this)) == toset(["blobs", "media"]) && alltrue([
      for key in keys(aws_s3_bucket.this) : alltrue([
        aws_s3_bucket_public_access_block.this[key].block_public_acls,
        aws_s3_bucket_public_access_block.this[key].block_public_policy,
        aws_s3_bucket_public_access_block.this[key].ignore_public_acls,
        aws_s3_bucket_public_access_block.this[key].restrict_public_buckets,
        aws_s3_bucket_ownership_controls.this[key].rule[0].object_ownership == "BucketOwnerEnforced",
      ])
    ])
    error_message = "No bucket can be made public."
  }

  assert {
    condition = alltrue([
      for encryption in aws_s3_bucket_server_side_encryption_configuration.this : alltrue([
        for rule in encryption.rule : rule.apply_server_side_encryption_by_default[0].sse_algorithm == "aws:kms" && rule.apply_server_side_encryption_by_default[0].kms_master_key_id == var.data_key
      ])
    ])
    error_message = "Every object is encrypted by our own key."
  }

  assert {
    condition     = alltrue([for bucket in values(aws_s3_bucket.this) : !bucket.force_destroy]) && alltrue([for versioning in values(aws_s3_bucket_versioning.this) : versioning.versioning_configuration[0].status == "Enabled"])
    error_message = "What is deleted can be had back, and no bucket goes with what is in it."
  }

  assert {
    condition = alltrue([
      for lifecycle in values(aws_s3_bucket_lifecycle_configuration.this) :
      sum([for rule in lifecycle.rule : length([for part in rule.noncurrent_version_expiration : part if part.noncurrent_days == 14])]) == 1 &&
      sum([for rule in lifecycle.rule : length([for part in rule.abort_incomplete_multipart_upload : part if part.days_after_initiation == 7])]) == 1
    ])
    error_message = "Old versions and given-up uploads go in time: they are paid for."
  }

  assert {
    condition = { for key, policy in aws_s3_bucket_policy.this : key => [
      for statement in jsondecode(policy.policy).Statement : [statement.Effect, statement.Principal, statement.Condition]
      ] } == {
      blobs = [
        ["Deny", "*", { Bool = { "aws:SecureTransport" = "false" } }],
        ["Deny", "*", { ArnNotEquals = { "aws:PrincipalArn" = ["arn:aws:iam::123456789012:role/shop-registry"] } }],
      ]
      media = [
        ["Deny", "*", { Bool = { "aws:SecureTransport" = "false" } }],
        ["Deny", "*", { ArnNotEquals = { "aws:PrincipalArn" = ["arn:aws:iam::123456789012:role/shop-web"] } }],
      ]
    }
    error_message = "Nothing without TLS, and written by the parts that must write alone, whatever other policies say."
  }

  assert {
    condition     = alltrue([for policy in values(aws_s3_bucket_policy.this) : toset(jsondecode(policy.policy).Statement[1].Action) == toset(["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"])])
    error_message = "Writing is putting and deleting, versions included."
  }
}

run "leases" {
  command = plan

  module {
    source = "./modules/leases"
  }

  assert {
    condition = alltrue([
      aws_dynamodb_table.this.hash_key == "name", aws_dynamodb_table.this.deletion_protection_enabled,
      aws_dynamodb_table.this.point_in_time_recovery[0].enabled,
      aws_dynamodb_table.this.server_side_encryption[0].enabled, aws_dynamodb_table.this.server_side_encryption[0].kms_key_arn == var.data_key,
    ])
    error_message = "The table of leases is encrypted by our own key, cannot be deleted by mistake, and can be gone back in."
  }
}

run "stream" {
  command = plan

  module {
    source = "./modules/stream"
  }

  variables {
    size = { instance_type = "kafka.m7g.large", storage_gb = 500, partitions = 12, hours = 72 }
  }

  assert {
    condition = (
      aws_msk_cluster.this.encryption_info[0].encryption_at_rest_kms_key_arn == var.data_key &&
      aws_msk_cluster.this.encryption_info[0].encryption_in_transit[0].client_broker == "TLS" &&
      aws_msk_cluster.this.encryption_info[0].encryption_in_transit[0].in_cluster
    )
    error_message = "Kafka is encrypted where it lies and on the way."
  }

  assert {
    condition = (
      !aws_msk_cluster.this.client_authentication[0].unauthenticated && aws_msk_cluster.this.client_authentication[0].sasl[0].scram &&
      aws_msk_cluster.this.broker_node_group_info[0].connectivity_info[0].public_access[0].type == "DISABLED" &&
      aws_msk_cluster.this.broker_node_group_info[0].security_groups == toset(["sg-own"])
    )
    error_message = "Kafka takes nobody who does not sign in, and is reached by its callers alone."
  }

  assert {
    condition = alltrue([
      for line in ["default.replication.factor=3", "min.insync.replicas=2", "unclean.leader.election.enable=false"] :
      contains(split("\n", aws_msk_configuration.this.server_properties), line)
    ]) && aws_msk_cluster.this.number_of_broker_nodes == 3
    error_message = "An event that was acknowledged is in two places at least and is not lost with one."
  }

  assert {
    condition     = jsondecode(aws_cloudformation_stack.user.template_body).Resources.User.Properties.GenerateSecretString.GenerateStringKey == "password"
    error_message = "AWS makes Kafka's password; no state has it."
  }
}

run "secrets" {
  command = plan

  module {
    source = "./modules/secrets"
  }

  assert {
    condition = alltrue([
      for secret in values(jsondecode(aws_cloudformation_stack.generated.template_body).Resources) : alltrue([
        !can(secret.Properties.SecretString), secret.Properties.GenerateSecretString.PasswordLength == 64,
        secret.DeletionPolicy == "Retain", secret.UpdateReplacePolicy == "Retain",
        secret.Properties.KmsKeyId == output.kms_keys.secrets,
      ])
    ]) && alltrue([for secret in values(aws_secretsmanager_secret.given) : secret.kms_key_id == output.kms_keys.secrets])
    error_message = "AWS makes random secrets and keeps them, whatever becomes of the stack; no state has one."
  }

  assert {
    condition = toset(keys(output.secrets)) == toset([
      "LAYERSTORE_SECRET_KEY", "LAYERSTORE_TOKEN_KEYS", "LAYERSTORE_EVENTS_SECRET", "LAYERSTORE_REGISTRY_SECRET", "PGPASSWORD",
      "STRIPE_CONNECT_WEBHOOK_SECRET", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "LAYERSTORE_EMAIL_URL",
    ])
    error_message = "Each secret of the shop has its place."
  }

  assert {
    condition     = alltrue([for key in values(aws_kms_key.this) : key.enable_key_rotation && key.deletion_window_in_days == 30])
    error_message = "Keys change every year, and a deletion can be taken back for thirty days."
  }

  assert {
    condition = alltrue([
      aws_efs_file_system.keys.encrypted, aws_efs_file_system.keys.kms_key_id == output.kms_keys.secrets,
      aws_efs_backup_policy.keys.backup_policy[0].status == "ENABLED",
      alltrue([for target in aws_efs_mount_target.keys : target.security_groups == toset(["sg-own"])]),
      jsondecode(aws_efs_file_system_policy.keys.policy).Statement[0].Condition == { Bool = { "aws:SecureTransport" = "false" } },
      alltrue([for statement in jsondecode(aws_efs_file_system_policy.keys.policy).Statement : statement.Effect == "Deny"]),
    ])
    error_message = "Signing keys are encrypted, backed up, and mounted by nobody whose role does not say so."
  }

  assert {
    condition = { for key, point in aws_efs_access_point.keys : key => [
      point.root_directory[0].path, point.posix_user[0].uid, point.posix_user[0].gid,
      point.root_directory[0].creation_info[0].owner_uid, point.root_directory[0].creation_info[0].permissions
      ] } == {
      public = ["/keys", 10001, 65534, 10002, "755"]
      leaves = ["/keys", 10001, 10001, 10002, "755"]
      keys   = ["/keys", 10002, 10001, 10002, "755"]
    }
    error_message = "Users and group are those of the Dockerfile: only the token process comes as the group of the leaves, only the key commands as their owner."
  }
}
