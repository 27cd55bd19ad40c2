# Who read the signing secret, and when. Admin activity is logged anyway; reading data is logged only where this says so.
resource "google_project_iam_audit_config" "secret_reads" {
  count = var.audit_secret_reads ? 1 : 0

  project = var.project
  service = "secretmanager.googleapis.com"

  audit_log_config {
    log_type = "DATA_READ"
  }
}
