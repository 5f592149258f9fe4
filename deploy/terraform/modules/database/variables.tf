variable "name" {
  description = "Prefix of all names."
  type        = string
}

variable "subnets" {
  description = "Subnets without a way out, in two zones at least."
  type        = list(string)
}

variable "security_group" {
  description = "Who may connect."
  type        = string
}

variable "size" {
  description = "What it may use, and how many days can be gone back to any second of."
  type = object({
    instance_class = string
    storage_gb     = number
    max_storage_gb = number
    backup_days    = number
  })

  validation {
    condition     = var.size.backup_days >= 7 && var.size.backup_days <= 35
    error_message = "Backups for 7 to 35 days: a mistake is often found after a weekend, and RDS keeps no more than 35."
  }
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
