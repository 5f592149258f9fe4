# Who reaches whom. The expected table is written here once more, so that a change of the module's is a decision.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "network" {
  command = apply # only then a group has an id

  module {
    source = "./modules/network"
  }

  variables {
    name              = "shop"
    cidr              = "10.20.0.0/16"
    zones             = ["a", "b"]
    nat_in_each_zone  = true
    private_endpoints = true
    mail_port         = 587
    logs_key          = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000"
    log_days          = 90
  }

  assert {
    condition = (
      alltrue([for rule in aws_vpc_security_group_ingress_rule.world : rule.security_group_id == output.security_groups.balancer]) &&
      alltrue([for rule in aws_vpc_security_group_ingress_rule.flow : rule.cidr_ipv4 == null && rule.cidr_ipv6 == null && rule.referenced_security_group_id != null]) &&
      alltrue([for rule in aws_vpc_security_group_ingress_rule.endpoints : rule.cidr_ipv4 == null && rule.referenced_security_group_id != null])
    )
    error_message = "Only the load balancer is open to addresses; everything else to groups."
  }

  assert {
    condition = jsonencode({ for part in ["database", "cache", "registry", "inner", "stream", "volume", "edge", "web", "token"] : part => sort([
      for rule in aws_vpc_security_group_ingress_rule.flow : join(" ", [
        [for name, id in output.security_groups : name if id == rule.referenced_security_group_id][0], rule.from_port, rule.to_port, rule.ip_protocol
      ]) if rule.security_group_id == output.security_groups[part]
      ]) }) == jsonencode({
      database = ["events 5432 5432 tcp", "inner 5432 5432 tcp", "scheduler 5432 5432 tcp", "steps 5432 5432 tcp", "token 5432 5432 tcp", "web 5432 5432 tcp", "worker 5432 5432 tcp"]
      cache    = ["events 6379 6379 tcp", "inner 6379 6379 tcp", "scheduler 6379 6379 tcp", "token 6379 6379 tcp", "web 6379 6379 tcp", "worker 6379 6379 tcp"]
      registry = ["edge 5000 5000 tcp", "web 5000 5000 tcp", "worker 5000 5000 tcp"]
      inner    = ["registry 8000 8000 tcp"]
      stream   = ["events 9096 9096 tcp", "inner 9096 9096 tcp"]
      volume = [
        "events 2049 2049 tcp", "inner 2049 2049 tcp", "keys 2049 2049 tcp", "registry 2049 2049 tcp", "scheduler 2049 2049 tcp",
        "steps 2049 2049 tcp", "token 2049 2049 tcp", "web 2049 2049 tcp", "worker 2049 2049 tcp",
      ]
      edge  = ["balancer 8443 8443 tcp"]
      web   = ["edge 8000 8000 tcp"]
      token = ["edge 8000 8000 tcp", "web 8000 8000 tcp", "worker 8000 8000 tcp"]
    })
    error_message = "Each part is reached by its callers, at its port, and by nobody else."
  }

  assert {
    condition     = length(aws_route_table.data.route) == 0
    error_message = "Database, cache and stream have no way out of the network."
  }

  assert {
    condition = alltrue([
      for key, subnet in aws_subnet.this : subnet.map_public_ip_on_launch == false && (
        aws_route_table_association.this[key].route_table_id == (
          startswith(key, "public ") ? aws_route_table.public.id : startswith(key, "data ") ? aws_route_table.data.id : aws_route_table.private[split(" ", key)[1]].id
        )
      )
    ])
    error_message = "No address is given out, and only public subnets have a way in."
  }

  assert {
    condition     = toset([for rule in aws_vpc_security_group_egress_rule.https : rule.security_group_id]) == toset([for part in ["web", "worker", "steps", "keys"] : output.security_groups[part]])
    error_message = "With endpoints in the network, only those who talk to others on the internet can."
  }

  assert {
    condition     = aws_flow_log.refused.traffic_type == "REJECT" && aws_cloudwatch_log_group.refused.kms_key_id != null
    error_message = "What was refused is written down."
  }

  assert {
    condition     = aws_vpc_endpoint.gateway["s3"].vpc_endpoint_type == "Gateway" && length(aws_vpc_endpoint.gateway["s3"].route_table_ids) == 2
    error_message = "Layers go to S3 by the network's own endpoint from every zone, not by NAT, where each gigabyte is paid for."
  }
}
