# What the deployer may do, who may act as it, and what comes before it.

mock_provider "google" {
  source = "./tests/mocks"
}
mock_provider "time" {}

run "state" {
  command = plan

  assert {
    condition     = google_storage_bucket.state.versioning[0].enabled && google_storage_bucket.state.public_access_prevention == "enforced" && google_storage_bucket.state.uniform_bucket_level_access
    error_message = "The state can be brought back, and is not public."
  }

  assert {
    condition     = [google_storage_bucket_iam_member.deployer_state.role, google_storage_bucket_iam_member.deployer_state.member] == ["roles/storage.objectUser", "serviceAccount:incident-deployer@alan-eu-tools.iam.gserviceaccount.com"]
    error_message = "The deployer writes the state."
  }
}

run "deployer" {
  command = plan

  assert {
    condition     = toset(keys(google_project_iam_member.deployer)) == toset(keys(yamldecode(file("${path.module}/deployer-roles.yaml")).roles))
    error_message = "Every role of the list is given."
  }

  assert {
    condition     = alltrue([for m in values(google_project_iam_member.deployer) : m.member == "serviceAccount:incident-deployer@alan-eu-tools.iam.gserviceaccount.com"])
    error_message = "All roles are the deployer's."
  }

  assert {
    condition     = alltrue([for role, entry in yamldecode(file("${path.module}/deployer-roles.yaml")).roles : !contains(["roles/owner", "roles/editor", "roles/viewer"], role) && length(entry.reason) > 20])
    error_message = "No basic role, and each with its reason."
  }

  assert {
    condition     = { for role, m in google_project_iam_member.deployer : role => m.condition[0].title if length(m.condition) == 1 } == { "roles/resourcemanager.projectIamAdmin" = "listed-roles-only", "roles/storage.admin" = "bundles-bucket-only" }
    error_message = "Whoever may give roles, or change buckets, may not do so without bounds."
  }

  assert {
    condition     = google_project_iam_member.deployer["roles/resourcemanager.projectIamAdmin"].condition[0].expression == "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly([\"roles/cloudsql.client\",\"roles/cloudsql.instanceUser\",\"roles/logging.logWriter\",\"roles/storage.objectViewer\"])"
    error_message = "The deployer gives the four roles of the module, no other."
  }

  assert {
    condition     = google_project_iam_member.deployer["roles/storage.admin"].condition[0].expression == "resource.name == \"projects/_/buckets/alan-eu-tools-incident-bundles\" || resource.name.startsWith(\"projects/_/buckets/alan-eu-tools-incident-bundles/\")"
    error_message = "Of all buckets, the deployer changes that of the archives."
  }

  assert {
    condition     = google_project_iam_custom_role.bucket_creator.permissions == toset(["storage.buckets.create"]) && google_project_iam_member.deployer_bucket_creator.role == "projects/alan-eu-tools/roles/incidentBucketCreator"
    error_message = "A bucket is made before it can be a condition."
  }

  assert {
    condition     = length(google_project_iam_member.deployer_database_grants) == 0 && !contains(google_project_iam_custom_role.database_user.permissions, "cloudsql.instances.delete")
    error_message = "The deployer manages a database user, not the database."
  }

  assert {
    condition     = length(google_service_account_iam_member.person_deploys) == 0 && length(google_iam_workload_identity_pool.github) == 0 && output.github_variables == null
    error_message = "Nobody acts as the deployer unless named."
  }
}

run "instance_of_another_project" {
  command = plan

  variables {
    database_project = "alan-data"
  }

  assert {
    condition     = google_project_iam_custom_role.database_user.project == "alan-data" && google_project_iam_member.deployer_database.project == "alan-data"
    error_message = "The database role belongs to the project of the instance."
  }

  assert {
    condition     = [for m in google_project_iam_member.deployer_database_grants : [m.project, m.role, m.condition[0].title]] == [["alan-data", "roles/resourcemanager.projectIamAdmin", "listed-roles-only"]]
    error_message = "There too, the deployer gives listed roles only."
  }
}

run "person" {
  command = plan

  variables {
    deployers = ["group:sre@example.com"]
  }

  assert {
    condition     = [for m in values(google_service_account_iam_member.person_deploys) : [m.service_account_id, m.role, m.member]] == [["projects/alan-eu-tools/serviceAccounts/incident-deployer@alan-eu-tools.iam.gserviceaccount.com", "roles/iam.serviceAccountTokenCreator", "group:sre@example.com"]]
    error_message = "People act as this one account; on the project the role would reach every account."
  }
}

# No plan shows an order, so these read the text.
run "services_first" {
  command = plan

  assert {
    condition     = time_sleep.services.create_duration == "60s"
    error_message = "An API answers \"not activated\" for up to a minute."
  }

  assert {
    condition = length(flatten([
      for f in fileset(path.module, "*.tf") : [
        for block in regexall("(?s)\\nresource \"google_(?:service_account|storage_bucket|iam_workload_identity_pool|project_iam_custom_role|billing_budget)\" .*?\\n}", file("${path.module}/${f}")) : block if !strcontains(block, "depends_on = [time_sleep.services]")
      ]
    ])) == 0
    error_message = "What an API makes waits until the API is active."
  }

  assert {
    condition     = toset([for m in values(google_project_iam_member.service_agent) : m.member]) == toset([for agent in ["gcp-sa-cloudbuild", "gcf-admin-robot", "gcp-sa-pubsub", "serverless-robot-prod"] : "serviceAccount:service-123456789012@${agent}.iam.gserviceaccount.com"])
    error_message = "Agents that were asked for have no role until somebody gives it."
  }

  assert {
    condition     = alltrue([for s in values(google_project_service.required) : !s.disable_on_destroy]) && !contains(keys(google_project_service.required), "billingbudgets.googleapis.com")
    error_message = "Others use these APIs too."
  }
}

run "no_keys" {
  command = plan

  assert {
    condition     = length(flatten([for f in fileset(path.module, "*.tf") : regexall("google_service_account_key|_iam_policy\"|_iam_binding\"|allUsers|allAuthenticatedUsers", file("${path.module}/${f}"))])) == 0
    error_message = "No key, no authoritative grant, nothing public."
  }
}

run "secret_reads_are_logged" {
  command = plan

  assert {
    condition     = [for a in google_project_iam_audit_config.secret_reads : [a.service, one(a.audit_log_config).log_type]] == [["secretmanager.googleapis.com", "DATA_READ"]]
    error_message = "Who reads the signing secret is on record."
  }
}

run "budget" {
  command = plan

  variables {
    monthly_budget = { amount = 50, billing_account = "012345-6789AB-CDEF01" }
  }

  assert {
    condition     = [for b in google_billing_budget.project : [b.amount[0].specified_amount[0].units, one(b.budget_filter[0].projects), length(b.all_updates_rule)]] == [["50", "projects/123456789012", 0]]
    error_message = "A budget is for this project alone."
  }

  assert {
    condition     = contains(keys(google_project_service.required), "billingbudgets.googleapis.com")
    error_message = "A budget needs its API."
  }
}

run "budget_of_cents" {
  command = plan

  variables {
    monthly_budget = { amount = 0.5, billing_account = "012345-6789AB-CDEF01" }
  }

  expect_failures = [var.monthly_budget]
}

run "budget_of_a_name" {
  command = plan

  variables {
    monthly_budget = { amount = 50, billing_account = "alan" }
  }

  expect_failures = [var.monthly_budget]
}

run "account_as_deployer" {
  command = plan

  variables {
    deployers = ["serviceAccount:ci@example.iam.gserviceaccount.com"]
  }

  expect_failures = [var.deployers]
}
