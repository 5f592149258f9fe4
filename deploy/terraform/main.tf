# A shop at AWS: every part of docker-compose.yml, each as a service of its own. environments/ has two, of different sizes.

data "aws_caller_identity" "me" {}
data "aws_partition" "here" {}
data "aws_region" "here" {}

locals {
  account   = data.aws_caller_identity.me.account_id
  partition = data.aws_partition.here.partition
  # Named and not looked up: the buckets' policies name the roles of tasks, and those roles' policies the buckets.
  role = "arn:${local.partition}:iam::${local.account}:role/${var.name}"
}

module "network" {
  source            = "./modules/network"
  name              = var.name
  cidr              = var.cidr
  zones             = var.zones
  nat_in_each_zone  = var.nat_in_each_zone
  private_endpoints = var.private_endpoints
  mail_port         = var.mail_port
  logs_key          = module.secrets.kms_keys.logs
  log_days          = var.log_days
}

module "secrets" {
  source         = "./modules/secrets"
  name           = var.name
  subnets        = module.network.subnets.private
  security_group = module.network.security_groups.volume
}

module "database" {
  source         = "./modules/database"
  name           = var.name
  subnets        = module.network.subnets.data
  security_group = module.network.security_groups.database
  size           = var.database
  data_key       = module.secrets.kms_keys.data
  secrets_key    = module.secrets.kms_keys.secrets
  logs_key       = module.secrets.kms_keys.logs
  log_days       = var.log_days
}

module "cache" {
  source         = "./modules/cache"
  name           = var.name
  subnets        = module.network.subnets.data
  security_group = module.network.security_groups.cache
  size           = var.cache
  data_key       = module.secrets.kms_keys.data
  secrets_key    = module.secrets.kms_keys.secrets
}

module "storage" {
  source        = "./modules/storage"
  name          = var.name
  account       = local.account
  blob_writers  = ["${local.role}-registry"]
  media_writers = ["${local.role}-web"]
  data_key      = module.secrets.kms_keys.data
  deleted_days  = var.database.backup_days + 5 # longer than the database remembers a row that names an object
}

module "leases" {
  source   = "./modules/leases"
  count    = var.leases_in_dynamodb ? 1 : 0
  name     = var.name
  data_key = module.secrets.kms_keys.data
}

module "stream" {
  source         = "./modules/stream"
  count          = var.stream == null ? 0 : 1
  name           = var.name
  subnets        = module.network.subnets.data
  security_group = module.network.security_groups.stream
  size           = var.stream
  data_key       = module.secrets.kms_keys.data
  secrets_key    = module.secrets.kms_keys.secrets
  logs_key       = module.secrets.kms_keys.logs
  log_days       = var.log_days
}

module "dns_tls" {
  source         = "./modules/dns_tls"
  name           = var.name
  domain         = var.domain
  zone           = var.zone
  vpc            = module.network.vpc
  subnets        = module.network.subnets.public
  security_group = module.network.security_groups.balancer
}

module "services" {
  source          = "./modules/services"
  started         = var.started
  images          = var.images
  domain          = var.domain
  settings        = var.settings
  vpc_cidr        = var.cidr
  sizes           = var.sizes
  workers         = var.workers
  security_groups = module.network.security_groups
  target_group    = module.dns_tls.target_group
  secrets         = merge(module.secrets.secrets, { LAYERSTORE_REDIS_URL = module.cache.url_secret })
  database        = { address = module.database.address, master_secret = module.database.master_secret }
  buckets         = module.storage.buckets
  data_key        = module.secrets.kms_keys.data
  leases          = one(module.leases[*].table)
  stream          = one(module.stream[*].access)

  platform = {
    name         = var.name
    account      = local.account
    region       = data.aws_region.here.name
    partition    = local.partition
    subnets      = module.network.subnets.private
    logs_key     = module.secrets.kms_keys.logs
    secrets_key  = module.secrets.kms_keys.secrets
    log_days     = var.log_days
    architecture = var.architecture
    keys_volume  = module.secrets.keys_volume
  }
}

module "alarms" {
  source               = "./modules/alarms"
  name                 = var.name
  account              = local.account
  mails                = var.alarm_mails
  logs_key             = module.secrets.kms_keys.logs
  cluster              = module.services.cluster
  services             = module.services.running
  log_groups           = module.services.log_groups
  balancer             = module.dns_tls.balancer
  certificate          = module.dns_tls.certificate
  database             = module.database.identifier
  database_connections = var.database_connections
  cache_nodes          = module.cache.nodes
  stream               = one(module.stream[*].cluster)
  leases               = one(module.leases[*].table.name)
}
