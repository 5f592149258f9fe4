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
    tags = { Project = "layerstore", Environment = "small" }
  }
}

# A thousand pulls a day, and room for ten times that (docs/scaling.md).
module "shop" {
  source      = "../.."
  name        = "layerstore-small"
  domain      = var.domain
  zone        = var.zone
  images      = var.images
  started     = var.started
  alarm_mails = var.alarm_mails
  settings    = var.settings

  zones             = ["${var.region}a", "${var.region}b"]
  nat_in_each_zone  = false
  private_endpoints = false

  database             = { instance_class = "db.t4g.medium", storage_gb = 50, max_storage_gb = 200, backup_days = 14 }
  database_connections = 320
  cache                = { node_type = "cache.t4g.small", nodes = 2 }

  sizes = {
    edge      = { cpu = 512, memory = 1024, min = 2, max = 8 }
    web       = { cpu = 512, memory = 1024, min = 2, max = 4 }
    token     = { cpu = 256, memory = 1024, min = 2, max = 4 }
    inner     = { cpu = 256, memory = 1024, min = 2, max = 4 }
    registry  = { cpu = 512, memory = 1024, min = 2, max = 8 }
    scheduler = { cpu = 256, memory = 512, min = 2, max = 2 }
  }
  workers = {
    all = { lanes = ["money", "mail", "registry", "drawing", "default", "batch"], size = { cpu = 1024, memory = 2048, min = 2, max = 2 } }
  }
}
