variable "name" {
  description = "Prefix of all names."
  type        = string
}

variable "account" {
  description = "The account's number."
  type        = string
}

variable "mails" {
  description = "Who is woken. Each must confirm a mail of AWS first."
  type        = list(string)

  validation {
    condition     = length(var.mails) > 0
    error_message = "An alarm that nobody hears is none: name one address at least."
  }
}

variable "logs_key" {
  description = "ARN of the key that encrypts logs and alarms."
  type        = string
}

variable "cluster" {
  description = "Name of the cluster that services run in."
  type        = string
}

variable "services" {
  description = "Each service, and how many tasks it has at least."
  type        = map(object({ name = string, min = number }))
}

variable "log_groups" {
  description = "Where the shop's own processes log."
  type        = map(string)
}

variable "balancer" {
  description = "Names of the load balancer and its targets in CloudWatch."
  type        = object({ load_balancer = string, target_group = string })
}

variable "certificate" {
  description = "ARN of the certificate."
  type        = string
}

variable "database" {
  description = "Name of the database."
  type        = string
}

variable "database_connections" {
  description = "So many connections are too many."
  type        = number
}

variable "cache_nodes" {
  description = "Names of Redis's nodes."
  type        = list(string)
}

variable "stream" {
  description = "Name of the Kafka cluster; null if there is none."
  type        = string
}

variable "leases" {
  description = "Name of the table of leases; null if there is none."
  type        = string
}
