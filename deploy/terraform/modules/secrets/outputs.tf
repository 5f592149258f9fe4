output "kms_keys" {
  description = "ARN of the key for each purpose: data, secrets, logs."
  value       = { for purpose, key in aws_kms_key.this : purpose => key.arn }
}

output "secrets" {
  description = "ARN of the secret of each variable."
  value = merge(
    { for id, variable in local.generated : variable => aws_cloudformation_stack.generated.outputs[id] },
    { for variable, secret in aws_secretsmanager_secret.given : variable => secret.arn },
  )
}

output "keys_volume" {
  description = "The file system of the signing keys, and its access points: public, leaves (which reads those too), keys (which writes all)."
  value = {
    id            = aws_efs_file_system.keys.id
    arn           = aws_efs_file_system.keys.arn
    access_points = { for key, point in aws_efs_access_point.keys : key => { id = point.id, arn = point.arn } }
  }
}
