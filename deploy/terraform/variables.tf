variable "name" {
  description = "Prefix of all names, and the shop's own at AWS: `layerstore-small`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,25}[a-z0-9]$", var.name))
    error_message = "3 to 27 of a-z, 0-9 and -, a letter first: buckets and load balancers take no more."
  }
}

variable "domain" {
  description = "The shop's host. Image names begin with it."
  type        = string
}

variable "zone" {
  description = "Id of the Route 53 zone that the domain lies in."
  type        = string
}

variable "images" {
  description = "The images by digest, from a registry of this account (ECR): shop, edge, registry."
  type        = object({ shop = string, edge = string, registry = string })
}

variable "started" {
  description = "Whether the steps are run and the services started. `false` the first time, until the secrets are there."
  type        = bool
  default     = true
}

variable "alarm_mails" {
  description = "Who is woken."
  type        = list(string)
}

variable "settings" {
  description = "Further variables of docs/operations.md: `{ LAYERSTORE_STRIPE_COUNTRY = \"DE\" }`. No secret."
  type        = map(string)
  default     = {}
}

variable "cidr" {
  description = "The network's addresses."
  type        = string
  default     = "10.20.0.0/16"
}

variable "zones" {
  description = "Availability zones: two, or three for the stream."
  type        = list(string)
}

variable "nat_in_each_zone" {
  description = "A NAT gateway in each zone."
  type        = bool
}

variable "private_endpoints" {
  description = "Reach AWS's own services inside the network."
  type        = bool
}

variable "mail_port" {
  description = "Where the mail server of LAYERSTORE_EMAIL_URL listens."
  type        = number
  default     = 587
}

variable "log_days" {
  description = "How long logs are kept."
  type        = number
  default     = 90
}

variable "architecture" {
  description = "What the images are built for: X86_64 or ARM64."
  type        = string
  default     = "X86_64"
}

variable "database" {
  description = "Size of PostgreSQL, and how many days can be gone back to any second of; deleted files are kept as long."
  type        = object({ instance_class = string, storage_gb = number, max_storage_gb = number, backup_days = number })
}

variable "database_connections" {
  description = "So many connections wake somebody: four fifths of what the instance takes."
  type        = number
}

variable "cache" {
  description = "Size of Redis."
  type        = object({ node_type = string, nodes = number })
}

variable "sizes" {
  description = "Size of each part but the workers: processor (1024 is one), memory in MiB, how many at least and at most."
  type        = map(object({ cpu = number, memory = number, min = number, max = number }))

  validation {
    condition = alltrue([
      for part in ["edge", "web", "token", "inner", "registry", "scheduler"] : try(var.sizes[part].min, 0) >= 2
    ])
    error_message = "Two of each part at least: one may die, and a zone with it."
  }
}

variable "workers" {
  description = "Workers by name: the lanes of config/jobs.py that each runs, and its size."
  type = map(object({
    lanes = list(string)
    size  = object({ cpu = number, memory = number, min = number, max = number })
  }))
}

variable "leases_in_dynamodb" {
  description = "Keep the leases of jobs in DynamoDB and not in PostgreSQL."
  type        = bool
  default     = false
}

variable "stream" {
  description = "Move registry events through Kafka: kind of broker, gigabytes of each, partitions, hours that events are kept. null: through PostgreSQL."
  type        = object({ instance_type = string, storage_gb = number, partitions = number, hours = number })
  default     = null

  validation {
    condition     = var.stream == null || length(var.zones) == 3
    error_message = "The stream needs three zones."
  }
}
