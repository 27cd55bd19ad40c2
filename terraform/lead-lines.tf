# The lines with e-mail addresses, apart from all others: in the region, for as long as lead_lines_retention_days says.
# Without it they are in the project's bucket _Default, whose place and time are the project's.

locals {
  lead_lines_bucket = "incident-lead-lines"
}

resource "google_logging_project_bucket_config" "lead_lines" {
  count = var.lead_lines_retention_days == null ? 0 : 1

  project        = var.project
  location       = var.region
  bucket_id      = local.lead_lines_bucket
  description    = "Who became incident lead without the role: lines with e-mail addresses"
  retention_days = var.lead_lines_retention_days
}

# To a bucket of the same project a sink needs no role.
resource "google_logging_project_sink" "lead_lines" {
  count = length(google_logging_project_bucket_config.lead_lines)

  project     = var.project
  name        = local.lead_lines_bucket
  description = "Keeps the lines with e-mail addresses in a bucket of their own"
  destination = "logging.googleapis.com/projects/${var.project}/locations/${var.region}/buckets/${local.lead_lines_bucket}"
  filter      = local.log_filters.lead_without_role

  unique_writer_identity = true

  depends_on = [google_logging_project_bucket_config.lead_lines]
}

# And nowhere else. Counters count excluded lines too.
resource "google_logging_project_exclusion" "lead_lines" {
  count = length(google_logging_project_bucket_config.lead_lines)

  project     = var.project
  name        = local.lead_lines_bucket
  description = "Keeps the lines with e-mail addresses out of the bucket _Default"
  filter      = local.log_filters.lead_without_role

  # Before the sink exists, a line would be kept nowhere.
  depends_on = [google_logging_project_sink.lead_lines]
}
