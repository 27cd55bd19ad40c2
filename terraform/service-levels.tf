# What the system promises over 28 days, and an alert where the budget for what may go wrong is spent too fast. All on
# metrics that Google writes: a level on a counter of the same apply is refused ("metric ... is unknown").

locals {
  service_levels = {
    # Authentic requests are those answered 2xx or 5xx: what strangers send is answered 4xx. (An authentic one that is answered
    # 400 or 422 has an alert of its own, webhook_refused_authentic.) 99.5 % of 300 events a day leave 42 bad answers.
    answered = {
      title = "Authentic requests are answered 2xx"
      goal  = 0.995
    }
    # Cold start included, which nearly every event meets. A late answer costs nothing but a second message.
    in_time = {
      title = "Authentic requests are answered within 8 s"
      goal  = 0.99
    }
  }

  webhook_service = "resource.type=\"cloud_run_revision\" resource.labels.service_name=\"incident-webhook\""
  webhook_answers = "metric.type=\"run.googleapis.com/request_count\" ${local.webhook_service} metric.labels.response_code_class="
}

resource "google_monitoring_custom_service" "incident_leads" {
  project      = var.project
  service_id   = "incident-leads"
  display_name = "Incident leads: from webhook to line"
}

resource "google_monitoring_slo" "answered" {
  project             = var.project
  service             = google_monitoring_custom_service.incident_leads.service_id
  slo_id              = "webhook-answered"
  display_name        = local.service_levels.answered.title
  goal                = local.service_levels.answered.goal
  rolling_period_days = 28

  request_based_sli {
    good_total_ratio {
      good_service_filter = "${local.webhook_answers}\"2xx\""
      bad_service_filter  = "${local.webhook_answers}\"5xx\""
    }
  }
}

resource "google_monitoring_slo" "in_time" {
  project             = var.project
  service             = google_monitoring_custom_service.incident_leads.service_id
  slo_id              = "webhook-in-time"
  display_name        = local.service_levels.in_time.title
  goal                = local.service_levels.in_time.goal
  rolling_period_days = 28

  request_based_sli {
    distribution_cut {
      distribution_filter = "metric.type=\"run.googleapis.com/request_latencies\" ${local.webhook_service} metric.labels.response_code_class=\"2xx\""
      range {
        max = 8000 # ms
      }
    }
  }
}

# For each subscriber. In windows, since Pub/Sub says how long the oldest message waits, not how long each one did. 99.5 %
# leave 40 windows of 5 minutes, three hours and a bit.
resource "google_monitoring_slo" "fresh" {
  for_each = local.subscriber_names

  project             = var.project
  service             = google_monitoring_custom_service.incident_leads.service_id
  slo_id              = "${each.key}-fresh"
  display_name        = "Events are acknowledged by ${each.key} within 10 minutes"
  goal                = 0.995
  rolling_period_days = 28

  windows_based_sli {
    window_period = "300s"

    metric_mean_in_range {
      time_series = "metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" resource.type=\"pubsub_subscription\" resource.labels.subscription_id=\"${each.key}\""
      range {
        max = 600 # s
      }
    }
  }
}

locals {
  # A burn of 1 spends the budget in 28 days. "Fast" spends it in under three days, and the short window closes the alert when
  # the fault is over; "slow" spends it in two weeks.
  burn_alerts = merge(
    {
      answered_fast = {
        title       = "incident-webhook answers 5xx"
        severity    = "CRITICAL"
        runbook     = "not_answered"
        slo         = google_monitoring_slo.answered.name
        burn        = 10
        windows     = ["3600s", "600s"]
        more_than_1 = true
      }
      answered_slow = {
        title       = "incident-webhook keeps answering some events 5xx"
        severity    = "WARNING"
        runbook     = "not_answered"
        slo         = google_monitoring_slo.answered.name
        burn        = 2
        windows     = ["86400s"]
        more_than_1 = true
      }
      in_time_slow = {
        title       = "incident-webhook answers late"
        severity    = "WARNING"
        runbook     = "late_answers"
        slo         = google_monitoring_slo.in_time.name
        burn        = 2
        windows     = ["86400s"]
        more_than_1 = false
      }
    },
    { for name in local.subscriber_names : "fresh_${name}" => {
      title       = "Incident events wait for more than 10 minutes: ${name}"
      severity    = "ERROR"
      runbook     = "backlog"
      slo         = google_monitoring_slo.fresh[name].name
      burn        = 10
      windows     = ["3600s", "600s"]
      more_than_1 = false
    } },
  )
}

resource "google_monitoring_alert_policy" "burn" {
  for_each = local.burn_alerts

  project               = var.project
  display_name          = each.value.title
  combiner              = "AND"
  severity              = each.value.severity
  notification_channels = var.notification_channels

  dynamic "conditions" {
    for_each = each.value.windows

    content {
      display_name = "Budget spent ${each.value.burn} times too fast, over ${conditions.value}"

      condition_threshold {
        filter          = "select_slo_burn_rate(\"${each.value.slo}\", \"${conditions.value}\")"
        comparison      = "COMPARISON_GT"
        threshold_value = each.value.burn
        duration        = "0s"
      }
    }
  }

  # The sender tries again after 5 s: one bad answer, of a dozen in an hour, needs nobody.
  dynamic "conditions" {
    for_each = each.value.more_than_1 ? [each.value.windows[0]] : []

    content {
      display_name = "More than one answer 5xx over ${conditions.value}"

      condition_threshold {
        filter          = "${local.webhook_answers}\"5xx\""
        comparison      = "COMPARISON_GT"
        threshold_value = 1
        duration        = "0s"

        aggregations {
          alignment_period     = conditions.value
          per_series_aligner   = "ALIGN_DELTA"
          cross_series_reducer = "REDUCE_SUM"
        }
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  documentation {
    content   = local.runbooks[each.value.runbook]
    mime_type = "text/markdown"
  }
}
