# Whether a deployment happens exactly when code changed, and runs what was built.

mock_provider "google" {
  source = "./tests/mocks"
}
mock_provider "archive" {
  override_data {
    target          = data.archive_file.bundle["incident-lead"]
    override_during = plan
    values          = { output_sha256 = "aaaa" }
  }
  override_data {
    target          = data.archive_file.bundle["incident-webhook"]
    override_during = plan
    values          = { output_sha256 = "bbbb" }
  }
}
mock_provider "time" {}

variables {
  bundles_folder    = "./tests/bundles"
  database_instance = "alan-backend"
  database_name     = "alan"
  vpc_network       = "shared"
  vpc_subnetwork    = "functions"
}

run "named_by_hash" {
  command = plan

  assert {
    condition     = { for name, o in google_storage_bucket_object.bundle : name => o.name } == { incident-lead = "incident-lead/aaaa.zip", incident-webhook = "incident-webhook/bbbb.zip" }
    error_message = "An object is named by the hash of its content."
  }

  assert {
    condition     = [for s in google_cloudfunctions2_function.incident_lead.build_config[0].source[0].storage_source : [s.object, tostring(s.generation)]] == [["incident-lead/aaaa.zip", "11"]]
    error_message = "incident-lead is built from its object, at its generation."
  }

  assert {
    condition     = [for s in google_cloudfunctions2_function.incident_webhook.build_config[0].source[0].storage_source : [s.object, tostring(s.generation)]] == [["incident-webhook/bbbb.zip", "22"]]
    error_message = "incident-webhook is built from its object, at its generation."
  }

  assert {
    condition     = alltrue([for a in values(data.archive_file.bundle) : a.output_file_mode == "0644" && length(setsubtract(["node_modules", "node_modules/**", "*.cache"], a.excludes)) == 0])
    error_message = "The archive must not depend on who built it, or on whether they ran gcp-build or npm install in it."
  }
}

run "bundle_is_what_runs" {
  command = plan

  assert {
    condition     = alltrue([for f in [google_cloudfunctions2_function.incident_lead, google_cloudfunctions2_function.incident_webhook] : f.build_config[0].environment_variables == tomap({ GOOGLE_NODE_RUN_SCRIPTS = "gcp-build" }) && f.build_config[0].runtime == "nodejs24"])
    error_message = "Cloud Build must make the code cache, and run no other script of a package.json."
  }

  assert {
    condition     = [google_cloudfunctions2_function.incident_lead.build_config[0].entry_point, google_cloudfunctions2_function.incident_webhook.build_config[0].entry_point] == ["incidentLead", "incidentWebhook"]
    error_message = "The targets are those that the bundles register."
  }

  assert {
    condition     = alltrue([for f in [google_cloudfunctions2_function.incident_lead, google_cloudfunctions2_function.incident_webhook] : f.service_config[0].environment_variables.NODE_ENV == "production"])
    error_message = "Outside production, error pages carry stack traces."
  }

  assert {
    condition     = alltrue([for f in [google_cloudfunctions2_function.incident_lead, google_cloudfunctions2_function.incident_webhook] : f.service_config[0].environment_variables.NODE_OPTIONS == "--max-semi-space-size=8"])
    error_message = "What is measured by npm run bench is what is deployed."
  }
}

run "new_code_takes_over" {
  command = plan

  assert {
    condition     = alltrue([for f in [google_cloudfunctions2_function.incident_lead, google_cloudfunctions2_function.incident_webhook] : f.service_config[0].all_traffic_on_latest_revision])
    error_message = "What was deployed serves, unless somebody wants a canary."
  }
}

run "canary" {
  command = plan

  variables {
    pinned_traffic = ["incident-webhook"]
  }

  assert {
    condition     = !google_cloudfunctions2_function.incident_webhook.service_config[0].all_traffic_on_latest_revision && google_cloudfunctions2_function.incident_lead.service_config[0].all_traffic_on_latest_revision
    error_message = "Pinned traffic waits for a person, that of the other function does not."
  }
}

# The real dist/ is not needed by any test; a plan without it says what to run.
run "not_built" {
  command = plan

  variables {
    bundles_folder = "./tests/absent"
  }

  expect_failures = [data.archive_file.bundle["incident-lead"], data.archive_file.bundle["incident-webhook"]]
}

run "built_without_entry" {
  command = plan

  variables {
    bundles_folder = "./tests/bundles-without-entry"
  }

  expect_failures = [data.archive_file.bundle["incident-lead"], data.archive_file.bundle["incident-webhook"]]
}
