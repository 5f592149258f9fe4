# Three kinds of subnets in each zone: public (the load balancer and NAT alone), private (what runs), data (no way out).

data "aws_region" "here" {}

locals {
  zones = { for number, zone in var.zones : zone => number }
  kinds = { public = 0, private = 1, data = 2 }
  nat   = toset(var.nat_in_each_zone ? var.zones : slice(var.zones, 0, 1))
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_hostnames = true
  enable_dns_support   = true
  tags                 = { Name = var.name }
}

# Whatever is started without a group of its own reaches nobody and is reached by nobody.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id
}

resource "aws_subnet" "this" {
  for_each = {
    for pair in setproduct(keys(local.kinds), var.zones) : "${pair[0]} ${pair[1]}" => { kind = pair[0], zone = pair[1] }
  }
  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.value.zone
  cidr_block              = cidrsubnet(var.cidr, 4, local.kinds[each.value.kind] * 4 + local.zones[each.value.zone])
  map_public_ip_on_launch = false
  tags                    = { Name = "${var.name} ${each.key}" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = var.name }
}

resource "aws_eip" "nat" {
  for_each = local.nat
  domain   = "vpc"
  tags     = { Name = "${var.name} nat ${each.key}" }
}

resource "aws_nat_gateway" "this" {
  for_each      = local.nat
  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = aws_subnet.this["public ${each.key}"].id
  tags          = { Name = "${var.name} ${each.key}" }
  depends_on    = [aws_internet_gateway.this]
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name} public" }

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.this.id
  }
}

resource "aws_route_table" "private" {
  for_each = local.zones
  vpc_id   = aws_vpc.this.id
  tags     = { Name = "${var.name} private ${each.key}" }

  route {
    cidr_block     = "0.0.0.0/0"
    nat_gateway_id = aws_nat_gateway.this[var.nat_in_each_zone ? each.key : var.zones[0]].id
  }
}

resource "aws_route_table" "data" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name} data" }
}

resource "aws_route_table_association" "this" {
  for_each  = aws_subnet.this
  subnet_id = each.value.id
  route_table_id = (
    startswith(each.key, "public ") ? aws_route_table.public.id :
    startswith(each.key, "data ") ? aws_route_table.data.id :
    aws_route_table.private[split(" ", each.key)[1]].id
  )
}

# Layers go between the registry and S3 by this and not by NAT, which is paid for by the gigabyte.
resource "aws_vpc_endpoint" "gateway" {
  for_each          = toset(["s3", "dynamodb"])
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${data.aws_region.here.name}.${each.key}"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [for table in aws_route_table.private : table.id]
  tags              = { Name = "${var.name} ${each.key}" }
}

resource "aws_vpc_endpoint" "interface" {
  for_each            = toset(var.private_endpoints ? ["ecr.api", "ecr.dkr", "logs", "secretsmanager", "kms"] : [])
  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${data.aws_region.here.name}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = [for zone in var.zones : aws_subnet.this["private ${zone}"].id]
  security_group_ids  = [aws_security_group.part["endpoints"].id]
  tags                = { Name = "${var.name} ${each.key}" }
}
