# Alphabetical. What has no default is the choice of the platform; each default says what it rests on.

variable "bundles_folder" {
  description = "Folder with incident-webhook/ and incident-lead/ as `npm run build` writes them. Null: dist/ beside this folder."
  type        = string
  default     = null
}

variable "database_connection_limit" {
  description = <<-EOT
    max_connections of the Cloud SQL instance. 25 is what Cloud SQL gives its smallest machine, so the default holds
    everywhere. A max_connections flag on the instance is read and wins where it is lower.
  EOT
  type        = number
  default     = 25

  validation {
    condition     = var.database_connection_limit >= 1 && floor(var.database_connection_limit) == var.database_connection_limit
    error_message = "database_connection_limit: expected a whole number of 1 or more, got ${var.database_connection_limit}. Read it with SHOW max_connections."
  }
}

variable "database_instance" {
  description = "Name of the existing Cloud SQL for PostgreSQL instance with the alaner directory (not project:region:instance)."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,97}$", var.database_instance))
    error_message = "database_instance: expected the bare name of an instance such as alan-backend, got \"${var.database_instance}\". The project goes into database_project."
  }
}

variable "database_ip_type" {
  description = "How incident-lead reaches the instance through the VPC: PRIVATE (private services access) or PSC (an endpoint in the VPC)."
  type        = string
  default     = "PRIVATE"

  validation {
    condition     = contains(["PRIVATE", "PSC"], var.database_ip_type)
    error_message = "database_ip_type: expected PRIVATE or PSC, got \"${var.database_ip_type}\". A public address is left out on purpose."
  }
}

variable "database_name" {
  description = "Database that holds the view alaner_directory."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z_][A-Za-z0-9_-]{0,62}$", var.database_name))
    error_message = "database_name: expected the name of a PostgreSQL database, 1 to 63 letters, digits, - or _, got \"${var.database_name}\"."
  }
}

variable "database_pool_max" {
  description = "Connections per instance of incident-lead (DB_POOL_MAX). A message needs one for some milliseconds, so 2 serve a concurrency of 10."
  type        = number
  default     = 2

  validation {
    condition     = var.database_pool_max >= 1 && floor(var.database_pool_max) == var.database_pool_max
    error_message = "database_pool_max: expected a whole number of 1 or more, got ${var.database_pool_max}."
  }
}

variable "database_project" {
  description = "Project of the Cloud SQL instance. Null: var.project."
  type        = string
  default     = null
}

variable "database_roles" {
  description = <<-EOT
    PostgreSQL roles given to the IAM user of incident-lead. They have to exist: schemas/alaner-directory.sql creates this
    one. Where it cannot run before the first apply, start with [] and apply again afterwards.
  EOT
  type        = list(string)
  default     = ["alaner_directory_reader"]
  nullable    = false

  validation {
    condition     = !contains(var.database_roles, "cloudsqlsuperuser")
    error_message = "database_roles: expected roles that read the view, got cloudsqlsuperuser. The function reads alaner_directory and nothing else."
  }
}

variable "delivery_attempts" {
  description = <<-EOT
    Deliveries before a message is dead-lettered. With 10 s to 600 s between them, 20 last about 2 h 20 min: the longest
    database outage that needs no hand. More ride out longer ones, and show a message that can never work later.
  EOT
  type        = number
  default     = 20

  validation {
    # 10+20+40+80+160+320 s, then 600 s each: the 18th delivery comes after 2 h.
    condition     = var.delivery_attempts >= 18 && var.delivery_attempts <= 100
    error_message = "delivery_attempts: expected 18 (two hours of database outage) to 100 (the limit of Pub/Sub), got ${var.delivery_attempts}."
  }
}

