variable "part" {
  description = "What it is called: `web`, `token`, …"
  type        = string
}

variable "platform" {
  description = "What all parts share: where they run, and the keys that open what they are given."
  type = object({
    name         = string # prefix of all names
    account      = string
    region       = string
    partition    = string
    cluster      = object({ arn = string, name = string })
    namespace    = string # ARN, for Service Connect
    subnets      = list(string)
    logs_key     = string
    secrets_key  = string
    log_days     = number
    architecture = string # X86_64 or ARM64
    keys_volume = object({
      id            = string
      arn           = string
      access_points = map(object({ id = string, arn = string }))
    })
    tls = object({ authority = string, role = string }) # who signs the certificates between parts
  })
}

variable "image" {
  description = "Its image, by digest."
  type        = string
}

variable "command" {
  description = "What runs in it; the image's own command if empty."
  type        = list(string)
  default     = []
}

variable "environment" {
  description = "Variables that are no secret."
  type        = map(string)
}

variable "secrets" {
  description = "Variables that are secret: where each is kept, as `valueFrom` of ECS has it."
  type        = map(string)
}

variable "size" {
  description = "Processor (1024 is one), memory in MiB, and how many at least and at most."
  type        = object({ cpu = number, memory = number, min = number, max = number })
}

variable "security_group" {
  description = "Whom it may talk to."
  type        = string
}

variable "port" {
  description = "Where others of the cluster reach it, as PART:PORT; null if nobody does."
  type        = number
  default     = null
}

variable "health" {
  description = "Asked in the container; how often in seconds, and how often in a row it may fail."
  type        = object({ command = list(string), interval = number, retries = number })
  default     = null
}

variable "keys" {
  description = "Through which access point it has the signing keys, in /srv/keys: `public`, `leaves`, or `keys`, which may write. null: it has none."
  type        = string
  default     = null
}

variable "statements" {
  description = "What it may do at AWS itself, as statements of a policy."
  type        = any
  default     = []
}

variable "target_group" {
  description = "Where the load balancer finds it; null if it does not."
  type        = string
  default     = null
}

variable "prepares" {
  description = "What runs to its end before, in the same /tmp and as which user; null if nothing does."
  type        = object({ image = string, command = list(string), user = string })
  default     = null
}

variable "runs" {
  description = "`always`: a service. `once`: a step that somebody starts, of which there is only the definition. `not yet`: a service that is not started."
  type        = string

  validation {
    condition     = contains(["always", "once", "not yet"], var.runs)
    error_message = "One of always, once, not yet."
  }
}
