# What the variables refuse, beside what bundle and database refuse in their own files; and the sizes that they default to.

mock_provider "google" {
  source = "./tests/mocks"
}
mock_provider "archive" {}
mock_provider "time" {}

variables {
  bundles_folder    = "./tests/bundles"
  database_instance = "alan-backend"
  database_name     = "alan"
  vpc_network       = "shared"
  vpc_subnetwork    = "functions"
}

run "room_for_slow_bodies" {
  command = plan

  # A body that trickles in is held for 5 s, and its connection for 1 s more.
  assert {
    condition     = google_cloudfunctions2_function.incident_webhook.service_config[0].max_instance_count * google_cloudfunctions2_function.incident_webhook.service_config[0].max_instance_request_concurrency / 6 > 60
    error_message = "60 slow requests a second must not shut the sender out."
  }

  # After 100,000 events the function holds 166 MiB; a body takes up to 2 MiB while its buffer grows.
  assert {
    condition     = google_cloudfunctions2_function.incident_webhook.service_config[0].available_memory == "512Mi" && 166 + 2 * google_cloudfunctions2_function.incident_webhook.service_config[0].max_instance_request_concurrency < 512
    error_message = "As many bodies of 1 MiB as there are places have to fit into the memory."
  }
}

run "timeout_at_the_ack_deadline" {
  command = plan

  variables {
    incident_lead = { timeout_seconds = 90 }
  }

  expect_failures = [google_cloudfunctions2_function.incident_lead]
}

run "timeout_within_the_first_connection" {
  command = plan

  variables {
    incident_lead = { timeout_seconds = 45 }
  }

  expect_failures = [var.incident_lead]
}

run "schema_with_a_quote" {
  command = plan

  variables {
    database_schema = "public\"; --"
  }

  expect_failures = [var.database_schema]
}

run "unknown_runtime" {
  command = plan

  variables {
    runtime = "nodejs18"
  }

  expect_failures = [var.runtime]
}

run "fraction_of_a_cpu" {
  command = plan

  variables {
    incident_webhook = { cpu = "0.5" }
  }

  expect_failures = [var.incident_webhook]
}

run "webhook_slower_than_the_sender" {
  command = plan

  variables {
    incident_webhook = { timeout_seconds = 60 }
  }

  expect_failures = [var.incident_webhook]
}

run "more_minimum_than_maximum" {
  command = plan

  variables {
    incident_lead = { min_instances = 4 }
  }

  expect_failures = [var.incident_lead]
}

run "silent_log_level" {
  command = plan

  variables {
    log_level = "warn"
  }

  expect_failures = [var.log_level]
}

run "region_outside_europe" {
  command = plan

  variables {
    region = "us-central1"
  }

  expect_failures = [var.region]
}

run "project_number" {
  command = plan

  variables {
    project = "123456789012"
  }

  expect_failures = [var.project]
}

run "connection_name_as_instance" {
  command = plan

  variables {
    database_instance = "alan-eu-tools:europe-west1:alan-backend"
  }

  expect_failures = [var.database_instance]
}

run "public_database_address" {
  command = plan

  variables {
    database_ip_type = "PUBLIC"
  }

  expect_failures = [var.database_ip_type]
}

run "superuser" {
  command = plan

  variables {
    database_roles = ["cloudsqlsuperuser"]
  }

  expect_failures = [var.database_roles]
}

run "attempts_for_minutes_only" {
  command = plan

  variables {
    delivery_attempts = 27
  }

  expect_failures = [var.delivery_attempts]
}

run "channel_by_address" {
  command = plan

  variables {
    notification_channels = ["sre@example.com"]
  }

  expect_failures = [var.notification_channels]
}

run "no_quiet_days" {
  command = plan

  variables {
    quiet_days = 0
  }

  expect_failures = [var.quiet_days]
}

run "redrive_by_everyone" {
  command = plan

  variables {
    redrive_operators = ["allAuthenticatedUsers"]
  }

  expect_failures = [var.redrive_operators]
}

run "public_reader" {
  command = plan

  variables {
    subscribers = { archive = { readers = ["allUsers"] } }
  }

  expect_failures = [var.subscribers]
}

run "domain_as_reader" {
  command = plan

  variables {
    subscribers = { archive = { readers = ["domain:example.com"] } }
  }

  expect_failures = [var.subscribers]
}

run "second_incident_lead" {
  command = plan

  variables {
    subscribers = { incident-lead = { readers = ["group:data@example.com"] } }
  }

  expect_failures = [var.subscribers]
}

run "plain_http_push" {
  command = plan

  variables {
    subscribers = { statistics = { push = { endpoint = "http://statistics.example.com" } } }
  }

  expect_failures = [var.subscribers]
}

run "neither_push_nor_pull" {
  command = plan

  variables {
    subscribers = { statistics = {} }
  }

  expect_failures = [var.subscribers]
}

run "nobody_to_pull_and_ack_in_an_hour" {
  command = plan

  variables {
    subscribers = { archive = { ack_deadline_seconds = 3600, readers = ["group:data@example.com"] } }
  }

  expect_failures = [var.subscribers]
}

run "lead_lines_for_ever" {
  command = plan

  variables {
    lead_lines_retention_days = 0
  }

  expect_failures = [var.lead_lines_retention_days]
}

run "pinned_revision" {
  command = plan

  variables {
    pinned_traffic = ["incident-webhook-00007-abc"]
  }

  expect_failures = [var.pinned_traffic]
}
