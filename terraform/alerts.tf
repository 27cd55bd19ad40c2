# When to call somebody, beside service-levels.tf. Each alert has its text in runbooks/, which says what to do.

locals {
  dead_letter_subscriptions = join("|", [for name in sort(local.subscriber_names) : "${name}-dead-letter"])

  # Over a range, as PromQL. Events are a few a day, so what is counted is attempts. The sender makes four for each event
  # that is refused, within 42 minutes at most (0, 5 s, 5 min, 35 min, each wait up to 20 % longer): "more than 3" in 1 h
  # misses no event, and leaves out up to three requests of a stranger. A stranger who sends four gets through, which is
  # why neither of these two is CRITICAL. They can wait: the sender goes on for 27 h.
  query_alerts = {
    clock_skew = {
      title    = "Webhooks are refused for their timestamp"
      severity = "WARNING"
      duration = "300s"
      interval = "60s"
      query    = <<-EOT
        sum(increase(${local.promql.webhook_refused_timestamp}[1h])) > 3
        and on() sum(increase(${local.promql.webhook_refused_timestamp}[1h])) > (sum(increase(${local.promql.webhook_published}[1h])) or vector(0))
      EOT
    }
    dead_letters = {
      title    = "Incident events are dead-lettered"
      severity = "ERROR"
      duration = "0s"
      interval = "60s"
      query    = "max by (subscription_id) (pubsub_googleapis_com:subscription_num_undelivered_messages{monitored_resource=\"pubsub_subscription\",subscription_id=~\"${local.dead_letter_subscriptions}\"}) > 0"
    }
    every_signature_refused = {
      title    = "Every webhook is refused for its signature"
      severity = "ERROR"
      duration = "300s"
      interval = "60s"
      query    = <<-EOT
        sum(increase(${local.promql.webhook_refused_signature}[1h])) > 3
        unless on() sum(increase(${local.promql.webhook_published}[1h])) > 0
        unless on() sum(increase(${local.promql.webhook_ignored}[1h])) > 0
      EOT
    }
    quiet = {
      title    = "No incident event for ${var.quiet_days} days"
      severity = "WARNING"
      duration = "0s"
      interval = "3600s"
      # Something was published in the year before, or a new deployment would start with this alert. The alert stays open for
      # as long as this range holds an event; Cloud Monitoring evaluates alerts over 2 years at most.
      query = <<-EOT
        sum(increase(${local.promql.webhook_published}[365d])) > 0
        unless on() sum(increase(${local.promql.webhook_published}[${var.quiet_days}d])) > 0
      EOT
    }
  }

  # On a single line of the log, named by its filter.
  line_alerts = {
    function_failed           = { title = "A bug in incident-webhook or incident-lead", severity = "ERROR" }
    lead_undeliverable        = { title = "An incident event cannot be processed", severity = "ERROR" }
    webhook_event_version     = { title = "incident.io sends another version of our event type", severity = "WARNING" }
    webhook_refused_authentic = { title = "An authentic webhook is refused", severity = "ERROR" }
    webhook_secret_version    = { title = "A version of the signing secret does not serve", severity = "ERROR" }
  }

  runbooks = {
    for name in concat(keys(local.query_alerts), keys(local.line_alerts), ["backlog", "late_answers", "not_answered"]) : name => templatefile("${path.module}/runbooks/${name}.md", {
      project    = var.project
      quiet_days = var.quiet_days
      region     = var.region
    })
  }
}

resource "google_monitoring_alert_policy" "query" {
  for_each = local.query_alerts

  project               = var.project
  display_name          = each.value.title
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = var.notification_channels

  conditions {
    display_name = each.value.title

    condition_prometheus_query_language {
      query               = each.value.query
      duration            = each.value.duration
      evaluation_interval = each.value.interval
      # A threshold on a counter of the same apply fails with 404 for some minutes; a query does not ask whether it exists.
      disable_metric_validation = true
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  documentation {
    content   = local.runbooks[each.key]
    mime_type = "text/markdown"
  }

  depends_on = [google_logging_metric.outcome]
}

resource "google_monitoring_alert_policy" "line" {
  for_each = local.line_alerts

  project               = var.project
  display_name          = each.value.title
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = var.notification_channels

  conditions {
    display_name = each.value.title

    condition_matched_log {
      filter = local.log_filters[each.key]
    }
  }

  alert_strategy {
    auto_close = "86400s"

    # The sender and Pub/Sub try for hours: one message an hour is enough.
    notification_rate_limit {
      period = "3600s"
    }
  }

  documentation {
    content   = local.runbooks[each.key]
    mime_type = "text/markdown"
  }
}
