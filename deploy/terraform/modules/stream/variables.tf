variable "name" {
  description = "Prefix of all names."
  type        = string
}

variable "subnets" {
  description = "Subnets without a way out, in three zones."
  type        = list(string)

  validation {
    condition     = length(var.subnets) == 3
    error_message = "Three zones: each event is kept in three places, and two must have it before it counts as stored."
  }
}

variable "security_group" {
  description = "Who may connect."
  type        = string
}

variable "kafka_version" {
  description = "As MSK names it."
  type        = string
  default     = "3.8.x"
}

variable "size" {
  description = "Kind of broker, gigabytes of each, partitions of a topic (as many consumers can share the work), and hours that events are kept."
  type        = object({ instance_type = string, storage_gb = number, partitions = number, hours = number })
}

variable "data_key" {
  description = "ARN of the key that encrypts data."
  type        = string
}

variable "secrets_key" {
  description = "ARN of the key that encrypts secrets."
  type        = string
}

variable "logs_key" {
  description = "ARN of the key that encrypts logs."
  type        = string
}

variable "log_days" {
  description = "How long logs are kept."
  type        = number
}
