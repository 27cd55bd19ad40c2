# The existing instance with the alaner directory, and the function's way into it. No password: IAM authentication.

data "google_sql_database_instance" "alaners" {
  project = local.database_project
  name    = var.database_instance

  lifecycle {
    postcondition {
      condition     = startswith(self.database_version, "POSTGRES_")
      error_message = "Expected ${var.database_instance} to be a PostgreSQL instance, got ${self.database_version}. Set database_instance."
    }
    postcondition {
      condition     = anytrue([for flag in self.settings[0].database_flags : flag.name == "cloudsql.iam_authentication" && flag.value == "on"])
      error_message = "Expected the flag cloudsql.iam_authentication=on on ${var.database_instance}, got ${jsonencode(self.settings[0].database_flags)}. Ask the owner of the instance to set it."
    }
    postcondition {
      condition = (
        var.database_ip_type == "PRIVATE"
        ? self.private_ip_address != ""
        : anytrue(flatten([for ip in self.settings[0].ip_configuration : [for psc in ip.psc_config : psc.psc_enabled]]))
      )
      error_message = "Expected ${var.database_instance} to be reachable by ${var.database_ip_type}, got an instance without it. Set database_ip_type to what the instance has (PRIVATE or PSC)."
    }
  }
}

locals {
  database_project = coalesce(var.database_project, var.project)
  # PostgreSQL names an IAM account without its last part.
  database_user = "${google_service_account.incident_lead.account_id}@${var.project}.iam"

  database_flags = {
    for flag in data.google_sql_database_instance.alaners.settings[0].database_flags : flag.name => flag.value
  }
  # Twice, because a rollout runs the old and the new revision side by side.
  database_connections      = 2 * var.incident_lead.max_instances * var.database_pool_max
  database_connection_limit = min(var.database_connection_limit, tonumber(lookup(local.database_flags, "max_connections", var.database_connection_limit)))

  only_this_instance = "resource.name == \"projects/${local.database_project}/instances/${var.database_instance}\" && resource.type == \"sqladmin.googleapis.com/Instance\""
}

# The PostgreSQL user. What it may read is decided in the database: its group role may select from one view.
resource "google_sql_user" "incident_lead" {
  project        = local.database_project
  instance       = data.google_sql_database_instance.alaners.name
  name           = local.database_user
  type           = "CLOUD_IAM_SERVICE_ACCOUNT"
  database_roles = var.database_roles

  # A user that holds grants cannot be dropped; it is left without a login instead, since the account goes.
  deletion_policy = "ABANDON"
}

# Fetches the instance's address and a certificate for an hour. Cloud SQL has no roles on an instance, hence the condition.
resource "google_project_iam_member" "lead_cloudsql_client" {
  project = local.database_project
  role    = "roles/cloudsql.client"
  member  = google_service_account.incident_lead.member

  condition {
    title       = "alaner-instance-only"
    description = "The instance with the alaner directory, no other"
    expression  = local.only_this_instance
  }
}

# Logs in to PostgreSQL with its IAM token. Same condition, same reason.
resource "google_project_iam_member" "lead_cloudsql_user" {
  project = local.database_project
  role    = "roles/cloudsql.instanceUser"
  member  = google_service_account.incident_lead.member

  condition {
    title       = "alaner-instance-only"
    description = "The instance with the alaner directory, no other"
    expression  = local.only_this_instance
  }
}
