output "identifier" {
  value = aws_db_instance.this.identifier
}

output "address" {
  description = "Host and port."
  value       = aws_db_instance.this.endpoint
}

output "master_secret" {
  description = "ARN of the secret with the master's name and password, which RDS itself changes."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}
