# What is deployed, and how big.

variable "bundles_folder" {
  description = "Folder with incident-webhook/ and incident-lead/ as `npm run build` writes them. Null: dist/ beside this folder."
  type        = string
  default     = null
}

variable "incident_lead" {
  description = <<-EOT
    Size of the subscriber. Nobody waits for it, so it scales to zero: a cold start costs Pub/Sub a second, not a person.
    512Mi, since its libraries take 60 MB and 256Mi is tight. 3 instances x 10 requests are far above what incidents make
    and bound the database connections. 60 s are above the 45 s that the first database connection of an instance may take
    through Direct VPC egress (later ones: 8 s), and below the ack deadline of 90 s.
  EOT
  type = object({
    concurrency     = optional(number, 10)
    cpu             = optional(string, "1")
    max_instances   = optional(number, 3)
    memory          = optional(string, "512Mi")
    min_instances   = optional(number, 0)
    timeout_seconds = optional(number, 60)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.incident_lead.concurrency == 1 || try(tonumber(var.incident_lead.cpu) >= 1, false)
    error_message = "incident_lead: expected cpu \"1\" or more for a concurrency above 1, got cpu \"${var.incident_lead.cpu}\" with concurrency ${var.incident_lead.concurrency}. Raise cpu, or set concurrency to 1."
  }
  validation {
    condition     = var.incident_lead.min_instances <= var.incident_lead.max_instances && var.incident_lead.max_instances >= 1
    error_message = "incident_lead: expected min_instances <= max_instances and at least 1 as the maximum, got ${var.incident_lead.min_instances} and ${var.incident_lead.max_instances}. Lower min_instances or raise max_instances."
  }
  validation {
    condition     = var.incident_lead.timeout_seconds > 45
    error_message = "incident_lead: expected timeout_seconds above the 45 s that the first database connection of an instance may take, got ${var.incident_lead.timeout_seconds}. Set 60, its default."
  }
}

variable "incident_webhook" {
  description = <<-EOT
    Size of the webhook. 15 s is where the sender hangs up. 5 instances bound what a flood can cost. 80 requests each, since
    a body that trickles in keeps its place for 6 s: with 20, 17 such requests a second would shut everybody else out, with
    80 it takes 67. 512Mi hold that: 166 MiB after 100,000 events, and 313 MiB at most with 80 bodies of 1 MiB at once, the most there
    is (measured). min_instances 0: cost.md, "A warm instance".
  EOT
  type = object({
    concurrency     = optional(number, 80)
    cpu             = optional(string, "1")
    max_instances   = optional(number, 5)
    memory          = optional(string, "512Mi")
    min_instances   = optional(number, 0)
    timeout_seconds = optional(number, 15)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.incident_webhook.concurrency == 1 || try(tonumber(var.incident_webhook.cpu) >= 1, false)
    error_message = "incident_webhook: expected cpu \"1\" or more for a concurrency above 1, got cpu \"${var.incident_webhook.cpu}\" with concurrency ${var.incident_webhook.concurrency}. Raise cpu, or set concurrency to 1."
  }
  validation {
    condition     = var.incident_webhook.min_instances <= var.incident_webhook.max_instances && var.incident_webhook.max_instances >= 1
    error_message = "incident_webhook: expected min_instances <= max_instances and at least 1 as the maximum, got ${var.incident_webhook.min_instances} and ${var.incident_webhook.max_instances}. Lower min_instances or raise max_instances."
  }
  validation {
    condition     = var.incident_webhook.timeout_seconds > 8 && var.incident_webhook.timeout_seconds <= 15
    error_message = "incident_webhook: expected timeout_seconds above 8 (the function's own answer) and up to 15 (the sender hangs up), got ${var.incident_webhook.timeout_seconds}. Set 15, its default."
  }
}

variable "log_level" {
  description = "LOG_LEVEL of both functions. Below info, the outcomes that need no attention appear too."
  type        = string
  default     = "info"

  validation {
    # The metrics and alerts of this module count INFO lines.
    condition     = contains(["debug", "info"], var.log_level)
    error_message = "log_level: expected debug or info, got \"${var.log_level}\". Set one of the two: above info the lines that metrics and alerts count are not written."
  }
}

variable "pinned_traffic" {
  description = "Functions (incident-webhook, incident-lead) whose traffic stays on its present revisions when a new one is deployed: operations.md, \"Canary\"."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(setsubtract(var.pinned_traffic, ["incident-lead", "incident-webhook"])) == 0
    error_message = "pinned_traffic: expected incident-webhook and incident-lead at most, got ${jsonencode(var.pinned_traffic)}. Name functions, not revisions."
  }
}

variable "runtime" {
  description = "Runtime of both functions. nodejs24 is supported until April 2028."
  type        = string
  default     = "nodejs24"

  validation {
    condition     = var.runtime == "nodejs24"
    error_message = "runtime: expected nodejs24, which the bundles are built and tested for, got \"${var.runtime}\". Leave it out; a newer runtime starts with a change of tools/build/build.ts."
  }
}

variable "webhook_public_access" {
  description = "Let allUsers call the webhook: its signature is the control. False where the organisation forbids allUsers: operations.md, \"When allUsers is refused\"."
  type        = bool
  default     = true
  nullable    = false
}
