output "given_secrets" {
  description = "What an operator writes with `aws secretsmanager put-secret-value`."
  value       = [for variable in ["STRIPE_CONNECT_WEBHOOK_SECRET", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "LAYERSTORE_EMAIL_URL"] : "${var.name}/${variable}"]
}

output "step" {
  description = "Where commands of staff run: cluster, definition of the step `migrate`, subnets, security group."
  value       = module.services.step
}


output "running" {
  description = "Each service, and how many tasks it has at least."
  value       = module.services.running
}
