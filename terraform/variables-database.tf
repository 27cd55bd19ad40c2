# The existing instance and the way to it.

variable "database_connection_limit" {
  description = <<-EOT
    max_connections of the Cloud SQL instance. 25 is what Cloud SQL gives its smallest machine, so the default holds
    everywhere. A max_connections flag on the instance is read and wins where it is lower.
  EOT
  type        = number
  default     = 25

  validation {
    condition     = var.database_connection_limit >= 1 && floor(var.database_connection_limit) == var.database_connection_limit
    error_message = "database_connection_limit: expected a whole number of 1 or more, got ${var.database_connection_limit}. Set what SHOW max_connections answers on the instance."
  }
}

variable "database_instance" {
  description = "Name of the existing Cloud SQL for PostgreSQL instance with the alaner directory (not project:region:instance)."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,97}$", var.database_instance))
    error_message = "database_instance: expected the bare name of an instance such as alan-backend, got \"${var.database_instance}\". Put the project into database_project, and leave the region out."
  }
}

variable "database_ip_type" {
  description = "How incident-lead reaches the instance through the VPC: PRIVATE (private services access) or PSC (an endpoint in the VPC)."
  type        = string
  default     = "PRIVATE"

  validation {
    condition     = contains(["PRIVATE", "PSC"], var.database_ip_type)
    error_message = "database_ip_type: expected PRIVATE or PSC, got \"${var.database_ip_type}\". Set the one that the instance has; a public address is left out on purpose."
  }
}

variable "database_name" {
  description = "Database that holds the view alaner_directory."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z_][A-Za-z0-9_-]{0,62}$", var.database_name))
    error_message = "database_name: expected the name of a PostgreSQL database, 1 to 63 letters, digits, - or _, got \"${var.database_name}\". Look it up with gcloud sql databases list --instance=${var.database_instance}."
  }
}

variable "database_pool_max" {
  description = "Connections per instance of incident-lead (DB_POOL_MAX). A message needs one for some milliseconds, so 2 serve a concurrency of 10."
  type        = number
  default     = 2

  validation {
    condition     = var.database_pool_max >= 1 && floor(var.database_pool_max) == var.database_pool_max
    error_message = "database_pool_max: expected a whole number of 1 or more, got ${var.database_pool_max}. Set 2 unless deliveries wait for a connection."
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
    error_message = "database_roles: expected roles that read the view, got ${jsonencode(var.database_roles)}. Take cloudsqlsuperuser out: the function reads alaner_directory and nothing else."
  }
}

variable "database_schema" {
  description = "Schema of the view alaner_directory (DB_SCHEMA). The function reads that one, whatever search_path says."
  type        = string
  default     = "public"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z_][A-Za-z0-9_$]{0,62}$", var.database_schema))
    error_message = "database_schema: expected the name of a PostgreSQL schema, 1 to 63 letters, digits, _ or $, got \"${var.database_schema}\". Set the schema in which schemas/alaner-directory.sql made the view."
  }
}

variable "vpc_network" {
  description = "VPC that reaches the instance. A Shared VPC as projects/HOST/global/networks/NAME."
  type        = string
}

variable "vpc_subnetwork" {
  description = "Subnetwork in var.region for Direct VPC egress of incident-lead, /26 or larger: two addresses an instance in a rollout. That of a Shared VPC as projects/HOST/regions/REGION/subnetworks/NAME."
  type        = string
}
