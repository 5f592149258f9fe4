output "identifier" {
  value = aws_elasticache_replication_group.this.id
}

output "nodes" {
  description = "Names of its nodes, which metrics are kept by."
  value       = [for number in range(var.size.nodes) : format("%s-%03d", var.name, number + 1)]
}

output "url_secret" {
  description = "ARN of the secret with the whole address, password included."
  value       = aws_cloudformation_stack.address.outputs["Address"]
}
