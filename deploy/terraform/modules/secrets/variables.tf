variable "name" {
  description = "Prefix of all names."
  type        = string
}

variable "subnets" {
  description = "Subnets from which the signing keys are mounted."
  type        = list(string)
}

variable "security_group" {
  description = "Who may mount the signing keys."
  type        = string
}
