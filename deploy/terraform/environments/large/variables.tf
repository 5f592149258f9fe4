# What is yours; the sizes are in main.tf.

variable "region" {
  description = "Where it runs: `eu-central-1`."
  type        = string
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
  description = "The images by digest: shop, edge, registry."
  type        = object({ shop = string, edge = string, registry = string })
}

variable "started" {
  description = "`false` the first time, until the secrets are there."
  type        = bool
  default     = true
}

variable "alarm_mails" {
  description = "Who is woken."
  type        = list(string)
}

variable "settings" {
  description = "Further variables of docs/operations.md. No secret."
  type        = map(string)
  default     = {}
}
