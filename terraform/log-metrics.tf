# Counters over the outcome lines of both functions. A metric counts from its creation on.

locals {
  log_filters = yamldecode(file("${path.module}/log-filters.yaml"))

  # Metric by its filter, with the fields it is split by: few values each, never an id.
  log_metrics = {
    function_failed           = { labels = [], counts = "requests and deliveries that met a bug" }
    lead_database_unavailable = { labels = [], counts = "deliveries that found no database" }
    lead_undeliverable        = { labels = ["outcome"], counts = "messages that no delivery can make work" }
    lead_unmatched            = { labels = ["outcome"], counts = "leads that no alaner was found for" }
    lead_without_role         = { labels = [], counts = "leads without the role: the line this system is for" }
    webhook_ignored           = { labels = ["reason"], counts = "authentic events that are not for us" }
    webhook_published         = { labels = [], counts = "events on the topic" }
    webhook_refused_signature = { labels = ["reason"], counts = "well-formed requests without a matching signature" }
    webhook_refused_timestamp = { labels = [], counts = "requests more than 300 s off our clock" }
    webhook_rejected          = { labels = ["reason", "status"], counts = "refused requests" }
    webhook_unavailable       = { labels = ["reason"], counts = "requests answered 503" }
  }

  # How PromQL names a counter; "incident_" keeps it apart from other metrics of the project.
  promql = {
    for key in keys(local.log_metrics) : key => "logging_googleapis_com:user_incident_${key}{monitored_resource=\"cloud_run_revision\"}"
  }
}

resource "google_logging_metric" "outcome" {
  for_each = local.log_metrics

  project     = var.project
  name        = "incident_${each.key}"
  description = "Number of ${each.value.counts}"
  filter      = local.log_filters[each.key]

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"

    dynamic "labels" {
      for_each = each.value.labels

      content {
        key        = labels.value
        value_type = "STRING"
      }
    }
  }

  label_extractors = { for label in each.value.labels : label => "EXTRACT(jsonPayload.metadata.${label})" }
}
