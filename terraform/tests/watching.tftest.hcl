# Whether the right things are watched. What the filters match is tested against log lines, in test/terraform.

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

run "every_fault_has_an_alert" {
  command = plan

  assert {
    condition = sort(concat(keys(google_monitoring_alert_policy.burn), keys(google_monitoring_alert_policy.line), keys(google_monitoring_alert_policy.query))) == tolist([
      "answered_fast",
      "answered_slow",
      "clock_skew",
      "dead_letters",
      "every_signature_refused",
      "fresh_incident-lead",
      "function_failed",
      "in_time_slow",
      "lead_undeliverable",
      "quiet",
      "webhook_event_version",
      "webhook_refused_authentic",
      "webhook_secret_version",
    ])
    error_message = "An alert was added or lost."
  }

  assert {
    condition     = alltrue([for p in local.alert_policies : strcontains(p.documentation[0].content, "What to do:") && strcontains(p.documentation[0].content, "1. ")])
    error_message = "Whoever is called must be told what to do."
  }

  assert {
    condition     = alltrue([for p in values(google_monitoring_alert_policy.query) : p.conditions[0].condition_prometheus_query_language[0].disable_metric_validation])
    error_message = "Validation refuses a query on a metric of the same apply."
  }

  assert {
    condition     = alltrue([for p in values(google_monitoring_alert_policy.line) : length(p.alert_strategy[0].notification_rate_limit) == 1])
    error_message = "An alert on lines needs a rate limit."
  }

  assert {
    condition     = length(fileset(path.module, "runbooks/*.md")) == length(distinct([for p in local.alert_policies : p.documentation[0].content]))
    error_message = "A runbook without an alert is never read."
  }
}

run "alerts_reach_people" {
  command = plan

  variables {
    notification_channels = ["projects/alan-eu-tools/notificationChannels/123"]
  }

  assert {
    condition     = alltrue([for p in local.alert_policies : p.notification_channels == tolist(["projects/alan-eu-tools/notificationChannels/123"])])
    error_message = "Each alert goes to the channels given."
  }
}

run "counters_exist" {
  command = plan

  # PromQL does not fail on a name that nothing writes: it stays silent for ever.
  assert {
    condition = length(setsubtract(
      flatten([for text in concat([for p in values(google_monitoring_alert_policy.query) : p.conditions[0].condition_prometheus_query_language[0].query], [jsonencode(local.dashboard_columns)]) : regexall("googleapis_com:user_(\\w+)", text)]),
      [for m in values(google_logging_metric.outcome) : m.name]
    )) == 0
    error_message = "A query names a counter that is not made here."
  }

  assert {
    condition     = alltrue([for m in values(google_logging_metric.outcome) : sort(keys(m.label_extractors)) == sort([for l in m.metric_descriptor[0].labels : l.key])])
    error_message = "Each label needs its extractor."
  }

  assert {
    condition     = alltrue([for key, m in google_logging_metric.outcome : m.filter == yamldecode(file("${path.module}/log-filters.yaml"))[key]]) && alltrue([for key, p in google_monitoring_alert_policy.line : p.conditions[0].condition_matched_log[0].filter == yamldecode(file("${path.module}/log-filters.yaml"))[key]])
    error_message = "Filters come from log-filters.yaml, where they are tested."
  }

  assert {
    condition     = length(setsubtract(keys(yamldecode(file("${path.module}/log-filters.yaml"))), concat(keys(google_logging_metric.outcome), keys(google_monitoring_alert_policy.line)))) == 0
    error_message = "A filter is used by no counter and no alert."
  }
}

run "every_subscriber_is_watched" {
  command = plan

  variables {
    subscribers = { archive = { readers = ["group:data@example.com"] } }
  }

  assert {
    condition     = strcontains(google_monitoring_alert_policy.query["dead_letters"].conditions[0].condition_prometheus_query_language[0].query, "\"archive-dead-letter|incident-lead-dead-letter\"")
    error_message = "Dead letters of a further subscriber count too."
  }

  assert {
    condition     = google_monitoring_alert_policy.burn["fresh_archive"].display_name == "Incident events wait for more than 10 minutes: archive" && strcontains(google_monitoring_slo.fresh["archive"].windows_based_sli[0].metric_mean_in_range[0].time_series, "resource.labels.subscription_id=\"archive\"")
    error_message = "The backlog of a further subscriber counts too."
  }
}

run "strangers_do_not_call" {
  command = plan

  # One event that is refused is four attempts within 42 minutes; a stranger is not to do with fewer.
  assert {
    condition = alltrue([for name, counter in { clock_skew = "timestamp", every_signature_refused = "signature" } :
      startswith(google_monitoring_alert_policy.query[name].conditions[0].condition_prometheus_query_language[0].query, "sum(increase(${local.promql["webhook_refused_${counter}"]}[1h])) > 3\n")
    ])
    error_message = "Traffic is a few events a day: up to three refused requests in an hour are no reason to call anybody."
  }

  # A range that is shorter than that of the refusals would miss the event that was accepted among them.
  assert {
    condition     = alltrue([for name in ["clock_skew", "every_signature_refused"] : toset(regexall("\\[\\w+\\]", google_monitoring_alert_policy.query[name].conditions[0].condition_prometheus_query_language[0].query)) == toset(["[1h]"])])
    error_message = "Refused and accepted are counted over the same time."
  }

  assert {
    condition     = alltrue([for name in ["clock_skew", "every_signature_refused"] : google_monitoring_alert_policy.query[name].severity != "CRITICAL"])
    error_message = "What a stranger with four requests can cause wakes nobody."
  }
}

