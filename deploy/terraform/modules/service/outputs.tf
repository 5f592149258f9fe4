output "task_definition" {
  value = aws_ecs_task_definition.this.arn
}

output "definition" {
  description = "What it is given, for tests: variables, secrets, folders, and what its two roles may."
  value = {
    containers = jsondecode(aws_ecs_task_definition.this.container_definitions)
    starts     = jsondecode(aws_iam_role_policy.starts.policy).Statement
    does       = local.statements
    image      = var.image
    size       = var.size
  }
}

output "role" {
  value = aws_iam_role.does.arn
}

output "log_group" {
  value = aws_cloudwatch_log_group.this.name
}

output "running" {
  description = "Name of the service, and how many tasks it has at least; null if none is started."
  value       = length(aws_ecs_service.this) == 0 ? null : { name = aws_ecs_service.this[0].name, min = var.size.min }
}

output "roles" {
  value = { starts = aws_iam_role.starts.arn, does = aws_iam_role.does.arn }
}
