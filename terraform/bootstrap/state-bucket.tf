# Terraform's state: no secret in it, but who can write it decides what the next apply does.
resource "google_storage_bucket" "state" {
  project  = var.project
  name     = "${var.project}-terraform-state"
  location = var.region

  public_access_prevention    = "enforced"
  uniform_bucket_level_access = true

  # An older state can be brought back for 90 days.
  versioning {
    enabled = true
  }
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_noncurrent_time = 90
      with_state                 = "ARCHIVED"
    }
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [time_sleep.services]
}

# The deployer reads and writes the state of the main module and its lock; that of this module is the owner's.
resource "google_storage_bucket_iam_member" "deployer_state" {
  bucket = google_storage_bucket.state.name
  role   = "roles/storage.objectUser"
  member = google_service_account.deployer.member
}

# A plan reads the state; it takes no lock (plan -lock=false).
resource "google_storage_bucket_iam_member" "planner_state" {
  count = length(google_service_account.planner)

  bucket = google_storage_bucket.state.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.planner[0].member
}
