terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # Bucket, key and region: backend.hcl, see README.md.
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = { Project = "layerstore", Environment = "large" }
  }
}

# Millions of pulls a day (docs/scaling.md): a worker for each lane, leases in DynamoDB, events through Kafka.
module "shop" {
  source      = "../.."
  name        = "layerstore-large"
  domain      = var.domain
  zone        = var.zone
  images      = var.images
  started     = var.started
  alarm_mails = var.alarm_mails
  settings    = var.settings

  zones             = ["${var.region}a", "${var.region}b", "${var.region}c"]
  nat_in_each_zone  = true
  private_endpoints = true

  database             = { instance_class = "db.r7g.2xlarge", storage_gb = 1000, max_storage_gb = 4000, backup_days = 35 }
  database_connections = 4000
  cache                = { node_type = "cache.r7g.large", nodes = 3 }
  leases_in_dynamodb   = true
  stream               = { instance_type = "kafka.m7g.large", storage_gb = 500, partitions = 12, hours = 168 }

  sizes = {
    edge      = { cpu = 2048, memory = 4096, min = 6, max = 30 }
    web       = { cpu = 2048, memory = 4096, min = 4, max = 20 }
    token     = { cpu = 2048, memory = 4096, min = 3, max = 20 }
    inner     = { cpu = 1024, memory = 2048, min = 3, max = 12 }
    events    = { cpu = 1024, memory = 2048, min = 3, max = 3 }
    registry  = { cpu = 2048, memory = 4096, min = 6, max = 40 }
    scheduler = { cpu = 256, memory = 512, min = 2, max = 2 }
  }
  workers = {
    money    = { lanes = ["money=4"], size = { cpu = 1024, memory = 2048, min = 2, max = 4 } }
    mail     = { lanes = ["mail=4"], size = { cpu = 512, memory = 1024, min = 2, max = 4 } }
    registry = { lanes = ["registry=4"], size = { cpu = 1024, memory = 2048, min = 2, max = 6 } }
    drawing  = { lanes = ["drawing=2"], size = { cpu = 2048, memory = 4096, min = 2, max = 4 } }
    default  = { lanes = ["default=4"], size = { cpu = 1024, memory = 2048, min = 2, max = 4 } }
    batch    = { lanes = ["batch=3"], size = { cpu = 1024, memory = 2048, min = 2, max = 4 } }
  }
}
