# Who comes in from GitHub, and as whom.

mock_provider "google" {
  source = "./tests/mocks"
}
mock_provider "time" {}

variables {
  github_repository    = "example/incidentio-lead-webhook"
  github_repository_id = "123456"
}

run "one_repository_one_branch" {
  command = plan

  assert {
    condition     = google_iam_workload_identity_pool_provider.github[0].attribute_condition == "assertion.repository == 'example/incidentio-lead-webhook' && assertion.repository_id == '123456' && (assertion.ref == 'refs/heads/main' && assertion.event_name in ['push', 'workflow_dispatch'] || assertion.event_name == 'pull_request')"
    error_message = "Nobody comes in but this repository, from its branch or a pull request."
  }

  assert {
    condition     = google_iam_workload_identity_pool_provider.github[0].attribute_mapping["attribute.may"] == "assertion.ref == 'refs/heads/main' && assertion.event_name in ['push', 'workflow_dispatch'] ? 'apply' : 'plan'"
    error_message = "Only the branch may apply."
  }

  assert {
    condition     = google_iam_workload_identity_pool_provider.github[0].oidc[0].issuer_uri == "https://token.actions.githubusercontent.com"
    error_message = "Tokens are GitHub's."
  }

  assert {
    condition = { for may, m in google_service_account_iam_member.run_acts_as : may => [m.service_account_id, m.role, m.member] } == {
      apply = ["projects/alan-eu-tools/serviceAccounts/incident-deployer@alan-eu-tools.iam.gserviceaccount.com", "roles/iam.workloadIdentityUser", "principalSet://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/incident-github/attribute.may/apply"]
      plan  = ["projects/alan-eu-tools/serviceAccounts/incident-planner@alan-eu-tools.iam.gserviceaccount.com", "roles/iam.workloadIdentityUser", "principalSet://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/incident-github/attribute.may/plan"]
    }
    error_message = "A pull request must not act as the deployer."
  }
}

run "pull_requests_change_nothing" {
  command = plan

  assert {
    condition     = toset(keys(google_project_iam_member.planner)) == toset(["roles/browser", "roles/serviceusage.serviceUsageConsumer"]) && google_storage_bucket_iam_member.planner_state[0].role == "roles/storage.objectViewer" && google_project_iam_custom_role.database_reader[0].permissions == toset(["cloudsql.instances.get"])
    error_message = "What a pull request runs has not been reviewed: it reads the state and looks up the instance."
  }
}

run "variables_of_the_workflow" {
  command = plan

  assert {
    condition = output.github_variables == {
      GOOGLE_DEPLOYER          = "incident-deployer@alan-eu-tools.iam.gserviceaccount.com"
      GOOGLE_IDENTITY_PROVIDER = "projects/123456789012/locations/global/workloadIdentityPools/incident-github/providers/github"
      GOOGLE_PLANNER           = "incident-planner@alan-eu-tools.iam.gserviceaccount.com"
      GOOGLE_PROJECT           = "alan-eu-tools"
      TERRAFORM_STATE_BUCKET   = "alan-eu-tools-terraform-state"
    }
    error_message = "The workflow is told who it is by these."
  }
}

run "repository_without_its_number" {
  command = plan

  variables {
    github_repository_id = null
  }

  expect_failures = [google_iam_workload_identity_pool_provider.github[0]]
}

run "quote_in_the_branch" {
  command = plan

  variables {
    deploy_branch = "main' || true || '"
  }

  expect_failures = [var.deploy_branch]
}

run "address_as_repository" {
  command = plan

  variables {
    github_repository = "https://github.com/example/incidentio-lead-webhook"
  }

  expect_failures = [var.github_repository]
}
