variable "name" {
  description = "Prefix of all names; a load balancer takes 32 characters with `-edge`."
  type        = string

  validation {
    condition     = length(var.name) <= 27
    error_message = "At most 27 characters: the target group's name has 32, `-edge` among them."
  }
}

variable "domain" {
  description = "The shop's host: image names begin with it."
  type        = string
}

variable "zone" {
  description = "Id of the Route 53 zone that the domain lies in."
  type        = string
}

variable "vpc" {
  description = "The network."
  type        = string
}

variable "subnets" {
  description = "The public subnets."
  type        = list(string)
}

variable "security_group" {
  description = "The load balancer's."
  type        = string
}
