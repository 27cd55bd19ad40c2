# Who deploys: an account without keys, which CI or a person acts as. What it may do stands in deployer-roles.yaml.

locals {
  deployer         = yamldecode(file("${path.module}/deployer-roles.yaml"))
  database_project = coalesce(var.database_project, var.project)

  # Without it, whoever may give roles may make themselves owner.
  listed_roles_only = "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(${
    jsonencode(local.deployer.grantable)
  })"

  bundles_bucket = "projects/_/buckets/${var.project}-incident-bundles"
  conditions = {
    "roles/resourcemanager.projectIamAdmin" = {
      title       = "listed-roles-only"
      description = "Gives and takes only the roles that the module needs"
      expression  = local.listed_roles_only
    }
    "roles/storage.admin" = {
      title       = "bundles-bucket-only"
      description = "The bucket of the archives, no other"
      expression  = "resource.name == \"${local.bundles_bucket}\" || resource.name.startsWith(\"${local.bundles_bucket}/\")"
    }
  }
}

resource "google_service_account" "deployer" {
  project      = var.project
  account_id   = "incident-deployer"
  display_name = "Deploys the incident functions"
  description  = "Applies the Terraform module. Reached by Workload Identity Federation or impersonation; it has no key."

  depends_on = [time_sleep.services]
}

resource "google_project_iam_member" "deployer" {
  for_each = local.deployer.roles

  project = var.project
  role    = each.key
  member  = google_service_account.deployer.member

  dynamic "condition" {
    for_each = [for role, condition in local.conditions : condition if role == each.key]

    content {
      title       = condition.value.title
      description = condition.value.description
      expression  = condition.value.expression
    }
  }
}

# The same in another project, where the instance is there.
resource "google_project_iam_member" "deployer_database_grants" {
  count = local.database_project == var.project ? 0 : 1

  project = local.database_project
  role    = "roles/resourcemanager.projectIamAdmin"
  member  = google_service_account.deployer.member

  condition {
    title       = local.conditions["roles/resourcemanager.projectIamAdmin"].title
    description = local.conditions["roles/resourcemanager.projectIamAdmin"].description
    expression  = local.listed_roles_only
  }
}

resource "google_project_iam_custom_role" "bucket_creator" {
  project     = var.project
  role_id     = "incidentBucketCreator"
  title       = "Incident functions: make a bucket"
  description = "Makes buckets; may not see or change any."
  permissions = local.deployer.bucket_creator.permissions

  depends_on = [time_sleep.services]
}

resource "google_project_iam_member" "deployer_bucket_creator" {
  project = var.project
  role    = google_project_iam_custom_role.bucket_creator.name
  member  = google_service_account.deployer.member
}

resource "google_project_iam_custom_role" "database_user" {
  project     = local.database_project
  role_id     = "incidentDatabaseUser"
  title       = "Incident functions: database user"
  description = "Looks Cloud SQL instances up and manages their users; cannot change or delete an instance."
  permissions = local.deployer.database_user.permissions

  depends_on = [time_sleep.services]
}

resource "google_project_iam_member" "deployer_database" {
  project = local.database_project
  role    = google_project_iam_custom_role.database_user.name
  member  = google_service_account.deployer.member
}

# People who apply by hand act as the deployer, so that what works for them works in CI.
resource "google_service_account_iam_member" "person_deploys" {
  for_each = var.deployers

  service_account_id = google_service_account.deployer.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = each.value
}
