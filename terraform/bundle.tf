# The two folders that `npm run build` wrote, zipped, and what turns them into images.

locals {
  bundles_folder = coalesce(var.bundles_folder, "${path.module}/../dist")
  bundles        = toset(["incident-lead", "incident-webhook"])
  staging_bucket = "projects/_/buckets/gcf-v2-sources-${data.google_project.this.number}-${var.region}"

  # At most 8 MiB for new objects holds 80 MiB less (docs/speed.md). Only the start of
  # Node.js can be told; the buildpack puts its own options in front, and sets none by itself.
  node_options = "--max-semi-space-size=8"

  # The one script that the build runs: it makes V8's code cache with the Node.js that will serve. Unset, a "build" would run.
  build_environment = { GOOGLE_NODE_RUN_SCRIPTS = "gcp-build" }
}

# Modification times and modes are fixed by the provider, so the hash changes exactly when the content does.
data "archive_file" "bundle" {
  for_each = local.bundles

  type             = "zip"
  source_dir       = "${local.bundles_folder}/${each.key}"
  output_path      = "${path.module}/.terraform/bundles/${each.key}.zip"
  output_file_mode = "0644"

  # What a machine made of the deployable stays there: packages, and the code cache. The build makes its own.
  excludes = ["node_modules", "node_modules/**", "*.cache"]

  lifecycle {
    precondition {
      condition = try(fileexists(
        "${local.bundles_folder}/${each.key}/${jsondecode(file("${local.bundles_folder}/${each.key}/package.json")).main}"
      ), false)
      error_message = "Expected a built function in ${local.bundles_folder}/${each.key}, got no package.json or not the file that its main names. Run npm ci && npm run build."
    }
  }
}

resource "google_storage_bucket" "bundles" {
  project  = var.project
  name     = "${var.project}-incident-bundles"
  location = var.region

  force_destroy               = true # it holds nothing that a build does not make again
  public_access_prevention    = "enforced"
  uniform_bucket_level_access = true
}

# Named by its hash: new code is a new object and hence a deployment, the same code is neither.
resource "google_storage_bucket_object" "bundle" {
  for_each = local.bundles

  bucket       = google_storage_bucket.bundles.name
  content_type = "application/zip"
  name         = "${each.key}/${data.archive_file.bundle[each.key].output_sha256}.zip"
  source       = data.archive_file.bundle[each.key].output_path

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_artifact_registry_repository" "functions" {
  project       = var.project
  location      = var.region
  repository_id = "incident-functions"
  description   = "Images of incident-webhook and incident-lead, written by Cloud Build"
  format        = "DOCKER"

  # Cloud Run keeps its own copy of what runs; these are for looking things up.
  cleanup_policies {
    id     = "keep-recent"
    action = "KEEP"
    most_recent_versions {
      keep_count = 5
    }
  }
  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"
    condition {
      older_than = "2592000s" # 30 days
    }
  }
}

resource "google_service_account" "build" {
  project      = var.project
  account_id   = "incident-build"
  display_name = "Builds the incident functions"
  description  = "Cloud Build runs as this account instead of the Compute account, which is often Editor."
}

# Cloud Build writes its log as the build account; log writing exists on the project only.
resource "google_project_iam_member" "build_log_writer" {
  project = var.project
  role    = "roles/logging.logWriter"
  member  = google_service_account.build.member
}

# Pushes the two images, and reads the build cache beside them.
resource "google_artifact_registry_repository_iam_member" "build_writer" {
  project    = var.project
  location   = google_artifact_registry_repository.functions.location
  repository = google_artifact_registry_repository.functions.name
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.build.member
}

# Reads the archive that is to be built.
resource "google_storage_bucket_iam_member" "build_reads_bundles" {
  bucket = google_storage_bucket.bundles.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.build.member
}

# Cloud Functions copies the archive into a bucket of its own, made at the first deployment: a role on the bucket itself
# could not be given before that, so this one is on the project with the bucket as its condition.
resource "google_project_iam_member" "build_reads_staging" {
  project = var.project
  role    = "roles/storage.objectViewer"
  member  = google_service_account.build.member

  condition {
    title       = "functions-staging-bucket"
    description = "Only the bucket that Cloud Functions stages sources in"
    # The slash: europe-west1 is where the name of europe-west10 starts.
    expression = "resource.name == \"${local.staging_bucket}\" || resource.name.startsWith(\"${local.staging_bucket}/\")"
  }
}

# A fresh role takes up to a minute to work, and a build without it fails instead of waiting.
resource "time_sleep" "build_roles" {
  create_duration = "60s"

  triggers = {
    log_writer    = google_project_iam_member.build_log_writer.id
    image_writer  = google_artifact_registry_repository_iam_member.build_writer.id
    reads_bundles = google_storage_bucket_iam_member.build_reads_bundles.id
    reads_staging = google_project_iam_member.build_reads_staging.id
  }
}
