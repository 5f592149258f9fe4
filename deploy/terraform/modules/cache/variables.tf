variable "name" {
  description = "Prefix of all names; ElastiCache takes 40 characters of it."
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
  description = "What it may use: the kind of its nodes, and how many, the copies among them."
  type        = object({ node_type = string, nodes = number })

  validation {
    condition     = var.size.nodes >= 2
    error_message = "Two nodes at least: the second one takes over."
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
