variable "name" {
  description = "Prefix of all names."
  type        = string
}

variable "data_key" {
  description = "ARN of the key that encrypts data."
  type        = string
}
