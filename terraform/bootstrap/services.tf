# The APIs that the functions, their build and Terraform itself use.
resource "google_project_service" "required" {
  for_each = toset(concat(
    [
      "artifactregistry.googleapis.com",
      "cloudbuild.googleapis.com",
      "cloudfunctions.googleapis.com",
      "cloudresourcemanager.googleapis.com",
      "compute.googleapis.com",
      "iam.googleapis.com",
      "iamcredentials.googleapis.com",
      "logging.googleapis.com",
      "monitoring.googleapis.com",
      "pubsub.googleapis.com",
      "run.googleapis.com",
      "secretmanager.googleapis.com",
      "serviceusage.googleapis.com",
      "sqladmin.googleapis.com",
      "storage.googleapis.com",
      "sts.googleapis.com",
    ],
    var.monthly_budget == null ? [] : ["billingbudgets.googleapis.com"],
  ))

  project = var.project
  service = each.value

  # The project holds more than this system: removing it must not switch off an API under someone else.
  disable_on_destroy = false
}

# An API answers "not activated" for up to a minute after it was switched on.
resource "time_sleep" "services" {
  create_duration = "60s"

  triggers = { services = join(" ", sort(keys(google_project_service.required))) }

  depends_on = [google_project_service.required]
}

# Google's own accounts, which act for each service. The owner makes them first (terraform/README.md, step 4): Google makes
# them at some later time, and gives an account that was asked for no role.
locals {
  service_agents = {
    "roles/cloudbuild.serviceAgent"     = "gcp-sa-cloudbuild"     # runs the builds
    "roles/cloudfunctions.serviceAgent" = "gcf-admin-robot"       # builds and deploys functions
    "roles/pubsub.serviceAgent"         = "gcp-sa-pubsub"         # signs the push deliveries
    "roles/run.serviceAgent"            = "serverless-robot-prod" # starts the containers, attaches them to the VPC
  }
}

resource "google_project_iam_member" "service_agent" {
  for_each = local.service_agents

  project = var.project
  role    = each.key
  member  = "serviceAccount:service-${data.google_project.this.number}@${each.value}.iam.gserviceaccount.com"

  depends_on = [time_sleep.services]
}