variable "incident_lead" {
  description = <<-EOT
    Size of the subscriber. Nobody waits for it, so it scales to zero: a cold start costs Pub/Sub a second, not a person.
    512Mi, since its libraries take 60 MB and 256Mi is tight. 3 instances x 10 requests are far above what incidents make
    and bound the database connections. 30 s stay below the ack deadline and above the 8 s in which it answers.
  EOT
  type = object({
    concurrency     = optional(number, 10)
    cpu             = optional(string, "1")
    max_instances   = optional(number, 3)
    memory          = optional(string, "512Mi")
    min_instances   = optional(number, 0)
    timeout_seconds = optional(number, 30)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.incident_lead.concurrency == 1 || try(tonumber(var.incident_lead.cpu) >= 1, false)
    error_message = "incident_lead: a concurrency above 1 needs cpu \"1\" or more, got cpu \"${var.incident_lead.cpu}\" with concurrency ${var.incident_lead.concurrency}."
  }
  validation {
    condition     = var.incident_lead.min_instances <= var.incident_lead.max_instances && var.incident_lead.max_instances >= 1
    error_message = "incident_lead: expected min_instances <= max_instances and at least 1 as the maximum, got ${var.incident_lead.min_instances} and ${var.incident_lead.max_instances}."
  }
  validation {
    condition     = var.incident_lead.timeout_seconds > 8
    error_message = "incident_lead: expected timeout_seconds above the 8 s in which the function answers by itself, got ${var.incident_lead.timeout_seconds}."
  }
}

variable "incident_webhook" {
  description = <<-EOT
    Size of the webhook. 15 s is where the sender hangs up. 5 instances x 20 requests bound what a flood can cost.
    min_instances 0: README.md, "Is a warm instance worth it?".
  EOT
  type = object({
    concurrency     = optional(number, 20)
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
    error_message = "incident_webhook: a concurrency above 1 needs cpu \"1\" or more, got cpu \"${var.incident_webhook.cpu}\" with concurrency ${var.incident_webhook.concurrency}."
  }
  validation {
    condition     = var.incident_webhook.min_instances <= var.incident_webhook.max_instances && var.incident_webhook.max_instances >= 1
    error_message = "incident_webhook: expected min_instances <= max_instances and at least 1 as the maximum, got ${var.incident_webhook.min_instances} and ${var.incident_webhook.max_instances}."
  }
  validation {
    condition     = var.incident_webhook.timeout_seconds > 8 && var.incident_webhook.timeout_seconds <= 15
    error_message = "incident_webhook: expected timeout_seconds above 8 (the function's own answer) and up to 15 (the sender hangs up), got ${var.incident_webhook.timeout_seconds}."
  }
}

variable "log_level" {
  description = "LOG_LEVEL of both functions. Below info, the outcomes that need no attention appear too."
  type        = string
  default     = "info"

  validation {
    # The metrics and alerts of this module count INFO lines.
    condition     = contains(["debug", "info"], var.log_level)
    error_message = "log_level: expected debug or info, got \"${var.log_level}\". Above info the lines that metrics and alerts count are not written."
  }
}

variable "notification_channels" {
  description = "Cloud Monitoring channels that alerts go to, as projects/P/notificationChannels/ID. Empty: incidents in the console only."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for c in var.notification_channels : can(regex("^projects/[^/]+/notificationChannels/[0-9]+$", c))])
    error_message = "notification_channels: expected names such as projects/alan-eu-tools/notificationChannels/123, got ${jsonencode(var.notification_channels)}. List them with: gcloud beta monitoring channels list."
  }
}

variable "project" {
  description = "Project that holds everything here."
  type        = string
  default     = "alan-eu-tools"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "project: expected a project id (6 to 30 lower-case letters, digits, -), got \"${var.project}\". The id, not the number or the name."
  }
}

variable "quiet_days" {
  description = "Days without a single published event until an alert says so. Longer than the quietest week; at least one incident is updated in 7 days."
  type        = number
  default     = 7

  validation {
    condition     = var.quiet_days >= 1 && var.quiet_days <= 30 && floor(var.quiet_days) == var.quiet_days
    error_message = "quiet_days: expected a whole number of days from 1 to 30, got ${var.quiet_days}."
  }
}

