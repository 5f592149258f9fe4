variable "platform" {
  description = "What all parts share; see modules/service."
  type = object({
    name         = string
    account      = string
    region       = string
    partition    = string
    subnets      = list(string)
    logs_key     = string
    secrets_key  = string
    log_days     = number
    architecture = string
    keys_volume = object({
      id            = string
      arn           = string
      access_points = map(object({ id = string, arn = string }))
    })
  })
}

variable "started" {
  description = "Whether the steps are run and the services started. `false` the first time, until the secrets are there."
  type        = bool
}

variable "images" {
  description = "The images, by digest: shop, edge, registry."
  type        = object({ shop = string, edge = string, registry = string })

  validation {
    condition     = alltrue([for image in values(var.images) : can(regex("@sha256:[0-9a-f]{64}$", image))])
    error_message = "Each image by digest, NAME@sha256:…: a tag may name something else tomorrow, and a version is taken back to what it was."
  }
}

variable "domain" {
  description = "The shop's host."
  type        = string
}

variable "settings" {
  description = "Further variables of docs/operations.md, as they are."
  type        = map(string)

  validation {
    condition     = alltrue([for name in keys(var.settings) : contains(local.free, name)])
    error_message = "Only variables that are decided nowhere else: see `free` in modules/services/settings.tf. A secret never belongs here."
  }
}

variable "vpc_cidr" {
  description = "The network's addresses: the edge believes what the load balancer, which is in them, says of the client's address."
  type        = string
}

variable "sizes" {
  description = "Size of each part but the workers."
  type        = map(object({ cpu = number, memory = number, min = number, max = number }))
}

variable "workers" {
  description = "Workers by name: the lanes of config/jobs.py that each runs (`mail`, or `mail=4` for slots), and its size."
  type = map(object({
    lanes = list(string)
    size  = object({ cpu = number, memory = number, min = number, max = number })
  }))

  validation {
    condition = toset([for lane in flatten([for worker in values(var.workers) : worker.lanes]) : split("=", lane)[0]]) == toset(
      ["money", "mail", "registry", "drawing", "default", "batch"]
    )
    error_message = "Each lane of config/jobs.py needs a worker: money, mail, registry, drawing, default, batch."
  }
}

variable "security_groups" {
  description = "The security group of each part."
  type        = map(string)
}

variable "target_group" {
  description = "Where the load balancer finds the edge."
  type        = string
}

variable "secrets" {
  description = "ARN of the secret of each variable."
  type        = map(string)
}

variable "database" {
  description = "Where PostgreSQL is, and the ARN of its master's secret."
  type        = object({ address = string, master_secret = string })
}

variable "buckets" {
  description = "Name and ARN of the buckets: blobs, media."
  type        = map(object({ name = string, arn = string }))
}

variable "data_key" {
  description = "ARN of the key that encrypts data."
  type        = string
}

variable "leases" {
  description = "Name and ARN of the table of leases; null: leases are in PostgreSQL."
  type        = object({ name = string, arn = string })
}

variable "stream" {
  description = "Where Kafka is and how one signs in; null: events go through PostgreSQL."
  type        = object({ servers = string, user = string, password_secret = string, partitions = number })
}
