# GitHub Actions without keys: a run on the deploying branch acts as the deployer; a pull request acts as the planner, which
# reads the state and nothing more, since what it runs has not been reviewed yet.

locals {
  github = var.github_repository == null ? 0 : 1

  # pull_request_target and the like run with the deploying branch as their ref, on behalf of a stranger.
  is_deployment   = "assertion.ref == 'refs/heads/${var.deploy_branch}' && assertion.event_name in ['push', 'workflow_dispatch']"
  is_pull_request = "assertion.event_name == 'pull_request'"
}

resource "google_iam_workload_identity_pool" "github" {
  count = local.github

  project                   = var.project
  workload_identity_pool_id = "incident-github"
  display_name              = "GitHub Actions"
  description               = "Runs of ${var.github_repository}"

  depends_on = [time_sleep.services]
}

resource "google_iam_workload_identity_pool_provider" "github" {
  count = local.github

  project                            = var.project
  workload_identity_pool_id          = google_iam_workload_identity_pool.github[0].workload_identity_pool_id
  workload_identity_pool_provider_id = "github"
  display_name                       = "GitHub Actions"

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }

  attribute_mapping = {
    "google.subject" = "assertion.sub"
    "attribute.may"  = "${local.is_deployment} ? 'apply' : 'plan'"
  }

  # The id too: a name can be given up and taken by somebody else.
  attribute_condition = "assertion.repository == '${var.github_repository}' && assertion.repository_id == '${var.github_repository_id}' && (${local.is_deployment} || ${local.is_pull_request})"

  lifecycle {
    precondition {
      condition     = var.github_repository_id != null
      error_message = "Expected github_repository_id beside github_repository, got none. Run gh api repos/OWNER/NAME --jq .id to look it up."
    }
  }
}

resource "google_service_account" "planner" {
  count = local.github

  project      = var.project
  account_id   = "incident-planner"
  display_name = "Plans pull requests"
  description  = "Reads the state and what the plan looks up; changes nothing."

  depends_on = [time_sleep.services]
}

# Who may act as which account.
resource "google_service_account_iam_member" "run_acts_as" {
  for_each = local.github == 0 ? {} : {
    apply = google_service_account.deployer.name
    plan  = google_service_account.planner[0].name
  }

  service_account_id = each.value
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.github[0].name}/attribute.may/${each.key}"
}

# A plan without refresh looks up the project ...
resource "google_project_iam_member" "planner" {
  for_each = local.github == 0 ? toset([]) : toset(["roles/browser", "roles/serviceusage.serviceUsageConsumer"])

  project = var.project
  role    = each.value
  member  = google_service_account.planner[0].member
}

# ... and the instance.
resource "google_project_iam_custom_role" "database_reader" {
  count = local.github

  project     = local.database_project
  role_id     = "incidentDatabaseReader"
  title       = "Incident functions: look an instance up"
  description = "Reads the settings of Cloud SQL instances; no data, no users."
  permissions = ["cloudsql.instances.get"]

  depends_on = [time_sleep.services]
}

resource "google_project_iam_member" "planner_database" {
  count = local.github

  project = local.database_project
  role    = google_project_iam_custom_role.database_reader[0].name
  member  = google_service_account.planner[0].member
}
