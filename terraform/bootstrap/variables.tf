# Alphabetical. What is null by default is left out.

variable "audit_secret_reads" {
  description = "Log every read of a secret (Secret Manager data access logs), on the whole project. False where the organisation's own audit configuration decides that."
  type        = bool
  default     = true
  nullable    = false
}

variable "database_project" {
  description = "Project of the Cloud SQL instance, as in the main module. Null: var.project."
  type        = string
  default     = null
}

variable "deploy_branch" {
  description = "Branch of github_repository whose runs may deploy."
  type        = string
  default     = "main"
  nullable    = false

  validation {
    # It becomes part of an expression.
    condition     = can(regex("^[A-Za-z0-9._/-]+$", var.deploy_branch))
    error_message = "deploy_branch: expected the name of a branch such as main, got \"${var.deploy_branch}\". Leave refs/heads/ out."
  }
}

variable "deployers" {
  description = "Members who may deploy by hand, by acting as the deployer: user: or group:."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for m in var.deployers : can(regex("^(user|group):[^:]+@[^:]+$", m))])
    error_message = "deployers: expected user: or group: members, got ${jsonencode(var.deployers)}. Name people: CI comes in through github_repository."
  }
}

variable "github_repository" {
  description = "Repository whose GitHub Actions deploy, as OWNER/NAME. Null: no Workload Identity pool."
  type        = string
  default     = null

  validation {
    condition     = var.github_repository == null || can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github_repository))
    error_message = "github_repository: expected OWNER/NAME, got \"${coalesce(var.github_repository, "null")}\". Leave the address of GitHub and .git out."
  }
}

variable "github_repository_id" {
  description = "Its number, which stays when the repository is renamed: gh api repos/OWNER/NAME --jq .id"
  type        = string
  default     = null

  validation {
    condition     = var.github_repository_id == null || can(regex("^[0-9]+$", var.github_repository_id))
    error_message = "github_repository_id: expected a number, got \"${coalesce(var.github_repository_id, "null")}\". Run gh api repos/OWNER/NAME --jq .id to look it up."
  }
}

variable "monthly_budget" {
  description = <<-EOT
    Warns at half, at all, and when the forecast reaches all of this amount a month for the project. Null: no budget.
      amount:          whole units of the billing account's currency
      billing_account: its id, such as 012345-6789AB-CDEF01; whoever applies needs roles/billing.costsManager on it
      channels:        Cloud Monitoring channels, beside the billing administrators; five at most
  EOT
  type = object({
    amount          = number
    billing_account = string
    channels        = optional(list(string), [])
  })
  default = null

  validation {
    condition     = try(var.monthly_budget.amount >= 1 && floor(var.monthly_budget.amount) == var.monthly_budget.amount, true)
    error_message = "monthly_budget: expected a whole amount of 1 or more, got ${try(var.monthly_budget.amount, "none")}. Set whole units of the account's currency."
  }
  validation {
    condition     = var.monthly_budget == null || can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.monthly_budget.billing_account))
    error_message = "monthly_budget: expected a billing_account such as 012345-6789AB-CDEF01, got \"${try(var.monthly_budget.billing_account, "none")}\". Run gcloud billing projects describe ${var.project} to look it up."
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

variable "region" {
  description = "Region of the state bucket."
  type        = string
  default     = "europe-west1"

  validation {
    condition     = can(regex("^europe-[a-z]+[0-9]+$", var.region))
    error_message = "region: expected a European region such as europe-west1, got \"${var.region}\". Choose one that starts with europe-."
  }
}
