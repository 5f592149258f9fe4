# Who may talk to whom: a security group for each part, and one table. What is in no row is refused, in both directions.

locals {
  # All that runs as a task of ours.
  tasks = ["edge", "web", "token", "inner", "worker", "scheduler", "events", "registry", "steps", "keys"]
  parts = toset(concat(local.tasks, ["balancer", "database", "cache", "volume", "stream", "endpoints"]))

  callers = {
    edge     = { port = 8443, from = ["balancer"] }
    web      = { port = 8000, from = ["edge"] }
    token    = { port = 8000, from = ["edge", "web", "worker"] }
    inner    = { port = 8000, from = ["registry"] }
    registry = { port = 5000, from = ["edge", "web", "worker"] }
    database = { port = 5432, from = ["web", "token", "inner", "worker", "scheduler", "events", "steps"] }
    cache    = { port = 6379, from = ["web", "token", "inner", "worker", "scheduler", "events"] }
    volume   = { port = 2049, from = ["web", "token", "inner", "worker", "scheduler", "events", "registry", "steps", "keys"] }
    stream   = { port = 9096, from = ["inner", "events"] }
  }
  flows = merge([
    for to, row in local.callers : { for from in row.from : "${from} to ${to}" => { from = from, to = to, port = row.port } }
  ]...)

  # Stripe, the mail server, and where Amazon keeps the certificate of its databases.
  need_the_internet = toset(["web", "worker", "steps", "keys"])
  # Every task fetches its image and its secrets, and writes logs. Without endpoints in the network the way is the internet's.
  outward = var.private_endpoints ? local.need_the_internet : toset(local.tasks)
  # Storage by the gateway endpoint: image layers lie there too, so every task needs it.
  inward = toset([for part in local.tasks : part if !contains(local.outward, part)])
}

resource "aws_security_group" "part" {
  for_each    = local.parts
  name        = "${var.name}-${each.key}"
  description = "Layerstore: ${each.key}"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${var.name} ${each.key}" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "flow" {
  for_each                     = local.flows
  security_group_id            = aws_security_group.part[each.value.to].id
  referenced_security_group_id = aws_security_group.part[each.value.from].id
  description                  = each.key
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "flow" {
  for_each                     = local.flows
  security_group_id            = aws_security_group.part[each.value.from].id
  referenced_security_group_id = aws_security_group.part[each.value.to].id
  description                  = each.key
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

# The one door. Port 80 only sends to 443.
resource "aws_vpc_security_group_ingress_rule" "world" {
  for_each          = toset(["80", "443"])
  security_group_id = aws_security_group.part["balancer"].id
  description       = "everybody"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.key
  to_port           = each.key
}

resource "aws_vpc_security_group_egress_rule" "https" {
  for_each          = local.outward
  security_group_id = aws_security_group.part[each.key].id
  description       = "HTTPS to anywhere"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "mail" {
  security_group_id = aws_security_group.part["worker"].id
  description       = "the mail server"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = var.mail_port
  to_port           = var.mail_port
}

resource "aws_vpc_security_group_egress_rule" "endpoints" {
  for_each                     = local.inward
  security_group_id            = aws_security_group.part[each.key].id
  referenced_security_group_id = aws_security_group.part["endpoints"].id
  description                  = "AWS inside the network"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  for_each                     = var.private_endpoints ? toset(local.tasks) : toset([])
  security_group_id            = aws_security_group.part["endpoints"].id
  referenced_security_group_id = aws_security_group.part[each.key].id
  description                  = "${each.key} to AWS"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_vpc_security_group_egress_rule" "storage" {
  for_each          = { for pair in setproduct(local.inward, keys(aws_vpc_endpoint.gateway)) : join(" to ", pair) => pair }
  security_group_id = aws_security_group.part[each.value[0]].id
  prefix_list_id    = aws_vpc_endpoint.gateway[each.value[1]].prefix_list_id
  description       = each.key
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
