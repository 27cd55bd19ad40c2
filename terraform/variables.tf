# Alphabetical, as are variables-database.tf and variables-functions.tf. What has no default is the platform's choice; each
# default says what it rests on.

variable "delivery_attempts" {
  description = <<-EOT
    Deliveries before a message is dead-lettered. Pub/Sub waits 10 s to 600 s between them and does not promise how fast
    that grows: 30 deliveries last 2 h 36 min if each wait is 1.3 times the one before, as in Google's emulator, and 3 h
    50 min if it doubles. That is the longest database outage that needs no hand. More deliveries ride out longer ones,
    and show a message that can never work later.
  EOT
  type        = number
  default     = 30

  validation {
    # The first redelivery at once, then 10, 13, 16.9 s and so on, a fifth more or less: the 28th comes after 2 h.
    condition     = var.delivery_attempts >= 28 && var.delivery_attempts <= 100
    error_message = "delivery_attempts: expected 28 (two hours of database outage) to 100 (the limit of Pub/Sub), got ${var.delivery_attempts}. Choose for the longest database outage to ride out: 30 last at least 2 h 36 min, 100 at least 14 h 16 min."
  }
}

variable "lead_lines_retention_days" {
  description = "Keep the lines with e-mail addresses in a log bucket of their own in var.region, for so many days, and in no other. Null: with all other lines in the bucket _Default of the project."
  type        = number
  default     = null

  validation {
    condition     = try(var.lead_lines_retention_days >= 1 && var.lead_lines_retention_days <= 3650 && floor(var.lead_lines_retention_days) == var.lead_lines_retention_days, var.lead_lines_retention_days == null)
    error_message = "lead_lines_retention_days: expected a whole number of days from 1 to 3650, got ${coalesce(var.lead_lines_retention_days, "null")}. Set what your retention policy says for e-mail addresses."
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
    error_message = "project: expected a project id (6 to 30 lower-case letters, digits, -), got \"${var.project}\". Set the id, not the number or the name; gcloud projects list shows all three."
  }
}

variable "quiet_days" {
  description = "Days without a single published event until an alert says so. Longer than the quietest week; at least one incident is updated in 7 days."
  type        = number
  default     = 7

  validation {
    condition     = var.quiet_days >= 1 && var.quiet_days <= 30 && floor(var.quiet_days) == var.quiet_days
    error_message = "quiet_days: expected a whole number of days from 1 to 30, got ${var.quiet_days}. Set more than the longest time without an incident that is normal."
  }
}

variable "redrive_operators" {
  description = "Members who may run `npm run redrive`, such as group:sre@example.com. Empty: owners of the project only."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for m in var.redrive_operators : can(regex("^(user|group|serviceAccount|principal|principalSet):.+", m))])
    error_message = "redrive_operators: expected user:, group:, serviceAccount:, principal: or principalSet: members, got ${jsonencode(var.redrive_operators)}. Name people, groups or accounts: everyone (allUsers, allAuthenticatedUsers, domain:) is refused."
  }
}

variable "region" {
  description = "Region of functions, images, secret and messages. europe-west1 is in the lower price tier of Cloud Run."
  type        = string
  default     = "europe-west1"

  validation {
    condition     = can(regex("^europe-[a-z]+[0-9]+$", var.region))
    error_message = "region: expected a European region such as europe-west1, got \"${var.region}\". Choose one that starts with europe-: messages and the secret stay in Europe."
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
    error_message = "subscribers: expected names of 3 to 25 lower-case letters, digits and -, other than incident-lead, got ${jsonencode(keys(var.subscribers))}. Rename what differs: the name becomes that of an account too."
  }
  validation {
    condition     = alltrue([for s in values(var.subscribers) : s.push == null || can(regex("^https://[^/]+", s.push.endpoint))])
    error_message = "subscribers: expected push.endpoint to be an https:// address, got ${jsonencode([for s in values(var.subscribers) : s.push.endpoint if s.push != null])}. Write each as https://HOST/PATH."
  }
  validation {
    condition     = alltrue(flatten([for s in values(var.subscribers) : [for m in s.readers : can(regex("^(user|group|serviceAccount|principal|principalSet):.+", m))]]))
    error_message = "subscribers: expected readers to be user:, group:, serviceAccount:, principal: or principalSet: members, got ${jsonencode(flatten([for s in values(var.subscribers) : tolist(s.readers)]))}. Name people, groups or accounts: events are not for everyone (allUsers, allAuthenticatedUsers, domain:)."
  }
  validation {
    condition     = alltrue([for s in values(var.subscribers) : (s.push == null) != (length(s.readers) == 0)])
    error_message = "subscribers: expected each to have either push or readers, got ${jsonencode([for name, s in var.subscribers : name if(s.push == null) == (length(s.readers) == 0)])} with both or neither. Give each exactly one: who pulls needs no endpoint, and nobody else reads what is pushed."
  }
  validation {
    condition     = alltrue([for s in values(var.subscribers) : s.ack_deadline_seconds >= 10 && s.ack_deadline_seconds <= 600])
    error_message = "subscribers: expected ack_deadline_seconds from 10 to 600, got ${jsonencode([for s in values(var.subscribers) : s.ack_deadline_seconds])}. Set the longest time that one message takes, at most 600."
  }
}