variable "redrive_operators" {
  description = "Members who may run `npm run redrive`, such as group:sre@example.com. Empty: owners of the project only."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for m in var.redrive_operators : can(regex("^(user|group|serviceAccount|principal|principalSet):.+", m))])
    error_message = "redrive_operators: expected user:, group:, serviceAccount:, principal: or principalSet: members, got ${jsonencode(var.redrive_operators)}. Everyone (allUsers, allAuthenticatedUsers, domain:) is refused."
  }
}

variable "region" {
  description = "Region of functions, images, secret and messages. europe-west1 has gen 2 functions at the lower price tier."
  type        = string
  default     = "europe-west1"

  validation {
    condition     = can(regex("^europe-[a-z]+[0-9]+$", var.region))
    error_message = "region: expected a European region such as europe-west1, got \"${var.region}\". Messages and the secret stay in the EU."
  }
}

variable "runtime" {
  description = "Runtime of both functions. nodejs24 is supported until April 2028."
  type        = string
  default     = "nodejs24"

  validation {
    condition     = var.runtime == "nodejs24"
    error_message = "runtime: expected nodejs24, which the bundles are built and tested for, got \"${var.runtime}\". A newer one starts with tools/build.ts."
  }
}

variable "subscribers" {
  description = <<-EOT
    Further subscribers of the events topic, by name. Each gets a subscription with its own dead letter; all keep messages
    for 7 days and never expire.
      push:    HTTPS endpoint, called with an OIDC token of an account of its own (output push_accounts); without: pull
      readers: members who may pull
      filter:  on attributes, such as attributes.incidentStatus = "live"; a change makes a new subscription
  EOT
  type = map(object({
    ack_deadline_seconds = optional(number, 60)
    filter               = optional(string, "")
    push = optional(object({
      audience = optional(string)
      endpoint = string
    }))
    readers = optional(set(string), [])
  }))
  default  = {}
  nullable = false

  validation {
    # The name becomes that of an account too, with "-push" added and 30 characters at most.
    condition     = alltrue([for name in keys(var.subscribers) : can(regex("^[a-z][a-z0-9-]{1,23}[a-z0-9]$", name)) && name != "incident-lead"])
    error_message = "subscribers: expected names of 3 to 25 lower-case letters, digits and -, other than incident-lead, got ${jsonencode(keys(var.subscribers))}."
  }
  validation {
    condition     = alltrue([for s in values(var.subscribers) : s.push == null || can(regex("^https://[^/]+", s.push.endpoint))])
    error_message = "subscribers: expected push.endpoint to be an https:// address, got ${jsonencode([for s in values(var.subscribers) : s.push.endpoint if s.push != null])}."
  }
  validation {
    condition     = alltrue(flatten([for s in values(var.subscribers) : [for m in s.readers : can(regex("^(user|group|serviceAccount|principal|principalSet):.+", m))]]))
    error_message = "subscribers: expected readers to be user:, group:, serviceAccount:, principal: or principalSet: members, got ${jsonencode(flatten([for s in values(var.subscribers) : tolist(s.readers)]))}. Events are not for everyone (allUsers, allAuthenticatedUsers, domain:)."
  }
  validation {
    condition     = alltrue([for s in values(var.subscribers) : (s.push == null) != (length(s.readers) == 0)])
    error_message = "subscribers: expected each to have either push or readers: who pulls needs no endpoint, and nobody else reads what is pushed."
  }
  validation {
    condition     = alltrue([for s in values(var.subscribers) : s.ack_deadline_seconds >= 10 && s.ack_deadline_seconds <= 600])
    error_message = "subscribers: expected ack_deadline_seconds from 10 to 600, got ${jsonencode([for s in values(var.subscribers) : s.ack_deadline_seconds])}."
  }
}

variable "vpc_network" {
  description = "VPC that reaches the instance. A Shared VPC as projects/HOST/global/networks/NAME."
  type        = string
}

variable "vpc_subnetwork" {
  description = "Subnetwork in var.region for Direct VPC egress of incident-lead, /26 or larger: two addresses an instance in a rollout."
  type        = string
}

variable "webhook_public_access" {
  description = "Let allUsers call the webhook: its signature is the control. False where the organisation forbids allUsers: README.md, \"When allUsers is refused\"."
  type        = bool
  default     = true
  nullable    = false
}
