output "deployer" {
  description = "Account that applies the main module."
  value       = google_service_account.deployer.email

  # Whoever acts as it next must find its roles in place.
  depends_on = [
    google_project_iam_member.deployer,
    google_project_iam_member.deployer_bucket_creator,
    google_project_iam_member.deployer_database,
    google_project_iam_member.service_agent,
    google_storage_bucket_iam_member.deployer_state,
  ]
}

output "github_variables" {
  description = "Variables that the workflow reads, by their names in GitHub. Null without github_repository."
  value = local.github == 0 ? null : {
    GOOGLE_DEPLOYER          = google_service_account.deployer.email
    GOOGLE_IDENTITY_PROVIDER = google_iam_workload_identity_pool_provider.github[0].name
    GOOGLE_PLANNER           = google_service_account.planner[0].email
    GOOGLE_PROJECT           = var.project
    TERRAFORM_STATE_BUCKET   = google_storage_bucket.state.name
  }
}

output "state_bucket" {
  description = "Bucket of the state, for terraform init -backend-config."
  value       = google_storage_bucket.state.name
}