run "quiet_days" {
  command = plan

  variables {
    quiet_days = 3
  }

  assert {
    condition     = strcontains(google_monitoring_alert_policy.query["quiet"].conditions[0].condition_prometheus_query_language[0].query, "[3d]") && google_monitoring_alert_policy.query["quiet"].display_name == "No incident event for 3 days"
    error_message = "The range is the one asked for."
  }

  assert {
    condition     = startswith(google_monitoring_alert_policy.query["quiet"].conditions[0].condition_prometheus_query_language[0].query, "sum(increase(${local.promql.webhook_published}[365d])) > 0\n")
    error_message = "An alert that closes by itself while it is still quiet says that all is well."
  }
}

run "path_from_left_to_right" {
  command = plan

  assert {
    condition     = [for tile in local.dashboard_tiles : tile.xPos if tile.yPos == 0] == [0, 12, 24, 36] && [for column in local.dashboard_columns : column.heading] == ["1. incident-webhook", "2. incident-events", "3. Subscriptions", "4. incident-lead"]
    error_message = "The dashboard follows the path of an event."
  }

  assert {
    condition     = alltrue([for tile in local.dashboard_tiles : tile.xPos + tile.width <= 48]) && length(distinct([for tile in local.dashboard_tiles : "${tile.xPos} ${tile.yPos}"])) == length(local.dashboard_tiles)
    error_message = "No tile outside the grid or on another."
  }
}

run "service_levels" {
  command = plan

  assert {
    condition     = google_monitoring_slo.answered.request_based_sli[0].good_total_ratio[0].good_service_filter == "metric.type=\"run.googleapis.com/request_count\" resource.type=\"cloud_run_revision\" resource.labels.service_name=\"incident-webhook\" metric.labels.response_code_class=\"2xx\"" && endswith(google_monitoring_slo.answered.request_based_sli[0].good_total_ratio[0].bad_service_filter, "=\"5xx\"")
    error_message = "Availability is the share of 2xx among 2xx and 5xx: strangers are answered 4xx and do not count."
  }

  assert {
    condition     = google_monitoring_slo.in_time.request_based_sli[0].distribution_cut[0].range[0].max == 8000 && endswith(google_monitoring_slo.in_time.request_based_sli[0].distribution_cut[0].distribution_filter, "metric.labels.response_code_class=\"2xx\"")
    error_message = "An event that is accepted is accepted within 8 s, which Cloud Run counts in milliseconds."
  }

  assert {
    condition     = alltrue([for slo in values(google_monitoring_slo.fresh) : slo.windows_based_sli[0].metric_mean_in_range[0].range[0].max == 600])
    error_message = "Messages are acknowledged within 10 minutes."
  }

  assert {
    condition     = alltrue([for slo in concat([google_monitoring_slo.answered, google_monitoring_slo.in_time], values(google_monitoring_slo.fresh)) : slo.rolling_period_days == 28 && slo.goal < 1])
    error_message = "A goal of 100 % leaves nothing to spend."
  }

  # A level on a counter of the same apply is refused.
  assert {
    condition     = !strcontains(file("${path.module}/service-levels.tf"), "logging.googleapis.com")
    error_message = "Service levels rest on metrics that exist before the first apply."
  }
}

run "budgets" {
  command = plan

  assert {
    condition     = [for c in google_monitoring_alert_policy.burn["answered_fast"].conditions : c.condition_threshold[0].threshold_value] == [10, 10, 1] && google_monitoring_alert_policy.burn["answered_fast"].combiner == "AND"
    error_message = "The long window says that it matters, the short one that it goes on, and more than one answer that it was no slip."
  }

  assert {
    condition     = one([for c in google_monitoring_alert_policy.burn["answered_fast"].conditions : c.condition_threshold[0] if c.condition_threshold[0].threshold_value == 1]).aggregations[0].alignment_period == "3600s"
    error_message = "Answers are counted over the same hour."
  }

  assert {
    condition     = [for name, p in google_monitoring_alert_policy.burn : name if p.severity == "CRITICAL"] == ["answered_fast"]
    error_message = "Only events that are being refused wake somebody."
  }
}

run "lead_lines_with_all_others" {
  command = plan

  assert {
    condition     = length(google_logging_project_bucket_config.lead_lines) + length(google_logging_project_sink.lead_lines) + length(google_logging_project_exclusion.lead_lines) == 0
    error_message = "A bucket of their own is the platform's choice."
  }
}

run "lead_lines_apart" {
  command = plan

  variables {
    lead_lines_retention_days = 365
  }

  assert {
    condition     = [for b in google_logging_project_bucket_config.lead_lines : [b.location, b.bucket_id, tostring(b.retention_days)]] == [["europe-west1", "incident-lead-lines", "365"]]
    error_message = "Lines with e-mail addresses stay in the region, for the days given."
  }

  assert {
    condition     = google_logging_project_sink.lead_lines[0].destination == "logging.googleapis.com/projects/alan-eu-tools/locations/europe-west1/buckets/incident-lead-lines"
    error_message = "The sink fills the bucket."
  }

  assert {
    condition     = google_logging_project_sink.lead_lines[0].filter == local.log_filters.lead_without_role && google_logging_project_exclusion.lead_lines[0].filter == google_logging_project_sink.lead_lines[0].filter
    error_message = "What is kept there is kept nowhere else, and nothing is kept nowhere."
  }
}

run "priced_as_said" {
  command = plan

  assert {
    condition     = strcontains(file("${path.module}/cost.md"), "(${length(flatten([for p in local.alert_policies : p.conditions]))} conditions)")
    error_message = "Each condition of an alert costs: cost.md says how many there are."
  }
}
