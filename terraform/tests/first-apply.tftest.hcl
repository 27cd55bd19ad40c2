# Whether a first apply, where nothing has an address yet, goes through in one go, and the plan after it is empty.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
  mock_data "google_sql_database_instance" {
    defaults = {
      connection_name    = "alan-eu-tools:europe-west1:alan-backend"
      database_version   = "POSTGRES_15"
      private_ip_address = "10.0.0.3"
      settings           = [{ database_flags = [{ name = "cloudsql.iam_authentication", value = "on" }], ip_configuration = [] }]
    }
  }
}
mock_provider "archive" {}
mock_provider "time" {}

variables {
  bundles_folder    = "./tests/bundles"
  database_instance = "alan-backend"
  database_name     = "alan"
  vpc_network       = "shared"
  vpc_subnetwork    = "functions"
  redrive_operators = ["group:sre@example.com"]
  subscribers = {
    archive    = { readers = ["group:data@example.com"] }
    statistics = { push = { endpoint = "https://statistics.example.com/events" } }
  }
}

run "from_nothing" {
  command = apply

  assert {
    condition     = google_cloud_run_service_iam_member.lead_push.member == google_service_account.push["incident-lead"].member
    error_message = "The invoker is the account that was made."
  }

  assert {
    condition     = output.webhook_url == "${google_cloudfunctions2_function.incident_webhook.service_config[0].uri}/webhooks/incident/lead"
    error_message = "The address to paste is known after the first apply."
  }

  assert {
    condition     = sort(keys(output.push_accounts)) == tolist(["incident-lead", "statistics"]) && output.dead_letter_subscriptions["archive"] == "archive-dead-letter"
    error_message = "Outputs name what was made for each subscriber."
  }

  assert {
    condition     = alltrue([for tile in jsondecode(google_monitoring_dashboard.path.dashboard_json).mosaicLayout.tiles : tile.width > 0 && !contains([for key in ["xPos", "yPos"] : lookup(tile, key, null)], 0)])
    error_message = "The API drops positions of 0, and every plan would show them as a change."
  }

  assert {
    condition     = toset(flatten([for tile in jsondecode(google_monitoring_dashboard.path.dashboard_json).mosaicLayout.tiles : regexall("select_slo_budget_fraction\\(.{2}([^\"\\\\]+)", jsonencode(tile))])) == toset(concat([google_monitoring_slo.answered.name, google_monitoring_slo.in_time.name], [for slo in values(google_monitoring_slo.fresh) : slo.name]))
    error_message = "The dashboard shows the budget of each service level."
  }

  assert {
    condition     = alltrue([for name, slo in google_monitoring_slo.fresh : alltrue([for c in google_monitoring_alert_policy.burn["fresh_${name}"].conditions : strcontains(c.condition_threshold[0].filter, "select_slo_burn_rate(\"${slo.name}\", ")])])
    error_message = "Each alert watches the budget of its own service level."
  }
}
