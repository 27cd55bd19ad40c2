# What the provider and the API would answer at plan.

mock_data "google_project" {
  defaults = {
    number = "123456789012"
  }
}

override_resource {
  target          = google_service_account.deployer
  override_during = plan
  values = {
    email  = "incident-deployer@alan-eu-tools.iam.gserviceaccount.com"
    member = "serviceAccount:incident-deployer@alan-eu-tools.iam.gserviceaccount.com"
    name   = "projects/alan-eu-tools/serviceAccounts/incident-deployer@alan-eu-tools.iam.gserviceaccount.com"
  }
}

override_resource {
  target          = google_service_account.planner
  override_during = plan
  values = {
    email  = "incident-planner@alan-eu-tools.iam.gserviceaccount.com"
    member = "serviceAccount:incident-planner@alan-eu-tools.iam.gserviceaccount.com"
    name   = "projects/alan-eu-tools/serviceAccounts/incident-planner@alan-eu-tools.iam.gserviceaccount.com"
  }
}

override_resource {
  target          = google_iam_workload_identity_pool.github
  override_during = plan
  values          = { name = "projects/123456789012/locations/global/workloadIdentityPools/incident-github" }
}

override_resource {
  target          = google_iam_workload_identity_pool_provider.github
  override_during = plan
  values          = { name = "projects/123456789012/locations/global/workloadIdentityPools/incident-github/providers/github" }
}

override_resource {
  target          = google_project_iam_custom_role.bucket_creator
  override_during = plan
  values          = { name = "projects/alan-eu-tools/roles/incidentBucketCreator" }
}
