variable "name" {
  description = "Prefix of all names."
  type        = string
}

variable "cidr" {
  description = "The network's addresses, a /16."
  type        = string
}

variable "zones" {
  description = "Availability zones, at least two."
  type        = list(string)

  validation {
    condition     = length(var.zones) >= 2
    error_message = "Two availability zones at least: the database and the services survive the loss of one."
  }
}

variable "nat_in_each_zone" {
  description = "A NAT gateway in each zone; one for all otherwise, which is cheaper and ends outgoing calls with its zone."
  type        = bool
}

variable "private_endpoints" {
  description = "Reach AWS's own services inside the network. Parts that need nobody else then have no way out at all."
  type        = bool
}

variable "mail_port" {
  description = "Where the mail server listens."
  type        = number
}

variable "logs_key" {
  description = "ARN of the key that encrypts logs."
  type        = string
}

variable "log_days" {
  description = "How long logs are kept."
  type        = number
}
