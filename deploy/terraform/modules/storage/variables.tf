variable "name" {
  description = "Prefix of all names."
  type        = string
}

variable "account" {
  description = "The account's number: names of buckets are the world's."
  type        = string
}

variable "blob_writers" {
  description = "ARNs of the roles that may write image layers."
  type        = list(string)
}

variable "media_writers" {
  description = "ARNs of the roles that may write pictures."
  type        = list(string)
}

variable "data_key" {
  description = "ARN of the key that encrypts data."
  type        = string
}

variable "deleted_days" {
  description = "How long what was deleted can be had back."
  type        = number
}
