output "vpc" {
  value = aws_vpc.this.id
}

output "subnets" {
  description = "Subnets by kind: public, private, data."
  value       = { for kind in keys(local.kinds) : kind => [for zone in var.zones : aws_subnet.this["${kind} ${zone}"].id] }
}

output "security_groups" {
  description = "The security group of each part."
  value       = { for part, group in aws_security_group.part : part => group.id }
}
