output "definitions" {
  description = "What each task is given, for tests."
  value = merge(
    { for part, module in module.first : part => module.definition },
    { registry = module.registry.definition, edge = module.edge.definition },
    { for part, module in module.second : part => module.definition },
    { for step, module in module.step : step => module.definition },
  )
}

output "running" {
  description = "Each service, and how many tasks it has at least."
  value = { for name, service in merge(
    { for part, module in module.first : part => module.running },
    { registry = module.registry.running, edge = module.edge.running },
    { for part, module in module.second : part => module.running },
  ) : name => service if service != null }
}

output "log_groups" {
  description = "Where the shop's own processes log: one JSON object a line."
  value = merge(
    { for part, module in module.first : part => module.log_group },
    { for part, module in module.second : part => module.log_group },
    { for step, module in module.step : step => module.log_group },
  )
}

output "cluster" {
  value = aws_ecs_cluster.this.name
}

output "step" {
  description = "For commands of staff: `run-step` and `manage.py` in a task of the step `migrate`."
  value       = { cluster = aws_ecs_cluster.this.name, migrate = module.step["migrate"].task_definition, subnets = var.platform.subnets, security_group = var.security_groups.steps }
}
