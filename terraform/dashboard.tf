# One picture of the path, from left to right: webhook, topic, subscriptions, subscriber. Rows from top to bottom: what
# flows, what does not, how long it takes, what is left of the service levels and what to look at.

locals {
  source_subscriptions = join("|", sort(local.subscriber_names))

  webhook_requests = "run_googleapis_com:request_count{monitored_resource=\"cloud_run_revision\",service_name=\"incident-webhook\""
  lead_requests    = "run_googleapis_com:request_count{monitored_resource=\"cloud_run_revision\",service_name=\"incident-lead\"}"
  pubsub_source    = "monitored_resource=\"pubsub_subscription\",subscription_id=~\"${local.source_subscriptions}\""
  request_duration = "run_googleapis_com:request_latencies_bucket{monitored_resource=\"cloud_run_revision\",service_name="
  interval         = "$${__interval}" # filled in by the dashboard

  slos = merge(
    { for slo in [google_monitoring_slo.answered, google_monitoring_slo.in_time] : slo.display_name => slo.name },
    { for slo in values(google_monitoring_slo.fresh) : slo.display_name => slo.name },
  )
  alert_policies = concat(values(google_monitoring_alert_policy.burn), values(google_monitoring_alert_policy.line), values(google_monitoring_alert_policy.query))

  dashboard_columns = [
    {
      heading = "1. incident-webhook"
      text    = "incident.io sends, the signature is verified."
      charts = [
        { title = "Requests by status", unit = "requests", series = ["sum by (response_code_class) (increase(${local.webhook_requests}}[${local.interval}]))"] },
        { title = "Refused by reason", unit = "requests", series = ["sum by (reason) (increase(${local.promql.webhook_rejected}[${local.interval}]))"] },
        { title = "Answer time: p50, p99", unit = "ms", series = [
          for q in ["0.5", "0.99"] : "histogram_quantile(${q}, sum by (le) (increase(${local.request_duration}\"incident-webhook\"}[${local.interval}])))"
        ] },
      ]
    },
    {
      heading = "2. incident-events"
      text    = "Authentic updates are published, other events ignored."
      charts = [
        { title = "Published, ignored", unit = "events", series = [for k in ["webhook_published", "webhook_ignored"] : "sum(increase(${local.promql[k]}[${local.interval}]))"] },
        { title = "Not published: 503 by reason; bugs", unit = "requests", series = [
          "sum by (reason) (increase(${local.promql.webhook_unavailable}[${local.interval}]))",
          "sum by (service_name) (increase(${local.promql.function_failed}[${local.interval}]))",
        ] },
        { title = "Publish requests by answer", unit = "requests", series = ["sum by (response_code) (increase(pubsub_googleapis_com:topic_send_request_count{monitored_resource=\"pubsub_topic\",topic_id=\"${google_pubsub_topic.incident_events.name}\"}[${local.interval}]))"] },
      ]
    },
    {
      heading = "3. Subscriptions"
      text    = "Pub/Sub delivers, again and again where it must."
      charts = [
        { title = "Push deliveries by answer", unit = "deliveries", series = ["sum by (subscription_id, response_code) (increase(pubsub_googleapis_com:subscription_push_request_count{${local.pubsub_source}}[${local.interval}]))"] },
        { title = "Dead letters waiting", unit = "messages", series = ["max by (subscription_id) (pubsub_googleapis_com:subscription_num_undelivered_messages{monitored_resource=\"pubsub_subscription\",subscription_id=~\"${local.dead_letter_subscriptions}\"})"] },
        { title = "Oldest waiting message", unit = "s", series = ["max by (subscription_id) (pubsub_googleapis_com:subscription_oldest_unacked_message_age{${local.pubsub_source}})"] },
      ]
    },
    {
      heading = "4. incident-lead"
      text    = "The lead is looked up; without the role, a line is written."
      charts = [
        { title = "Leads without the role, all deliveries", unit = "lines", series = [
          "sum(increase(${local.promql.lead_without_role}[${local.interval}]))",
          "sum by (response_code_class) (increase(${local.lead_requests}[${local.interval}]))",
        ] },
        { title = "No answer: nobody found, undeliverable, no database", unit = "lines", series = [
          "sum by (outcome) (increase(${local.promql.lead_unmatched}[${local.interval}]))",
          "sum by (outcome) (increase(${local.promql.lead_undeliverable}[${local.interval}]))",
          "sum(increase(${local.promql.lead_database_unavailable}[${local.interval}]))",
        ] },
        { title = "Answer time: p50, p99", unit = "ms", series = [
          for q in ["0.5", "0.99"] : "histogram_quantile(${q}, sum by (le) (increase(${local.request_duration}\"incident-lead\"}[${local.interval}])))"
        ] },
      ]
    },
  ]

  # 48 columns wide, so 12 for each step of the path.
  dashboard_tiles = flatten([for x, column in local.dashboard_columns : [
    [{
      xPos   = 12 * x, yPos = 0, width = 12, height = 6
      widget = { text = { content = "## ${column.heading}\n${column.text}", format = "MARKDOWN" } }
    }],
    [for y, chart in column.charts : {
      xPos = 12 * x, yPos = 6 + 16 * y, width = 12, height = 16
      widget = {
        title = chart.title
        xyChart = {
          dataSets = [for query in chart.series : { plotType = "LINE", timeSeriesQuery = { prometheusQuery = query } }]
          yAxis    = { label = chart.unit, scale = "LINEAR" }
        }
      }
    }],
  ]])
}

resource "google_monitoring_dashboard" "path" {
  project = var.project

  dashboard_json = jsonencode({
    displayName = "Incident leads: from webhook to line"
    mosaicLayout = {
      columns = 48
      # The API drops positions of 0, and every plan would show them as a change.
      tiles = [for tile in concat(local.dashboard_tiles, [
        {
          xPos = 0, yPos = 54, width = 16, height = 16
          widget = {
            title = "Budgets left, of 28 days"
            xyChart = {
              dataSets = [for title, slo in local.slos : {
                legendTemplate = title
                plotType       = "LINE"
                timeSeriesQuery = {
                  timeSeriesFilter = { filter = "select_slo_budget_fraction(\"${slo}\")", aggregation = { perSeriesAligner = "ALIGN_NEXT_OLDER" } }
                  unitOverride     = "10^2.%"
                }
              }]
              yAxis = { label = "share", scale = "LINEAR" }
            }
          }
        },
        {
          xPos = 16, yPos = 54, width = 16, height = 16
          widget = {
            title        = "Open incidents"
            incidentList = { policyNames = [for policy in local.alert_policies : policy.name] }
          }
        },
        {
          xPos = 32, yPos = 54, width = 16, height = 16
          widget = {
            title = "Warnings and errors"
            logsPanel = {
              filter        = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=(\"incident-webhook\" OR \"incident-lead\") AND severity>=WARNING"
              resourceNames = ["projects/${var.project}"]
            }
          }
        },
      ]) : { for key, value in tile : key => value if value != 0 }]
    }
  })

  depends_on = [google_logging_metric.outcome]
}
