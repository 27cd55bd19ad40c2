# The signing secret's place and who may read it. Its value is added by hand (output add_secret_version_command): a value
# given to Terraform would stand in the state.
resource "google_secret_manager_secret" "webhook_signing" {
  project   = var.project
  secret_id = "INCIDENT_WEBHOOK_SECRET"

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }

  # Two nets under a slip of the hand: the secret cannot be removed by Terraform, and a destroyed version can be brought
  # back for a week.
  deletion_protection = true
  version_destroy_ttl = "604800s"
}

# Reads the versions' values to verify signatures with.
resource "google_secret_manager_secret_iam_member" "webhook_accessor" {
  project   = var.project
  secret_id = google_secret_manager_secret.webhook_signing.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.incident_webhook.member
}

# Lists the versions: every ENABLED one is accepted, which is what makes a rotation without a gap. Accessor cannot list.
resource "google_secret_manager_secret_iam_member" "webhook_viewer" {
  project   = var.project
  secret_id = google_secret_manager_secret.webhook_signing.secret_id
  role      = "roles/secretmanager.viewer"
  member    = google_service_account.incident_webhook.member
}
